package org.qnsp.core.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is said about a private key file that others can read: in ssh's words. */
public final class PrivateKeyTexts {
    private static final String EDGE = "@".repeat(59) + "\n";

    private PrivateKeyTexts() {
    }

    /**
     * The warning, with its line end; after it the caller passes the file over.
     *
     * @throws IOException where the file's mode cannot be read
     */
    public static String unprotected(Path file) throws IOException {
        int mode = (Integer) Files.getAttribute(file, "unix:mode") & 07777;
        return EDGE
            + "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n"
            + EDGE
            + "Permissions 0" + Integer.toOctalString(mode) + " for '" + file + "' are too open.\n"
            + "It is required that your private key files are NOT accessible by others.\n"
            + "This private key will be ignored.\n";
    }

    /** The question for a key's passphrase. */
    public static String passphraseFor(Path file) {
        return "Enter passphrase for key '" + file + "': ";
    }
}
