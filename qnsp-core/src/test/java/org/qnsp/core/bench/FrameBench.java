package org.qnsp.core.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.Secret;

/** To seal a frame of full payload, and to open and verify one, one by one and in batches; keys are drawn as often as on a connection. */
@State(Scope.Thread)
public class FrameBench {
    private static final int FRAMES = 256;

    @Param({"1", "8", "64"})
    private int batch;

    private final FrameCipher cipher = new FrameCipher();
    private final FrameSealer sealer = new FrameSealer(Secret.zeros(32), 2, 0, cipher);
    private final byte[] frames = new byte[FRAMES * FrameLayout.FRAME_BYTES];

    /** What a daemon does at its start, and a client once it moves much. */
    @Setup
    public void warmUp() {
        FrameCipher.warmUp();
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public byte[] seal() {
        for (int i = 0; i < FRAMES; i += batch) {
            for (int j = i; j < i + batch; j++) {
                sealer.sealLater(frames, j * FrameLayout.FRAME_BYTES, FrameType.DATA, FrameLayout.PAYLOAD_BYTES, j);
            }
            cipher.finish();
        }
        return frames;
    }

    /** Frames can be opened once, so new ones are sealed between the measurements. */
    @State(Scope.Thread)
    public static class Sealed {
        private final FrameCipher cipher = new FrameCipher();
        private final FrameOpener opener = new FrameOpener(Secret.zeros(32), 2, 0, cipher);
        private byte[] frames;

        @Setup(Level.Invocation)
        public void seal(FrameBench bench) {
            frames = bench.seal();
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long open(Sealed sealed) throws ProtocolException {
        for (int i = 0; i < FRAMES; i += batch) {
            for (int j = i; j < i + batch; j++) {
                sealed.opener.open(sealed.frames, j * FrameLayout.FRAME_BYTES, i + batch - j);
            }
            sealed.cipher.finish();
        }
        return sealed.opener.opened();
    }
}
