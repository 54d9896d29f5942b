package org.qnsp.qscp;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the command line says about connecting.
 *
 * @param identities key files of {@code -i}, in order
 * @param config file of {@code -F}
 * @param settings {@code Key=value} of {@code -o}, in order, options that stand for one (-4, -6, -B, -J) among them
 * @param verbosity number of {@code -v}
 */
record DialOptions(List<Path> identities, Optional<Path> config, List<String> settings, int verbosity, boolean quiet) {
    DialOptions {
        identities = List.copyOf(identities);
        settings = List.copyOf(settings);
    }
}
