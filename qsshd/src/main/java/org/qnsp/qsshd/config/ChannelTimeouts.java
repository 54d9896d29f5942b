package org.qnsp.qsshd.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.qnsp.core.config.Patterns;
import org.qnsp.core.config.Seconds;

/**
 * How long channels may be idle.
 *
 * @param seconds by patterns of types, in the order of the line; 0 for any time
 */
public record ChannelTimeouts(Map<String, Integer> seconds) {
    private static final String GLOBAL = "global";

    /** Reads {@code none}, or words such as {@code session:*=5m}; empty where they are neither. */
    public static Optional<ChannelTimeouts> parse(List<String> words) {
        Map<String, Integer> seconds = new LinkedHashMap<>();
        if (words.equals(List.of("none"))) {
            return Optional.of(new ChannelTimeouts(seconds));
        }
        for (String word : words) {
            int equals = word.indexOf('=');
            int time = Seconds.parse(word.substring(equals + 1));
            if (equals <= 0 || time < 0) {
                return Optional.empty();
            }
            seconds.putIfAbsent(word.substring(0, equals), time);
        }
        return Optional.of(new ChannelTimeouts(seconds));
    }

    /** Whether nothing is limited. */
    public boolean none() {
        return seconds.values().stream().allMatch(time -> time == 0);
    }

    /** For a channel of this type, by sshd's names; 0 for any time. */
    public int of(String type) {
        return seconds.entrySet().stream().filter(e -> !e.getKey().equals(GLOBAL) && Patterns.matches(type, e.getKey())).map(Map.Entry::getValue).findFirst().orElse(0);
    }

    /** How long all channels together may be idle; 0 for any time. */
    public int ofAll() {
        return seconds.getOrDefault(GLOBAL, 0);
    }
}
