package org.qnsp.core.qkd;

/** A store that fills at a rate up to its brim. Thread-safe. Time in nanoseconds of any origin, never going back. */
public final class TokenBucket {
    private final double perNano;
    private final double brim;
    private double level;
    private long since;

    /** A full one. @param perSecond tokens that come in */
    public TokenBucket(double perSecond, double brim, long nowNanos) {
        this.perNano = perSecond / 1e9;
        this.brim = brim;
        this.level = brim;
        this.since = nowNanos;
    }

    /** Whether there were so many, which are then gone. */
    public synchronized boolean take(double tokens, long nowNanos) {
        if (level(nowNanos) < tokens) {
            return false;
        }
        level -= tokens;
        return true;
    }

    /** How many there are. */
    public synchronized double level(long nowNanos) {
        level = Math.min(brim, level + Math.max(0, nowNanos - since) * perNano);
        since = nowNanos;
        return level;
    }
}
