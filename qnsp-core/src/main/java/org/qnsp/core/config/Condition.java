package org.qnsp.core.config;

import java.util.List;

/** What must hold for the lines of a block. */
public sealed interface Condition {
    /** A {@code Host} line: patterns, {@code !} negates. */
    record Host(List<String> patterns) implements Condition {
        /** Whether some pattern matches and no negated one does. */
        public boolean holds(String host) {
            boolean found = false;
            for (String pattern : patterns) {
                boolean negated = pattern.startsWith("!");
                if (Patterns.matches(host, negated ? pattern.substring(1) : pattern)) {
                    if (negated) {
                        return false;
                    }
                    found = true;
                }
            }
            return found;
        }
    }

    /** A {@code Match} line: all of these. */
    record Match(List<Criterion> criteria, Position at) implements Condition {
    }

    /**
     * One attribute of a Match line.
     *
     * @param attribute in lower case
     * @param argument  the pattern list; empty where the attribute takes none
     * @param negated   whether a {@code !} stood before it
     */
    record Criterion(String attribute, String argument, boolean negated) {
    }
}
