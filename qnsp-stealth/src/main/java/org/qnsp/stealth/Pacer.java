package org.qnsp.stealth;

import java.util.function.LongSupplier;

/**
 * When one direction sends how many frames (C-20 to C-25, C-34 to C-36), as absolute deadlines. In mode max the slots are a function of the profile and the start alone;
 * in mode normal of the ladder's log besides, which moves at the edges of epochs only. Pure: time and randomness come in, decisions go out. Owned by one thread.
 */
public final class Pacer {
    /** C-35: slots are sent up to this long after they are due, by chance alone. */
    static final long JITTER_NANOS = 4_000_000;
    /** C-36: writes of mode low are at least this far apart. */
    private static final long LOW_GAP_NANOS = 2_000_000;
    /** Frames that make a burst: fewer go in slots, so that no one sees what is typed beside a copy. */
    private static final int BURST_FRAMES = 32;
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final long startNanos;
    /** A slot of every rung, not before the end of the prologue. */
    private long gridNanos;
    private final LongSupplier random;
    private StealthProfile profile;
    private Ladder ladder;
    private long slotNanos;
    private long edge;
    private boolean held;

    /** @param startNanos when the first slot is due, on a clock that never steps @param random 64 bits that no one can foretell, each time */
    public Pacer(StealthProfile profile, long startNanos, LongSupplier random) {
        this.startNanos = startNanos;
        this.gridNanos = prologueEndNanos();
        this.random = random;
        this.slotNanos = startNanos;
        adopt(profile);
    }

    /** From now on this profile; what both sides agreed on, or what was asked for until then. */
    public void adopt(StealthProfile agreed) {
        if (!agreed.equals(profile)) {
            profile = agreed;
            ladder = new Ladder(agreed);
            if (slotNanos >= prologueEndNanos()) {
                slotNanos = onGrid(slotNanos);
            }
        }
    }

    // ---- slots

    /** When the slot that comes next is due. */
    public long slotNanos() {
        return slotNanos;
    }

    /** How long after that it is sent: the sum of two even draws, so that small delays of the machine drown in it (C-35). */
    public long jitterNanos() {
        long bits = random.getAsLong();
        return ((bits & 0xffff_ffffL) * (JITTER_NANOS / 2) >>> 32) + ((bits >>> 32) * (JITTER_NANOS / 2) >>> 32);
    }

    /** Frames that it carries. */
    public int slotFrames() {
        return rung().frames();
    }

    /** It is over: go on to the first one after it that is not already past. C-21: missed slots are left out. */
    public void advance(long nowNanos) {
        if (mode() == PaddingMode.LOW && !prologue()) {
            long halfToThreeHalves = StealthProfile.LOW_PERIOD_NANOS / 2 + ((random.getAsLong() >>> 33) * StealthProfile.LOW_PERIOD_NANOS >>> 31);
            slotNanos = (slotNanos - nowNanos >= 0 ? slotNanos : nowNanos) + halfToThreeHalves;
            return;
        }
        long next = onGrid(slotNanos + 1);
        slotNanos = next - nowNanos >= 0 ? next : onGrid(nowNanos);
    }

    /** In mode normal slots are due at this time, whole periods of L0 sooner or later (C-39); the present one, if it is to be moved, later. */
    public void align(long phaseNanos) {
        if (!prologue() && mode() == PaddingMode.NORMAL) {
            gridNanos += Math.floorMod(phaseNanos - gridNanos, StealthProfile.L0_PERIOD_NANOS);
            slotNanos = onGrid(slotNanos);
        }
    }

    /** The first slot of this rung that is not before. */
    private long onGrid(long nanos) {
        if (nanos - startNanos < StealthProfile.PROLOGUE_NANOS) {
            long next = startNanos + Math.ceilDiv(nanos - startNanos, StealthProfile.PROLOGUE.periodNanos()) * StealthProfile.PROLOGUE.periodNanos();
            if (next - prologueEndNanos() < 0) {
                return next;
            }
            nanos = prologueEndNanos();
        }
        if (mode() == PaddingMode.LOW) {
            return nanos;
        }
        long period = profile.rungs().get(ladder.rung()).periodNanos();
        return gridNanos + Math.ceilDiv(nanos - gridNanos, period) * period;
    }

    private boolean prologue() {
        return slotNanos - prologueEndNanos() < 0;
    }

    private Rung rung() {
        return prologue() ? StealthProfile.PROLOGUE : profile.rungs().get(ladder.rung());
    }

    private PaddingMode mode() {
        return profile.mode();
    }

    /** When the prologue is over. */
    public long prologueEndNanos() {
        return startNanos + StealthProfile.PROLOGUE_NANOS;
    }

    // ---- the ladder

    /** Whether {@link #decide} is due before the next slot is filled. */
    public boolean edgeDue() {
        return slotNanos - (prologueEndNanos() + edge * StealthProfile.EPOCH_NANOS) >= 0;
    }

    /**
     * The decision at an edge (C-25).
     *
     * @param backlogBytes what waits to be sent and may be sent
     * @param saturated whether all frames since the last one carried data
     */
    public void decide(long backlogBytes, boolean saturated) {
        long at = (slotNanos - prologueEndNanos()) / StealthProfile.EPOCH_NANOS;
        edge = at + 1;
        ladder.decide(at, backlogBytes, saturated);
        slotNanos = onGrid(slotNanos);
    }

    /** The rung, 0 for the bottom. */
    public int level() {
        return prologue() ? 0 : ladder.rung();
    }

    /** Bits that the ladder's log can have told so far (C-37). */
    public double bits() {
        return ladder.bits();
    }

    /** Excursions from the bottom in this hour. */
    public int excursions() {
        return ladder.excursions();
    }

    // ---- besides the slots

    /** Sends all at once after the prologue, or no more, but in mode max (C-31): a stream with a schedule of its own must not wait for this one's. */
    public void hold(boolean relaying) {
        held = relaying;
    }

    /** The least number of frames that go out besides the slots as soon as there are so many; 0 if none do. */
    public int burstFrames() {
        if (prologue()) {
            return 0; // C-24: the prologue is the same for everyone
        }
        if (mode() == PaddingMode.MAX) {
            return 0; // nothing may move a constant rate
        }
        return held || mode() == PaddingMode.LOW ? 1 : ladder.unpaced() ? BURST_FRAMES : 0;
    }

    /** How far apart such writes are at least, where so many frames wait (C-36). */
    public long burstGapNanos(long waitingFrames) {
        return mode() == PaddingMode.LOW && !held && waitingFrames < BURST_FRAMES ? LOW_GAP_NANOS : 0;
    }

    /** Frames to send besides the slots, whether or not there is anything to say: what is owed for the volume (C-25). */
    public long owedFrames() {
        return ladder.owedFrames();
    }

    /** So many frames went out besides the slots. */
    public void burst(long frames) {
        if (ladder.unpaced()) {
            ladder.volume().sent(frames);
        }
    }

    // ---- the end

    /** The last word is said: fills up the volume at once. */
    public void settle() {
        ladder.settle();
    }

    /** When a connection that is over ends: at once, in mode max at the next of 1, 2, 4, 8... minutes after the start (C-26). */
    public long endNanos(long nowNanos) {
        long end = nowNanos;
        if (mode() == PaddingMode.MAX) {
            end = startNanos + MINUTE_NANOS;
            while (end - nowNanos < 0) {
                end = startNanos + 2 * (end - startNanos);
            }
        }
        return end;
    }
}
