package org.qnsp.core.client;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The echo of the terminal, off for the time of a question. It comes back when the process is interrupted, too. */
final class TerminalEcho {
    private TerminalEcho() {
    }

    /** What to do without echo. */
    interface Step {
        byte[] run() throws IOException;
    }

    /**
     * Runs a step without echo and ends the line that the user's return key did not.
     *
     * @throws IOException where the echo cannot be turned off
     */
    static byte[] without(Step step, OutputStream terminal) throws IOException {
        String before = stty("-g");
        Runnable restore = () -> restore(before);
        AtExit.add(restore);
        try {
            stty("-echo");
            return step.run();
        } finally {
            restore(before);
            terminal.write('\n');
            AtExit.remove(restore);
        }
    }

    private static void restore(String settings) {
        try {
            stty(settings);
        } catch (IOException e) {
            // the terminal is gone, and its echo with it
        }
    }

    private static String stty(String argument) throws IOException {
        Process process = new ProcessBuilder("stty", argument).redirectInput(new File("/dev/tty")).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readNBytes(4096), StandardCharsets.US_ASCII).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("stty " + argument + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
        return output;
    }
}
