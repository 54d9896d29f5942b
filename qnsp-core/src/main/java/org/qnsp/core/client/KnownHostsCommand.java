package org.qnsp.core.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.qnsp.core.config.ConfigException;
import org.qnsp.crypto.keys.KeyType;

/** A program that knows hosts: its output are lines of known hosts (K-6). */
final class KnownHostsCommand {
    private static final Path NAME = Path.of("KnownHostsCommand");

    private KnownHostsCommand() {
    }

    /** Runs the program of the configuration, if there is one. It is asked before the host is met, so it is told no key. */
    static KnownHosts run(ClientConfig config, String hostKeyName) throws IOException, ConnectFailure {
        List<String> words;
        try {
            words = config.knownHostsCommand(token -> switch (token) {
                case 'I' -> "HOSTNAME";
                case 'H' -> hostKeyName;
                case 't' -> KeyType.KEM.typeName();
                case 'K', 'f' -> "";
                default -> null;
            });
        } catch (ConfigException e) {
            throw ConnectFailure.error(e.getMessage(), null);
        }
        if (words == null) {
            return KnownHosts.parse(NAME, "");
        }
        if (words.isEmpty() || !words.getFirst().startsWith("/")) {
            throw ConnectFailure.error("KnownHostsCommand path is not absolute", null);
        }
        Process process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).redirectInput(new java.io.File("/dev/null")).start();
        try (InputStream out = process.getInputStream()) {
            byte[] bytes = out.readNBytes(KnownHosts.MAX_FILE_BYTES + 1);
            if (bytes.length > KnownHosts.MAX_FILE_BYTES) {
                process.destroy();
                throw new IOException("KnownHostsCommand: more than " + KnownHosts.MAX_FILE_BYTES + " bytes");
            }
            int status = process.waitFor();
            if (status != 0) {
                throw ConnectFailure.plain("KnownHostsCommand " + words.getFirst() + " failed, status " + status + "\n" + HostKeyTexts.failed(), null);
            }
            return KnownHosts.parse(NAME, new String(bytes, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
