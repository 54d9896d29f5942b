package org.qnsp.core.config;

import java.util.List;

/** What is wrong with a configuration, in words for its owner: one line for each fault, each with its file and line number. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> lines;

    /** One fault. */
    public ConfigException(String line) {
        this(List.of(line));
    }

    /** All faults that were found, in the order of the files; at least one. */
    public ConfigException(List<String> lines) {
        super(String.join("\n", lines), null, false, false);
        this.lines = List.copyOf(lines);
    }

    /** The lines to print, without a program name. */
    public List<String> lines() {
        return lines;
    }
}
