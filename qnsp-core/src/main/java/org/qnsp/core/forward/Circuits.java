package org.qnsp.core.forward;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The forwarded connections that are open, with what they are called. From any thread. */
public final class Circuits {
    private final Map<StreamJoin, String> open = new LinkedHashMap<>();
    private final AtomicInteger all;
    private final int most;

    /** As many as there may be. */
    public Circuits() {
        this(new AtomicInteger(), Integer.MAX_VALUE);
    }

    /** Some of those that are counted together. @param most how many there may be in all */
    public Circuits(AtomicInteger all, int most) {
        this.all = all;
        this.most = most;
    }

    /** Whether there may not be more now. */
    public boolean full() {
        return all.get() >= most;
    }

    synchronized void began(StreamJoin join, String label) {
        open.put(join, label);
        all.incrementAndGet();
    }

    synchronized void ended(StreamJoin join) {
        if (open.remove(join) != null) {
            all.decrementAndGet();
        }
    }

    /** What they are called, each with its channel. */
    public synchronized List<String> list() {
        return open.entrySet().stream().map(e -> e.getValue() + (e.getKey().channel() == null ? "" : " (channel " + e.getKey().channel().id() + ")")).toList();
    }

    /** Whether there is any. */
    public synchronized boolean any() {
        return !open.isEmpty();
    }
}
