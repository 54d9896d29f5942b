package org.qnsp.crypto.entropy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * E-8: bytes fetched over HTTPS: of Cisco SKIP's /entropy ({@code {"randomStr":HEX}}), of ANU's and like services ({@code {"success":true,"data":[HEX,...]}}), or as they are.
 * Who sends them knows them, so they are mixed in and count for nothing. Redirects are not followed.
 */
final class HttpsSource implements Source {
    static final int BODY_BYTES = 1 << 20;

    private static final Duration PAUSE = Duration.ofHours(1); // such services count requests
    private static final int KEY_BYTES = 4096;
    private static final Pattern SKIP = Pattern.compile("\"randomStr\"\\s*:\\s*\"([0-9a-fA-F]*)\"");
    private static final Pattern SUCCESS = Pattern.compile("\"success\"\\s*:\\s*true");
    private static final Pattern DATA = Pattern.compile("\"data\"\\s*:\\s*\\[([0-9a-fA-F\",\\s]*)]");

    private final String name;
    private final URI uri;
    private final Path keyFile;
    private final HttpClient client;
    private final Limits limits;

    /** @param connect for a connection @param answer for an answer on it */
    record Limits(Duration connect, Duration answer) {
        static final Limits USUAL = new Limits(Duration.ofSeconds(2), Duration.ofSeconds(5));
    }

    /** @param keyFile or null */
    HttpsSource(String source, Path keyFile) {
        this(source, keyFile, null, Limits.USUAL);
    }

    /** @param trust whom to trust, null for whom the Java runtime trusts */
    HttpsSource(String source, Path keyFile, SSLContext trust, Limits limits) {
        this.limits = limits;
        this.name = EntropySettings.name(source);
        this.uri = EntropySettings.url(source);
        this.keyFile = keyFile;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(limits.connect).followRedirects(HttpClient.Redirect.NEVER);
        this.client = (trust == null ? builder : builder.sslContext(trust)).build();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean counts() {
        return false;
    }

    @Override
    public String warning() {
        return null;
    }

    @Override
    public int startUpBytes() {
        return HealthTests.BLOCK_BYTES;
    }

    @Override
    public Duration pause() {
        return PAUSE;
    }

    @Override
    public byte[] read(int wanted) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(limits.answer).header("Accept", "application/json, application/octet-stream");
        if (keyFile != null) {
            request.header("x-api-key", key());
        }
        HttpResponse<byte[]> response = answer(request.build());
        if (response.statusCode() != 200) {
            throw new IOException("it answers with status " + response.statusCode());
        }
        String type = response.headers().firstValue("Content-Type").orElse("").split(";")[0].strip().toLowerCase(Locale.ROOT);
        byte[] bytes = switch (type) {
            case "application/json" -> fromJson(new String(response.body(), StandardCharsets.UTF_8));
            case "application/octet-stream" -> response.body();
            default -> throw new IOException("it answers with neither JSON nor bytes");
        };
        if (bytes.length < wanted) {
            throw new IOException("it answers with less than " + wanted + " bytes");
        }
        return bytes;
    }

    private HttpResponse<byte[]> answer(HttpRequest request) throws IOException {
        CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), BODY_BYTES));
        try {
            return answer.get(limits.connect.plus(limits.answer).toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException("it does not answer in time", e);
        } catch (ExecutionException e) {
            throw new IOException(switch (e.getCause()) {
                case java.net.http.HttpTimeoutException t -> "it does not answer in time";
                case SSLException s -> "it does not prove who it is";
                case java.net.ConnectException c -> "it cannot be reached";
                case null, default -> "it sends no answer of at most " + BODY_BYTES + " bytes";
            }, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            answer.cancel(true);
        }
    }

    /** @throws IOException if there is none, or others may read it */
    private String key() throws IOException {
        Set<PosixFilePermission> permissions;
        byte[] content;
        try (var in = Files.newInputStream(keyFile)) {
            permissions = Files.getPosixFilePermissions(keyFile);
            content = in.readNBytes(KEY_BYTES);
        } catch (IOException e) {
            throw new IOException("EntropyKeyFile " + keyFile + " cannot be read", e);
        }
        if (permissions.contains(PosixFilePermission.OTHERS_READ) || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException("EntropyKeyFile " + keyFile + " is open to every user");
        }
        String key = new String(content, StandardCharsets.ISO_8859_1).strip();
        if (key.isEmpty() || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IOException("EntropyKeyFile " + keyFile + " holds no key");
        }
        return key;
    }

    /** The two kinds of JSON; strictly as documented, or nothing. A mistake here could take nothing away from the pool. */
    static byte[] fromJson(String text) throws IOException {
        Matcher skip = SKIP.matcher(text);
        Matcher data = DATA.matcher(text);
        try {
            if (skip.find()) {
                return HexFormat.of().parseHex(skip.group(1));
            }
            if (SUCCESS.matcher(text).find() && data.find()) {
                return HexFormat.of().parseHex(data.group(1).replaceAll("[\",\\s]", ""));
            }
        } catch (IllegalArgumentException e) {
            // an odd number of digits
        }
        throw new IOException("it answers with JSON of another kind");
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
