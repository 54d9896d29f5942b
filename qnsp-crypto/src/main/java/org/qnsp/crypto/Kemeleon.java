package org.qnsp.crypto;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Kemeleon for ML-KEM-768: encapsulation keys and ciphertexts as strings that look like uniform bytes (K-10; the non-rejecting encoding
 * of draft-irtf-cfrg-kemeleon-02).
 *
 * <p>A polynomial, 256 coefficients below q = 3329, is the number u = sum a[i] q^i; a block is u + mQ in 384 bytes, big-endian,
 * with Q = q^256 and m uniform among what fits. Decoding is total: every string of the right length decodes, to a valid key or
 * ciphertext. Many strings decode to one, so what was sent is hashed as it was sent (H-4).
 *
 * <p>Encoding is not constant time in its randomness, which is as secret as what it hides (K-11): encode before a connection
 * exists on which the time could be seen. Decoding works on what came over the wire.
 */
public final class Kemeleon {
    /** A block: one encoded polynomial, bytes. */
    public static final int BLOCK_BYTES = 384;
    /** An encoded encapsulation key, bytes: three blocks and the 32-byte seed rho. */
    public static final int KEY_BYTES = 1184;
    /** An encoded ciphertext, bytes: four blocks, which is two frames. */
    public static final int CIPHERTEXT_BYTES = 1536;

    static final int Q = 3329;
    private static final int N = 256;
    private static final int K = 3;
    private static final int RHO_BYTES = 32;
    private static final int DU = 10;
    private static final int DV = 4;
    private static final int U_BYTES = K * N * DU / 8;

    private static final Preimages U_PREIMAGES = new Preimages(DU);
    private static final Preimages V_PREIMAGES = new Preimages(DV);

    static {
        if (K * BLOCK_BYTES + RHO_BYTES != KEY_BYTES
                || (K + 1) * BLOCK_BYTES != CIPHERTEXT_BYTES
                || U_BYTES + N * DV / 8 != MlKem768.CT_BYTES) {
            throw new AssertionError("Kemeleon's lengths do not add up");
        }
    }

    private Kemeleon() {}

    /**
     * Encodes an encapsulation key; draws the uniform m of each of the three blocks, in order.
     *
     * @param ek a valid ML-KEM-768 encapsulation key, 1184 bytes
     * @return 1184 bytes
     * @throws IllegalArgumentException if ek has a wrong length or a coefficient that is not below q
     */
    public static byte[] encodeKey(byte[] ek, RandomSource random) {
        MlKem768.requireLength("ML-KEM-768 encapsulation key", ek, MlKem768.EK_BYTES);
        short[] a = new short[K * N];
        for (int i = 0, at = 0; i < a.length; i += 2, at += 3) { // FIPS 203 algorithm 6, ByteDecode_12
            a[i] = (short) (ek[at] & 0xff | (ek[at + 1] & 0x0f) << 8);
            a[i + 1] = (short) ((ek[at + 1] & 0xff) >>> 4 | (ek[at + 2] & 0xff) << 4);
            if (a[i] >= Q || a[i + 1] >= Q) {
                throw new IllegalArgumentException("an ML-KEM-768 encapsulation key has a coefficient out of range");
            }
        }
        byte[] out = new byte[KEY_BYTES];
        for (int block = 0; block < K; block++) {
            BaseQ.encode(a, block * N, out, block * BLOCK_BYTES, random);
        }
        System.arraycopy(ek, K * BLOCK_BYTES, out, K * BLOCK_BYTES, RHO_BYTES);
        return out;
    }

