package org.qnsp.core.qkd;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;

/** The names of keys that were used: no key is taken twice, whatever a key server does. Bounded; the oldest are forgotten. Thread-safe. */
final class UsedKeys {
    static final int MOST = 1 << 14;

    private final Set<UUID> used = new LinkedHashSet<>();

    /** Whether the name is a new one; it is not from now on. */
    synchronized boolean add(UUID id) {
        if (!used.add(id)) {
            return false;
        }
        if (used.size() > MOST) {
            used.remove(used.iterator().next());
        }
        return true;
    }

    synchronized boolean contains(UUID id) {
        return used.contains(id);
    }
}
