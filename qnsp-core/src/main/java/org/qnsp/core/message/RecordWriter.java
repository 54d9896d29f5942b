package org.qnsp.core.message;

/** Writes records into a payload (F-9), in place. One writer serves a connection: {@link #start}, then {@link #begin} while there is room. */
public final class RecordWriter {
    private byte[] payload;
    private int offset;
    private int at;
    private int limit;
    private FrameType type = FrameType.NOISE;

    /** Begins with {@code room} bytes at {@code offset}. */
    public void start(byte[] payload, int offset, int room) {
        this.payload = payload;
        this.offset = offset;
        this.at = offset;
        this.limit = offset + room;
        this.type = FrameType.NOISE;
    }

    /** Bytes that the body of one more record can have; negative where not even its header fits. */
    public int room() {
        return limit - at - RecordReader.HEADER_BYTES;
    }

    /** Writes a header and returns where the caller puts the {@code length} bytes of the body. */
    public int begin(int channel, RecordKind kind, int length) {
        if (length < 0 || length > room()) {
            throw new IllegalStateException("record of " + length + " bytes, room for " + room());
        }
        if (at == offset) {
            type = kind.frameType();
        }
        payload[at] = (byte) (channel >>> 24);
        payload[at + 1] = (byte) (channel >>> 16);
        payload[at + 2] = (byte) (channel >>> 8);
        payload[at + 3] = (byte) channel;
        payload[at + RecordReader.KIND] = (byte) kind.code();
        payload[at + RecordReader.LENGTH] = (byte) (length >>> 8);
        payload[at + RecordReader.LENGTH + 1] = (byte) length;
        int body = at + RecordReader.HEADER_BYTES;
        at = body + length;
        return body;
    }

    /** Writes a record whose body is {@code length} bytes of {@code body}. */
    public void put(int channel, RecordKind kind, byte[] body, int from, int length) {
        System.arraycopy(body, from, payload, begin(channel, kind, length), length);
    }

    /** Bytes written since {@link #start}. */
    public int length() {
        return at - offset;
    }

    /** F-7: the type of the frame, by its first record; NOISE where there is none. */
    public FrameType type() {
        return type;
    }
}
