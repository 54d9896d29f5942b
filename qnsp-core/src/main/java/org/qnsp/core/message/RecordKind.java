package org.qnsp.core.message;

/** The kinds of records (C-2), each with its code and the type of a frame that it is the first record of. */
public enum RecordKind {
    /** Bytes of the handshake stream (H-6). */
    HANDSHAKE(1, FrameType.HANDSHAKE),
    /** Last record of a stage (H-7). */
    STAGE_END(2, FrameType.HANDSHAKE),
    /** Opens a channel (C-6). */
    OPEN(16, FrameType.CONTROL),
    /** The channel is open (C-6). */
    OPENED(17, FrameType.CONTROL),
    /** The channel will not open (C-6). */
    OPEN_FAILED(18, FrameType.CONTROL),
    /** Bytes of the main stream. */
    DATA(19, FrameType.DATA),
    /** Bytes of the second stream. */
    EXTENDED(20, FrameType.DATA),
    /** More bytes may be sent (C-7). */
    CREDIT(21, FrameType.CONTROL),
    /** No more data in this direction (C-9). */
    EOF(22, FrameType.CONTROL),
    /** The sender is done with the channel (C-9). */
    CLOSE(23, FrameType.CONTROL),
    /** Asks for something (C-10). */
    REQUEST(24, FrameType.CONTROL),
    /** Answers a REQUEST (C-10). */
    REPLY(25, FrameType.CONTROL),
    /** The beginning of a long body (C-5). */
    PART(26, FrameType.CONTROL),
    /** The sender's last record (C-12). */
    DISCONNECT(27, FrameType.CONTROL),
    /** A piece of what ends say to each other about ratchets. */
    RATCHET(48, FrameType.QUANTUM);

    private static final RecordKind[] BY_CODE = byCode();

    private final int code;
    private final FrameType frameType;

    RecordKind(int code, FrameType frameType) {
        this.code = code;
        this.frameType = frameType;
    }

    /** The u8 on the wire. */
    public int code() {
        return code;
    }

    /** F-9: the type of a frame that begins with this kind. */
    public FrameType frameType() {
        return frameType;
    }

    /** C-3, R-3: the kind with this code; an unknown one is a fault. */
    public static RecordKind of(int code) throws ProtocolException {
        RecordKind kind = code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
        if (kind == null) {
            throw new ProtocolException(ProtocolException.Reason.KIND, "record kind " + code);
        }
        return kind;
    }

    private static RecordKind[] byCode() {
        RecordKind[] kinds = new RecordKind[RATCHET.code + 1];
        for (RecordKind kind : values()) {
            kinds[kind.code] = kind;
        }
        return kinds;
    }
}
