package org.qnsp.crypto.keys;

import java.io.Serial;

/** Text that is no invite (K-7); the message never holds the text, which may be a secret. */
public final class InvalidInviteException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    InvalidInviteException(String message) {
        super("not a valid invite: " + message);
    }
}
