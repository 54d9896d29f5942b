package org.qnsp.core.frame;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.Secret;

/**
 * Opens the frames of one direction and stage, in order (F-8). After a failure the opener refuses for good; the one exception is
 * {@link #tryFirst}, which looks for the first frame of a stage. Owned by one thread.
 */
public final class FrameOpener implements AutoCloseable {
    private final EpochKeys keys;
    private final FrameCipher cipher = new FrameCipher();
    private final int direction;
    private final byte[] encryptionKey = new byte[32];
    private final byte[] macKey = new byte[32];
    private boolean keysDrawn;
    private boolean failed;
    private long sequence;
    private long lastMicros;
    private FrameType type = FrameType.NOISE;
    private int recordBytes;

    /**
     * @param chainKey 32 bytes, taken over
     * @param epoch 0 early, 1 handshake, 2 application (F-5)
     * @param direction 0 client to server, 1 server to client
     */
    public FrameOpener(Secret chainKey, int epoch, int direction) {
        this(direction, 0, 0, new EpochKeys(chainKey, epoch));
    }

    private FrameOpener(int direction, long sequence, long lastMicros, EpochKeys keys) {
        this.keys = keys;
        this.direction = direction;
        this.sequence = sequence;
        this.lastMicros = lastMicros;
    }

    /**
     * Opens the next frame in place; its records then lie at {@code offset + PAYLOAD}.
     *
     * @throws ProtocolException on the first check of F-8 that fails; then every later call throws too
     */
    public void open(byte[] frame, int offset) throws ProtocolException {
        if (!tryFirst(frame, offset)) {
            failed = true;
            throw new ProtocolException(Reason.MAC, "frame does not verify");
        }
    }

    /**
     * As {@link #open}, but a frame whose tag does not verify leaves the frame and this opener as they were (H-21, H-24).
     *
     * @return whether the frame was opened
     * @throws ProtocolException on a later check of F-8
     */
    public boolean tryFirst(byte[] frame, int offset) throws ProtocolException {
        if (failed) {
            throw new ProtocolException(Reason.STATE, "reading ended");
        }
        if (!keysDrawn) {
            keys.next(sequence, encryptionKey, macKey);
            keysDrawn = true;
        }
        if (!cipher.open(frame, offset, encryptionKey, macKey, keys.epoch(), direction, sequence)) {
            return false;
        }
        keysDrawn = false;
        wipeFrameKeys();
        try {
            check(frame, offset);
        } catch (ProtocolException e) {
            failed = true;
            throw e;
        }
        sequence++;
        return true;
    }

    private void check(byte[] frame, int offset) throws ProtocolException {
        if ((long) FrameSealer.U64.get(frame, offset + FrameLayout.SEQUENCE) != sequence) {
            throw new ProtocolException(Reason.SEQUENCE, "sequence");
        }
        long micros = (long) FrameSealer.U64.get(frame, offset + FrameLayout.TIME);
        if (Long.compareUnsigned(micros, lastMicros) < 0) {
            throw new ProtocolException(Reason.TIME, "time fell");
        }
        FrameType kind = FrameType.of(frame[offset + FrameLayout.TYPE] & 0xff);
        int length = (short) FrameSealer.U16.get(frame, offset + FrameLayout.LENGTH) & 0xffff;
        if (length > FrameLayout.PAYLOAD_BYTES || (length == 0) != (kind == FrameType.NOISE)) {
            throw new ProtocolException(Reason.LENGTH, "length");
        }
        lastMicros = micros;
        type = kind;
        recordBytes = length;
    }

    /**
     * Ends this opener and gives what another process needs to go on with the same stage; not after a failure, nor between {@link #tryFirst} that failed and
     * the next frame.
     *
     * @return the state, secret; the caller's
     */
    public Secret handOver() {
        if (failed || keysDrawn) {
            throw new IllegalStateException("an opener in the middle of something");
        }
        try (Secret chain = keys.handOver()) {
            return Secret.owning(Encoding.concat(Encoding.u32(direction), Encoding.u64(sequence), Encoding.u64(lastMicros), chain.bytes()));
        } finally {
            close();
        }
    }

    /** Goes on where {@link #handOver} ended. @param state taken over and closed */
    public static FrameOpener resume(Secret state) {
        try (state) {
            ByteBuffer in = ByteBuffer.wrap(state.bytes());
            return new FrameOpener(in.getInt(), in.getLong(), in.getLong(), EpochKeys.resume(in));
        }
    }

    /** Type of the frame opened last. */
    public FrameType type() {
        return type;
    }

    /** Record bytes of the frame opened last, 0 to 717. */
    public int recordBytes() {
        return recordBytes;
    }

    /** When the peer sealed the frame opened last, microseconds since 1970. */
    public long timeMicros() {
        return lastMicros;
    }

    /**
     * From this frame on another chain's keys are used, epoch one higher.
     *
     * @param at number of a frame that is not opened yet
     * @param chainKey 32 bytes, taken over
     */
    public void switchAt(long at, Secret chainKey) {
        if (at < sequence) {
            chainKey.close();
            throw new IllegalStateException("switch in the past");
        }
        keys.switchAt(at, chainKey);
    }

    /** Frames opened so far in this stage. */
    public long opened() {
        return sequence;
    }

    /** Wipes what keys are left. */
    @Override
    public void close() {
        keys.close();
        wipeFrameKeys();
        failed = true;
    }

    /** */
    private void wipeFrameKeys() {
        Arrays.fill(encryptionKey, (byte) 0);
        Arrays.fill(macKey, (byte) 0);
    }
}
