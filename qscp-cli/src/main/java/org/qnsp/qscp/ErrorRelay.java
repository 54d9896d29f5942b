package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import org.qnsp.core.copy.DisplayText;

/** Shows a service's standard error, tamed and bounded. */
final class ErrorRelay {
    private static final int LINE_BYTES = 512;
    private static final int LINES = 200;

    private ErrorRelay() {}

    /** Reads to the end in a thread of its own; lines go to {@code lines}. */
    static Thread start(InputStream errors, Consumer<String> lines) {
        return Thread.ofPlatform().daemon().name("qscp-errors").start(() -> {
            try {
                drain(errors, lines);
            } catch (IOException e) {
                // the connection ends; who copies will say so
            }
        });
    }

    private static void drain(InputStream errors, Consumer<String> lines) throws IOException {
        byte[] buffer = new byte[8192];
        byte[] line = new byte[LINE_BYTES];
        int length = 0;
        int shown = 0;
        for (int count = errors.read(buffer); count >= 0; count = errors.read(buffer)) {
            for (int i = 0; i < count; i++) {
                boolean end = buffer[i] == '\n';
                if (!end && length < LINE_BYTES && buffer[i] != '\r') {
                    line[length++] = buffer[i];
                }
                if (end && shown++ < LINES) {
                    lines.accept(DisplayText.of(java.util.Arrays.copyOf(line, length)));
                }
                length = end ? 0 : length;
            }
        }
        if (length > 0 && shown < LINES) {
            lines.accept(DisplayText.of(java.util.Arrays.copyOf(line, length)));
        }
    }
}
