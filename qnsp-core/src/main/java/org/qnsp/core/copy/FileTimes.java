package org.qnsp.core.copy;

/** Modification and access time (P-10), seconds since 1970 and nanoseconds. */
public record FileTimes(long modifiedSeconds, int modifiedNanos, long accessedSeconds, int accessedNanos) {
    /** Encoded size in bytes. */
    static final int BYTES = 2 * (8 + 4);

    public FileTimes {
        if (!legal(modifiedSeconds, modifiedNanos) || !legal(accessedSeconds, accessedNanos)) {
            throw new IllegalArgumentException("time out of range (P-10)");
        }
    }

    static boolean legal(long seconds, int nanos) {
        return seconds >= -CopyLimits.TIME_SECONDS && seconds <= CopyLimits.TIME_SECONDS
                && nanos >= 0 && nanos < 1_000_000_000;
    }
}
