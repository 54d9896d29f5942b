package org.qnsp.qscp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The command line in bytes. The JVM gives arguments in the encoding of the locale, which loses names outside of it; here
 * they are strings of characters 0 to 255, one for each byte.
 */
final class Arguments {
    private Arguments() {}

    /** The arguments of this process. */
    static String[] ofProcess(String[] decoded) {
        try {
            String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
            String[] all = line.split("\0", -1);
            // The last argument ends with a zero too, and what precedes ours is the JVM's.
            int end = all.length - 1;
            if (end >= decoded.length) {
                String[] raw = Arrays.copyOfRange(all, end - decoded.length, end);
                if (agree(raw, decoded)) {
                    return raw;
                }
            }
        } catch (IOException e) {
            // not Linux
        }
        return encoded(decoded);
    }

    /** Arguments that were decoded without loss. */
    static String[] encoded(String... decoded) {
        return Arrays.stream(decoded)
                .map(text -> new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)).toArray(String[]::new);
    }

    static byte[] bytes(String argument) {
        return argument.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** For what is no path. */
    static String text(String argument) {
        return new String(bytes(argument), StandardCharsets.UTF_8);
    }

    /** Whether these can be the same: an argument file or the like would have changed them. */
    private static boolean agree(String[] raw, String[] decoded) {
        for (int i = 0; i < raw.length; i++) {
            boolean ascii = raw[i].chars().allMatch(c -> c < 0x80);
            if (ascii && !raw[i].equals(decoded[i])) {
                return false;
            }
        }
        return true;
    }
}
