package org.qnsp.core.qkd;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.qnsp.core.qkd.QkdException.Reason;
import org.qnsp.crypto.Secret;

/**
 * A key server by ETSI GS QKD 014 V1.1.1, over mutual TLS. Key servers differ in much that the standard leaves open, so errors are taken for what their status
 * says, whatever their body is, and of an answer that brings keys only the exact one counts. Keys go from the answer's bytes into {@link Secret} and are wiped
 * from those bytes; copies inside the JDK's TLS and HTTP are not ours to wipe.
 */
public final class Etsi014KeySource implements KeySource {
    /** The largest key that is taken. */
    static final int LARGEST_KEY_BITS = 8_192;

    private static final int CONNECT_MILLIS = 2_000;
    private static final int TRIES = 5;
    /** Of a connection that does not come about, for which a second one may be quicker: nothing was asked, so no key is burnt. */
    private static final int CONNECT_TRIES = 2;
    /** How often keys that the far key server does not know yet are asked for again, which doubles the pause each time. */
    private static final int LAG_TRIES = 3;
    private static final int MESSAGE_BYTES = 512;
    private static final int NAME_BYTES = 1024;
    private static final int SHOWN_CHARACTERS = 120;
    private static final Pattern NONE_LEFT = Pattern.compile("exhaust|not enough|insufficient|no (more )?keys? (left|available)|out of keys|empty", Pattern.CASE_INSENSITIVE);
    private static final Pattern FIXED_MESSAGE = Pattern.compile("multiple of 8|extension_(mandatory|optional)", Pattern.CASE_INSENSITIVE);

    private final URI kme;
    private final HttpClient http;
    private final Times times;
    private final UsedKeys used = new UsedKeys();

    /**
     * Milliseconds.
     *
     * @param exchange for a request and its answer
     * @param longest  for all attempts
     * @param pause    before the second attempt; it doubles from then on
     */
    record Times(int exchange, int longest, int pause) {
        static final Times USUAL = new Times(5_000, LONGEST_MILLIS, 100);
    }

    /** An answer; whoever holds it wipes it. */
    private record Reply(int status, byte[] body) implements AutoCloseable {
        @Override
        public void close() {
            Arrays.fill(body, (byte) 0);
        }
    }

    /** @throws QkdException CONFIGURATION, for files that cannot be used */
    public Etsi014KeySource(QkdSettings settings) throws QkdException {
        this(settings, Times.USUAL);
    }

    Etsi014KeySource(QkdSettings settings, Times times) throws QkdException {
        this.times = times;
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        kme = settings.kme();
        http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(KmeTls.context(settings)).sslParameters(parameters)
                .connectTimeout(Duration.ofMillis(CONNECT_MILLIS)).followRedirects(HttpClient.Redirect.NEVER).proxy(HttpClient.Builder.NO_PROXY).build();
    }

    @Override
    public KeySourceStatus status(String peer) throws QkdException {
        try (Reply reply = asked(peer, "status", null)) {
            if (reply.status() != 200) {
                throw refusal(reply, Reason.NOT_AUTHORISED); // of 400s here the one that was seen is for a peer that it does not know
            }
            return status(object(reply.body()));
        } catch (JsonException e) {
            throw malformed("status", e);
        }
    }

    private static KeySourceStatus status(Json.Obj status) throws JsonException {
        boolean simulated = status.get("status_extension") instanceof Json.Obj extension && extension.get("qnsp_source") instanceof Json.Text source
                && source.string(NAME_BYTES).equals("simulator");
        return new KeySourceStatus(text(status, "source_KME_ID"), text(status, "target_KME_ID"), text(status, "master_SAE_ID"), text(status, "slave_SAE_ID"),
                number(status, "key_size"), number(status, "stored_key_count"), number(status, "max_key_count"), number(status, "max_key_per_request"),
                number(status, "max_key_size"), number(status, "min_key_size"), simulated);
    }

    @Override
    public List<QkdKey> fresh(String peer, int count, int bits) throws QkdException {
        if (count < 1 || bits < 8 || bits > LARGEST_KEY_BITS || bits % 8 != 0) {
            throw new IllegalArgumentException(count + " keys of " + bits + " bits");
        }
        // by POST: key servers were seen that ignore the parameters of the GET form
        try (Reply reply = asked(peer, "enc_keys", "{\"number\":" + count + ",\"size\":" + bits + "}")) {
            if (reply.status() != 200) {
                // the request keeps to what the status said: what else is a 400 about
                throw refusal(reply, FIXED_MESSAGE.matcher(message(reply)).find() ? Reason.UNSUITABLE : Reason.EXHAUSTED);
            }
            List<QkdKey> keys = keys(reply.body());
            return checked(keys, () -> {
                if (keys.isEmpty()) {
                    throw new QkdException(Reason.EXHAUSTED, "the key server gave no keys");
                }
                if (keys.size() != count) {
                    throw new QkdException(Reason.MALFORMED, "the key server gave " + keys.size() + " keys for " + count);
                }
                if (keys.stream().anyMatch(key -> key.bits() != bits)) {
                    throw new QkdException(Reason.MALFORMED, "the key server gave a key of another size than " + bits + " bits");
                }
            });
        } catch (JsonException e) {
            throw malformed("enc_keys", e);
        }
    }

