package org.qnsp.qscp;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import sun.misc.Signal;

/** What little qscp wants to know about the terminal its output goes to. */
final class Terminal {
    static final int DEFAULT_COLUMNS = 80;
    private static final long STTY_MILLIS = 500;

    private Terminal() {}

    /** Whether standard output is a terminal. */
    static boolean isOutput() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return System.console() != null && System.console().isTerminal();
        }
    }

    /** Its width, which is looked at again when the user has changed it. */
    static IntSupplier watchedColumns() {
        AtomicInteger columns = new AtomicInteger(columns());
        Signal.handle(new Signal("WINCH"), signal -> columns.set(columns()));
        return columns::get;
    }

    private static int columns() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            boolean ended = stty.waitFor(STTY_MILLIS, TimeUnit.MILLISECONDS);
            int columns = ended && size.matches("[0-9]{1,5} [0-9]{1,5}") ? Integer.parseInt(size.split(" ")[1]) : 0;
            return columns > 0 ? columns : DEFAULT_COLUMNS;
        } catch (IOException e) {
            return DEFAULT_COLUMNS;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return DEFAULT_COLUMNS;
        }
    }

    /** Whether this process is in the foreground of its terminal; a job in the background does not draw. */
    static boolean isForeground() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
            // After the name in brackets: state, parent, group, session, terminal, the terminal's foreground group.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[2].equals(fields[5]);
        } catch (IOException | RuntimeException e) {
            return true;
        }
    }
}
