package org.qnsp.crypto;

import java.util.concurrent.locks.LockSupport;

/**
 * Eight sponges of Keccak-f[1600] side by side, with the rate of SHA3-256 and SHAKE256: word i of sponge k lies at {@code i * LANES + k}, in states and in what
 * they absorb. Vectors do several at once where the runtime and the processor have them and {@link #warmUp} has had them compiled; else the sponges take turns.
 */
final class Keccak {
    /** Sponges side by side. */
    static final int LANES = 8;
    /** Words of a state. */
    static final int STATE_WORDS = 25;
    /** Words of a block of 136 bytes. */
    static final int BLOCK_WORDS = 17;
    /** The last bit of the padding, in the last word of a block. */
    static final long LAST_BIT = 1L << 63;
    /** FIPS 202, 3.2.5. */
    static final long[] ROUNDS = {
        0x0000000000000001L, 0x0000000000008082L, 0x800000000000808aL, 0x8000000080008000L, 0x000000000000808bL, 0x0000000080000001L,
        0x8000000080008081L, 0x8000000000008009L, 0x000000000000008aL, 0x0000000000000088L, 0x0000000080008009L, 0x000000008000000aL,
        0x000000008000808bL, 0x800000000000008bL, 0x8000000000008089L, 0x8000000000008003L, 0x8000000000008002L, 0x8000000000000080L,
        0x000000000000800aL, 0x800000008000000aL, 0x8000000080008081L, 0x8000000000008080L, 0x0000000080000001L, 0x8000000080008008L,
    };

    /** How the sponges are computed. */
    interface Absorber {
        /** Has the first sponges absorb their words of a block, one permutation each; what becomes of the others is open. */
        void absorb(long[] state, long[] words, int block, int lanes);
    }

    /** Eight permutations take a microsecond or two as compiled vector code, a hundred before. */
    private static final long WARM_NANOS = 5_000;
    /** Calls in a row that are to be as quick as that. */
    private static final int WARM_CALLS = 50;
    /** A machine that is too busy to compile in this time does without. */
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private static final Absorber SCALAR = new KeccakScalar();
    private static volatile Absorber absorber = SCALAR;
    private static boolean warmedUp;

    private Keccak() {}

    /** Has the first sponges absorb their words of a block, one permutation each; what becomes of the others is open. */
    static void absorb(long[] state, long[] words, int block, int lanes) {
        (lanes == 1 ? SCALAR : absorber).absorb(state, words, block, lanes);
    }

    /** From now on several sponges are computed so. */
    static void use(Absorber how) {
        absorber = how;
    }

    /** Whether vectors are in use. */
    static boolean vectors() {
        return absorber != SCALAR;
    }

    /** Has the vector code compiled, if there is any, and from then on used. Takes some tenths of a second, once, and at most half of a processor. */
    static synchronized void warmUp() {
        if (warmedUp) {
            return;
        }
        warmedUp = true;
        Absorber vectors = vectorsOrNull();
        if (vectors == null) {
            return;
        }
        long[] state = new long[STATE_WORDS * LANES];
        long[] words = new long[BLOCK_WORDS * LANES];
        long began = System.nanoTime();
        int quick = 0;
        for (long now = began; now - began < PATIENCE_NANOS && quick < WARM_CALLS; ) {
            vectors.absorb(state, words, 0, LANES);
            long took = System.nanoTime() - now;
            if (took < WARM_NANOS) {
                quick++;
            } else {
                quick = 0;
                LockSupport.parkNanos(took);
            }
            now = System.nanoTime();
        }
        if (quick == WARM_CALLS) {
            use(vectors);
        }
    }

    /** The vector code; null where the runtime has no vector module, or the processor no vectors worth it. */
    static Absorber vectorsOrNull() {
        try {
            return new KeccakLanes();
        } catch (LinkageError | UnsupportedOperationException e) {
            return null;
        }
    }
}
