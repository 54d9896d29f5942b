package org.qnsp.qssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.qnsp.stealth.Cover;

/** A page that shows side by side what the wire looked like and what was said on it; it needs nothing besides itself. */
final class WireReport {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 120;
    private static final int FRAME_BYTES = 768;
    private static final String HEAD = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>The wire of a session</title>
        <style>
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1220px; padding: 0 1em; color: #1c2733; background: #fff; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.05em; margin: 0 0 .3em; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1.4em 2em; }
        svg { width: 100%; height: auto; background: #f4f6f8; border-radius: 4px; } .wire { fill: #5b6b7b; } .said { fill: #c2410c; }
        text { font-size: 11px; fill: #1c2733; } table { border-collapse: collapse; margin: 1.2em 0; } td, th { text-align: right; padding: .2em .9em; border-bottom: 1px solid #dde3e9; }
        td:first-child, th:first-child { text-align: left; } p.note { max-width: 60em; }
        @media (prefers-color-scheme: dark) { body { background: #14191f; color: #dbe3ea; } svg { background: #1d252d; } text { fill: #dbe3ea; } .wire { fill: #8fa1b3; } .said { fill: #fb923c; } td, th { border-color: #33404c; } }
        </style></head><body>
        """;

    private WireReport() {
    }

    /** Writes it whole or not at all. @param host as its user named it */
    static void write(Path file, WireLog log, Cover cover, String host) throws IOException {
        Path whole = Files.createTempFile(file.toAbsolutePath().getParent(), "." + file.getFileName(), null);
        try {
            Files.writeString(whole, page(log, cover, host), StandardCharsets.UTF_8);
            Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    static String page(WireLog log, Cover cover, String host) {
        StringBuilder out = new StringBuilder(HEAD);
        out.append("<h1>The wire to ").append(escaped(host)).append("</h1>\n<p class=\"note\">");
        out.append(String.format(Locale.ROOT, "%.1f s in padding mode %s. ", log.seconds(), cover.mode()));
        out.append("Left is what anybody on the way could see: frames of 768 bytes that look random. Right is what was said in them, which only the two ends know.</p>\n<div class=\"pair\">\n");
        panel(out, "To the host: on the wire, frames a second", "wire", log.up().frames(), log, 1);
        panel(out, "To the host: said, bytes a second", "said", log.up().said(), log, 1);
        panel(out, "From the host: on the wire, frames a second", "wire", log.down().frames(), log, 1);
        panel(out, "From the host: said, bytes a second", "said", log.down().said(), log, 1);
        out.append("</div>\n<table><tr><th></th><th>frames</th><th>bytes on the wire</th><th>bytes said</th><th>share</th></tr>\n");
        row(out, "to the host", log.up());
        row(out, "from the host", log.down());
        return out.append("</table>\n</body></html>\n").toString();
    }

    private static void row(StringBuilder out, String name, WireLog.Direction direction) {
        long wire = direction.sumOfFrames() * FRAME_BYTES;
        out.append(String.format(Locale.ROOT, "<tr><td>%s</td><td>%,d</td><td>%,d</td><td>%,d</td><td>%.2f %%</td></tr>%n", name, direction.sumOfFrames(), wire,
            direction.sumOfSaid(), wire == 0 ? 0 : 100.0 * direction.sumOfSaid() / wire));
    }

    private static void panel(StringBuilder out, String title, String kind, int[] series, WireLog log, int least) {
        int steps = Math.max(1, log.steps());
        int most = least;
        for (int i = 0; i < steps; i++) {
            most = Math.max(most, series[i]);
        }
        out.append("<section><h2>").append(title).append("</h2><svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT + 18).append("\" role=\"img\" aria-label=\"").append(title).append("\">");
        double width = (double) WIDTH / steps;
        out.append("<path class=\"").append(kind).append("\" d=\"M0 ").append(HEIGHT);
        for (int i = 0; i < steps; i++) {
            double y = HEIGHT - (HEIGHT - 14.0) * series[i] / most;
            out.append(String.format(Locale.ROOT, "L%.2f %.2fL%.2f %.2f", i * width, y, (i + 1) * width, y));
        }
        out.append("L").append(WIDTH).append(' ').append(HEIGHT).append("Z\"/>");
        out.append("<text x=\"4\" y=\"11\">").append(String.format(Locale.ROOT, "%,.0f", most / log.stepSeconds())).append("</text><text x=\"0\" y=\"").append(HEIGHT + 14).append("\">0 s</text>");
        out.append("<text x=\"").append(WIDTH).append("\" y=\"").append(HEIGHT + 14).append("\" text-anchor=\"end\">").append(String.format(Locale.ROOT, "%.0f s", log.seconds())).append("</text></svg></section>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
