package org.qnsp.crypto.entropy;

import java.util.Arrays;

/**
 * E-6: the tests that raw bytes of a source pass before they are used: repetition count and adaptive proportion (SP 800-90B section 4.4), and none of its blocks all of one value
 * or equal to the one before. They find gross faults, not bad randomness: a generator that an attacker knows passes them all. Pure; owned by one thread.
 */
final class HealthTests {
    /** Samples of one byte; the entropy that each is assumed to have. */
    static final double BITS_PER_SAMPLE = 6;
    /** A sound source fails one of 2^30 tests. */
    static final int ALARM_BITS = 30;
    static final int WINDOW = 512;
    /** What is tested before the first use, bytes. */
    static final int START_UP_BYTES = 1024;
    /** Consecutive blocks of this size must differ, bytes. */
    static final int BLOCK_BYTES = 32;

    private static final CutOffs LIMITS = CutOffs.of(BITS_PER_SAMPLE, ALARM_BITS, WINDOW);

    private int last;
    private int repeated;
    private int first;
    private int inWindow;
    private int asFirst;
    private byte[] before;

    HealthTests() {
        reset();
    }

    /** Forgets what it has seen. */
    void reset() {
        last = -1;
        repeated = 0;
        inWindow = 0;
        before = new byte[0];
    }

    /** Tests what comes next, in whole. Returns null if all is well, else which test failed; then the bytes are not to be used. */
    String fault(byte[] bytes) {
        for (byte sample : bytes) {
            if (repeats(sample & 0xff)) {
                return "a value comes again and again (repetition count test)";
            }
            if (prevails(sample & 0xff)) {
                return "a value comes too often (adaptive proportion test)";
            }
        }
        for (int at = 0; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) {
            byte[] block = Arrays.copyOfRange(bytes, at, at + BLOCK_BYTES);
            boolean same = Arrays.equals(block, before);
            Arrays.fill(before, (byte) 0);
            before = block;
            if (same) {
                return "a block comes twice";
            }
            if (isOfOneValue(block)) {
                return "a block is of one value";
            }
        }
        return null;
    }

    private boolean repeats(int sample) {
        repeated = sample == last ? repeated + 1 : 1;
        last = sample;
        return repeated >= LIMITS.repetition();
    }

    private boolean prevails(int sample) {
        if (inWindow == 0) {
            first = sample;
            asFirst = 0;
        }
        asFirst += sample == first ? 1 : 0;
        inWindow = (inWindow + 1) % WINDOW;
        return asFirst >= LIMITS.proportion();
    }

    private static boolean isOfOneValue(byte[] block) {
        for (byte b : block) {
            if (b != block[0]) {
                return false;
            }
        }
        return true;
    }
}
