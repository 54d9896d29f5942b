package org.qnsp.core.mux;

import java.util.Arrays;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordWriter;

/** Hand-made records, as a peer of its own mind would send them. */
final class Payload {
    private final byte[] bytes = new byte[1 << 17];
    private final RecordWriter out = new RecordWriter();

    Payload() {
        out.start(bytes, 0, bytes.length);
    }

    static Payload of(int channel, RecordKind kind, byte[] body) {
        return new Payload().and(channel, kind, body);
    }

    static Payload of(int channel, RecordKind kind, BodyWriter body) {
        return new Payload().and(channel, kind, body.toBytes());
    }

    static Payload of(int channel, RecordKind kind) {
        return new Payload().and(channel, kind, new byte[0]);
    }

    Payload and(int channel, RecordKind kind, byte[] body) {
        out.put(channel, kind, body, 0, body.length);
        return this;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, out.length());
    }
}
