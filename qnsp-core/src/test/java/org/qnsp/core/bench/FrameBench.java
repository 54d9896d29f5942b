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
import org.qnsp.crypto.FrameKeyChain;
import org.qnsp.crypto.Secret;

/** To seal a frame of full payload, and to open and verify one, in batches; pages of keys are drawn as on a connection. And of what that consists. */
public class FrameBench {
    static final int FRAMES = 256;

    /** What seals and opens on one thread. */
    @State(Scope.Thread)
    public static class Ends {
        /** Frames that are sealed or opened together. */
        @Param({"1", "2", "8", "32", "64"})
        int batch;

        private final FrameCipher cipher = new FrameCipher();
        private final FrameSealer sealer = new FrameSealer(Secret.zeros(32), 2, 0, cipher);
        private final FrameOpener opener = new FrameOpener(Secret.zeros(32), 2, 0, cipher);
        private final byte[] frames = new byte[FRAMES * FrameLayout.FRAME_BYTES];

        /** As a daemon does at its start. */
        @Setup
        public void warmUp() {
            FrameCipher.warmUp();
        }

        void seal() {
            for (int i = 0; i < FRAMES; i++) {
                sealer.sealLater(frames, i * FrameLayout.FRAME_BYTES, FrameType.DATA, FrameLayout.PAYLOAD_BYTES, i);
                if ((i + 1) % batch == 0) {
                    cipher.finish();
                }
            }
        }

        void open() throws ProtocolException {
            for (int i = 0; i < FRAMES; i++) {
                opener.open(frames, i * FrameLayout.FRAME_BYTES, batch - i % batch);
                if ((i + 1) % batch == 0) {
                    cipher.finish();
                }
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public byte[] seal(Ends ends) {
        ends.seal();
        return ends.frames;
    }

    /** Frames can be opened once, so new ones are sealed between the measurements. */
    @State(Scope.Thread)
    public static class Sealed {
        @Setup(Level.Invocation)
        public void seal(Ends ends) {
            ends.seal();
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long open(Ends ends, Sealed sealed) throws ProtocolException {
        ends.open();
        return ends.opener.opened();
    }

    /** The parts: cipher, tag and keys of a frame, 32 at once. */
    @State(Scope.Thread)
    public static class Parts {
        private static final int AT_ONCE = 32;

        private final FrameCipher cipher = new FrameCipher();
        private final FrameKeyChain chain = new FrameKeyChain(Secret.zeros(32));
        private final byte[] frames = new byte[FRAMES * FrameLayout.FRAME_BYTES];
        private final byte[] key = new byte[FrameCipher.KEY_BYTES];
        private final byte[] macKey = new byte[FrameCipher.KEY_BYTES];
        private final boolean[] verdicts = new boolean[AT_ONCE];

        @Setup
        public void warmUp() {
            FrameCipher.warmUp();
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public byte[] cipherOfFrame(Parts parts) {
        for (int i = 0; i < FRAMES; i++) {
            parts.key[0]++; // the cipher does nothing for a key that it has
            parts.cipher.decrypt(parts.frames, i * FrameLayout.FRAME_BYTES, parts.key);
        }
        parts.cipher.finish();
        return parts.frames;
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public boolean[] tagOfFrame(Parts parts) {
        for (int i = 0; i < FRAMES; i++) {
            parts.cipher.verifyLater(parts.frames, i * FrameLayout.FRAME_BYTES, parts.macKey, 2, 0, i, parts.verdicts, i % Parts.AT_ONCE);
        }
        parts.cipher.finish();
        return parts.verdicts;
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public byte[] keysOfFrame(Parts parts) {
        for (int i = 0; i < FRAMES; i++) {
            parts.chain.next(parts.key, parts.macKey);
        }
        return parts.key;
    }
}
