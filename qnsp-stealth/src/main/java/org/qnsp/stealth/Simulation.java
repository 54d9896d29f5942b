package org.qnsp.stealth;

import java.util.function.LongSupplier;

/**
 * One direction in virtual time: a {@link Pacer} with a queue before it and a line behind it, run slot by slot without a clock. What it emits is what an observer of a
 * perfect machine would see.
 */
public final class Simulation {
    /** What an application queues. */
    @FunctionalInterface
    public interface Workload {
        /** Bytes queued from the start up to this time; never falls. */
        long bytesUntil(long nanos);
    }

    /** Who watches the line. */
    @FunctionalInterface
    public interface Observer {
        /** So many frames went out at this time from the start, in a slot or besides. */
        void sent(long nanos, long frames, boolean slot);
    }

    private final Pacer pacer;
    private final Workload workload;
    private final long lineBytesPerSecond;
    private long sentBytes;
    private boolean saturated = true;

    /** @param lineBytesPerSecond payload that the line takes besides the slots */
    public Simulation(StealthProfile profile, LongSupplier random, Workload workload, long lineBytesPerSecond) {
        this.pacer = new Pacer(profile, 0, random);
        this.workload = workload;
        this.lineBytesPerSecond = lineBytesPerSecond;
    }

    /** Runs so many slots. */
    public void run(int slots, Observer observer) {
        for (int i = 0; i < slots; i++) {
            long queued = queued(pacer.slotNanos());
            if (pacer.edgeDue()) {
                pacer.decide(queued, saturated);
                saturated = true;
            }
            long now = pacer.slotNanos();
            long room = (long) pacer.slotFrames() * Rung.PAYLOAD_BYTES;
            saturated &= queued >= room;
            sentBytes += Math.min(queued, room);
            observer.sent(now, pacer.slotFrames(), true);
            pacer.advance(now);
            besides(now, pacer.slotNanos(), observer);
        }
    }

    private void besides(long from, long until, Observer observer) {
        long capacity = (long) ((double) lineBytesPerSecond * (until - from) / 1e9) / Rung.PAYLOAD_BYTES;
        long waiting = Math.ceilDiv(queued(from), Rung.PAYLOAD_BYTES);
        long owed = pacer.owedFrames();
        long frames = Math.min(capacity, Math.max(waiting, owed));
        if (pacer.burstFrames() > 0 && frames > 0 && (owed > 0 || frames >= pacer.burstFrames())) {
            pacer.burst(frames);
            sentBytes += Math.min(queued(from), frames * Rung.PAYLOAD_BYTES);
            observer.sent(from, frames, false);
        }
    }

    private long queued(long nanos) {
        return workload.bytesUntil(nanos) - sentBytes;
    }

    /** Whether all that was queued until then is sent. */
    public boolean drained(long nanos) {
        return queued(nanos) == 0;
    }

    /** The pacer, to be asked about. */
    public Pacer pacer() {
        return pacer;
    }
}
