package org.qnsp.crypto.entropy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sources that are fetched (E-8), from a server of this test. */
@Timeout(60)
final class HttpsSourceTest {
    private static final HttpsSource.Limits LONG = new HttpsSource.Limits(Duration.ofSeconds(20), Duration.ofSeconds(20)); // the machine may be busy
    private static final EntropyFeed.Patience PATIENT = new EntropyFeed.Patience(Duration.ofSeconds(40), Duration.ofSeconds(40), Duration.ofSeconds(1), Duration.ofSeconds(1));
    private static SSLContext tls;
    private static byte[] bytes;

    @TempDir
    private Path dir;

    private HttpsServer server;
    private String url;
    private final List<String> keys = new CopyOnWriteArrayList<>();

    /** A certificate for 127.0.0.1 that only this context trusts. */
    @BeforeAll
    static void trust() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        X500Principal name = new X500Principal("CN=127.0.0.1");
        long now = System.currentTimeMillis();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(name, BigInteger.ONE, new Date(now - 86_400_000), new Date(now + 86_400_000), name, pair.getPublic());
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
        X509Certificate certificate = new JcaX509CertificateConverter().getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", pair.getPrivate(), new char[0], new X509Certificate[] {certificate});
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate);
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
        own.init(store, new char[0]);
        TrustManagerFactory others = TrustManagerFactory.getInstance("PKIX");
        others.init(trusted);
        tls = SSLContext.getInstance("TLS");
        tls.init(own.getKeyManagers(), others.getTrustManagers(), null);
        bytes = new byte[64];
        new Random(1).nextBytes(bytes);
    }

    @BeforeEach
    void start() throws Exception {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.setExecutor(command -> Thread.ofPlatform().daemon().start(command));
        server.start();
        url = "https://127.0.0.1:" + server.getAddress().getPort() + "/entropy";
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(int status, String type, byte[] body) {
        server.createContext("/entropy", exchange -> {
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("x-api-key")));
            send(exchange, status, type, body);
        });
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", type);
        exchange.getResponseHeaders().add("Location", "/other");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private byte[] read(Path keyFile, SSLContext trust) throws IOException {
        return read(keyFile, trust, LONG);
    }

    private byte[] read(Path keyFile, SSLContext trust, HttpsSource.Limits limits) throws IOException {
        HttpsSource source = new HttpsSource(url + "?length=64", keyFile, trust, limits);
        try {
            return source.read(32);
        } finally {
            source.close();
        }
    }

    private String fault() {
        return assertThrows(IOException.class, () -> read(null, tls)).getMessage();
    }

    @Test
    void theEntropyOfSkip() throws Exception {
        answer(200, "application/json", ("{\"randomStr\":\"" + HexFormat.of().formatHex(bytes) + "\",\"minentropy\":512}").getBytes(StandardCharsets.UTF_8));
        assertArrayEquals(bytes, read(null, tls));
        assertEquals(List.of("null"), keys);
    }

    @Test
    void theDataOfAnuAndOfOthersLikeIt() throws Exception {
        String hex = HexFormat.of().formatHex(bytes);
        answer(200, "application/json; charset=utf-8", ("{ \"success\": true, \"type\": \"hex16\", \"length\": \"2\",\n \"data\": [\"" + hex.substring(0, 64) + "\",\n \"" + hex.substring(64) + "\"] }").getBytes(StandardCharsets.UTF_8));
        assertArrayEquals(bytes, read(null, tls));
    }

    @Test
    void bytesAsTheyAre() throws Exception {
        answer(200, "application/octet-stream", bytes);
        assertArrayEquals(bytes, read(null, tls));
    }

    @Test
    void theKeyComesFromAFileThatIsTheUsers() throws Exception {
        answer(200, "application/octet-stream", bytes);
        Path file = Files.writeString(dir.resolve("key"), "s3cret-key\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        read(file, tls);
        assertEquals(List.of("s3cret-key"), keys);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertEquals("EntropyKeyFile " + file + " is open to every user", assertThrows(IOException.class, () -> read(file, tls)).getMessage());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(file, "two lines\nX-Other: header\n");
        Exception e = assertThrows(IOException.class, () -> read(file, tls));
        assertEquals("EntropyKeyFile " + file + " holds no key", e.getMessage());
        assertEquals(1, keys.size(), "nothing was sent");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "403 | application/json | {}                                         | it answers with status 403",
        "302 | application/json | {}                                         | it answers with status 302",
        "200 | text/html        | <p>welcome</p>                             | it answers with neither JSON nor bytes",
        "200 | application/json | {\"success\":false,\"data\":[\"00\"]}      | it answers with JSON of another kind",
        "200 | application/json | {\"randomStr\":\"abc\"}                    | it answers with JSON of another kind",
        "200 | application/json | {\"randomStr\":\"abcd\",\"minentropy\":16} | it answers with less than 32 bytes",
        "200 | application/octet-stream | short                              | it answers with less than 32 bytes",
    })
    void answersThatAreNone(int status, String type, String body, String expected) {
        answer(status, type, body.getBytes(StandardCharsets.UTF_8));
        assertEquals(expected, fault());
    }

    @Test
    void aBodyWithoutEnd() {
        answer(200, "application/octet-stream", new byte[HttpsSource.BODY_BYTES + 1]);
        assertEquals("it sends no answer of at most 1048576 bytes", fault());
    }

    @Test
    void aServerThatNobodyVouchesFor() {
        answer(200, "application/octet-stream", bytes);
        assertEquals("it does not prove who it is", assertThrows(IOException.class, () -> read(null, null)).getMessage());
        assertEquals(List.of(), keys);
    }

    @Test
    void aServerThatIsNotThereOrFallsSilent() throws Exception {
        server.createContext("/entropy", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/octet-stream");
            exchange.sendResponseHeaders(200, 64);
            exchange.getResponseBody().write(1); // and no more
            exchange.getResponseBody().flush();
        });
        long began = System.nanoTime();
        HttpsSource.Limits brief = new HttpsSource.Limits(Duration.ofSeconds(9), Duration.ofSeconds(1));
        assertEquals("it does not answer in time", assertThrows(IOException.class, () -> read(null, tls, brief)).getMessage());
        assertTrue(System.nanoTime() - began < 20_000_000_000L);
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            url = "https://127.0.0.1:" + unused.getLocalPort() + "/entropy";
        }
        assertEquals("it cannot be reached", fault());
    }

    @Test
    void itFeedsThePoolAndCountsForNothing() throws Exception {
        answer(200, "application/octet-stream", bytes);
        List<String> told = new CopyOnWriteArrayList<>();
        List<byte[]> stirred = new CopyOnWriteArrayList<>();
        EntropySettings settings = EntropySettings.of("qrng", url + "?key=secret", false, null);
        try (EntropyFeed feed = new EntropyFeed(settings, () -> new HttpsSource(settings.source(), null, tls, LONG), PATIENT, b -> stirred.add(b.clone()), told::add)) {
            assertEquals("operating system; " + url + " (OK, mixed in, counted as nothing)", feed.start().await(Duration.ofSeconds(50)).description());
        }
        assertArrayEquals(bytes, stirred.getFirst());
        assertEquals(List.of(), told);
        assertFalse(settings.toString().contains("secret"));
    }

    @Test
    void answersThatAreStuckAreThrownAway() throws Exception {
        answer(200, "application/octet-stream", new byte[64]);
        List<byte[]> stirred = new CopyOnWriteArrayList<>();
        EntropySettings settings = EntropySettings.of("qrng", url, false, null);
        try (EntropyFeed feed = new EntropyFeed(settings, () -> new HttpsSource(url, null, tls, LONG), PATIENT, stirred::add, text -> { })) {
            assertTrue(feed.start().await(Duration.ofSeconds(50)).description().contains("FAILED"), feed.description());
        }
        assertEquals(List.of(), stirred);
    }
}
