package org.qnsp.core.message;

/** Why a connection ends (C-12). */
public enum DisconnectReason {
    /** Everything is done. */
    DONE(1),
    /** The sender is shutting down. */
    SHUTTING_DOWN(2),
    /** The receiver of this broke the protocol. */
    FAULT(3),
    /** A limit of time was reached. */
    TIME(4);

    private final int code;

    DisconnectReason(int code) {
        this.code = code;
    }

    /** The u8 on the wire. */
    public int code() {
        return code;
    }

    /** The reason with this code; an unknown one is a fault. */
    public static DisconnectReason of(int code) throws ProtocolException {
        for (DisconnectReason reason : values()) {
            if (reason.code == code) {
                return reason;
            }
        }
        throw new ProtocolException(ProtocolException.Reason.MALFORMED, "disconnect reason " + code);
    }
}
