package org.qnsp.core.client;

import java.util.List;

/**
 * What a command line asks of the configuration.
 *
 * @param host    as it was given, without user and port
 * @param options {@code -o} lines in order; other options of the command line as such lines too, made with {@link org.qnsp.core.config.Words#quote}
 * @param file    {@code -F}: a path, {@code none}, or null for the usual files
 * @param command what the command line wants to run, empty for nothing; for {@code Match command} and {@code Match sessiontype}
 */
public record ClientRequest(String host, List<String> options, String file, String command) {
    public ClientRequest {
        options = List.copyOf(options);
    }

    /** Without a command. */
    public ClientRequest(String host, List<String> options, String file) {
        this(host, options, file, "");
    }
}
