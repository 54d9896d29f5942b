package org.qnsp.stealth;

/** What an excursion to an unpaced rung sends besides its slots: it is filled up to the next step of 1.1^k frames, so that a volume shows its step only (C-25). */
final class Volume {
    private static final double STEP = 1.1;
    /** Steps to a volume of 2^40 frames, more than a connection carries. */
    static final int STEPS = (int) Math.ceil(Math.log(0x1p40) / Math.log(STEP));

    private long frames;

    /** So many frames were sent. */
    void sent(long count) {
        frames += count;
    }

    /** Frames up to the next step. */
    long owedFrames() {
        return step(frames) - frames;
    }

    void clear() {
        frames = 0;
    }

    /** The least step that is not below. */
    static long step(long frames) {
        if (frames <= 1) {
            return frames;
        }
        int k = Math.max(0, (int) (Math.log(frames) / Math.log(STEP)) - 1);
        while (at(k) < frames) {
            k++;
        }
        return at(k);
    }

    private static long at(int k) {
        return (long) Math.ceil(Math.pow(STEP, k));
    }
}
