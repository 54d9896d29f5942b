package org.qnsp.core.mux;

import org.qnsp.core.message.Limits;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;
import org.qnsp.core.message.RecordWriter;

/** A queued control record whose body may need PARTs (C-5). It is cut when it is written, to the room there is. */
final class ControlMessage {
    /** The longest body of one record. */
    static final int RECORD_BODY_BYTES = Limits.PAYLOAD_BYTES - RecordReader.HEADER_BYTES;
    /** Below this many bytes of room a PART is not worth its header. */
    private static final int LEAST_PART_BYTES = 64;

    private final int channel;
    private final RecordKind kind;
    private final int requestId;
    private final byte[] body;
    private int sentBytes;

    /** {@code requestId} is that of a REPLY, else 0. */
    ControlMessage(int channel, RecordKind kind, int requestId, byte[] body) {
        boolean parts = kind == RecordKind.OPEN || kind == RecordKind.REQUEST || kind == RecordKind.REPLY;
        if (body.length > (parts ? Limits.BODY_BYTES : RECORD_BODY_BYTES)) {     // L-8
            throw new IllegalArgumentException(kind + " with " + body.length + " bytes");
        }
        this.channel = channel;
        this.kind = kind;
        this.requestId = requestId;
        this.body = body;
    }

    int channel() {
        return channel;
    }

    RecordKind kind() {
        return kind;
    }

    int requestId() {
        return requestId;
    }

    /** Bytes of the body not yet written. */
    int restBytes() {
        return body.length - sentBytes;
    }

    /** Whether a first part is out and the rest is not. */
    boolean begun() {
        return sentBytes > 0 && restBytes() > 0;
    }

    /** C-5: the body is longer than any frame has room for. */
    boolean needsParts() {
        return body.length > RECORD_BODY_BYTES;
    }

    /** Writes the record, or as much of a long body as is worth it; true when nothing is left. */
    boolean writeTo(RecordWriter out) {
        if (restBytes() <= out.room()) {
            out.put(channel, kind, body, sentBytes, restBytes());
            sentBytes = body.length;
            return true;
        }
        if (needsParts() && out.room() >= LEAST_PART_BYTES) {
            int piece = out.room();
            out.put(channel, RecordKind.PART, body, sentBytes, piece);
            sentBytes += piece;
        }
        return false;
    }
}
