package org.qnsp.keygen;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.qnsp.core.client.Prompt;

/**
 * What the program talks through. File names and confirmations are asked on standard output and read from standard input, as ssh-keygen does, so that
 * scripts can answer them; passphrases are the prompt's.
 */
record Console(InputStream in, PrintStream out, PrintStream err, Prompt prompt) {
    private static final int MAX_LINE = 4096;

    /** Asks for a line; null at the end of the input. */
    String ask(String question) {
        out.print(question);
        out.flush();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            for (; b >= 0 && b != '\n' && line.size() < MAX_LINE; b = in.read()) {
                line.write(b);
            }
        } catch (IOException e) {
            return null;
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }
}
