package org.qnsp.stealth;

/**
 * What a client asks for and what both sides then obey (C-34).
 *
 * @param rate in mode max the constant rate; in mode normal what the ladder goes up to; in mode low nothing
 */
public record Cover(PaddingMode mode, RateClass rate) {
    /** The default: a stream that never stops, full speed for bulk work. */
    public static final Cover NORMAL = new Cover(PaddingMode.NORMAL, RateClass.UNBOUNDED);

    public Cover {
        if (mode == PaddingMode.MAX && rate.unbounded()) {
            throw new IllegalArgumentException("a constant rate without bound");
        }
    }

    /** Whether there can be such a cover. */
    public static boolean valid(PaddingMode mode, int rate) {
        return RateClass.valid(rate) && (mode != PaddingMode.MAX || rate != RateClass.UNBOUNDED.number());
    }

    /** Whether who asked for that one may have this one instead: hidden no less, sent no faster. */
    public boolean serves(Cover asked) {
        return mode.compareTo(asked.mode) >= 0 && !asked.rate.below(rate);
    }

    /** What one direction sends. @param client whose sending it is */
    public StealthProfile profile(boolean client) {
        return StealthProfile.of(this, client);
    }
}
