package org.qnsp.core.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;
import org.qnsp.core.message.RecordWriter;

/** To write a frame's payload full of records of one size, and to walk it. */
@State(Scope.Thread)
public class RecordBench {
    @Param({"16", "710"})
    private int bodyBytes;

    private final RecordWriter writer = new RecordWriter();
    private final RecordReader reader = new RecordReader();
    private final byte[] payload = new byte[FrameLayout.PAYLOAD_BYTES];
    private final byte[] body = new byte[FrameLayout.PAYLOAD_BYTES];

    @Benchmark
    public int encode() {
        writer.start(payload, 0, payload.length);
        while (writer.room() >= bodyBytes) {
            writer.put(1, RecordKind.DATA, body, 0, bodyBytes);
        }
        return writer.length();
    }

    @Benchmark
    public int encodeAndParse() throws ProtocolException {
        reader.start(payload, 0, encode());
        int bytes = 0;
        while (reader.next()) {
            bytes += reader.bodyLength();
        }
        return bytes;
    }
}
