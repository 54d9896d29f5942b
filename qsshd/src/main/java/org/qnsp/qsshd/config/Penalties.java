package org.qnsp.qsshd.config;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.qnsp.core.config.Seconds;

/**
 * What a source that misbehaves is charged, in seconds for which it is not received: PerSourcePenalties of sshd. Charges add up; below the minimum
 * they are only counted.
 *
 * @param on     whether anything is charged
 * @param values of every item
 */
public record Penalties(boolean on, Map<Item, Integer> values) {
    /** What can be set, in sshd's words. */
    public enum Item {
        /** A fault of the daemon's own on a connection. */
        CRASH("crash", 90),
        /** A login that was denied. */
        AUTH_FAIL("authfail", 5),
        /** A login as a user that does not exist. */
        INVALID_USER("invaliduser", 5),
        /** A connection that left without a login. */
        NO_AUTH("noauth", 1),
        /** One that took longer than LoginGraceTime. */
        GRACE_EXCEEDED("grace-exceeded", 10),
        /** One that RefuseConnection turned away. */
        REFUSED("refuseconnection", 10),
        /** The most that is held against a source. */
        MAX("max", 600),
        /** The least that is acted upon. */
        MIN("min", 15),
        /** Sources of IPv4 that are remembered. */
        SOURCES_4("max-sources4", 65_536),
        /** Sources of IPv6 that are remembered. */
        SOURCES_6("max-sources6", 65_536),
        /** With more sources of IPv4: 0, the earliest is forgotten; 1, all are turned away. */
        OVERFLOW_4("overflow", 0),
        /** The same for IPv6. */
        OVERFLOW_6("overflow6", 0);

        private final String word;
        private final int fallback;

        Item(String word, int fallback) {
            this.word = word;
            this.fallback = fallback;
        }

        /** The value of a word's second half, -1 for none. */
        private int value(String text) {
            return switch (this) {
                case SOURCES_4, SOURCES_6 -> Values.isNumber(text, 1, 1 << 20) ? Integer.parseInt(text) : -1;
                case OVERFLOW_4, OVERFLOW_6 -> List.of("permissive", "deny-all").indexOf(text);
                default -> Seconds.parse(text);
            };
        }

        private String text(int value) {
            return word + ":" + (this == OVERFLOW_4 || this == OVERFLOW_6 ? List.of("permissive", "deny-all").get(value) : String.valueOf(value));
        }
    }

    /** Reads {@code yes}, {@code no}, or words such as {@code authfail:5s}; empty where they are none of these. */
    public static Optional<Penalties> parse(List<String> words) {
        Map<Item, Integer> values = new EnumMap<>(Item.class);
        Arrays.stream(Item.values()).forEach(item -> values.put(item, item.fallback));
        if (words.size() == 1 && List.of("yes", "true", "no", "false").contains(words.getFirst())) {
            return Optional.of(new Penalties(words.getFirst().matches("yes|true"), values));
        }
        for (String word : words) {
            String name = word.substring(0, Math.max(0, word.indexOf(':')));
            Optional<Item> item = Arrays.stream(Item.values()).filter(i -> i.word.equals(name)).findFirst();
            int value = item.map(i -> i.value(word.substring(name.length() + 1))).orElse(-1);
            if (value < 0) {
                return Optional.empty();
            }
            values.put(item.get(), value);
        }
        return Optional.of(new Penalties(true, values));
    }

    /** The value of an item: seconds, sources, or how. */
    public int of(Item item) {
        return values.get(item);
    }

    @Override
    public String toString() {
        return on ? Arrays.stream(Item.values()).map(item -> item.text(of(item))).collect(Collectors.joining(" ")) : "no";
    }
}
