package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Collectors;
import java.util.regex.Pattern;
import java.nio.file.Path;
import java.nio.file.Files;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SHA3Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

/** H, HMAC, Extract, Expand and the transcript (Notation, H-1, H-2, K-12) against the JDK and Bouncy Castle. */
class KeyScheduleTest {
    private final RandomSource random = Vectors.random(30);

    @Test
    void sha3OfFips202Examples() { // FIPS 202, SHA3-256 of the empty string
        assertEquals("a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a", Vectors.hex(Sha3.hash()));
        assertArrayEquals(Sha3.hash(new byte[] {1, 2, 3}), Sha3.hash(new byte[] {1}, new byte[0], new byte[] {2, 3}));
    }

    @Test
    void hmacAgreesWithTheJdkAndBouncyCastle() throws Exception {
        for (int keyLength : new int[] {1, 20, 32, 135, 136, 137, 200}) {
            for (int length : new int[] {0, 1, 135, 136, 137, 749, 5000}) {
                byte[] key = random.bytes(keyLength);
                byte[] data = random.bytes(length);
                byte[] tag = Hmac.mac(key, data);
                Mac jdk = Mac.getInstance("HmacSHA3-256");
                jdk.init(new SecretKeySpec(key, "HmacSHA3-256"));
                assertArrayEquals(jdk.doFinal(data), tag);
                HMac bc = new HMac(new SHA3Digest(256));
                bc.init(new KeyParameter(key));
                bc.update(data, 0, length);
                byte[] expected = new byte[32];
                bc.doFinal(expected, 0);
                assertArrayEquals(expected, tag);
                assertArrayEquals(tag, Hmac.mac(key, Arrays.copyOf(data, length / 2), Arrays.copyOfRange(data, length / 2, length)));
            }
        }
    }

    @Test
    void hmacVerifiesTheWholeTag() {
        byte[] key = random.bytes(32);
        byte[] tag = Hmac.mac(key, new byte[] {7});
        assertTrue(Hmac.verify(key, tag, new byte[] {7}));
        for (int i = 0; i < 256; i++) {
            byte[] changed = tag.clone();
            changed[i / 8] ^= (byte) (1 << i % 8);
            assertFalse(Hmac.verify(key, changed, new byte[] {7}));
        }
        assertFalse(Hmac.verify(key, Arrays.copyOf(tag, 31), new byte[] {7}));
        assertFalse(Hmac.verify(key, new byte[0], new byte[] {7}));
    }

    @Test
    void extractIsHmacOverLabelledInputs() { // Notation: Extract(ck, L, x, y) = HMAC(ck, LP(L) | LP(x) | LP(y))
        byte[] chain = random.bytes(32);
        byte[] x = random.bytes(33);
        byte[] y = new byte[0];
        byte[] message = Encoding.concat(
                Vectors.hex("00000008"), "qnsp1 KE".getBytes(StandardCharsets.US_ASCII),
                Vectors.hex("00000021"), x, Vectors.hex("00000000"), y);
        try (Secret ck = Secret.copyOf(chain)) {
            assertTrue(Kdf.extract(ck, Labels.KE, x, y).matches(Hmac.mac(chain, message)));
            assertTrue(Kdf.extract(ck, Labels.KE).matches(Hmac.mac(chain, Arrays.copyOf(message, 12))));
            assertTrue(ck.matches(chain));
        }
    }

