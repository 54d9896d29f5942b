package org.qnsp.crypto;

import java.io.Serial;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.IntFunction;

/** Hands Bouncy Castle bytes of our source, in draws of these lengths and no others: anything else it might ask for is a bug. */
final class Draws extends SecureRandom {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient IntFunction<byte[]> source;
    private final int[] lengths;
    private int made;

    /** @param source of so many bytes, which are wiped once they are handed over */
    Draws(IntFunction<byte[]> source, int... lengths) {
        this.source = source;
        this.lengths = lengths;
    }

    @Override
    public void nextBytes(byte[] out) {
        if (made == lengths.length || out.length != lengths[made]) {
            throw new IllegalStateException("a draw of " + out.length + " bytes was not expected");
        }
        made++;
        byte[] bytes = source.apply(out.length);
        System.arraycopy(bytes, 0, out, 0, out.length);
        Arrays.fill(bytes, (byte) 0);
    }
}
