package org.qnsp.qscp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Has qssh start the process that keeps a connection of mode max (C-26); it asks its user what there is to ask, then leaves the terminal and says so. */
final class ResidentMaster {
    /** What qssh takes as the first argument of such a process. */
    private static final String PURPOSE = "--in-background=MASTER";
    private static final int READY = 'r';

    private ResidentMaster() {}

    /**
     * Starts it and waits until it has left.
     *
     * @param settings lines of configuration
     * @return false where there is no connection; why has been said
     * @throws IOException if it cannot be started
     */
    static boolean start(String host, List<String> settings, Optional<Path> config) throws IOException {
        String home = System.getProperty("qnsp.home");
        if (home == null) {
            throw new IOException("cannot go to the background: this is no installed program");
        }
        // its word comes on descriptor 3, which only a shell can make
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" 3>&1 >&2", "sh", Path.of(home, "bin", "qssh").toString(), PURPOSE));
        config.ifPresent(file -> command.addAll(List.of("-F", file.toString())));
        settings.forEach(line -> command.addAll(List.of("-o", line)));
        command.addAll(List.of("--", host));
        Process process = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var said = process.getInputStream()) {
            return said.read() == READY;
        }
    }
}