    /**
     * Decodes an encapsulation key; total.
     *
     * @param encoded 1184 bytes
     * @return an encapsulation key, 1184 bytes, every coefficient below q
     */
    public static byte[] decodeKey(byte[] encoded) {
        MlKem768.requireLength("encoded encapsulation key", encoded, KEY_BYTES);
        short[] a = new short[K * N];
        for (int block = 0; block < K; block++) {
            BaseQ.decode(encoded, block * BLOCK_BYTES, a, block * N);
        }
        byte[] ek = new byte[MlKem768.EK_BYTES];
        for (int i = 0, at = 0; i < a.length; i += 2, at += 3) { // FIPS 203 algorithm 5, ByteEncode_12
            ek[at] = (byte) a[i];
            ek[at + 1] = (byte) (a[i] >>> 8 | a[i + 1] << 4);
            ek[at + 2] = (byte) (a[i + 1] >>> 4);
        }
        System.arraycopy(encoded, K * BLOCK_BYTES, ek, K * BLOCK_BYTES, RHO_BYTES);
        return ek;
    }

    /**
     * Encodes a ciphertext; draws the preimage of each of the 1024 coefficients in order, then the uniform m of each of the four blocks.
     *
     * @param ct an ML-KEM-768 ciphertext, 1088 bytes
     * @return 1536 bytes
     */
    public static byte[] encodeCiphertext(byte[] ct, RandomSource random) {
        MlKem768.requireLength("ML-KEM-768 ciphertext", ct, MlKem768.CT_BYTES);
        short[] a = new short[(K + 1) * N];
        for (int i = 0, at = 0; i < K * N; i += 4, at += 5) { // FIPS 203 algorithm 6, ByteDecode_10
            long five = ct[at] & 0xffL | (ct[at + 1] & 0xffL) << 8 | (ct[at + 2] & 0xffL) << 16
                    | (ct[at + 3] & 0xffL) << 24 | (ct[at + 4] & 0xffL) << 32;
            for (int j = 0; j < 4; j++) {
                a[i + j] = U_PREIMAGES.draw((int) (five >>> DU * j) & 0x3ff, random);
            }
        }
        for (int i = K * N, at = U_BYTES; i < a.length; i += 2, at++) { // ByteDecode_4
            a[i] = V_PREIMAGES.draw(ct[at] & 0x0f, random);
            a[i + 1] = V_PREIMAGES.draw((ct[at] & 0xff) >>> 4, random);
        }
        byte[] out = new byte[CIPHERTEXT_BYTES];
        for (int block = 0; block <= K; block++) {
            BaseQ.encode(a, block * N, out, block * BLOCK_BYTES, random);
        }
        Arrays.fill(a, (short) 0);
        return out;
    }

    /**
     * Decodes a ciphertext; total.
     *
     * @param encoded 1536 bytes
     * @return an ML-KEM-768 ciphertext, 1088 bytes
     */
    public static byte[] decodeCiphertext(byte[] encoded) {
        MlKem768.requireLength("encoded ciphertext", encoded, CIPHERTEXT_BYTES);
        short[] a = new short[(K + 1) * N];
        for (int block = 0; block <= K; block++) {
            BaseQ.decode(encoded, block * BLOCK_BYTES, a, block * N);
        }
        byte[] ct = new byte[MlKem768.CT_BYTES];
        for (int i = 0, at = 0; i < K * N; i += 4, at += 5) { // FIPS 203 algorithm 5, ByteEncode_10
            long five = 0;
            for (int j = 0; j < 4; j++) {
                five |= (long) U_PREIMAGES.compressed[a[i + j]] << DU * j;
            }
            for (int j = 0; j < 5; j++) {
                ct[at + j] = (byte) (five >>> 8 * j);
            }
        }
        for (int i = K * N, at = U_BYTES; i < a.length; i += 2, at++) { // ByteEncode_4
            ct[at] = (byte) (V_PREIMAGES.compressed[a[i]] | V_PREIMAGES.compressed[a[i + 1]] << DV);
        }
        return ct;
    }

    /** Compress_d (FIPS 203 equation 4.7): x below q to d bits, halves rounded up. */
    static int compress(int d, int x) {
        return ((x << d + 1) + Q) / (2 * Q) & (1 << d) - 1;
    }

