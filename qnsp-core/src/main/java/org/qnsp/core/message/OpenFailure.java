package org.qnsp.core.message;

/** Why a channel was not opened (C-6). */
public enum OpenFailure {
    /** The server's configuration or the key's options forbid it. */
    PROHIBITED(1),
    /** What it leads to could not be reached. */
    CONNECT_FAILED(2),
    /** No such type of channel. */
    UNKNOWN_TYPE(3),
    /** No memory or descriptors for it now. */
    RESOURCES(4);

    private final int code;

    OpenFailure(int code) {
        this.code = code;
    }

    /** The u8 on the wire. */
    public int code() {
        return code;
    }

    /** The reason with this code; an unknown one is a fault. */
    public static OpenFailure of(int code) throws ProtocolException {
        for (OpenFailure failure : values()) {
            if (failure.code == code) {
                return failure;
            }
        }
        throw new ProtocolException(ProtocolException.Reason.MALFORMED, "open failure " + code);
    }
}
