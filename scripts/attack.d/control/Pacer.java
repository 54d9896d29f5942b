package org.qnsp.stealth;

import java.util.function.LongSupplier;

/**
 * The control of scripts/attack, in no distribution: after the prologue, which the handshake needs, nothing is sent but what there is to say, as soon as there is
 * something. An attack that does not see through this one proves nothing about the real one.
 */
public final class Pacer {
    private static final long PERIOD_NANOS = 20_000_000;
    /** So long frames go in slots only, for logins that the machine is too busy to finish within the prologue. */
    private static final long LOGIN_NANOS = 2_500_000_000L;

    private final long startNanos;
    private long slotNanos;

    public Pacer(StealthProfile profile, long startNanos, LongSupplier random) {
        this.startNanos = startNanos;
        this.slotNanos = startNanos;
    }

    public void adopt(StealthProfile agreed) {}

    public void align(long phaseNanos) {}

    public long slotNanos() {
        return slotNanos;
    }

    public long jitterNanos() {
        return 0;
    }

    /** Slots go on after the prologue, for the writer's sake, and are empty. */
    public int slotFrames() {
        return prologue() ? StealthProfile.PROLOGUE.frames() : slotNanos - startNanos < LOGIN_NANOS ? 1 : 0;
    }

    public void advance(long nowNanos) {
        long period = prologue() ? StealthProfile.PROLOGUE.periodNanos() : PERIOD_NANOS;
        slotNanos = Math.max(slotNanos + period, nowNanos);
    }

    private boolean prologue() {
        return slotNanos - prologueEndNanos() < 0;
    }

    public long prologueEndNanos() {
        return startNanos + StealthProfile.PROLOGUE_NANOS;
    }

    public boolean edgeDue() {
        return false;
    }

    public void decide(long backlogBytes, boolean saturated) {}

    public int level() {
        return 0;
    }

    public double bits() {
        return 0;
    }

    public int excursions() {
        return 0;
    }

    public void hold(boolean relaying) {}

    public int burstFrames() {
        return slotNanos - startNanos < LOGIN_NANOS ? 0 : 1;
    }

    public long burstGapNanos(long waitingFrames) {
        return 0;
    }

    public long owedFrames() {
        return 0;
    }

    public void burst(long frames) {}

    public void settle() {}

    public long endNanos(long nowNanos) {
        return nowNanos;
    }
}
