package org.qnsp.stealth;

/**
 * The slots of one direction, as absolute deadlines. The slots are a function of the profile and the start alone; the one thing that a backlog moves is
 * {@link #bulk()}, and that only at the edges of epochs; what {@link #hold} moves too. Owned by one thread.
 */
public final class Pacer {
    private final StealthProfile profile;
    private final long startNanos;
    private final long prologueSlots;
    private long slot;
    private long edge;
    private boolean bulk;
    private long bulkSinceNanos;
    private boolean held;

    /** @param startNanos when the first slot is due, on a clock that never steps */
    public Pacer(StealthProfile profile, long startNanos) {
        this.profile = profile;
        this.startNanos = startNanos;
        this.prologueSlots = profile.prologueNanos() / profile.prologuePeriodNanos();
    }

    /** When the slot that comes next is due. */
    public long slotNanos() {
        return slot < prologueSlots
                ? startNanos + slot * profile.prologuePeriodNanos()
                : prologueEndNanos() + (slot - prologueSlots) * profile.periodNanos();
    }

    /** Frames that the slot that comes next carries. */
    public int slotFrames() {
        return slot < prologueSlots ? profile.prologueFrames() : profile.frames();
    }

    /** The most frames that a slot of this profile carries. */
    public int maxSlotFrames() {
        return Math.max(profile.prologueFrames(), profile.frames());
    }

    /** That slot is over: go on to the first one after it that is not already past. C-21: missed slots are left out. */
    public void advance(long nowNanos) {
        slot++;
        if (slotNanos() - nowNanos >= 0) {
            return;
        }
        long intoPrologue = (nowNanos - startNanos) / profile.prologuePeriodNanos() + 1;
        long next = intoPrologue < prologueSlots
                ? intoPrologue
                : prologueSlots + Math.max(0, Math.ceilDiv(nowNanos - prologueEndNanos(), profile.periodNanos()));
        slot = Math.max(slot, next);
    }

    /** When the prologue is over. */
    public long prologueEndNanos() {
        return startNanos + profile.prologueNanos();
    }

    /** When {@link #decide} is due next. */
    public long edgeNanos() {
        return prologueEndNanos() + edge * profile.epochNanos();
    }

    /**
     * The decision at an edge (C-25).
     *
     * @param backlogBytes what waits to be sent and may be sent
     */
    public void decide(long nowNanos, long backlogBytes) {
        if (nowNanos - edgeNanos() < 0) {
            return;
        }
        edge = (nowNanos - prologueEndNanos()) / profile.epochNanos() + 1;
        if (!bulk && backlogBytes > profile.bulkThresholdBytes()) {
            bulk = true;
            bulkSinceNanos = nowNanos;
        } else if (bulk && backlogBytes == 0 && nowNanos - bulkSinceNanos >= profile.dwellNanos()) {
            bulk = false;
        }
    }

    /** Holds bulk after the prologue, or lets it go (C-31): a stream with a schedule of its own must not wait for this one's. */
    public void hold(boolean bulkHeld) {
        held = bulkHeld;
    }

    /** Whether frames go as fast as the connection takes them, besides the slots. */
    public boolean bulk() {
        return bulk || held && slot >= prologueSlots; // C-24: the prologue is the same for everyone
    }
}
