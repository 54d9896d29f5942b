package org.qnsp.core.client;

import java.util.Optional;

/** The long options that stand for lines of configuration; the same for every client program. */
public final class LongOptions {
    private LongOptions() {
    }

    /** A word with its value, which may be the next argument. @param word without its two dashes */
    public static String whole(String word, Getopt getopt) throws Getopt.UsageException {
        return word.equals("padding") || word.equals("rate") ? word + "=" + getopt.argument() : EntropyOptions.whole(word, getopt);
    }

    /** The line of configuration that a word stands for, without its two dashes; empty for another word. The line's value is checked as any line's. */
    public static Optional<String> line(String word) {
        String whole = switch (word) {
            case "stealth" -> "Padding=max";
            case "qkd" -> "Qkd=prefer";
            case "qkd-only" -> "Qkd=require";
            case "qkd-allow-simulator" -> "QkdAllowSimulator=yes";
            default -> null;
        };
        if (whole != null) {
            return Optional.of(whole);
        }
        return word.startsWith("padding=") || word.startsWith("rate=") ? Optional.of(Character.toUpperCase(word.charAt(0)) + word.substring(1)) : EntropyOptions.line(word);
    }
}
