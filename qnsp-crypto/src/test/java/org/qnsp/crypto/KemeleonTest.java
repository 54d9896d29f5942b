package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** K-10 and K-11: Kemeleon against vectors, a naive encoder written from the specification, and statistics. */
class KemeleonTest {
    private static final BigInteger Q = BigInteger.valueOf(3329);
    private static final BigInteger BIG_Q = Q.pow(256);
    private static final BigInteger BLOCKS = BigInteger.ONE.shiftLeft(3072);
    private static final String VECTORS = Vectors.resource("kemeleon768.json");

    private static byte[] vector(String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\": \"([0-9a-f]+)\"").matcher(VECTORS);
        assertTrue(matcher.find(), name);
        return Vectors.hex(matcher.group(1));
    }

    private static final RandomSource LOWEST = out -> Arrays.fill(out, (byte) 0);

    @Test
    void lowestChoicesGiveThePublishedEncodings() { // K-10
        byte[] ec = Kemeleon.encodeCiphertext(vector("c"), LOWEST);
        byte[] eek = Kemeleon.encodeKey(vector("ek"), LOWEST);
        assertArrayEquals(vector("ec"), ec);
        assertArrayEquals(vector("eek"), eek);
        assertEquals("b4b602ec29f8e7fe6d313142f0133e21673b10a3280ed502443424669372c392", Vectors.hex(Sha3.hash(ec)));
        assertEquals("3c48ab34e8e1716c0a5eb59cc23c35cbf87c0270746068841e9dda115eccc78c", Vectors.hex(Sha3.hash(eek)));
    }

    @Test
    void highestChoicesGiveThePublishedHashes() { // K-10
        Naive naive = new Naive(set -> set - 1, largest -> largest);
        byte[] expectedCt = naive.encodeCiphertext(vector("c"));
        Vectors.Script forCt = naive.script();
        byte[] ec = Kemeleon.encodeCiphertext(vector("c"), forCt);
        forCt.end();
        assertArrayEquals(expectedCt, ec);
        assertEquals("db316a041d855a3228c59150af1b3309a8ffe2d8df0814ee0590a1bbef194f65", Vectors.hex(Sha3.hash(ec)));

        Naive naiveKey = new Naive(set -> set - 1, largest -> largest);
        naiveKey.encodeKey(vector("ek"));
        Vectors.Script forKey = naiveKey.script();
        byte[] eek = Kemeleon.encodeKey(vector("ek"), forKey);
        forKey.end();
        assertEquals("b6ee942ad0e00b5d6f3b55cba8998302a34c0b1949da1b54cba0aa0c3fb7516a", Vectors.hex(Sha3.hash(eek)));
    }

    @Test
    void aRandomChoiceGivesWhatTheSpecificationSaysAndDrawsInItsOrder() throws Exception { // K-10
        RandomSource random = Vectors.random(1);
        for (int i = 0; i < 10; i++) {
            try (MlKem768 key = MlKem768.generate(random)) {
                byte[] ek = key.encapsulationKey();
                byte[] ct = MlKem768.encapsulate(ek, random).ciphertext();
                Naive naive = new Naive(
                        set -> Math.floorMod(random.bytes(1)[0], set),
                        largest -> new BigInteger(1, random.bytes(20)).mod(largest.add(BigInteger.ONE)));
                byte[] expected = naive.encodeCiphertext(ct);
                Vectors.Script script = naive.script();
                assertArrayEquals(expected, Kemeleon.encodeCiphertext(ct, script));
                script.end();
                assertArrayEquals(ct, Kemeleon.decodeCiphertext(expected));

                Naive naiveKey = new Naive(set -> 0, largest -> new BigInteger(1, random.bytes(20)).mod(largest));
                byte[] expectedKey = naiveKey.encodeKey(ek);
                Vectors.Script keyScript = naiveKey.script();
                assertArrayEquals(expectedKey, Kemeleon.encodeKey(ek, keyScript));
                keyScript.end();
                assertArrayEquals(ek, Kemeleon.decodeKey(expectedKey));
            }
        }
    }

    @Test
    void aDrawThatIsTooLargeIsDrawnAgain() { // K-10: uniform, by rejection
        byte[] ct = new byte[MlKem768.CT_BYTES]; // all coefficients 0: sets of 3 and of 209
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < 768; i++) {
            bytes.writeBytes(new byte[] {(byte) 0xff, 0x07, 0x42}); // 3, 3, 2 of {3328, 0, 1}
        }
        for (int i = 0; i < 256; i++) {
            bytes.writeBytes(new byte[] {(byte) 0xff, (byte) 209, (byte) 208});
        }
        for (int i = 0; i < 4; i++) {
            bytes.writeBytes(Vectors.filled(10, 0xff)); // 2^76 - 1 is above the largest m
            bytes.writeBytes(new byte[10]);
        }
        Vectors.Script script = Vectors.script(bytes.toByteArray());
        byte[] ec = Kemeleon.encodeCiphertext(ct, script);
        script.end();
        BigInteger u = BigInteger.ZERO;
        for (int i = 255; i >= 0; i--) {
            u = u.multiply(Q).add(BigInteger.ONE);
        }
        assertEquals(u, new BigInteger(1, ec, 0, 384));
        assertArrayEquals(ct, Kemeleon.decodeCiphertext(ec));
    }

    @Test
    void preimageSetsAreExactlyTheResiduesThatCompressToTheValue() { // K-10
        int[] sizes10 = checkPreimages(10);
        assertEquals(767, sizes10[3]);
        assertEquals(257, sizes10[4]);
        int[] sizes4 = checkPreimages(4);
        assertEquals(1, sizes4[209]);
        assertEquals(15, sizes4[208]);
    }

    private static int[] checkPreimages(int d) {
        Kemeleon.Preimages table = new Kemeleon.Preimages(d);
        int[] sizes = new int[256];
        for (int x = 0; x < 1 << d; x++) {
            List<Integer> expected = Naive.preimages(d, x);
            assertEquals(expected.size(), table.count[x], "d=" + d + " x=" + x);
            for (int i = 0; i < expected.size(); i++) {
                int index = i;
                assertEquals(expected.get(i).intValue(), table.draw(x, out -> out[0] = (byte) index));
                assertEquals(x, table.compressed[expected.get(i)]);
            }
            sizes[expected.size()]++;
        }
        return sizes;
    }

    @Test
    void everyStringDecodes() throws Exception { // K-10: decoding is total
        RandomSource random = Vectors.random(2);
        List<byte[]> strings = new ArrayList<>(List.of(new byte[1536], Vectors.filled(1536, 0xff)));
        for (int i = 0; i < 100; i++) {
            strings.add(random.bytes(1536));
        }
        for (byte[] string : strings) {
            assertArrayEquals(Naive.decodeCiphertext(string), Kemeleon.decodeCiphertext(string));
            byte[] key = Arrays.copyOf(string, 1184);
            byte[] ek = Kemeleon.decodeKey(key);
            MlKem768.checkEncapsulationKey(ek);
            assertArrayEquals(Naive.decodeKey(key), ek);
        }
    }

    @Test
    void blocksAtTheEdgesDecode() { // K-10: u and m at their ends
        for (BigInteger value : List.of(BIG_Q.subtract(BigInteger.ONE), BIG_Q, BIG_Q.add(BigInteger.ONE),
                BLOCKS.subtract(BigInteger.ONE), BLOCKS.divide(BIG_Q).multiply(BIG_Q),
                BLOCKS.divide(BIG_Q).multiply(BIG_Q).subtract(BigInteger.ONE), BigInteger.ONE.shiftLeft(3071))) {
            byte[] string = new byte[1184];
            for (int block = 0; block < 3; block++) {
                System.arraycopy(Naive.fixed(value), 0, string, 384 * block, 384);
            }
            assertArrayEquals(Naive.decodeKey(string), Kemeleon.decodeKey(string));
        }
    }

    @Test
    void theLargestCoefficientsLeaveOneChoiceOfMLess() { // K-10: floor((2^3072 - 1 - u) / Q)
        byte[] ek = new byte[1184];
        for (int i = 0; i < 1152; i += 3) { // every coefficient q - 1 = 0xd00
            ek[i] = 0x00;
            ek[i + 1] = 0x0d;
            ek[i + 2] = (byte) 0xd0;
        }
        Naive naive = new Naive(set -> 0, largest -> largest);
        byte[] expected = naive.encodeKey(ek);
        Vectors.Script script = naive.script();
        byte[] encoded = Kemeleon.encodeKey(ek, script);
        script.end();
        assertArrayEquals(expected, encoded);
        assertArrayEquals(ek, Kemeleon.decodeKey(encoded));
        BigInteger block = new BigInteger(1, encoded, 0, 384);
        assertTrue(block.add(BIG_Q).compareTo(BLOCKS) >= 0, "one more Q would not fit");
    }

    @Test
    void manyStringsDecodeToOneCiphertext() throws Exception { // H-4, H-26: why the string as sent is hashed, and why ids are of the decoded ct
        byte[] ec = Kemeleon.encodeCiphertext(vector("c"), LOWEST);
        byte[] other = ec.clone();
        System.arraycopy(Naive.fixed(new BigInteger(1, ec, 0, 384).add(BIG_Q)), 0, other, 0, 384);
        assertFalse(Arrays.equals(ec, other));
        assertArrayEquals(vector("c"), Kemeleon.decodeCiphertext(other));
    }

    @Test
    void wrongLengthsAndCoefficientsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Kemeleon.decodeCiphertext(new byte[1535]));
        assertThrows(IllegalArgumentException.class, () -> Kemeleon.decodeKey(new byte[1183]));
        assertThrows(IllegalArgumentException.class, () -> Kemeleon.encodeCiphertext(new byte[1089], LOWEST));
        assertThrows(IllegalArgumentException.class, () -> Kemeleon.encodeKey(new byte[1185], LOWEST));
        assertThrows(IllegalArgumentException.class, () -> Kemeleon.encodeKey(Vectors.filled(1184, 0xff), LOWEST));
    }

    @Test
    void encodingsLookUniformAndRawCiphertextsAndKeysDoNot() throws Exception { // K-10, K-11
        RandomSource random = Vectors.random(3);
        Uniformity encodedCt = new Uniformity(1536);
        Uniformity encodedKey = new Uniformity(1184);
        Uniformity rawCt = new Uniformity(1088);
        Uniformity rawKey = new Uniformity(1184);
        for (int i = 0; i < 10_000; i++) {
            try (MlKem768 key = MlKem768.generate(random)) {
                byte[] ek = key.encapsulationKey();
                byte[] ct = MlKem768.encapsulate(ek, random).ciphertext();
                rawKey.add(ek);
                rawCt.add(ct);
                encodedKey.add(Kemeleon.encodeKey(ek, random));
                encodedCt.add(Kemeleon.encodeCiphertext(ct, random));
            }
        }
        assertTrue(encodedCt.looksUniform(), "encoded ciphertexts: " + encodedCt);
        assertTrue(encodedKey.looksUniform(), "encoded keys: " + encodedKey);
        assertFalse(rawCt.looksUniform(), "raw ciphertexts: " + rawCt);
        assertFalse(rawKey.looksUniform(), "raw keys: " + rawKey);
    }

    /**
     * Chi-square of every bit's position, and of all groups of ten bits (which is what tells a raw ciphertext: its coefficients have 3
     * or 4 preimages each). Each is compared with 6 standard deviations of its distribution.
     */
    private static final class Uniformity {
        private final int[] ones;
        private final long[] tens = new long[1024];
        private long samples;
        private long groups;

        Uniformity(int bytes) {
            ones = new int[8 * bytes];
        }

        void add(byte[] sample) {
            samples++;
            for (int i = 0; i < ones.length; i++) {
                ones[i] += sample[i >> 3] >>> (i & 7) & 1;
            }
            for (int at = 0; at + 5 <= sample.length; at += 5) {
                long five = 0;
                for (int i = 4; i >= 0; i--) {
                    five = five << 8 | sample[at + i] & 0xff;
                }
                for (int i = 0; i < 4; i++) {
                    tens[(int) (five >>> 10 * i) & 0x3ff]++;
                    groups++;
                }
            }
        }

        private double bitDeviation() {
            double chi = 0;
            for (int one : ones) {
                chi += Math.pow(one - samples / 2.0, 2) / (samples / 4.0);
            }
            return (chi - ones.length) / Math.sqrt(2.0 * ones.length);
        }

        private double worstBit() {
            return Arrays.stream(ones).mapToDouble(n -> Math.abs(n - samples / 2.0) / Math.sqrt(samples / 4.0)).max().orElseThrow();
        }

        private double groupDeviation() {
            double expected = groups / 1024.0;
            double chi = Arrays.stream(tens).mapToDouble(n -> (n - expected) * (n - expected) / expected).sum();
            return (chi - 1023) / Math.sqrt(2.0 * 1023);
        }

        boolean looksUniform() {
            return Math.abs(bitDeviation()) < 6 && worstBit() < 6 && Math.abs(groupDeviation()) < 6;
        }

        @Override
        public String toString() {
            return String.format("bits %.1f, worst bit %.1f, groups %.1f deviations", bitDeviation(), worstBit(), groupDeviation());
        }
    }

    /** K-10 word by word, with BigInteger and lists, which also writes down the randomness that its choices stand for. */
    private static final class Naive {
        interface Index {
            int below(int size);
        }

        interface Multiple {
            BigInteger upTo(BigInteger largest);
        }

        private static final Map<Integer, List<Integer>> PREIMAGES = new HashMap<>();

        private final Index index;
        private final Multiple multiple;
        private final ByteArrayOutputStream drawn = new ByteArrayOutputStream();

        Naive(Index index, Multiple multiple) {
            this.index = index;
            this.multiple = multiple;
        }

        Vectors.Script script() {
            return Vectors.script(drawn.toByteArray());
        }

        static int compress(int d, int x) {
            return BigInteger.valueOf(x).shiftLeft(d + 1).add(Q).divide(Q.shiftLeft(1)).intValue() % (1 << d);
        }

        /** The draft's order: by ascending offset from Decompress_d(x), before the reduction mod q. */
        static List<Integer> preimages(int d, int x) {
            int centre = (2 * 3329 * x + (1 << d)) / (1 << d + 1);
            List<Integer> members = new ArrayList<>();
            for (int offset = -300; offset <= 300; offset++) {
                int y = Math.floorMod(centre + offset, 3329);
                if (compress(d, y) == x) {
                    members.add(y);
                }
            }
            return members;
        }

        private int preimage(int d, int x) {
            List<Integer> members = PREIMAGES.computeIfAbsent(d << 16 | x, key -> preimages(d, x));
            int i = index.below(members.size());
            drawn.write(i);
            return members.get(i);
        }

        private static int bits(byte[] in, int from, int d) {
            int value = 0;
            for (int i = 0; i < d; i++) {
                value |= (in[from + i >> 3] >>> (from + i & 7) & 1) << i;
            }
            return value;
        }

        static byte[] fixed(BigInteger value) {
            byte[] out = new byte[384];
            for (int i = 0; i < 384; i++) {
                out[383 - i] = value.shiftRight(8 * i).byteValue();
            }
            return out;
        }

        private byte[] block(int[] a) {
            BigInteger u = BigInteger.ZERO;
            for (int i = 255; i >= 0; i--) {
                u = u.multiply(Q).add(BigInteger.valueOf(a[i]));
            }
            BigInteger m = multiple.upTo(BLOCKS.subtract(BigInteger.ONE).subtract(u).divide(BIG_Q));
            byte[] ten = new byte[10];
            for (int i = 0; i < 10; i++) {
                ten[9 - i] = m.shiftRight(8 * i).byteValue();
            }
            drawn.writeBytes(ten);
            return fixed(u.add(m.multiply(BIG_Q)));
        }

        byte[] encodeKey(byte[] ek) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int p = 0; p < 3; p++) {
                int[] a = new int[256];
                for (int i = 0; i < 256; i++) {
                    a[i] = bits(ek, (p * 256 + i) * 12, 12);
                }
                out.writeBytes(block(a));
            }
            out.write(ek, 1152, 32);
            return out.toByteArray();
        }

        byte[] encodeCiphertext(byte[] ct) {
            int[][] a = new int[4][256];
            for (int i = 0; i < 1024; i++) {
                a[i / 256][i % 256] = i < 768
                        ? preimage(10, bits(ct, 10 * i, 10))
                        : preimage(4, bits(ct, 8 * 960 + 4 * (i - 768), 4));
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int[] p : a) {
                out.writeBytes(block(p));
            }
            return out.toByteArray();
        }

        private static int[] digits(byte[] in, int block) {
            BigInteger u = new BigInteger(1, in, 384 * block, 384).mod(BIG_Q);
            int[] a = new int[256];
            for (int i = 0; i < 256; i++) {
                BigInteger[] parts = u.divideAndRemainder(Q);
                a[i] = parts[1].intValue();
                u = parts[0];
            }
            return a;
        }

        private static void putBits(byte[] out, int from, int d, int value) {
            for (int i = 0; i < d; i++) {
                out[from + i >> 3] |= (byte) ((value >>> i & 1) << (from + i & 7));
            }
        }

        static byte[] decodeKey(byte[] in) {
            byte[] out = new byte[1184];
            for (int p = 0; p < 3; p++) {
                int[] a = digits(in, p);
                for (int i = 0; i < 256; i++) {
                    putBits(out, (p * 256 + i) * 12, 12, a[i]);
                }
            }
            System.arraycopy(in, 1152, out, 1152, 32);
            return out;
        }

        static byte[] decodeCiphertext(byte[] in) {
            byte[] out = new byte[1088];
            for (int p = 0; p < 4; p++) {
                int[] a = digits(in, p);
                for (int i = 0; i < 256; i++) {
                    if (p < 3) {
                        putBits(out, (p * 256 + i) * 10, 10, compress(10, a[i]));
                    } else {
                        putBits(out, 960 * 8 + i * 4, 4, compress(4, a[i]));
                    }
                }
            }
            return out;
        }
    }
}
