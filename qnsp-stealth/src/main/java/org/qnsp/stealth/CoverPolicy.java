package org.qnsp.stealth;

/**
 * What a server allows (C-34).
 *
 * @param least the least mode
 * @param max whether a client may have mode max
 * @param highest the highest rate of the ladder
 * @param highestConstant the highest rate of mode max
 */
public record CoverPolicy(PaddingMode least, boolean max, RateClass highest, RateClass highestConstant) {
    /** Everything is allowed, but no constant rate above {@link RateClass#FAST}. */
    public static final CoverPolicy DEFAULT = new CoverPolicy(PaddingMode.LOW, true, RateClass.UNBOUNDED, RateClass.FAST);

    public CoverPolicy {
        if (highestConstant.unbounded() || !max && least == PaddingMode.MAX) {
            throw new IllegalArgumentException("no such policy");
        }
    }

    /** The answer to what a client asks for. Where it may not have mode max it is a weaker one, and the client ends the login. */
    public Cover judge(Cover asked) {
        PaddingMode mode = asked.mode().compareTo(least) < 0 ? least : asked.mode();
        if (mode == PaddingMode.MAX && !max) {
            mode = PaddingMode.NORMAL;
        }
        RateClass bound = mode == PaddingMode.MAX ? highestConstant : highest;
        return new Cover(mode, bound.below(asked.rate()) ? bound : asked.rate());
    }
}
