package org.qnsp.crypto;

/** Keccak-f[1600] on one state after the other, for every processor. */
final class KeccakScalar implements Keccak.Absorber {
    private static final int STRIDE = Keccak.LANES;
    private static final long[] ROUNDS = Keccak.ROUNDS;

    @Override
    public void absorb(long[] state, long[] words, int block, int lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            absorbAt(state, words, block * Keccak.BLOCK_WORDS * STRIDE + lane, lane);
        }
    }

    /** FIPS 202, 3.2: c and d are theta, b rho and pi, what then goes into the state is chi, and iota for its first word. */
    private static void absorbAt(long[] state, long[] words, int from, int lane) {
        long a0 = state[0 * STRIDE + lane] ^ words[from + 0 * STRIDE];
        long a1 = state[1 * STRIDE + lane] ^ words[from + 1 * STRIDE];
        long a2 = state[2 * STRIDE + lane] ^ words[from + 2 * STRIDE];
        long a3 = state[3 * STRIDE + lane] ^ words[from + 3 * STRIDE];
        long a4 = state[4 * STRIDE + lane] ^ words[from + 4 * STRIDE];
        long a5 = state[5 * STRIDE + lane] ^ words[from + 5 * STRIDE];
        long a6 = state[6 * STRIDE + lane] ^ words[from + 6 * STRIDE];
        long a7 = state[7 * STRIDE + lane] ^ words[from + 7 * STRIDE];
        long a8 = state[8 * STRIDE + lane] ^ words[from + 8 * STRIDE];
        long a9 = state[9 * STRIDE + lane] ^ words[from + 9 * STRIDE];
        long a10 = state[10 * STRIDE + lane] ^ words[from + 10 * STRIDE];
        long a11 = state[11 * STRIDE + lane] ^ words[from + 11 * STRIDE];
        long a12 = state[12 * STRIDE + lane] ^ words[from + 12 * STRIDE];
        long a13 = state[13 * STRIDE + lane] ^ words[from + 13 * STRIDE];
        long a14 = state[14 * STRIDE + lane] ^ words[from + 14 * STRIDE];
        long a15 = state[15 * STRIDE + lane] ^ words[from + 15 * STRIDE];
        long a16 = state[16 * STRIDE + lane] ^ words[from + 16 * STRIDE];
        long a17 = state[17 * STRIDE + lane];
        long a18 = state[18 * STRIDE + lane];
        long a19 = state[19 * STRIDE + lane];
        long a20 = state[20 * STRIDE + lane];
        long a21 = state[21 * STRIDE + lane];
        long a22 = state[22 * STRIDE + lane];
        long a23 = state[23 * STRIDE + lane];
        long a24 = state[24 * STRIDE + lane];
        for (int round = 0; round < 24; round++) {
            long c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
            long c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
            long c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
            long c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
            long c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
            long d0 = c4 ^ Long.rotateLeft(c1, 1);
            long d1 = c0 ^ Long.rotateLeft(c2, 1);
            long d2 = c1 ^ Long.rotateLeft(c3, 1);
            long d3 = c2 ^ Long.rotateLeft(c4, 1);
            long d4 = c3 ^ Long.rotateLeft(c0, 1);
            long b0 = a0 ^ d0;
            long b1 = Long.rotateLeft(a6 ^ d1, 44);
            long b2 = Long.rotateLeft(a12 ^ d2, 43);
            long b3 = Long.rotateLeft(a18 ^ d3, 21);
            long b4 = Long.rotateLeft(a24 ^ d4, 14);
            long b5 = Long.rotateLeft(a3 ^ d3, 28);
            long b6 = Long.rotateLeft(a9 ^ d4, 20);
            long b7 = Long.rotateLeft(a10 ^ d0, 3);
            long b8 = Long.rotateLeft(a16 ^ d1, 45);
            long b9 = Long.rotateLeft(a22 ^ d2, 61);
            long b10 = Long.rotateLeft(a1 ^ d1, 1);
            long b11 = Long.rotateLeft(a7 ^ d2, 6);
            long b12 = Long.rotateLeft(a13 ^ d3, 25);
            long b13 = Long.rotateLeft(a19 ^ d4, 8);
            long b14 = Long.rotateLeft(a20 ^ d0, 18);
            long b15 = Long.rotateLeft(a4 ^ d4, 27);
            long b16 = Long.rotateLeft(a5 ^ d0, 36);
            long b17 = Long.rotateLeft(a11 ^ d1, 10);
            long b18 = Long.rotateLeft(a17 ^ d2, 15);
            long b19 = Long.rotateLeft(a23 ^ d3, 56);
            long b20 = Long.rotateLeft(a2 ^ d2, 62);
            long b21 = Long.rotateLeft(a8 ^ d3, 55);
            long b22 = Long.rotateLeft(a14 ^ d4, 39);
            long b23 = Long.rotateLeft(a15 ^ d0, 41);
            long b24 = Long.rotateLeft(a21 ^ d1, 2);
            a0 = b0 ^ ~b1 & b2 ^ ROUNDS[round];
            a1 = b1 ^ ~b2 & b3;
            a2 = b2 ^ ~b3 & b4;
            a3 = b3 ^ ~b4 & b0;
            a4 = b4 ^ ~b0 & b1;
            a5 = b5 ^ ~b6 & b7;
            a6 = b6 ^ ~b7 & b8;
            a7 = b7 ^ ~b8 & b9;
            a8 = b8 ^ ~b9 & b5;
            a9 = b9 ^ ~b5 & b6;
            a10 = b10 ^ ~b11 & b12;
            a11 = b11 ^ ~b12 & b13;
            a12 = b12 ^ ~b13 & b14;
            a13 = b13 ^ ~b14 & b10;
            a14 = b14 ^ ~b10 & b11;
            a15 = b15 ^ ~b16 & b17;
            a16 = b16 ^ ~b17 & b18;
            a17 = b17 ^ ~b18 & b19;
            a18 = b18 ^ ~b19 & b15;
            a19 = b19 ^ ~b15 & b16;
            a20 = b20 ^ ~b21 & b22;
            a21 = b21 ^ ~b22 & b23;
            a22 = b22 ^ ~b23 & b24;
            a23 = b23 ^ ~b24 & b20;
            a24 = b24 ^ ~b20 & b21;
        }
        state[0 * STRIDE + lane] = a0;
        state[1 * STRIDE + lane] = a1;
        state[2 * STRIDE + lane] = a2;
        state[3 * STRIDE + lane] = a3;
        state[4 * STRIDE + lane] = a4;
        state[5 * STRIDE + lane] = a5;
        state[6 * STRIDE + lane] = a6;
        state[7 * STRIDE + lane] = a7;
        state[8 * STRIDE + lane] = a8;
        state[9 * STRIDE + lane] = a9;
        state[10 * STRIDE + lane] = a10;
        state[11 * STRIDE + lane] = a11;
        state[12 * STRIDE + lane] = a12;
        state[13 * STRIDE + lane] = a13;
        state[14 * STRIDE + lane] = a14;
        state[15 * STRIDE + lane] = a15;
        state[16 * STRIDE + lane] = a16;
        state[17 * STRIDE + lane] = a17;
        state[18 * STRIDE + lane] = a18;
        state[19 * STRIDE + lane] = a19;
        state[20 * STRIDE + lane] = a20;
        state[21 * STRIDE + lane] = a21;
        state[22 * STRIDE + lane] = a22;
        state[23 * STRIDE + lane] = a23;
        state[24 * STRIDE + lane] = a24;
    }
}
