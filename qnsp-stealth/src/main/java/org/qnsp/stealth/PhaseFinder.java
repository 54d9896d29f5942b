package org.qnsp.stealth;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Finds from when the client's frames arrive the phase of the server's slots in which an answer waits least (C-39). Arrivals are all it knows, which whoever
 * listens knows too. Pure, like {@link Pacer}.
 */
public final class PhaseFinder {
    /** Of the server's prologue, which began after the client's: from then on the client is in its own schedule too. */
    public static final long LATER_NANOS = 50_000_000;
    static final int ARRIVALS = 15;
    static final long AGAIN_NANOS = 60_000_000_000L;
    /** The client's jitter and the server's in the mean, what programs take to answer, and the time by which slots are sealed ahead. */
    static final long ANSWER_NANOS = 6_000_000;
    /** A phase so near to the wanted one is left as it is. */
    private static final long NEAR_NANOS = 1_000_000;
    private static final long PERIOD_NANOS = StealthProfile.L0_PERIOD_NANOS;

    private final long[] arrivals = new long[ARRIVALS];
    private int count;
    private long fromNanos;
    private long phaseNanos;
    private boolean found;

    /** @param fromNanos when the prologues are over on both sides; what arrives before tells nothing */
    public PhaseFinder(long fromNanos) {
        this.fromNanos = fromNanos;
    }

    /** At this time something arrived. @return a time at which a slot is to be due, whole periods of L0 sooner or later; empty where all is to stay as it is */
    public OptionalLong arrived(long nanos) {
        if (nanos - fromNanos < 0) {
            return OptionalLong.empty();
        }
        arrivals[count++] = nanos;
        if (count < ARRIVALS) {
            return OptionalLong.empty();
        }
        long before = arrivals[0] - PERIOD_NANOS / 2;
        long[] since = Arrays.stream(arrivals).map(arrival -> Math.floorMod(arrival - before, PERIOD_NANOS)).sorted().toArray();
        long wanted = before + since[ARRIVALS / 2] + ANSWER_NANOS;
        count = 0;
        fromNanos = nanos + AGAIN_NANOS;
        long off = Math.floorMod(wanted - phaseNanos + PERIOD_NANOS / 2, PERIOD_NANOS) - PERIOD_NANOS / 2;
        if (found && Math.abs(off) < NEAR_NANOS) {
            return OptionalLong.empty();
        }
        found = true;
        phaseNanos = wanted;
        return OptionalLong.of(wanted);
    }
}
