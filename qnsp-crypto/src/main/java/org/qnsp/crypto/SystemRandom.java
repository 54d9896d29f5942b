package org.qnsp.crypto;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * {@link SecureRandom} behind a small buffer. The buffer exists because Kemeleon (K-10) draws more than a thousand single
 * bytes, and a provider call costs far more than a byte; bytes are wiped from the buffer as they are handed out.
 */
final class SystemRandom implements RandomSource {
    static final RandomSource SHARED = new SystemRandom();

    private static final int BUFFER_BYTES = 1024;
    private static final int LARGEST_BUFFERED = 32;

    private final SecureRandom random = new SecureRandom();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int next = BUFFER_BYTES;

    private SystemRandom() {}

    @Override
    public void fill(byte[] out) {
        if (out.length > LARGEST_BUFFERED) {
            random.nextBytes(out);
            return;
        }
        synchronized (buffer) {
            if (out.length > BUFFER_BYTES - next) {
                random.nextBytes(buffer);
                next = 0;
            }
            System.arraycopy(buffer, next, out, 0, out.length);
            Arrays.fill(buffer, next, next + out.length, (byte) 0);
            next += out.length;
        }
    }
}