    @Override
    public List<QkdKey> fetch(String master, List<String> ids) throws QkdException {
        List<UUID> wanted = new ArrayList<>();
        for (String id : ids) {
            UUID uuid = QkdKey.uuid(id).orElseThrow(() -> new IllegalArgumentException("not in the form of a UUID"));
            if (used.contains(uuid)) {
                throw new QkdException(Reason.REUSED_KEY, "key " + id + " was used before");
            }
            wanted.add(uuid);
        }
        StringBuilder body = new StringBuilder("{\"key_IDs\":[");
        for (String id : ids) {
            body.append(body.charAt(body.length() - 1) == '[' ? "" : ",").append("{\"key_ID\":\"").append(id).append("\"}");
        }
        try (Reply reply = asked(master, "dec_keys", body.append("]}").toString())) {
            if (reply.status() != 200) {
                throw refusal(reply, Reason.UNKNOWN_KEY);
            }
            List<QkdKey> keys = keys(reply.body());
            Map<UUID, QkdKey> byId = new HashMap<>();
            checked(keys, () -> {
                keys.forEach(key -> byId.put(QkdKey.uuid(key.id()).orElseThrow(), key));
                if (keys.isEmpty()) {
                    throw new QkdException(Reason.UNKNOWN_KEY, "the key server gave no keys");
                }
                if (byId.size() != wanted.size() || !byId.keySet().containsAll(wanted)) {
                    throw new QkdException(Reason.MALFORMED, "the key server gave other keys than those asked for");
                }
            });
            return wanted.stream().map(byId::get).toList();
        } catch (JsonException e) {
            throw malformed("dec_keys", e);
        }
    }

    /** What else has to hold for the keys of an answer. */
    private interface Check {
        void run() throws QkdException;
    }

    /** The keys, if all is well; else they are wiped. In any case they are used. */
    private List<QkdKey> checked(List<QkdKey> keys, Check check) throws QkdException {
        boolean fine = false;
        try {
            boolean fresh = true;
            for (QkdKey key : keys) {
                fresh &= used.add(QkdKey.uuid(key.id()).orElseThrow());
            }
            check.run();
            if (!fresh) {
                throw new QkdException(Reason.REUSED_KEY, "the key server gave a key that was used before");
            }
            fine = true;
            return keys;
        } finally {
            if (!fine) {
                QkdKey.closeAll(keys);
            }
        }
    }

    /** The keys of a container, each of another name. */
    private static List<QkdKey> keys(byte[] body) throws JsonException {
        Json.Obj container = object(body);
        Json list = container.get("keys") == null ? container.get("Keys") : container.get("keys"); // the standard prints both
        if (!(list instanceof Json.Arr array) || container.get("keys") != null && container.get("Keys") != null) {
            throw new JsonException("no list of keys");
        }
        List<QkdKey> keys = new ArrayList<>();
        Set<UUID> names = new HashSet<>();
        boolean whole = false;
        try {
            for (Json element : array.elements()) {
                keys.add(key(element, names));
            }
            whole = true;
            return keys;
        } finally {
            if (!whole) {
                QkdKey.closeAll(keys);
            }
        }
    }

    private static QkdKey key(Json element, Set<UUID> names) throws JsonException {
        if (!(element instanceof Json.Obj object) || !(object.get("key") instanceof Json.Text key)) {
            throw new JsonException("a key without bytes");
        }
        String id = text(object, "key_ID");
        if (!QkdKey.uuid(id).map(names::add).orElse(false)) {
            throw new JsonException("a key whose name is no UUID or occurs twice");
        }
        Secret secret = Secret.owning(key.base64());
        if (secret.length() == 0) {
            throw new JsonException("a key without bytes");
        }
        return new QkdKey(id, secret);
    }

    // ---- the exchange

    /** An answer that is final: other than by 200, 400, 401 and the like a server may change its mind, and is asked again. @param body null for GET */
    private Reply asked(String peer, String what, String body) throws QkdException {
        long deadline = System.nanoTime() + times.longest() * 1_000_000L;
        int lagTries = what.equals("dec_keys") ? LAG_TRIES : 0;
        for (int tries = 1; ; tries++) {
            QkdException failure;
            int most;
            try {
                Reply reply = exchange(peer, what, body, deadline);
                boolean unknown = reply.status() == 400 || reply.status() == 404;
                if (reply.status() < 500 && !(unknown && tries <= lagTries)) {
                    return reply;
                }
                failure = unknown ? refusal(reply, Reason.UNKNOWN_KEY) : refusal(reply, Reason.UNAVAILABLE);
                most = unknown ? lagTries + 1 : TRIES;
                reply.close();
            } catch (QkdException e) {
                if (e.reason() != Reason.UNREACHABLE) {
                    throw e;
                }
                failure = e;
                most = e.getCause() instanceof HttpConnectTimeoutException ? CONNECT_TRIES : TRIES;
            }
            long pause = (long) times.pause() << (tries - 1);
            boolean lags = failure.reason() == Reason.UNKNOWN_KEY;
            long millis = lags ? pause : pause / 2 + ThreadLocalRandom.current().nextLong(pause);
            if (tries >= most || System.nanoTime() + millis * 1_000_000 >= deadline) {
                throw failure;
            }
            pause(millis);
        }
    }

