package org.qnsp.core.mux;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.qnsp.core.frame.FrameLayout;

/** A payload in and out again, with nothing and with much waiting before it. */
@State(Scope.Thread)
public class ByteQueueBench {
    private static final int PAYLOADS = 64;

    @Param({"1", "1024"})
    private int waiting;

    private final ByteQueue queue = new ByteQueue();
    private final byte[] payload = new byte[FrameLayout.PAYLOAD_BYTES];

    @Benchmark
    @OperationsPerInvocation(PAYLOADS)
    public int throughIt() {
        while (queue.length() < waiting * payload.length) {
            queue.write(payload, 0, payload.length);
        }
        int moved = 0;
        for (int i = 0; i < PAYLOADS; i++) {
            moved += queue.read(payload, 0, payload.length);
            queue.write(payload, 0, payload.length);
        }
        return moved;
    }
}
