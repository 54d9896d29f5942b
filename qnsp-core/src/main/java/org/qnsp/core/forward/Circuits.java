package org.qnsp.core.forward;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The forwarded connections that are open, with what they are called. From any thread. */
public final class Circuits {
    private final Map<StreamJoin, String> open = new LinkedHashMap<>();
    private final List<Share> shares;

    /** Those that are counted together, and how many of them there may be. */
    public record Share(AtomicInteger count, int most) {
    }

    /** As many as there may be. */
    public Circuits() {
        this(List.of());
    }

    /** Some of those that are counted together. @param most how many there may be in all */
    public Circuits(AtomicInteger all, int most) {
        this(List.of(new Share(all, most)));
    }

    /** Some of those that are counted in each of these. */
    public Circuits(List<Share> shares) {
        this.shares = List.copyOf(shares);
    }

    /** Whether there may not be more now. */
    public boolean full() {
        return shares.stream().anyMatch(share -> share.count.get() >= share.most);
    }

    synchronized void began(StreamJoin join, String label) {
        open.put(join, label);
        shares.forEach(share -> share.count.incrementAndGet());
    }

    synchronized void ended(StreamJoin join) {
        if (open.remove(join) != null) {
            shares.forEach(share -> share.count.decrementAndGet());
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
