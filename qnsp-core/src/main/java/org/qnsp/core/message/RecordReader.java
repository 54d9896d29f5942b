package org.qnsp.core.message;

import org.qnsp.core.message.ProtocolException.Reason;

/**
 * Walks the records of a payload (F-9) without copying them. One reader serves a connection: {@link #start}, then {@link #next} until false.
 * <pre>
 * | channel u32 | kind u8 | length u16 | length bytes |
 * </pre>
 */
public final class RecordReader {
    /** Offset of the kind in a record's header. */
    static final int KIND = 4;
    /** Offset of the length in a record's header. */
    static final int LENGTH = KIND + 1;
    /** Bytes of a record's header. */
    public static final int HEADER_BYTES = LENGTH + 2;

    static {
        if (HEADER_BYTES != 7) {
            throw new AssertionError(HEADER_BYTES);
        }
    }

    private byte[] payload;
    private int at;
    private int limit;
    private int channel;
    private RecordKind kind;
    private int bodyOffset;
    private int bodyLength;

    /** Begins with the {@code length} bytes at {@code offset}; the array must stay unchanged until the last {@link #next}. */
    public void start(byte[] payload, int offset, int length) {
        this.payload = payload;
        this.at = offset;
        this.limit = offset + length;
    }

    /** Steps to the next record; false at the exact end. A header or body that does not fit is a fault (F-9), an unknown kind too (C-3). */
    public boolean next() throws ProtocolException {
        if (at == limit) {
            return false;
        }
        if (limit - at < HEADER_BYTES) {
            throw new ProtocolException(Reason.LENGTH, (limit - at) + " bytes are no record");
        }
        int length = bodyLength(payload, at);
        if (length > limit - at - HEADER_BYTES) {
            throw new ProtocolException(Reason.LENGTH, "record of " + length + " bytes passes the end");
        }
        kind = RecordKind.of(payload[at + KIND] & 0xff);
        channel = (payload[at] & 0xff) << 24 | (payload[at + 1] & 0xff) << 16 | (payload[at + 2] & 0xff) << 8 | payload[at + 3] & 0xff;
        bodyOffset = at + HEADER_BYTES;
        bodyLength = length;
        at = bodyOffset + length;
        return true;
    }

    /** What the header at {@code at} says of its body's length. */
    public static int bodyLength(byte[] bytes, int at) {
        return (bytes[at + LENGTH] & 0xff) << 8 | bytes[at + LENGTH + 1] & 0xff;
    }

    /** F-9: what the first record of a non-empty payload makes of its frame must be what the frame says; NOISE has no record (F-8). */
    public static void requireType(FrameType said, byte[] payload, int offset, int length) throws ProtocolException {
        if (length == 0 && said == FrameType.NOISE) {
            return;
        }
        if (length < HEADER_BYTES) {
            throw new ProtocolException(Reason.LENGTH, said + " with " + length + " bytes");
        }
        FrameType is = RecordKind.of(payload[offset + KIND] & 0xff).frameType();
        if (is != said) {
            throw new ProtocolException(Reason.TYPE, said + " begins with " + is);
        }
    }

    /** The record's channel, a u32. */
    public int channel() {
        return channel;
    }

    /** The record's kind. */
    public RecordKind kind() {
        return kind;
    }

    /** Where the body begins in the payload's array. */
    public int bodyOffset() {
        return bodyOffset;
    }

    /** Bytes of the body. */
    public int bodyLength() {
        return bodyLength;
    }

    /** Where the next record begins in the payload's array. */
    public int position() {
        return at;
    }
}
