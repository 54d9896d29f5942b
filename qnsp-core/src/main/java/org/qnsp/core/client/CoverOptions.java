package org.qnsp.core.client;

import java.util.Optional;

/** The long options that say how much is hidden; the same for every client program. */
public final class CoverOptions {
    private CoverOptions() {
    }

    /** A word with its value, which may be the next argument. @param word without its two dashes */
    public static String whole(String word, Getopt getopt) throws Getopt.UsageException {
        return word.equals("padding") || word.equals("rate") ? word + "=" + getopt.argument() : word;
    }

    /** The line of configuration that a word stands for, without its two dashes; empty for another word. The line's value is checked as any line's. */
    public static Optional<String> line(String word) {
        if (word.equals("stealth")) {
            return Optional.of("Padding=max");
        }
        return word.startsWith("padding=") || word.startsWith("rate=") ? Optional.of(Character.toUpperCase(word.charAt(0)) + word.substring(1)) : Optional.empty();
    }
}
