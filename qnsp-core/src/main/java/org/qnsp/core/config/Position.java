package org.qnsp.core.config;

/**
 * Where a directive stands.
 *
 * @param name the file, or {@code command-line}
 * @param line from 1; 0 on the command line
 */
public record Position(String name, int line) {
    /** Where {@code -o} options stand. */
    public static final Position COMMAND_LINE = new Position("command-line", 0);

    /** A fault here: {@code FILE line N: what}. */
    public String says(String what) {
        return name + " line " + line + ": " + what;
    }

    /** A fault here, as an exception. */
    ConfigException fault(String what) {
        return new ConfigException(says(what));
    }

    /** The fault of an unknown keyword, in the words that other programs look for: {@code FILE: line N: Bad configuration option: k}. */
    public String badOption(String keyword) {
        return name + ": line " + line + ": Bad configuration option: " + keyword;
    }
}