    /** A uniform integer below n: bitLength(n-1) low bits of as few big-endian bytes as hold them, drawn until below n. */
    private static int below(int n, RandomSource random) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(n - 1);
        if (bits > Byte.SIZE) {
            throw new IllegalArgumentException("no set has more than 256 members");
        }
        byte[] one = new byte[1];
        int drawn;
        do {
            random.fill(one);
            drawn = one[0] & (1 << bits) - 1;
        } while (drawn >= n);
        return drawn;
    }

    /**
     * Compress_d both ways. The members of Z_q that compress to one value are consecutive; those of 0 wrap around q. They are
     * numbered upwards, so number i of x is {@code first[x] + i mod q}.
     */
    static final class Preimages {
        final short[] compressed = new short[Q];
        final short[] first;
        final short[] count;

        Preimages(int d) {
            first = new short[1 << d];
            count = new short[1 << d];
            for (int y = 0; y < Q; y++) {
                int x = compress(d, y);
                compressed[y] = (short) x;
                count[x]++;
                int before = y == 0 ? Q - 1 : y - 1;
                if (compress(d, before) != x) {
                    first[x] = (short) y;
                }
            }
        }

        short draw(int x, RandomSource random) {
            return (short) ((first[x] + below(count[x], random)) % Q);
        }
    }

    /**
     * Blocks to base-q digits and back, on 64-bit limbs, the lowest first. Five digits at a time: q^5 is the largest power
     * below 2^64 and leaves a last digit of its own (256 = 51 x 5 + 1).
     */
    private static final class BaseQ {
        private static final int LIMBS = BLOCK_BYTES / 8;
        private static final int DIGITS = 5;
        private static final int CHUNKS = N / DIGITS;
        private static final long Q5 = (long) Q * Q * Q * Q * Q;
        // Division by an invariant integer, Moeller and Granlund, IEEE ToC 60(2) 2011, algorithm 4: the divisor has its top
        // bit set, and the reciprocal is floor((2^128 - 1) / divisor) - 2^64.
        private static final int SHIFT = Long.numberOfLeadingZeros(Q5);
        private static final long DIVISOR = Q5 << SHIFT;
        private static final long RECIPROCAL = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE)
                .divide(new BigInteger(Long.toUnsignedString(DIVISOR)))
                .subtract(BigInteger.ONE.shiftLeft(64)).longValue();

        private static final BigInteger BIG_Q = BigInteger.valueOf(Q).pow(N);
        private static final BigInteger LARGEST_BLOCK = BigInteger.ONE.shiftLeft(8 * BLOCK_BYTES).subtract(BigInteger.ONE);
        private static final BigInteger LARGEST_M = LARGEST_BLOCK.divide(BIG_Q);
        // Up to this u the largest m still fits the block; above it one less does.
        private static final BigInteger LARGEST_U_FOR_LARGEST_M = LARGEST_BLOCK.mod(BIG_Q);

        private BaseQ() {}

        static void encode(short[] a, int from, byte[] out, int off, RandomSource random) {
            long[] u = new long[LIMBS];
            u[0] = a[from + N - 1];
            int used = 1;
            for (int chunk = CHUNKS - 1; chunk >= 0; chunk--) {
                int at = from + chunk * DIGITS;
                long carry = a[at] + Q * (a[at + 1] + Q * (a[at + 2] + Q * (a[at + 3] + Q * (long) a[at + 4])));
                for (int i = 0; i < used; i++) { // u := u q^5 + chunk
                    long low = u[i] * Q5;
                    long high = Math.unsignedMultiplyHigh(u[i], Q5);
                    u[i] = low + carry;
                    carry = high + (Long.compareUnsigned(u[i], low) < 0 ? 1 : 0);
                }
                if (carry != 0) {
                    u[used++] = carry;
                }
            }
            byte[] bytes = new byte[BLOCK_BYTES];
            for (int i = 0; i < LIMBS; i++) {
                Encoding.putU64(bytes, BLOCK_BYTES - 8 * (i + 1), u[i]);
            }
            BigInteger value = new BigInteger(1, bytes);
            BigInteger m = drawMultiple(value, random);
            byte[] sum = value.add(m.multiply(BIG_Q)).toByteArray(); // two's complement: perhaps a zero byte before 384, or fewer
            int skip = Math.max(0, sum.length - BLOCK_BYTES);
            int length = sum.length - skip;
            Arrays.fill(out, off, off + BLOCK_BYTES - length, (byte) 0);
            System.arraycopy(sum, skip, out, off + BLOCK_BYTES - length, length);
            Arrays.fill(u, 0);
            Arrays.fill(bytes, (byte) 0);
        }

        /** m, uniform in 0..floor((2^3072 - 1 - u) / Q), drawn as {@link #below} does: 10 bytes of which 76 bits count. */
        private static BigInteger drawMultiple(BigInteger u, RandomSource random) {
            BigInteger largest =
                    u.compareTo(LARGEST_U_FOR_LARGEST_M) <= 0 ? LARGEST_M : LARGEST_M.subtract(BigInteger.ONE);
            int bits = largest.bitLength();
            byte[] drawn = new byte[(bits + 7) / 8];
            BigInteger m;
            do {
                random.fill(drawn);
                drawn[0] &= (byte) (0xff >>> 8 * drawn.length - bits);
                m = new BigInteger(1, drawn);
            } while (m.compareTo(largest) > 0);
            Arrays.fill(drawn, (byte) 0);
            return m;
        }

        /** The low 256 base-q digits of the block; what lies above them is m. */
        static void decode(byte[] in, int off, short[] a, int to) {
            long[] b = new long[LIMBS];
            for (int i = 0; i < LIMBS; i++) {
                b[i] = u64(in, off + BLOCK_BYTES - 8 * (i + 1));
            }
            int used = LIMBS;
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                long five = divide(b, used);
                while (used > 1 && b[used - 1] == 0) {
                    used--;
                }
                for (int i = 0, at = to + chunk * DIGITS; i < DIGITS; i++) {
                    long rest = five / Q;
                    a[at + i] = (short) (five - rest * Q);
                    five = rest;
                }
            }
            long top = 0; // what is left is a[255] + m q, two limbs of it, taken mod q by 32 bits at a time
            for (int i = used - 1; i >= 0; i--) {
                top = (top << 32 | b[i] >>> 32) % Q;
                top = (top << 32 | b[i] & 0xffffffffL) % Q;
            }
            a[to + N - 1] = (short) top;
        }

        /** b := floor(b / q^5) over its low {@code used} limbs; returns the remainder. */
        private static long divide(long[] b, int used) {
            long remainder = b[used - 1] >>> Long.SIZE - SHIFT;
            for (int i = used - 1; i >= 0; i--) {
                long low = b[i] << SHIFT | (i == 0 ? 0 : b[i - 1] >>> Long.SIZE - SHIFT);
                long quotientLow = RECIPROCAL * remainder + low;
                long carry = Long.compareUnsigned(quotientLow, low) < 0 ? 1 : 0;
                long quotient = Math.unsignedMultiplyHigh(RECIPROCAL, remainder) + remainder + carry + 1;
                long rest = low - quotient * DIVISOR;
                if (Long.compareUnsigned(rest, quotientLow) > 0) {
                    quotient--;
                    rest += DIVISOR;
                }
                if (Long.compareUnsigned(rest, DIVISOR) >= 0) {
                    quotient++;
                    rest -= DIVISOR;
                }
                b[i] = quotient;
                remainder = rest;
            }
            return remainder >>> SHIFT;
        }

        private static long u64(byte[] in, int off) {
            long value = 0;
            for (int i = 0; i < 8; i++) {
                value = value << 8 | in[off + i] & 0xff;
            }
            return value;
        }
    }
}
