package org.qnsp.core.qkd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.qkd.QkdException.Reason;
import org.qnsp.crypto.tls.CertificateAuthority;
import org.qnsp.crypto.tls.CertificateAuthority.Purpose;

/** The client of ETSI GS QKD 014 against a key server that answers as told: by the standard, by what real ones do, and wrong. */
final class Etsi014KeySourceTest {
    private static final String PEER = "sae/two ü";
    private static final String PATH = "/api/v1/keys/sae%2Ftwo%20%C3%BC/";
    private static final String ID1 = "9E547ac9-3d28-420c-9294-70e0dc7006da";
    private static final String ID2 = "11111111-2222-4333-8444-555555555555";
    private static final String STATUS = """
        {"source_KME_ID":"A","target_KME_ID":"B","master_SAE_ID":"sae one","slave_SAE_ID":"s","key_size":256,"stored_key_count":9,"max_key_count":1000,
         "max_key_per_request":128,"max_key_size":1024,"min_key_size":64,"max_SAE_ID_count":0%s}""";
    private static final String PAGE = "<!DOCTYPE html><html><body>Unauthorized</body></html>";
    private static final String KEY_TEXT = Base64.getEncoder().encodeToString(bytes(32, 1));

    /** So that a busy machine fails nothing, and pauses take no time. */
    private static final Etsi014KeySource.Times PATIENT = new Etsi014KeySource.Times(30_000, 60_000, 2);

    @TempDir
    private Path dir;
    private ScriptedKme kme;
    private Etsi014KeySource source;

    @BeforeEach
    void begin() throws Exception {
        kme = new ScriptedKme();
        source = new Etsi014KeySource(kme.settings(dir, null), PATIENT);
    }

    @AfterEach
    void end() {
        source.close();
        kme.close();
    }

    private static byte[] bytes(int n, int first) {
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    private static String key(String id, int first) {
        return "{\"key_ID\":\"" + id + "\",\"key\":\"" + Base64.getEncoder().encodeToString(bytes(32, first)) + "\"}";
    }

    private static String keys(String... keys) {
        return "{\"keys\":[" + String.join(",", keys) + "]}";
    }

    private static Reason fails(Executable call) {
        QkdException failure = assertThrows(QkdException.class, call);
        for (Throwable t = failure; t != null; t = t.getCause()) {
            assertFalse(String.valueOf(t.getMessage()).contains(KEY_TEXT.substring(0, 8)), t.getMessage());
        }
        return failure.reason();
    }

    private static String shown(List<QkdKey> keys) {
        return keys.stream().map(key -> key.id() + "/" + key.bits() + "/" + key.secret().bytes()[0]).collect(Collectors.joining(" "));
    }

    @Test
    void theStatusIsRead() throws Exception {
        kme.answers(200, STATUS.formatted("")).answers(200, STATUS.formatted(",\"status_extension\":{\"qnsp_source\":\"simulator\"},\"vendor_thing\":[1]"));
        assertEquals(new KeySourceStatus("A", "B", "sae one", "s", 256, 9, 1000, 128, 1024, 64, false), source.status(PEER));
        assertTrue(source.status(PEER).simulated());
        assertEquals(List.of("GET " + PATH + "status", "GET " + PATH + "status"), kme.asked());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"400 | {\"message\":\"unknown SAE\"} | NOT_AUTHORISED", "401 | <html>no</html> | NOT_AUTHORISED", "404 | 404 page not found | MALFORMED", "200 | {} | MALFORMED",
        "200 | [] | MALFORMED", "200 | <html></html> | MALFORMED", "302 | {} | MALFORMED"})
    void aStatusThatIsNoneIsRefused(int status, String body, Reason reason) {
        kme.answers(status, body);
        assertEquals(reason, fails(() -> source.status(PEER)));
        assertEquals(1, kme.asked().size());
    }

