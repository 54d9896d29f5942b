package org.qnsp.core.qkd;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.qnsp.crypto.tls.CertificateAuthority;
import org.qnsp.crypto.tls.CertificateAuthority.Issued;
import org.qnsp.crypto.tls.CertificateAuthority.Purpose;
import org.qnsp.crypto.tls.Pem;

/** A key server that answers what it was told to, in turn, the last answer again and again; and remembers what it was asked. */
final class ScriptedKme implements AutoCloseable {
    /** The status that closes the connection without an answer. */
    static final int DROP = 0;
    /** The status that gives no answer. */
    static final int HANG = 1;

    private record Answer(int status, String type, String body) {}

    static final CertificateAuthority CA = new CertificateAuthority("test");

    private final HttpsServer server;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Deque<Answer> script = new ArrayDeque<>();
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final X509Certificate certificate;

    ScriptedKme() throws Exception {
        this(CA.issue("kme", Purpose.SERVER, List.of("kme.example"), List.of("127.0.0.1")), CA);
    }

    /** @param trusts whose clients it takes */
    ScriptedKme(Issued own, CertificateAuthority trusts) throws Exception {
        certificate = own.certificate();
        char[] none = new char[0];
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, none);
        keys.setKeyEntry("own", own.key(), none, new X509Certificate[] {own.certificate()});
        keys.setCertificateEntry("ca", trusts.certificate());
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
        keyManagers.init(keys, none);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
        server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = context.getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        server.setExecutor(workers);
        server.createContext("/", this::handle);
        server.start();
    }

    ScriptedKme answers(int status, String body) {
        return answers(status, "application/json", body);
    }

    ScriptedKme answers(int status, String type, String body) {
        synchronized (script) {
            script.add(new Answer(status, type, body));
        }
        return this;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + (body.isEmpty() ? "" : " " + body));
            Answer answer;
            synchronized (script) {
                answer = script.size() > 1 ? script.removeFirst() : script.getFirst();
            }
            if (answer.status() == HANG) {
                Thread.sleep(60_000);
            }
            if (answer.status() <= HANG) {
                return;
            }
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What it was asked since the last call: method, path, body. */
    List<String> asked() {
        synchronized (asked) {
            List<String> all = List.copyOf(asked);
            asked.clear();
            return all;
        }
    }

    X509Certificate certificate() {
        return certificate;
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Settings of a client of the authority, with files below the directory. @param id QkdKmeId, or null */
    QkdSettings settings(Path dir, String id) throws Exception {
        return settings(dir, id, CA, CA.issue("sae one", Purpose.CLIENT, List.of(), List.of()));
    }

    QkdSettings settings(Path dir, String id, CertificateAuthority trusts, Issued own) throws Exception {
        Path ca = Files.writeString(dir.resolve("ca.pem"), Pem.text(trusts.certificate()));
        Path certificate = Files.writeString(dir.resolve("own.pem"), Pem.text(own.certificate()));
        Path key = Files.write(dir.resolve("own.key"), Pem.bytes(own.key()));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        return new QkdSettings(QkdSettings.Mode.PREFER, java.net.URI.create("https://127.0.0.1:" + port()), id, ca, certificate, key, "sae one", List.of("sae/two ü"), false);
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
