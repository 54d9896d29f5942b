package org.qnsp.core.handshake;

import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/** Who is authenticated and whose secrets enter (H-9). */
public enum Mode {
    /** The server is authenticated, the client is anonymous; one ephemeral KEM secret; 1 round trip. */
    SIMPLEX(1),
    /** Both are authenticated; two independent ephemeral KEM secrets, confirmed both ways; 2 round trips. */
    DUPLEX(2);

    private final int code;

    Mode(int code) {
        this.code = code;
    }

    /** The mode's code on the wire. */
    public int code() {
        return code;
    }

    static Mode of(int code) throws ProtocolException {
        return switch (code) {
            case 1 -> SIMPLEX;
            case 2 -> DUPLEX;
            default -> throw new ProtocolException(Reason.MALFORMED, "mode " + code);
        };
    }
}
