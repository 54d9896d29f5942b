package org.qnsp.gateway.qkdsim;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.qnsp.core.qkd.Json;
import org.qnsp.gateway.qkdsim.Faults.Kind;
import org.qnsp.gateway.qkdsim.KeyRequest.BadRequestException;

/** One of the two key servers: the three methods of ETSI GS QKD 014 V1.1.1 over mutual TLS, and the faults that are switched on. */
final class KeyServer implements AutoCloseable {
    private static final int BODY_BYTES = 64 << 10;
    private static final int OVERSIZED_BYTES = 2 << 20;
    private static final int MOST_KEYS = 128;
    private static final String PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>";

    private final SimRequest request;
    private final Side side;
    private final KeyLink link;
    private final Faults faults;
    private final HttpsServer server;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();

    /** An answer. @param body null for none @param page whether it is HTML */
    private record Reply(int status, byte[] body, boolean page) {
        static Reply json(int status, String text) {
            return new Reply(status, text.getBytes(StandardCharsets.UTF_8), false);
        }

        static Reply error(int status, String message) {
            return json(status, new BadRequestException(message).json());
        }

        /** The standard gives it no body. */
        static Reply unauthorised() {
            return new Reply(401, null, false);
        }
    }

    KeyServer(SimRequest request, Side side, KeyLink link, Faults faults, TrialNetwork network) throws IOException {
        this.request = request;
        this.side = side;
        this.link = link;
        this.faults = faults;
        SSLContext context = ServerTls.context(network, side, () -> faults.of(side).containsKey(Kind.NO_ID));
        server = HttpsServer.create(new InetSocketAddress(TrialNetwork.ADDRESS, request.ports()[side.ordinal()]), 64);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = context.getDefaultSSLParameters();
                wanted.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        server.setExecutor(workers);
        server.createContext("/", this::handle);
    }

    void start() {
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private String ownSae(Side of) {
        return of == Side.A ? request.clientSae() : request.serverSae();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<Kind, Integer> now = faults.of(side);
            sleep(now.getOrDefault(Kind.LATENCY, 0));
            if (now.containsKey(Kind.HANG)) {
                hang();
            }
            Reply reply = fault(now);
            if (reply == null) {
                reply = answer(exchange, now);
            }
            if (now.containsKey(Kind.DROP)) {
                return;
            }
            byte[] body = reply.body();
            if (body != null) {
                exchange.getResponseHeaders().set("Content-Type", reply.page() ? "text/html; charset=utf-8" : "application/json");
            }
            exchange.sendResponseHeaders(reply.status(), body == null ? -1 : body.length);
            if (body != null) {
                exchange.getResponseBody().write(body);
                Arrays.fill(body, (byte) 0);
            }
        }
    }

