package org.qnsp.core.message;

/** What a frame says it carries (F-7): the type of its first record, or nothing. */
public enum FrameType {
    /** No record at all. */
    NOISE(0),
    /** Pieces of the handshake (H-6). */
    HANDSHAKE(1),
    /** Bytes of a channel. */
    DATA(2),
    /** Everything else about channels. */
    CONTROL(3),
    /** Ratchets. */
    QUANTUM(4);

    private static final FrameType[] BY_CODE = values();

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    /** The u8 on the wire. */
    public int code() {
        return code;
    }

    /** F-8: the type with this code; an unknown one is a fault. */
    public static FrameType of(int code) throws ProtocolException {
        if (code < 0 || code >= BY_CODE.length) {
            throw new ProtocolException(ProtocolException.Reason.TYPE, "frame type " + code);
        }
        return BY_CODE[code];
    }
}
