package org.qnsp.core.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** What a client program says to its user: lines on standard error or in a log file, as far as the log level lets them through. From any thread. */
public final class Messages {
    /** How much is said; each level says all that those before it say. */
    public enum Level {
        /** Nothing at all. */
        QUIET,
        /** What ends the program. */
        FATAL,
        /** What went wrong. */
        ERROR,
        /** What a user should know. */
        INFO,
        /** Little more. */
        VERBOSE,
        /** State changes. */
        DEBUG1,
        /** Details. */
        DEBUG2,
        /** More of them. */
        DEBUG3
    }

    private final String program;
    private final OutputStream out;
    private Level level = Level.INFO;
    private String lineEnd = "\n";

    /** @param program the name before errors and hints */
    public Messages(String program, OutputStream out) {
        this.program = program;
        this.out = out;
    }

    /** Says what this level lets through from now on; its name as ClientConfig gives it. */
    public synchronized void level(String name) {
        level = Level.valueOf(name);
    }

    /** Says one level more (1) or less (-1) from now on; gives the level's name. */
    public synchronized String step(int by) {
        Level[] all = Level.values();
        level = all[Math.clamp(level.ordinal() + by, 0, all.length - 1)];
        return level.name();
    }

    /** Whether this would be said. */
    public synchronized boolean says(Level at) {
        return level.compareTo(at) >= 0;
    }

    /** Ends lines as a terminal in raw mode wants it, or as usual. */
    public synchronized void raw(boolean on) {
        lineEnd = on ? "\r\n" : "\n";
    }

    /** {@code program: error: text}. */
    public void error(String text) {
        say(Level.ERROR, program + ": error: " + text);
    }

    /** {@code program: hint: text}. */
    public void hint(String text) {
        say(Level.ERROR, program + ": hint: " + text);
    }

    /** A line as ssh says it: with the program's name and no more. */
    public void fatal(String text) {
        say(Level.FATAL, program + ": " + text);
    }

    /** A line as it is, to be read in any case but with {@code -q}. */
    public void info(String text) {
        say(Level.INFO, text);
    }

    /** {@code debug1: text}. */
    public void debug(String text) {
        say(Level.DEBUG1, "debug1: " + text);
    }

    /** {@code debug2: text}. */
    public void detail(String text) {
        say(Level.DEBUG2, "debug2: " + text);
    }

    /** Lines as they are; the last may end with a line end. */
    public synchronized void say(Level at, String text) {
        if (level.compareTo(at) < 0) {
            return;
        }
        String whole = text.endsWith("\n") ? text : text + "\n";
        try {
            out.write((lineEnd.length() == 1 ? whole : whole.replace("\n", lineEnd)).getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            // there is nobody to tell
        }
    }
}