    @Test
    void keysAreAskedForByPostAndComeAsSecrets() throws Exception {
        kme.answers(200, keys(key(ID1, 1), key(ID2, 2))).answers(200, "{\"Keys\":[{\"key_extension\":{},\"key\":\"" + KEY_TEXT + "\",\"key_ID\":\"" + ID1.replace('9', '8') + "\"}],\"key_container_extension\":{}}");
        List<QkdKey> keys = source.fresh(PEER, 2, 256);
        assertEquals(ID1 + "/256/1 " + ID2 + "/256/2", shown(keys));
        assertEquals(List.of("POST " + PATH + "enc_keys {\"number\":2,\"size\":256}"), kme.asked());
        assertEquals("[QkdKey[" + ID1 + "], QkdKey[" + ID2 + "]]", keys.toString());
        assertEquals(1, source.fresh(PEER, 1, 256).size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "400 | {\"message\":\"pool empty\"}                             | EXHAUSTED      | 1",
        "400 | {\"message\":\"no\",\"details\":[{\"a\":\"b\"}]}         | EXHAUSTED      | 1",
        "400 | {\"message\":\"size shall be a multiple of 8\"}          | UNSUITABLE     | 1",
        "401 | <html>Unauthorized</html>                                | NOT_AUTHORISED | 1",
        "401 | ``                                                       | NOT_AUTHORISED | 1",
        "403 | ``                                                       | NOT_AUTHORISED | 1",
        "404 | 404 page not found                                       | MALFORMED      | 1",
        "503 | {\"message\":\"busy\"}                                   | UNAVAILABLE    | 5",
        "503 | {\"message\":\"Not enough keys\"}                        | EXHAUSTED      | 5",
        "500 | <html>Internal Server Error</html>                       | UNAVAILABLE    | 5",
        "200 | {\"keys\":[]}                                            | EXHAUSTED      | 1",
        "200 | []                                                       | MALFORMED      | 1",
        "200 | <html>welcome</html>                                     | MALFORMED      | 1",
        "200 | ``                                                       | MALFORMED      | 1",
        "200 | {\"keys\":{}}                                            | MALFORMED      | 1",
        "200 | {\"keys\":[1]}                                           | MALFORMED      | 1",
        "200 | {\"keys\":[@1],\"Keys\":[@1]}                            | MALFORMED      | 1",
        "200 | {\"keys\":[@1],\"keys\":[@1]}                            | MALFORMED      | 1",
        "200 | {\"keys\":[@1,@2]}                                       | MALFORMED      | 1",
        "200 | {\"keys\":[@1,@1]}                                       | MALFORMED      | 1",
        "200 | {\"keys\":[@1,                                           | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":\"@id\"}]}                        | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":\"@id\",\"key\":\"\"}]}           | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":\"@id\",\"key\":\"AQIDBA==\"}]}   | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":\"@id\",\"key\":\"@text@text\"}]} | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":\"17\",\"key\":\"@text\"}]}       | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":17,\"key\":\"@text\"}]}           | MALFORMED      | 1",
        "200 | {\"keys\":[{\"key_ID\":\"@id-0\",\"key\":\"@text\"}]}    | MALFORMED      | 1",
    })
    void whatIsNotTheKeyAskedForIsRefused(int status, String body, Reason reason, int requests) {
        String whole = body.replace("@1", key(ID1, 1)).replace("@2", key(ID2, 1)).replace("@id", ID1).replace("@text", KEY_TEXT);
        kme.answers(status, whole.startsWith("<") ? "text/html" : "application/json", whole);
        assertEquals(reason, fails(() -> source.fresh(PEER, 1, 256)));
        assertEquals(requests, kme.asked().size());
    }

    @Test
    void aServerThatRecoversIsAskedAgain() throws Exception {
        kme.answers(ScriptedKme.DROP, "").answers(503, "{}").answers(200, keys(key(ID1, 3)));
        assertEquals(ID1 + "/256/3", shown(source.fresh(PEER, 1, 256)));
        assertEquals(3, kme.asked().size());
    }

