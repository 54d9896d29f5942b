package org.qnsp.qscp;

/** {@code -l}: when the next bytes may go, so that a rate is kept on average over a tenth of a second. Pure; the clock is a parameter. */
final class RateLimit {
    /** Bytes to move at a time under a limit, small enough for an even flow. */
    static final int STEP_BYTES = 16_384;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long CATCH_UP_NANOS = NANOS_PER_SECOND / 10;
    private static final long BITS_PER_KILOBIT = 1024;

    private final long bytesPerSecond;
    private long dueNanos;

    RateLimit(long kilobitsPerSecond, long nowNanos) {
        this.bytesPerSecond = Math.max(1, kilobitsPerSecond * BITS_PER_KILOBIT / Byte.SIZE);
        this.dueNanos = nowNanos;
    }

    /** Accounts for bytes that moved, and gives the nanoseconds to wait before the next. */
    long waitNanos(int bytes, long nowNanos) {
        // Time in which nothing moved is not made up for later, beyond this.
        dueNanos = Math.max(dueNanos, nowNanos - CATCH_UP_NANOS) + (long) ((double) bytes * NANOS_PER_SECOND / bytesPerSecond);
        return Math.max(0, dueNanos - nowNanos);
    }
}
