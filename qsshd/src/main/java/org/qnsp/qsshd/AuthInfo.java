package org.qnsp.qsshd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.qsshd.session.Account;
import org.qnsp.qsshd.session.AsUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ExposeAuthInfo: a file of the user's that says how the login was made, for as long as a session lasts. Waits for the disk. */
record AuthInfo(Account account, Path file) {
    /** Names the file to the session. */
    static final String VARIABLE = "SSH_USER_AUTH";

    private static final Logger LOG = LoggerFactory.getLogger(AuthInfo.class);
    private static final SecureRandom NAMES = new SecureRandom();
    private static final int OWNER_ONLY = 077;

    /** Writes it under a name that cannot be guessed. */
    static AuthInfo write(Account account, PublicKey key) throws IOException {
        byte[] random = new byte[12];
        NAMES.nextBytes(random);
        Path file = Path.of("/tmp/qsshauth." + HexFormat.of().formatHex(random));
        String text = "publickey " + key.line("").strip() + "\n";
        as(account, () -> Files.writeString(file, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        return new AuthInfo(account, file);
    }

    void delete() {
        try {
            as(account, () -> Files.deleteIfExists(file));
        } catch (IOException e) {
            LOG.warn("{} is left: {}", file, e.getMessage());
        }
    }

    private static void as(Account account, AsUser.Task<?> task) throws IOException {
        try {
            AsUser.call(account, OWNER_ONLY, task);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
