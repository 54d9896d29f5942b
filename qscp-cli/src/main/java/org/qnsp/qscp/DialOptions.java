package org.qnsp.qscp;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the command line says about connecting.
 *
 * @param means what the stream of a copy goes over
 * @param identities key files of {@code -i}, in order
 * @param config file of {@code -F}
 * @param settings {@code Key=value} of {@code -o}, in order, options that stand for one (-4, -6, -B, -J) among them
 * @param verbosity number of {@code -v}
 */
record DialOptions(Means means, List<Path> identities, Optional<Path> config, List<String> settings, int verbosity, boolean quiet) {
    /** How a host's copy service is reached. */
    sealed interface Means {
        /** Over a session of our own. */
        record Session() implements Means {}

        /** {@code -S}: by a program that takes ssh's arguments, of which these are the ones that the user gave. */
        record Program(String name, List<String> words) implements Means {
            public Program {
                words = List.copyOf(words);
            }
        }

        /** {@code -D}: no host at all, the service runs in this process. */
        record Here() implements Means {}
    }

    DialOptions {
        identities = List.copyOf(identities);
        settings = List.copyOf(settings);
    }
}
