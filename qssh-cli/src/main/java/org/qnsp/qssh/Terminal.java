package org.qnsp.qssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.client.AtExit;

/**
 * The terminal that standard input is, through {@code stty}: cheaper at start-up than a native library. It is given back as it was when the process ends in
 * any way but a kill, after which the launcher does that.
 */
final class Terminal {
    private static final String[] RAW = {"raw", "-echo", "-echoe", "-echok", "-echonl", "-iexten", "ignpar"};

    private final String saved;
    private final TerminalModes modes;
    private boolean wanted;
    private boolean raw;

    private Terminal(String saved, TerminalModes modes) {
        this.saved = saved;
        this.modes = modes;
    }

    /** Looks at the terminal. @throws IOException if standard input is none, or there is no stty */
    static Terminal open() throws IOException {
        String output = run("/bin/sh", "-c", "stty -g && stty -a");
        int lineEnd = output.indexOf('\n');
        return new Terminal(output.substring(0, Math.max(0, lineEnd)).strip(), TerminalModes.parse(output.substring(lineEnd + 1)));
    }

    /** How it was at the start. */
    TerminalModes modes() {
        return modes;
    }

    /** Every key as a byte, at once, and nothing else. */
    synchronized void enterRaw() throws IOException {
        if (!wanted) {
            wanted = true;
            AtExit.add(this::leaveRaw);
        }
        stty(RAW);
        raw = true;
    }

    /** Whether the session wants it raw, though someone may have changed that while the process was stopped. */
    synchronized boolean wantsRaw() {
        return wanted;
    }

    /** As it was. */
    synchronized void leaveRaw() {
        if (raw) {
            raw = false;
            try {
                stty(saved);
            } catch (IOException e) {
                // the terminal is gone
            }
        }
    }

    /** Rows and columns now; 0 where unknown. */
    static int[] size() {
        try {
            String[] words = run("stty", "size").strip().split(" ");
            return words.length == 2 ? new int[] {Integer.parseInt(words[0]), Integer.parseInt(words[1])} : new int[2];
        } catch (IOException | NumberFormatException e) {
            return new int[2];
        }
    }

    /** Stops this process and all of its job, as Ctrl-Z would; returns when it goes on. */
    static void suspend() {
        try {
            run("/bin/sh", "-c", "kill -TSTP 0");
        } catch (IOException e) {
            // then it is not stopped
        }
    }

    private static void stty(String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(settings));
        run(command.toArray(String[]::new));
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readNBytes(65536), StandardCharsets.ISO_8859_1);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(output.strip());
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