    @Test
    void aKeyIsTakenOnce() throws Exception {
        kme.answers(200, keys(key(ID1, 1)));
        source.fresh(PEER, 1, 256);
        assertEquals(Reason.REUSED_KEY, fails(() -> source.fresh(PEER, 1, 256)));
        kme.asked();
        assertEquals(Reason.REUSED_KEY, fails(() -> source.fetch(PEER, List.of(ID1.toUpperCase(java.util.Locale.ROOT)))));
        assertEquals(List.of(), kme.asked());
    }

    @Test
    void keysAreFetchedInTheOrderAskedForWhateverTheCaseOfTheirNames() throws Exception {
        kme.answers(200, keys(key(ID2, 2), key(ID1.toLowerCase(java.util.Locale.ROOT), 1)));
        assertEquals(ID1.toLowerCase(java.util.Locale.ROOT) + "/256/1 " + ID2 + "/256/2", shown(source.fetch(PEER, List.of(ID1, ID2))));
        assertEquals(List.of("POST " + PATH + "dec_keys {\"key_IDs\":[{\"key_ID\":\"" + ID1 + "\"},{\"key_ID\":\"" + ID2 + "\"}]}"), kme.asked());
    }

    @Test
    void aKeyThatIsNotThereYetIsAskedForAgain() throws Exception {
        kme.answers(400, "{\"message\":\"one or more keys specified are not found on KME\"}").answers(400, PAGE).answers(404, "").answers(200, keys(key(ID1, 1)));
        long start = System.nanoTime();
        try (Etsi014KeySource slow = new Etsi014KeySource(kme.settings(dir, null), new Etsi014KeySource.Times(30_000, 60_000, 100))) {
            assertEquals(ID1 + "/256/1", shown(slow.fetch(PEER, List.of(ID1))));
        }
        assertTrue(System.nanoTime() - start >= 700_000_000L, "100, 200, 400 ms");
        List<String> asked = kme.asked();
        assertEquals(4, asked.size());
        assertEquals(1, asked.stream().distinct().count(), "the same key each time");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "400 | {\"message\":\"one or more keys specified are not found on KME\"} | UNKNOWN_KEY | 4",
        "404 | 404 page not found                       | UNKNOWN_KEY    | 4",
        "401 | {\"message\":\"not involved\"}           | NOT_AUTHORISED | 1",
        "500 | <html>Internal Server Error</html>       | UNAVAILABLE    | 5",
        "200 | {\"keys\":[]}                            | UNKNOWN_KEY    | 1",
        "200 | []                                       | MALFORMED      | 1",
        "200 | {\"keys\":[@2]}                          | MALFORMED      | 1",
        "200 | {\"keys\":[@1,@2]}                       | MALFORMED      | 1",
    })
    void whatIsNotTheKeyFetchedIsRefused(int status, String body, Reason reason, int requests) {
        kme.answers(status, body.replace("@1", key(ID1, 1)).replace("@2", key(ID2, 1)));
        assertEquals(reason, fails(() -> source.fetch(PEER, List.of(ID1))));
        assertEquals(requests, kme.asked().size());
    }

    @Test
    void nothingWaitsForeverAndNothingIsReadForever() throws Exception {
        kme.answers(ScriptedKme.HANG, "").answers(200, " ".repeat(BoundedBody.MOST_BYTES) + keys(key(ID1, 1))).answers(ScriptedKme.DROP, "");
        try (Etsi014KeySource hasty = new Etsi014KeySource(kme.settings(dir, null), new Etsi014KeySource.Times(4_000, 60_000, 2))) {
            assertEquals(Reason.TIMEOUT, fails(() -> hasty.fresh(PEER, 1, 256)));
        }
        assertEquals(1, kme.asked().size(), "what timed out is not asked for again");
        assertEquals(Reason.MALFORMED, fails(() -> source.fresh(PEER, 1, 256)));
        assertEquals(Reason.UNREACHABLE, fails(() -> source.fresh(PEER, 1, 256)));
        assertEquals(6, kme.asked().size());
        kme.close();
        assertEquals(Reason.UNREACHABLE, fails(() -> source.status(PEER)));
    }

    // ---- who is who

    private Reason refused(QkdSettings settings) throws Exception {
        try (Etsi014KeySource other = new Etsi014KeySource(settings, PATIENT)) {
            return fails(() -> other.status(PEER));
        }
    }

    @Test
    void theKeyServerIsTheOneConfigured() throws Exception {
        kme.answers(200, STATUS.formatted(""));
        for (String id : List.of("kme", "kme.example", kme.certificate().getSerialNumber().toString(), kme.certificate().getSerialNumber().toString(16))) {
            try (Etsi014KeySource named = new Etsi014KeySource(kme.settings(dir, id), PATIENT)) {
                assertEquals("A", named.status(PEER).sourceKme());
            }
        }
        kme.asked();
        assertEquals(Reason.WRONG_KME, refused(kme.settings(dir, "KME-1")));
        CertificateAuthority other = new CertificateAuthority("test");
        assertEquals(Reason.WRONG_KME, refused(kme.settings(dir, null, other, ScriptedKme.CA.issue("sae one", Purpose.CLIENT, List.of(), List.of()))));
        try (ScriptedKme elsewhere = new ScriptedKme(ScriptedKme.CA.issue("kme", Purpose.SERVER, List.of("elsewhere.example"), List.of()), ScriptedKme.CA)) {
            assertEquals(Reason.WRONG_KME, refused(elsewhere.settings(dir, null)));
            assertEquals(List.of(), elsewhere.asked());
        }
        assertEquals(List.of(), kme.asked(), "it was not even asked");
    }

    @Test
    void aStrangerIsRefusedByTheKeyServer() throws Exception {
        CertificateAuthority other = new CertificateAuthority("other");
        Reason reason = refused(kme.settings(dir, null, ScriptedKme.CA, other.issue("sae one", Purpose.CLIENT, List.of(), List.of())));
        assertTrue(reason == Reason.NOT_AUTHORISED || reason == Reason.UNREACHABLE, reason.toString()); // the server's alert may be overtaken by its end
        assertEquals(List.of(), kme.asked());
    }

    @Test
    void filesAreCheckedAsSshDoes() throws Exception {
        QkdSettings settings = kme.settings(dir, null);
        Files.setPosixFilePermissions(settings.key(), PosixFilePermissions.fromString("rw-r-----"));
        QkdException open = assertThrows(QkdException.class, () -> new Etsi014KeySource(settings));
        assertEquals("permissions 0640 for " + settings.key() + " are too open: others can read this private key", open.getMessage());
        Files.setPosixFilePermissions(settings.key(), PosixFilePermissions.fromString("rw-------"));
        Files.writeString(settings.key(), "-----BEGIN EC PRIVATE KEY-----\n");
        assertEquals(Reason.CONFIGURATION, fails(() -> new Etsi014KeySource(settings)));
        Files.delete(settings.ca());
        Files.delete(settings.key());
        QkdException missing = assertThrows(QkdException.class, () -> new Etsi014KeySource(settings));
        assertEquals(settings.key() + ": No such file or directory", missing.getMessage());
    }

    @Test
    void usedNamesAreForgottenInOrder() {
        UsedKeys used = new UsedKeys();
        java.util.UUID first = new java.util.UUID(0, 0);
        assertTrue(used.add(first));
        assertFalse(used.add(first));
        for (int i = 1; i <= UsedKeys.MOST; i++) {
            used.add(new java.util.UUID(0, i));
        }
        assertTrue(used.add(first));
        assertFalse(used.add(new java.util.UUID(0, UsedKeys.MOST)));
        assertTrue(Arrays.stream(new int[] {2, 3}).allMatch(i -> used.contains(new java.util.UUID(0, i))));
    }
}
