package org.qnsp.core.transport;

import java.util.PriorityQueue;
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

    private record Due(long nanos, Slotted sender) {}

    private final PriorityQueue<Due> queue = new PriorityQueue<>((a, b) -> Long.signum(a.nanos - b.nanos));
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
        Due due = new Due(nanos, sender);
        boolean first;
        synchronized (queue) {
            queue.add(due);
            first = queue.peek() == due;
        }
        if (first) {
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
        while (!closed) {
            Due due;
            long now = System.nanoTime();
            synchronized (queue) {
                due = queue.peek();
                if (due != null && due.nanos - now <= 0) {
                    queue.poll();
                }
            }
            if (due == null) {
                LockSupport.park(this);
            } else if (due.nanos - now <= 0) {
                due.sender.writeSlot();
            } else {
                LockSupport.parkNanos(this, due.nanos - now);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
