package org.qnsp.stealth;

import java.util.List;

/**
 * The public schedule of one direction after its prologue. Nothing in it depends on what is sent.
 *
 * @param rungs the ladder, from the bottom; in mode max one, in mode low the cover of an idle wire
 * @param unpaced whether the top rung sends, besides its slots, as fast as the connection takes it
 */
public record StealthProfile(PaddingMode mode, List<Rung> rungs, boolean unpaced) {
    private static final long MILLI = 1_000_000;
    /** C-24: the prologue is the same for everyone. */
    public static final long PROLOGUE_NANOS = 500 * MILLI;
    /** C-24: its slots. */
    public static final Rung PROLOGUE = new Rung(5 * MILLI, 2);
    /** C-25: rungs change at the edges of epochs of this length. */
    public static final long EPOCH_NANOS = 250 * MILLI;
    /** C-36: frames of an idle wire in mode low come at random times, this far apart in the mean. */
    static final long LOW_PERIOD_NANOS = 1000 * MILLI;
    /** C-25: between slots of an idle wire in mode normal; a multiple of all other periods. */
    static final long L0_PERIOD_NANOS = 20 * MILLI;
    private static final Rung L1 = new Rung(10 * MILLI, 8);
    private static final Rung L2 = new Rung(5 * MILLI, 64);
    private static final int L2_CLASS = 7;

    public StealthProfile {
        rungs = List.copyOf(rungs);
    }

    static StealthProfile of(Cover cover, boolean client) {
        Rung l0 = new Rung(L0_PERIOD_NANOS, client ? 1 : 2);
        RateClass rate = cover.rate();
        return switch (cover.mode()) {
            case MAX -> new StealthProfile(cover.mode(), List.of(new Rung(RateClass.PERIOD_NANOS, rate.frames())), false);
            case LOW -> new StealthProfile(cover.mode(), List.of(new Rung(LOW_PERIOD_NANOS, 1)), false);
            case NORMAL -> {
                if (rate.below(RateClass.FAST)) {
                    yield new StealthProfile(cover.mode(), List.of(l0), false);
                }
                if (rate.number() < L2_CLASS) {
                    yield new StealthProfile(cover.mode(), List.of(l0, L1), false);
                }
                // the slots of L3 are those of L1: they carry what is too little for a burst
                yield rate.unbounded()
                        ? new StealthProfile(cover.mode(), List.of(l0, L1, L2, L1), true)
                        : new StealthProfile(cover.mode(), List.of(l0, L1, L2), false);
            }
        };
    }

    /** The most frames of one slot, those of the prologue among them. */
    public int maxSlotFrames() {
        return Math.max(PROLOGUE.frames(), rungs.stream().mapToInt(Rung::frames).max().orElseThrow());
    }

    /** Bytes on the wire in an hour of idling, this direction alone. */
    public long idleBytesPerHour() {
        return rungs.getFirst().wireBytesPerHour();
    }
}
