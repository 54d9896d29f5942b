package org.qnsp.stealth;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Finds, once, from when the client's frames arrive the phase of the server's slots in which an answer waits least (C-39). Pure, like {@link Pacer}.
 */
public final class PhaseFinder {
    /** After the end of the server's prologue, which began after the client's: from then on the client is in its own schedule too. */
    public static final long LATER_NANOS = 50_000_000;
    static final int ARRIVALS = 15;
    /** For the jitter of both sides, what programs take to answer, and the time by which slots are sealed ahead. */
    private static final long ANSWER_NANOS = 6_000_000;
    private static final long PERIOD_NANOS = StealthProfile.L0_PERIOD_NANOS;

    private final long fromNanos;
    private final long[] arrivals = new long[ARRIVALS];
    private int count;

    /** @param fromNanos what arrives before this time tells nothing */
    public PhaseFinder(long fromNanos) {
        this.fromNanos = fromNanos;
    }

    /** At this time something arrived. @return a time at which a slot is to be due, whole periods of L0 sooner or later; empty but for one time */
    public OptionalLong arrived(long nanos) {
        if (count == ARRIVALS || nanos - fromNanos < 0) {
            return OptionalLong.empty();
        }
        arrivals[count++] = nanos;
        if (count < ARRIVALS) {
            return OptionalLong.empty();
        }
        long before = arrivals[0] - PERIOD_NANOS / 2;
        long[] since = Arrays.stream(arrivals).map(arrival -> Math.floorMod(arrival - before, PERIOD_NANOS)).sorted().toArray();
        return OptionalLong.of(before + since[ARRIVALS / 2] + ANSWER_NANOS); // the median: a few that were held up do not move it
    }
}
