package org.qnsp.crypto;

import java.security.SecureRandom;

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

    /** {@code n} fresh bytes that a key is made of. A pool puts more into these than into others (E-4). */
    default byte[] keyBytes(int n) {
        return bytes(n);
    }

    /** Begins to set the JDK's source up, which takes long: the pool needs it, and so does the JDK for any Unix socket. Something else can be done meanwhile. */
    static void setUp() {
        Thread.ofPlatform().daemon().name("qnsp-random").start(SecureRandom::new);
    }

    /** The pool of this process, for all its threads. */
    static RandomSource system() {
        return EntropyPool.system();
    }
}
