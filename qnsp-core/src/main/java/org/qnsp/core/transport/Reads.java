package org.qnsp.core.transport;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.qnsp.core.frame.FrameLayout;

/**
 * What the links of a loop read into: a link has memory of its own only for what it cannot use yet, so that thousands that mostly tick need little. On the loop.
 */
final class Reads {
    /** Frames that one read takes at most. */
    static final int MOST_FRAMES = 256;
    private static final int KEPT = 8;

    private final ArrayDeque<byte[]> spare = new ArrayDeque<>();
    /** Where the payloads of the frames begin that a link has just opened, and how many bytes of records each has. */
    final int[] starts = new int[MOST_FRAMES];
    final int[] lengths = new int[MOST_FRAMES];

    /** A buffer of zeros; the caller's until {@link #give}. */
    byte[] take() {
        byte[] buffer = spare.poll();
        return buffer == null ? new byte[MOST_FRAMES * FrameLayout.FRAME_BYTES] : buffer;
    }

    /** Gives a buffer back. @param used bytes at its beginning, wiped here: one user's text has no business in front of another's */
    void give(byte[] buffer, int used) {
        Arrays.fill(buffer, 0, used, (byte) 0);
        if (spare.size() < KEPT) {
            spare.push(buffer);
        }
    }
}
