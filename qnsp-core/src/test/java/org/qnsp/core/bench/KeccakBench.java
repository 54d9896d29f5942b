package org.qnsp.core.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.qnsp.crypto.Sha3;

/** SHA3-256 of one block of its 136 bytes, of a frame, and of much. */
@State(Scope.Thread)
public class KeccakBench {
    @Param({"135", "768", "65536"})
    private int bytes;

    private byte[] input;

    @Benchmark
    public byte[] hash() {
        if (input == null) {
            input = new byte[bytes];
        }
        return Sha3.hash(input);
    }
}
