package org.qnsp.core.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Values by keyword: the first one wins, or all add up, as the keyword says. */
public final class Settings {
    private final Map<String, List<String>> values = new HashMap<>();

    /** Adds the values of a line. Gives false where an earlier line had won. */
    public boolean put(Keyword keyword, List<String> line) {
        if (!keyword.many()) {
            return values.putIfAbsent(keyword.key(), line) == null;
        }
        values.computeIfAbsent(keyword.key(), k -> new ArrayList<>()).addAll(line);
        return true;
    }

    /** Puts a value in place of what there was. */
    public void set(Keyword keyword, String value) {
        values.put(keyword.key(), List.of(value));
    }

    /** The values of a keyword, empty where no line gave one. */
    public List<String> all(Keyword keyword) {
        List<String> given = values.get(keyword.key());
        return given == null ? List.of() : List.copyOf(given);
    }

    /** The value of a keyword of one word, or its fallback. */
    public String one(Keyword keyword) {
        List<String> given = values.get(keyword.key());
        return given == null ? keyword.fallback() : given.getFirst();
    }

    /** Whether a line gave a value. */
    public boolean has(Keyword keyword) {
        return values.containsKey(keyword.key());
    }

    /** Whether a yes-or-no is yes. */
    public boolean flag(Keyword keyword) {
        return "yes".equals(one(keyword));
    }

    /** A number, or a time in seconds with {@code none} as 0. */
    public int number(Keyword keyword) {
        String value = one(keyword);
        return "none".equals(value) ? 0 : Integer.parseInt(value);
    }

    /** These values where they are given, else those of the other settings; of one keyword these and those. */
    public Settings over(Settings base, Keyword adding) {
        Settings merged = new Settings();
        merged.values.putAll(base.values);
        merged.values.putAll(values);
        List<String> both = new ArrayList<>(all(adding));
        both.addAll(base.all(adding));
        if (!both.isEmpty()) {
            merged.values.put(adding.key(), both);
        }
        return merged;
    }
}
