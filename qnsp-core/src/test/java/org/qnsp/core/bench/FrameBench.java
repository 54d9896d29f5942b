package org.qnsp.core.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Secret;

/** To seal a frame of full payload, and to open and verify one; a page of keys is drawn as often as on a connection. */
@State(Scope.Thread)
public class FrameBench {
    static final int FRAMES = 256;

    private final FrameSealer sealer = new FrameSealer(Secret.zeros(32), 2, 0);
    private final byte[] frames = new byte[FRAMES * FrameLayout.FRAME_BYTES];

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public byte[] seal() {
        seal(sealer, frames);
        return frames;
    }

    private static void seal(FrameSealer sealer, byte[] frames) {
        for (int i = 0; i < FRAMES; i++) {
            sealer.seal(frames, i * FrameLayout.FRAME_BYTES, FrameType.DATA, FrameLayout.PAYLOAD_BYTES, i);
        }
    }

    /** Frames can be opened once, so new ones are sealed between the measurements. */
    @State(Scope.Thread)
    public static class Sealed {
        private final FrameSealer sealer = new FrameSealer(Secret.zeros(32), 2, 0);
        private final FrameOpener opener = new FrameOpener(Secret.zeros(32), 2, 0);
        private final byte[] frames = new byte[FRAMES * FrameLayout.FRAME_BYTES];

        @Setup(Level.Invocation)
        public void seal() {
            FrameBench.seal(sealer, frames);
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long open(Sealed sealed) throws ProtocolException {
        for (int i = 0; i < FRAMES; i++) {
            sealed.opener.open(sealed.frames, i * FrameLayout.FRAME_BYTES);
        }
        return sealed.opener.opened();
    }
}
