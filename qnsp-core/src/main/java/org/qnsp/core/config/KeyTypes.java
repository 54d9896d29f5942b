package org.qnsp.core.config;

import java.util.Arrays;
import java.util.List;
import org.qnsp.crypto.keys.KeyType;

/** PubkeyAcceptedAlgorithms of either end: a list of patterns of key types; or all types, with more ({@code +}), without some ({@code -}), or with some first ({@code ^}). */
public final class KeyTypes {
    private KeyTypes() {
    }

    /** Whether a list accepts a type. */
    public static boolean accepts(String list, KeyType type) {
        return switch (list.charAt(0)) {
            case '+', '^' -> true;
            case '-' -> Patterns.list(type.typeName(), list.substring(1)) != Patterns.Verdict.MATCH;
            default -> Patterns.list(type.typeName(), list) == Patterns.Verdict.MATCH;
        };
    }

    /** The names of the types that a list accepts. */
    public static List<String> accepted(String list) {
        return Arrays.stream(KeyType.values()).filter(type -> accepts(list, type)).map(KeyType::typeName).toList();
    }
}
