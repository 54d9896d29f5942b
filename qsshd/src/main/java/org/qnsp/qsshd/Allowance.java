package org.qnsp.qsshd;

/** How often a peer may have something done that costs more than its asking: some times at once, then once in a while. Owned by one thread or lock. */
final class Allowance {
    private final int atOnce;
    private final long eachNanos;
    private double left;
    private long since;
    private boolean used;

    /** @param atOnce how many times without a pause @param eachNanos the pause that earns one more */
    Allowance(int atOnce, long eachNanos) {
        this.atOnce = atOnce;
        this.eachNanos = eachNanos;
        this.left = atOnce;
    }

    /** Whether it may be done now, which uses it up. @param nowNanos of {@link System#nanoTime()} */
    boolean take(long nowNanos) {
        left = used ? Math.min(atOnce, left + (double) (nowNanos - since) / eachNanos) : atOnce;
        since = nowNanos;
        used = true;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
