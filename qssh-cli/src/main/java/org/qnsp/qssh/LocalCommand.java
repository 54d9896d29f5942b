package org.qnsp.qssh;

import java.io.IOException;
import java.util.Map;
import org.qnsp.core.client.ClientConfig;

/** LocalCommand: what runs here once the login is through, and before anything else happens. */
final class LocalCommand {
    private LocalCommand() {}

    /** Runs it by the user's shell, if there is one and it is permitted; its exit status does not matter. */
    static void run(ClientConfig config, Map<String, String> environment) throws InterruptedException {
        String command = config.localCommand();
        if (command == null) {
            return;
        }
        String shell = environment.getOrDefault("SHELL", "");
        try {
            new ProcessBuilder(shell.isEmpty() ? "/bin/sh" : shell, "-c", command).inheritIO().start().waitFor();
        } catch (IOException e) {
            // as with ssh, what cannot be run has no consequences
        }
    }
}