    @Test
    void expandIsHkdfExpand() { // Notation: info = LP(L) | LP(c)
        byte[] prk = random.bytes(32);
        byte[] context = random.bytes(40);
        byte[] info = Encoding.concat(Vectors.hex("0000000b"), Encoding.ascii("qnsp1 fin S"), Vectors.hex("00000028"), context);
        try (Secret key = Secret.copyOf(prk)) {
            for (int n : new int[] {1, 31, 32, 33, 64, 1056, 8160}) {
                HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA3Digest(256));
                hkdf.init(HKDFParameters.skipExtractParameters(prk, info));
                byte[] expected = new byte[n];
                hkdf.generateBytes(expected, 0, n);
                assertArrayEquals(expected, Kdf.expand(key, Labels.FIN_S, context, n));
            }
            assertTrue(Kdf.expand(key, Labels.FIN_S, context).matches(Kdf.expand(key, Labels.FIN_S, context, 32)));
            assertThrows(IllegalArgumentException.class, () -> Kdf.expand(key, Labels.FIN_S, context, 8161));
            assertThrows(IllegalArgumentException.class, () -> Kdf.expand(key, Labels.FIN_S, context, 0));
        }
    }

    @Test
    void theTranscriptHashesWhatWasSaid() { // H-1, H-2
        byte[] suite = Encoding.ascii("suite");
        byte[] key = random.bytes(32);
        Transcript start = Transcript.start(suite, key);
        assertArrayEquals(Sha3.hash(Vectors.hex("00000005"), suite, Vectors.hex("00000020"), key), start.hash());
        byte[] before = start.hash();
        Transcript next = start.absorb(new byte[] {1, 2});
        assertArrayEquals(Sha3.hash(before, new byte[] {1, 2}), next.hash());
        assertArrayEquals(before, start.hash(), "a transcript does not change");
        next.hash()[0] ^= 1;
        assertArrayEquals(Sha3.hash(before, new byte[] {1, 2}), next.hash());
    }

    @Test
    void labelsAreThoseOfTheSpecification() throws Exception { // K-12
        Set<String> labels = new TreeSet<>();
        for (Field field : Labels.class.getFields()) {
            assertTrue(labels.add((String) field.get(null)), "a label stands twice: " + field.getName());
        }
        String specified = Files.readAllLines(Path.of("../docs/spec/qnsp.md")).stream().filter(line -> line.startsWith("- **K-12**")).findFirst().orElseThrow();
        assertEquals(Pattern.compile("\"([^\"]+)\"").matcher(specified).results().map(label -> label.group(1)).collect(Collectors.toCollection(TreeSet::new)), labels);
    }

    @Test
    void encodingsAreBigEndianAndPrefixed() {
        assertEquals("00000002abcd", Vectors.hex(Encoding.lp(Vectors.hex("abcd"))));
        assertEquals("0000000000000001ff", Vectors.hex(Encoding.lpAll(new byte[0], Vectors.hex("ff"))));
        assertEquals("80000001", Vectors.hex(Encoding.u32(0x80000001)));
        assertEquals("8000000000000001", Vectors.hex(Encoding.u64(0x8000000000000001L)));
        assertThrows(IllegalArgumentException.class, () -> Encoding.ascii("\u00e9"));
    }

    @Test
    void aSecretEndsAndSaysNothing() {
        byte[] owned = {1, 2, 3};
        Secret secret = Secret.owning(owned);
        Secret copy = Secret.copyOf(owned);
        assertEquals("Secret[3 bytes]", secret.toString());
        assertEquals(3, secret.length());
        assertTrue(secret.matches(new byte[] {1, 2, 3}));
        assertFalse(secret.matches(new byte[] {1, 2}));
        assertNotEquals(secret, copy);
        secret.close();
        secret.close();
        assertArrayEquals(new byte[3], owned);
        assertEquals("Secret[closed]", secret.toString());
        assertThrows(IllegalStateException.class, secret::bytes);
        assertThrows(IllegalStateException.class, secret::length);
        assertThrows(IllegalStateException.class, () -> secret.matches(new byte[3]));
        assertTrue(copy.matches(new byte[] {1, 2, 3}));
        assertTrue(Secret.zeros(32).matches(new byte[32]));
    }

    @Test
    void theSystemsRandomnessDoesNotRepeat() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 5000; i++) {
            assertTrue(seen.add(Vectors.hex(RandomSource.system().bytes(16))));
        }
        int[] counts = new int[256];
        byte[] one = new byte[1];
        for (int i = 0; i < 256 * 1000; i++) {
            RandomSource.system().fill(one);
            counts[one[0] & 0xff]++;
        }
        for (int count : counts) {
            assertTrue(count > 700 && count < 1300, "a byte value came " + count + " times in 256,000");
        }
        assertEquals(100_000, RandomSource.system().bytes(100_000).length);
    }
}
