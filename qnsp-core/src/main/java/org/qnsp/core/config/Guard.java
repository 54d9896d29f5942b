package org.qnsp.core.config;

/**
 * The blocks around a line: its own, and those around the Include lines that led to its file. All must hold. Guards are compared by identity,
 * so that each is evaluated once.
 *
 * @param outer null where there is none
 */
public record Guard(Guard outer, Condition condition) {
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
