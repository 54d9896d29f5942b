package org.qnsp.qssh;

import java.util.Locale;
import org.qnsp.core.transport.WireMeter;
import org.qnsp.stealth.PaddingMode;

/** The line of {@code ~w}, drawn over the last one of the terminal once a second. Owned by one thread. */
final class MeterLine {
    private WireMeter before;
    private long beforeNanos;

    /** What to write to the terminal. @param rows lines that it has */
    String draw(WireMeter now, long nanos, int rows, int columns) {
        String line = text(now, nanos);
        before = now;
        beforeNanos = nanos;
        String fits = line.length() > columns ? line.substring(0, Math.max(0, columns)) : line;
        return "\0337\033[" + rows + ";1H\033[7m\033[K" + fits + "\033[0m\0338";
    }

    /** What takes it away again. */
    static String erase(int rows) {
        return "\0337\033[" + rows + ";1H\033[K\0338";
    }

    String text(WireMeter now, long nanos) {
        StringBuilder line = new StringBuilder(160).append(' ').append(now.cover().mode());
        if (before != null) {
            double seconds = Math.max(1, nanos - beforeNanos) / 1e9;
            line.append(String.format(Locale.ROOT, "  up %.0f frames/s, %s say something", (now.sentFrames() - before.sentFrames()) / seconds,
                share(now.sentData() - before.sentData(), now.sentFrames() - before.sentFrames())));
            line.append(String.format(Locale.ROOT, "  down %.0f, %s", (now.receivedFrames() - before.receivedFrames()) / seconds,
                share(now.receivedData() - before.receivedData(), now.receivedFrames() - before.receivedFrames())));
        }
        if (now.cover().mode() == PaddingMode.NORMAL) {
            line.append("  rung L").append(now.level()).append("  ").append(now.excursions()).append(" excursions, ").append(Math.round(now.bits())).append(" bits told");
        }
        return line.append("  ").append(now.leftOut()).append(" slots left out ").toString();
    }

    private static String share(long part, long whole) {
        return whole <= 0 ? "none" : Math.round(100.0 * part / whole) + " %";
    }
}
