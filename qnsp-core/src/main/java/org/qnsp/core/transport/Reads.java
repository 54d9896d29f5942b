package org.qnsp.core.transport;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.frame.FrameLayout;

/**
 * What the links of a loop read into: a link has memory of its own only for what it cannot use yet, so that thousands that mostly tick need little. On the loop.
 */
final class Reads {
    /** Frames that one read takes at most, and at first. */
    static final int MOST_FRAMES = 256;
    static final int LEAST_FRAMES = 8;
    /** Of each size so much is kept. */
    private static final int KEPT_BYTES = 1 << 20;

    /** By size, each twice the one before. */
    private final List<ArrayDeque<byte[]>> spare = new ArrayList<>();
    /** Where the payloads of the frames begin that a link has just opened, and how many bytes of records each has. */
    final int[] starts = new int[MOST_FRAMES];
    final int[] lengths = new int[MOST_FRAMES];

    Reads() {
        for (int frames = LEAST_FRAMES; frames <= MOST_FRAMES; frames *= 2) {
            spare.add(new ArrayDeque<>());
        }
    }

    /** A buffer of zeros; the caller's until {@link #give}. @param frames a power of two, between the least and the most */
    byte[] take(int frames) {
        byte[] buffer = spareOf(frames * FrameLayout.FRAME_BYTES).poll();
        return buffer == null ? new byte[frames * FrameLayout.FRAME_BYTES] : buffer;
    }

    /** Gives a buffer back. @param used bytes at its beginning, wiped here: one user's text has no business in front of another's */
    void give(byte[] buffer, int used) {
        Arrays.fill(buffer, 0, used, (byte) 0);
        ArrayDeque<byte[]> like = spareOf(buffer.length);
        if (like.size() < KEPT_BYTES / buffer.length) {
            like.push(buffer);
        }
    }

    private ArrayDeque<byte[]> spareOf(int bytes) {
        return spare.get(Integer.numberOfTrailingZeros(bytes / FrameLayout.FRAME_BYTES / LEAST_FRAMES));
    }
}
