package org.qnsp.core.client;

import java.util.Optional;
import org.qnsp.core.config.Words;

/** The long options that say what feeds the entropy pool: those of {@link LongOptions} that a program without a host takes too. */
public final class EntropyOptions {
    private static final String SOURCE = "entropy-source";
    private static final String KEY_FILE = "entropy-key-file";

    private EntropyOptions() {
    }

    /** As {@link LongOptions#whole}. */
    public static String whole(String word, Getopt getopt) throws Getopt.UsageException {
        return word.equals(SOURCE) || word.equals(KEY_FILE) ? word + "=" + getopt.argument() : word;
    }

    /** As {@link LongOptions#line}. */
    public static Optional<String> line(String word) {
        return switch (word) {
            case "qrng", "qrng-only" -> Optional.of("Entropy=" + word);
            case "entropy-allow-file" -> Optional.of("EntropyAllowFile=yes");
            default -> word.startsWith(SOURCE + "=") ? Optional.of("EntropySource=" + Words.quote(word.substring(SOURCE.length() + 1)))
                : word.startsWith(KEY_FILE + "=") ? Optional.of("EntropyKeyFile=" + Words.quote(word.substring(KEY_FILE.length() + 1))) : Optional.empty();
        };
    }
}