    private Reply exchange(String peer, String what, String body, long deadline) throws QkdException {
        long millis = Math.min(times.exchange(), (deadline - System.nanoTime()) / 1_000_000);
        if (millis <= 0) {
            throw new QkdException(Reason.TIMEOUT, "the key server took too long");
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(kme.resolve("/api/v1/keys/" + escaped(peer) + "/" + what)).header("Accept", "application/json");
        if (body != null) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
        }
        BoundedBody bytes = new BoundedBody();
        CompletableFuture<Reply> answer = http.sendAsync(request.build(), _ -> bytes).thenApply(response -> new Reply(response.statusCode(), response.body()));
        try {
            return answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            bytes.wipe();
            throw new QkdException(Reason.TIMEOUT, "the key server at " + kme.getAuthority() + " did not answer within " + millis + " ms", e);
        } catch (ExecutionException e) {
            bytes.wipe();
            throw failure(e.getCause());
        } catch (InterruptedException e) {
            answer.cancel(true);
            bytes.wipe();
            Thread.currentThread().interrupt();
            throw new QkdException(Reason.TIMEOUT, "interrupted", e);
        }
    }

    private QkdException failure(Throwable cause) {
        String where = "key server at " + kme.getAuthority() + ": ";
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof BoundedBody.TooLongException) {
                return new QkdException(Reason.MALFORMED, where + t.getMessage(), cause);
            }
            if (t instanceof CertificateException) {
                return new QkdException(Reason.WRONG_KME, where + shown(t.getMessage()), cause);
            }
        }
        return switch (cause) {
            case HttpConnectTimeoutException e -> new QkdException(Reason.UNREACHABLE, where + "no connection within " + CONNECT_MILLIS + " ms", cause);
            case SSLException e when String.valueOf(e.getMessage()).contains("Received fatal alert") ->
                new QkdException(Reason.NOT_AUTHORISED, where + "our certificate is not accepted: " + shown(e.getMessage()), cause);
            case ConnectException e -> new QkdException(Reason.UNREACHABLE, where + "no connection", cause);
            case IOException e -> new QkdException(Reason.UNREACHABLE, where + shown(e.getMessage()), cause);
            default -> throw new IllegalStateException("exchange with the key server", cause);
        };
    }

    private static void pause(long millis) throws QkdException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QkdException(Reason.UNREACHABLE, "interrupted", e);
        }
    }

    /** What an answer other than 200 means. @param badRequest what a 400 does, and a 404 for a key */
    private static QkdException refusal(Reply reply, Reason badRequest) {
        String message = message(reply);
        String text = "the key server answers " + reply.status() + (message.isEmpty() ? "" : ": " + message);
        Reason reason = switch (reply.status()) {
            case 401, 403 -> Reason.NOT_AUTHORISED;
            case 400 -> badRequest;
            case 404 -> badRequest == Reason.UNKNOWN_KEY ? Reason.UNKNOWN_KEY : Reason.MALFORMED;
            default -> reply.status() < 500 ? Reason.MALFORMED : NONE_LEFT.matcher(message).find() ? Reason.EXHAUSTED : Reason.UNAVAILABLE;
        };
        return new QkdException(reason, text);
    }

    /** What an error says of itself; empty where it is no Error of the standard: some are pages for browsers. */
    private static String message(Reply reply) {
        try {
            return object(reply.body()).get("message") instanceof Json.Text text ? shown(text.string(MESSAGE_BYTES)) : "";
        } catch (JsonException e) {
            return "";
        }
    }

    /** A stranger's text for a terminal. */
    private static String shown(String text) {
        String line = String.valueOf(text).replaceAll("[^ -~]", "?");
        return line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS);
    }

    private static QkdException malformed(String what, JsonException e) {
        return new QkdException(Reason.MALFORMED, "the key server's answer to " + what + ": " + e.getMessage(), e);
    }

    private static Json.Obj object(byte[] body) throws JsonException {
        if (Json.parse(body) instanceof Json.Obj object) {
            return object;
        }
        throw new JsonException("no object");
    }

    private static String text(Json.Obj object, String name) throws JsonException {
        if (object.get(name) instanceof Json.Text text) {
            return text.string(NAME_BYTES);
        }
        throw new JsonException("no text " + name);
    }

    private static long number(Json.Obj object, String name) throws JsonException {
        if (object.get(name) instanceof Json.Num(String digits) && digits.length() <= 18 && digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Long.parseLong(digits);
        }
        throw new JsonException("no number " + name);
    }

    /** A SAE id as a segment of a path: all but letters, digits and -._~ escaped. */
    private static String escaped(String id) {
        StringBuilder out = new StringBuilder();
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "-._~".indexOf(c) >= 0;
            out.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return out.toString();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
