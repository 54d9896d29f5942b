package org.qnsp.crypto.keys;

import java.io.Serial;

/** A private key file that cannot be read; the message is fit for a user and holds nothing of the key. */
public final class KeyFileException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** What is wrong, for a caller that acts on it (asks for the passphrase again, tries another file). */
    public enum Reason {
        /** Not a QNSP private key at all: other text, another format, over 64 KiB. */
        NOT_A_KEY,
        /** A key of a version, type, cipher or cost that this program does not take. */
        UNSUPPORTED,
        /** Encrypted, and no passphrase was given. */
        PASSPHRASE_NEEDED,
        /** The passphrase is wrong or the file was changed: the two cannot be told apart. */
        WRONG_PASSPHRASE,
        /** A QNSP private key that is damaged. */
        MALFORMED
    }

    KeyFileException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
