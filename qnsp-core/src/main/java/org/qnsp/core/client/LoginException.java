package org.qnsp.core.client;

import java.io.IOException;

/** Why there is no session: for the user to read. Nothing of it was visible to the network. */
public final class LoginException extends IOException {
    private static final long serialVersionUID = 1;

    /** The kinds of failure that a caller treats apart. */
    public enum Kind {
        /** The host never answered. */
        SILENCE,
        /** The host answered, and so proved its key, but the login came to no end. */
        STALLED,
        /** The host refused the user. */
        DENIED,
        /** The host's key is not trusted. */
        HOST_KEY,
        /** The host hides less than was asked for. */
        COVER,
        /** The host knows no auth key of this client, which requires one. */
        AUTH_KEY,
        /** The quantum keys of both ends differ, or there are none where they are required. */
        QUANTUM,
        /** The host broke the protocol, or the wire broke. */
        BROKEN
    }

    /** Which kind. */
    private final Kind kind;

    public LoginException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public LoginException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Which kind of failure. */
    public Kind kind() {
        return kind;
    }
}
