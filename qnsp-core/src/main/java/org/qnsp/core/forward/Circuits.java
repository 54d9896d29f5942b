package org.qnsp.core.forward;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The forwarded connections that are open, with what they are called. From any thread. */
public final class Circuits {
    private final Map<StreamJoin, String> open = new LinkedHashMap<>();

    synchronized void began(StreamJoin join, String label) {
        open.put(join, label);
    }

    synchronized void ended(StreamJoin join) {
        open.remove(join);
        notifyAll();
    }

    /** What they are called, each with its channel. */
    public synchronized List<String> list() {
        return open.entrySet().stream().map(e -> e.getValue() + (e.getKey().channel() == null ? "" : " (channel " + e.getKey().channel().id() + ")")).toList();
    }

    /** Waits until there is none. */
    public synchronized void awaitNone() throws InterruptedException {
        while (!open.isEmpty()) {
            wait();
        }
    }
}
