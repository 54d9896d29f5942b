package org.qnsp.crypto.keys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Vectors;
import org.qnsp.crypto.keys.KeyFileException.Reason;

/** K-4 and K-5: private key files. */
class KeyFileTest {
    private static final PassphraseCost CHEAP = new PassphraseCost(8, 1, 1);
    private static final char[] PASSPHRASE = "correct h\u00f6rse".toCharArray();

    private final RandomSource random = Vectors.random(60);

    private static Reason reasonOf(byte[] text, char[] passphrase) {
        return assertThrows(KeyFileException.class, () -> {
            try (KeyFile file = KeyFile.parse(text); KeyFile.Opened opened = file.open(passphrase)) {
                throw new AssertionError("opened " + opened);
            }
        }).reason();
    }

    /** K-5's text around the bytes; Java's MIME encoder breaks lines at multiples of 4 only, so not at 70. */
    private static byte[] wrapped(byte[] bytes) {
        String base64 = Base64.getEncoder().encodeToString(bytes);
        StringBuilder text = new StringBuilder("-----BEGIN QNSP PRIVATE KEY-----\n");
        for (int at = 0; at < base64.length(); at += 70) {
            text.append(base64, at, Math.min(base64.length(), at + 70)).append('\n');
        }
        return text.append("-----END QNSP PRIVATE KEY-----\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] unwrapped(byte[] text) {
        List<String> lines = new String(text, StandardCharsets.US_ASCII).lines().toList();
        return Base64.getDecoder().decode(String.join("", lines.subList(1, lines.size() - 1)));
    }

    @ParameterizedTest
    @EnumSource(KeyType.class)
    void aKeyWithoutPassphraseComesBack(KeyType type) throws Exception { // K-5
        try (PrivateKey key = PrivateKey.generate(type, random)) {
            byte[] text = KeyFile.encode(key, "me@here", null, PassphraseCost.STANDARD, random);
            try (KeyFile file = KeyFile.parse(text); KeyFile.Opened opened = file.open(null)) {
                assertFalse(file.encrypted());
                assertEquals(key.publicKey(), file.publicKey());
                assertEquals(key.publicKey(), opened.key().publicKey());
                assertEquals("me@here", opened.comment());
                assertArrayEquals(text, KeyFile.encode(opened.key(), "me@here", new char[0], CHEAP, random));
            }
            byte[] none = Encoding.ascii("none");
            assertArrayEquals(Encoding.concat(Encoding.ascii("qnsp-key-v1\0"), Encoding.lpAll(none, new byte[0], none, new byte[0],
                    key.publicKey().encoded(), Encoding.lpAll(Encoding.ascii(type.typeName()), key.firstSecret().bytes(),
                            key.secondSecret().bytes(), Encoding.ascii("me@here")))), unwrapped(text));
            assertArrayEquals(text, wrapped(unwrapped(text)));
        }
    }

    @ParameterizedTest
    @EnumSource(KeyType.class)
    void aKeyWithPassphraseComesBack(KeyType type) throws Exception { // K-5
        try (PrivateKey key = PrivateKey.generate(type, random)) {
            byte[] text = KeyFile.encode(key, "\u00fcber", PASSPHRASE, CHEAP, random);
            try (KeyFile file = KeyFile.parse(text)) {
                assertTrue(file.encrypted());
                assertEquals(key.publicKey(), file.publicKey());
                assertEquals(Reason.PASSPHRASE_NEEDED, reasonOf(text, null));
                assertEquals(Reason.WRONG_PASSPHRASE, reasonOf(text, "correct horse".toCharArray()));
                assertEquals(Reason.WRONG_PASSPHRASE, reasonOf(text, new char[0]));
                try (KeyFile.Opened opened = file.open(PASSPHRASE)) {
                    assertEquals(key.publicKey(), opened.key().publicKey());
                    assertEquals("\u00fcber", opened.comment());
                }
            }
            assertFalse(Arrays.equals(text, KeyFile.encode(key, "\u00fcber", PASSPHRASE, CHEAP, random)), "salt and nonce are fresh");
        }
    }

    @Test
    void theSealedPartIsArgon2idAndAesGcm() throws Exception { // K-5, taken apart by hand
        try (PrivateKey key = PrivateKey.generate(KeyType.KEM, random)) {
            byte[] bytes = unwrapped(KeyFile.encode(key, "c", PASSPHRASE, new PassphraseCost(64, 2, 2), random));
            LpReader reader = new LpReader(bytes, 12);
            assertArrayEquals(Encoding.ascii("argon2id"), reader.next("", 99));
            byte[] parameters = reader.next("", 99);
            assertEquals("0000004000000002" + "00000002" + "10", Vectors.hex(Arrays.copyOf(parameters, 13)));
            assertArrayEquals(Encoding.ascii("aes256-gcm"), reader.next("", 99));
            byte[] nonce = reader.next("", 12);
            assertArrayEquals(key.publicKey().encoded(), reader.next("", 9999));
            int before = reader.position();
            byte[] sealed = reader.next("", 9999);
            Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
            argon2.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id).withMemoryAsKB(64).withIterations(2)
                    .withParallelism(2).withSalt(Arrays.copyOfRange(parameters, 13, 29)).build());
            byte[] sealKey = new byte[32];
            argon2.generateBytes(new String(PASSPHRASE).getBytes(StandardCharsets.UTF_8), sealKey);
            Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
            gcm.init(Cipher.DECRYPT_MODE, new SecretKeySpec(sealKey, "AES"), new GCMParameterSpec(128, nonce));
            gcm.updateAAD(bytes, 0, before);
            assertArrayEquals(Encoding.lpAll(Encoding.ascii("mlkem768-x25519"), key.firstSecret().bytes(),
                    key.secondSecret().bytes(), Encoding.ascii("c")), gcm.doFinal(sealed));
        }
    }

    @Test
    void openingWithTheStandardCostIsBearable() throws Exception { // 64 MiB, 3 passes
        try (PrivateKey key = PrivateKey.generate(KeyType.KEM, random)) {
            byte[] text = KeyFile.encode(key, "", PASSPHRASE, PassphraseCost.STANDARD, random);
            try (KeyFile file = KeyFile.parse(text); KeyFile.Opened opened = file.open(PASSPHRASE)) {
                assertEquals(key.publicKey(), opened.key().publicKey());
            }
        }
    }

    @Test
    void everyTruncationIsRefused() { // K-5
        for (char[] passphrase : new char[][] {null, PASSPHRASE}) {
            byte[] text = KeyFile.encode(PrivateKey.generate(KeyType.KEM, random), "x", passphrase, CHEAP, random);
            for (int n = 0; n < text.length; n++) {
                reasonOf(Arrays.copyOf(text, n), PASSPHRASE);
            }
            byte[] bytes = unwrapped(text);
            for (int n = 0; n < bytes.length; n++) {
                reasonOf(wrapped(Arrays.copyOf(bytes, n)), PASSPHRASE);
            }
            reasonOf(Arrays.copyOf(text, text.length + 1), PASSPHRASE);
            reasonOf(wrapped(Arrays.copyOf(bytes, bytes.length + 1)), PASSPHRASE);
        }
    }

    @Test
    void flippedBitsGiveOnlyKeyFileExceptions() { // K-5: 10,000 in the text, 10,000 in the bytes
        SplittableRandom where = new SplittableRandom(61);
        for (char[] passphrase : new char[][] {null, PASSPHRASE}) {
            byte[] text = KeyFile.encode(PrivateKey.generate(KeyType.SIG, random), "", passphrase, CHEAP, random);
            byte[] bytes = unwrapped(text);
            for (int i = 0; i < 5000; i++) {
                byte[] changed = text.clone();
                int bit = where.nextInt(8 * text.length);
                changed[bit / 8] ^= (byte) (1 << bit % 8);
                if (!costly(unwrappedOr(changed, bytes), bytes)) {
                    reasonOf(changed, PASSPHRASE);
                }
                byte[] changedBytes = bytes.clone();
                bit = where.nextInt(8 * bytes.length);
                changedBytes[bit / 8] ^= (byte) (1 << bit % 8);
                if (!costly(changedBytes, bytes)) {
                    reasonOf(wrapped(changedBytes), PASSPHRASE);
                }
            }
        }
    }

    private static byte[] unwrappedOr(byte[] text, byte[] otherwise) {
        try {
            return unwrapped(text);
        } catch (IllegalArgumentException e) {
            return otherwise;
        }
    }

    /** A flip in memory or passes may ask for up to 1 GiB, which is allowed but takes seconds. */
    private static boolean costly(byte[] bytes, byte[] original) {
        int parameters = 12 + 4 + 8 + 4;
        return bytes.length == original.length && original[12 + 3] == 8
                && !Arrays.equals(bytes, parameters, parameters + 8, original, parameters, parameters + 8);
    }

    @Test
    void secretsMustBelongToThePublicKey() { // K-5: in a file without passphrase nothing else ties them together
        PrivateKey one = PrivateKey.generate(KeyType.KEM, random);
        PrivateKey two = PrivateKey.generate(KeyType.KEM, random);
        byte[] none = Encoding.ascii("none");
        byte[] bytes = Encoding.concat(Encoding.ascii("qnsp-key-v1\0"), Encoding.lpAll(none, new byte[0], none, new byte[0],
                one.publicKey().encoded(), Encoding.lpAll(Encoding.ascii("mlkem768-x25519"), two.firstSecret().bytes(),
                        two.secondSecret().bytes(), new byte[0])));
        assertEquals(Reason.MALFORMED, reasonOf(wrapped(bytes), null));
    }

    @Test
    void otherFilesAreToldApart() {
        byte[] text = KeyFile.encode(PrivateKey.generate(KeyType.KEM, random), "", null, CHEAP, random);
        assertEquals(Reason.NOT_A_KEY, reasonOf(new byte[0], null));
        assertEquals(Reason.NOT_A_KEY, reasonOf("-----BEGIN OPENSSH PRIVATE KEY-----\n".getBytes(StandardCharsets.US_ASCII), null));
        assertEquals(Reason.NOT_A_KEY, reasonOf(new byte[70_000], null));
        assertEquals(Reason.NOT_A_KEY, reasonOf(Arrays.copyOf(text, 70_000), null));
        byte[] bytes = unwrapped(text);
        bytes[10] = '2';
        assertEquals(Reason.UNSUPPORTED, reasonOf(wrapped(bytes), null));
        byte[] crlf = new String(text, StandardCharsets.US_ASCII).replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);
        assertEquals(Reason.NOT_A_KEY, reasonOf(crlf, null));
    }

    @Test
    void costsOutOfRangeAreRefused() { // K-5: memory at most 1 GiB, passes at most 64
        byte[] bytes = unwrapped(KeyFile.encode(PrivateKey.generate(KeyType.KEM, random), "", PASSPHRASE, CHEAP, random));
        int parameters = 12 + 4 + 8 + 4;
        for (int[] change : new int[][] {{0, (1 << 20) + 1}, {0, 7}, {0, -1}, {4, 65}, {4, 0}, {8, 0}, {8, 65}, {8, 2}}) {
            byte[] changed = bytes.clone();
            Encoding.putU32(changed, parameters + change[0], change[1]);
            assertEquals(Reason.UNSUPPORTED, reasonOf(wrapped(changed), PASSPHRASE));
        }
        assertThrows(IllegalArgumentException.class, () -> new PassphraseCost(1 << 21, 1, 1));
    }

    @Test
    void commentsArePlain() {
        PrivateKey key = PrivateKey.generate(KeyType.KEM, random);
        assertThrows(IllegalArgumentException.class, () -> KeyFile.encode(key, "a\nb", null, CHEAP, random));
        assertThrows(IllegalArgumentException.class, () -> KeyFile.encode(key, "x".repeat(1025), null, CHEAP, random));
    }

    @Test
    void filesAreTheOwnersAlone(@TempDir Path directory) throws Exception { // K-5: mode 0600
        Path file = directory.resolve("id");
        PrivateKey key = PrivateKey.generate(KeyType.KEM, random);
        byte[] text = KeyFile.encode(key, "", null, CHEAP, random);
        KeyFile.write(file, text, false);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertArrayEquals(text, Files.readAllBytes(file));
        assertFalse(KeyFile.exposed(file));
        assertThrows(FileAlreadyExistsException.class, () -> KeyFile.write(file, new byte[1], false));
        assertArrayEquals(text, Files.readAllBytes(file));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertTrue(KeyFile.exposed(file));
        byte[] other = KeyFile.encode(key, "other", null, CHEAP, random);
        KeyFile.write(file, other, true);
        assertFalse(KeyFile.exposed(file));
        try (KeyFile read = KeyFile.read(file); KeyFile.Opened opened = read.open(null)) {
            assertEquals("other", opened.comment());
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(file), left.toList());
        }
        assertThrows(IOException.class, () -> KeyFile.read(directory.resolve("none")));
        Path link = directory.resolve("link");
        Files.createSymbolicLink(link, directory.resolve("nowhere"));
        assertThrows(FileAlreadyExistsException.class, () -> KeyFile.write(link, text, false));
    }
}
