package org.qnsp.crypto;

/**
 * Where secret random bytes come from. Everything in QNSP that draws randomness takes one of these as a parameter, so that
 * tests and vectors can fix it; running programs use {@link #system()}.
 *
 * <p>How many bytes an operation draws, and in which calls, is part of its contract (the test vectors depend on it).
 */
@FunctionalInterface
public interface RandomSource {
    /** Fills the whole array; an empty array draws nothing. */
    void fill(byte[] out);

    /** {@code n} fresh bytes. */
    default byte[] bytes(int n) {
        byte[] out = new byte[n];
        fill(out);
        return out;
    }

    /** The operating system's generator, shared by all threads of the process. */
    static RandomSource system() {
        return SystemRandom.SHARED;
    }
}