    /** What is answered in place of an answer; null for nothing. */
    private static Reply fault(Map<Kind, Integer> now) {
        byte[] page = PAGE.getBytes(StandardCharsets.US_ASCII);
        if (now.containsKey(Kind.UNAVAILABLE)) {
            return Reply.error(503, "the key server cannot serve now");
        }
        if (now.containsKey(Kind.UNAUTHORISED)) {
            return new Reply(401, page, true);
        }
        if (now.containsKey(Kind.HTML)) {
            return new Reply(500, page, true);
        }
        if (now.containsKey(Kind.GARBAGE)) {
            return Reply.json(200, "{\"keys\":[{\"key_ID\":");
        }
        if (now.containsKey(Kind.OVERSIZED)) {
            return Reply.json(200, " ".repeat(OVERSIZED_BYTES));
        }
        return null;
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void hang() {
        sleep(600_000);
    }

    private Reply answer(HttpExchange exchange, Map<Kind, Integer> now) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES + 1);
        if (body.length > BODY_BYTES) {
            return Reply.error(413, "the body is too long");
        }
        Optional<String> caller = caller(exchange);
        if (caller.isEmpty() || !caller.get().equals(ownSae(side))) {
            return Reply.unauthorised();
        }
        String[] path = exchange.getRequestURI().getRawPath().split("/", -1); // "", api, v1, keys, SAE id, method
        if (path.length != 6 || !List.of(path).subList(0, 4).equals(List.of("", "api", "v1", "keys"))) {
            return Reply.error(404, "no such resource");
        }
        String peer = KeyRequest.segment(path[4]);
        if (!ownSae(side.other()).equals(peer)) {
            return Reply.error(400, "the SAE is not known");
        }
        String method = exchange.getRequestMethod();
        boolean post = method.equals("POST");
        if (!post && !method.equals("GET") || post && path[5].equals("status")) {
            exchange.getResponseHeaders().set("Allow", path[5].equals("status") ? "GET" : "GET, POST");
            return Reply.error(405, "no such method");
        }
        String query = exchange.getRequestURI().getRawQuery();
        try {
            return switch (path[5]) {
                case "status" -> Reply.json(200, status(peer));
                case "enc_keys" -> fresh(peer, post ? KeyRequest.Fresh.ofBody(body) : KeyRequest.Fresh.ofQuery(query), now);
                case "dec_keys" -> fetched(peer, post ? KeyRequest.ById.ofBody(body) : KeyRequest.ById.ofQuery(query), now);
                default -> Reply.error(404, "no such resource");
            };
        } catch (BadRequestException e) {
            return Reply.json(400, e.json());
        }
    }

    /** The SAE id in the certificate. */
    private static Optional<String> caller(HttpExchange exchange) {
        try {
            return SaeName.of((X509Certificate) ((HttpsExchange) exchange).getSSLSession().getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }

    private String status(String peer) {
        return "{\"source_KME_ID\":" + Json.quote(side.kme()) + ",\"target_KME_ID\":" + Json.quote(side.other().kme()) + ",\"master_SAE_ID\":" + Json.quote(ownSae(side))
                + ",\"slave_SAE_ID\":" + Json.quote(peer) + ",\"key_size\":" + request.usual() + ",\"stored_key_count\":" + link.bits(System.nanoTime()) / request.usual()
                + ",\"max_key_count\":" + request.poolBits() / request.usual() + ",\"max_key_per_request\":" + MOST_KEYS + ",\"max_key_size\":" + request.largest()
                + ",\"min_key_size\":" + request.smallest() + ",\"max_SAE_ID_count\":0,\"status_extension\":{\"qnsp_source\":\"simulator\",\"qnsp_bits_per_second\":" + request.bitsPerSecond() + "}}";
    }

    private Reply fresh(String peer, KeyRequest.Fresh wanted, Map<Kind, Integer> now) throws BadRequestException {
        long number = wanted.number().orElse(1L);
        long size = wanted.size().orElse((long) request.usual());
        if (number < 1 || number > MOST_KEYS) {
            throw new BadRequestException("number shall be from 1 to " + MOST_KEYS);
        }
        if (size % 8 != 0) {
            throw new BadRequestException("size shall be a multiple of 8");
        }
        if (size < request.smallest() || size > request.largest()) {
            throw new BadRequestException("size shall be from " + request.smallest() + " to " + request.largest());
        }
        if (now.containsKey(Kind.NO_KEYS)) {
            return Reply.json(200, "{\"keys\":[]}");
        }
        List<KeyLink.Key> keys = now.containsKey(Kind.EXHAUSTED) ? List.of() : link.make(ownSae(side), peer, (int) number, (int) size, System.nanoTime());
        return keys.isEmpty() ? Reply.error(503, "not enough keys: the link is exhausted") : container(keys, now);
    }

    private Reply fetched(String master, KeyRequest.ById wanted, Map<Kind, Integer> now) {
        if (now.containsKey(Kind.NO_KEYS)) {
            return Reply.json(200, "{\"keys\":[]}");
        }
        long lag = now.getOrDefault(Kind.SYNC_LAG, 0) * 1_000_000L;
        return switch (link.take(master, ownSae(side), wanted.ids(), lag, System.nanoTime())) {
            case KeyLink.Found.Unknown() -> Reply.error(400, "one or more keys specified are not found on KME");
            case KeyLink.Found.NotNamed() -> Reply.unauthorised();
            case KeyLink.Found.Keys(List<KeyLink.Key> keys) -> container(keys, now);
        };
    }

    private static Reply container(List<KeyLink.Key> keys, Map<Kind, Integer> now) {
        StringBuilder out = new StringBuilder("{\"keys\":[");
        for (KeyLink.Key key : keys) {
            byte[] bytes = key.secret().bytes();
            if (now.containsKey(Kind.MISMATCH)) {
                bytes[0] ^= 1;
            }
            out.append(out.charAt(out.length() - 1) == '[' ? "" : ",").append("{\"key_ID\":\"").append(key.id()).append("\",\"key\":\"")
                    .append(Base64.getEncoder().encodeToString(bytes)).append("\"}");
            key.secret().close();
        }
        return Reply.json(200, out.append("]}").toString());
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
