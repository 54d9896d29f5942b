package org.qnsp.core.transport;

import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that writes frames at their slots (C-20, C-21). It seals nothing, reads nothing and allocates nothing; so what a slot carries cannot move the
 * moment at which it is sent.
 */
public final class SlotThread implements AutoCloseable {
    /** A sender with frames sealed ahead. */
    interface Slotted {
        /** Writes what is due; runs on the slot thread, must not block. */
        void writeSlot();
    }

    private static final long IDLE_NANOS = 60_000_000_000L;
    /** How far apart this thread wakes up at least: where many connections tick, most of what a slot costs is the waking. */
    private static final long GRAIN_NANOS = 250_000;

    /** So long after several slots were due at once it wakes up as often as it may, so that nobody need wake it. */
    private static final long BUSY_NANOS = 20_000_000;

    private record Due(long nanos, Slotted sender) {}

    private final ConcurrentLinkedQueue<Due> asked = new ConcurrentLinkedQueue<>();
    /** What was asked for, in the order of time; the slot thread's own, so that no one who asks can hold it up. */
    private final PriorityQueue<Due> queue = new PriorityQueue<>((a, b) -> Long.signum(a.nanos - b.nanos));
    /** When the thread wakes up by itself. */
    private volatile long wakesNanos = System.nanoTime();
    private final Thread thread;
    private final boolean asksRealTime;
    private volatile boolean realTime;
    private volatile boolean closed;

    /** @param name of the thread @param asksRealTime whether it is to run before all others, where the system allows that */
    public SlotThread(String name, boolean asksRealTime) {
        this.asksRealTime = asksRealTime;
        thread = Thread.ofPlatform().daemon().name(name).priority(Thread.MAX_PRIORITY).unstarted(this::run);
        thread.start();
    }

    /** Asks for one slot at this time of {@link System#nanoTime()}. */
    void schedule(long nanos, Slotted sender) {
        asked.add(new Due(nanos, sender));
        if (nanos + GRAIN_NANOS - wakesNanos < 0) {
            LockSupport.unpark(thread);
        }
    }

    /** Whether it was asked for, and is so by now. */
    public boolean realTime() {
        return realTime;
    }

    private void run() {
        Punctuality.exactWaits();
        realTime = asksRealTime && Punctuality.realTime();
        long woke = System.nanoTime() - GRAIN_NANOS;
        long busyNanos = woke - BUSY_NANOS;
        boolean rested = true;
        while (!closed) {
            long now = System.nanoTime();
            Due due = next();
            if (due != null && due.nanos - now <= 0) {
                queue.poll();
                woke = rested ? now : woke;
                busyNanos = rested ? busyNanos : now;
                rested = false;
                due.sender.writeSlot();
                continue;
            }
            long rest = now - busyNanos < BUSY_NANOS ? GRAIN_NANOS : due == null ? IDLE_NANOS : Math.max(due.nanos - now, woke + GRAIN_NANOS - now);
            wakesNanos = now + rest;
            if (asked.isEmpty()) { // after the line above: who asks from here on sees when it wakes up
                LockSupport.parkNanos(this, rest);
                rested = true;
            }
        }
    }

    private Due next() {
        for (Due due = asked.poll(); due != null; due = asked.poll()) {
            queue.add(due);
        }
        return queue.peek();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
