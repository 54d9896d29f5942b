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
    /** Frames that are verified ahead, at most. */
    public static final int MOST_AHEAD = 16;

    private final EpochKeys keys;
    private final FrameCipher cipher;
    private final int direction;
    private final byte[] encryptionKey = new byte[32];
    private final byte[] macKey = new byte[32];
    private boolean keysDrawn;
    /** Frames that are verified and not opened, from {@code sequence} on; the first is this one of the two arrays. */
    private int ahead;
    private int aheadAt;
    private final boolean[] aheadVerified = new boolean[MOST_AHEAD];
    private final byte[] aheadKeys = new byte[MOST_AHEAD * FrameCipher.KEY_BYTES];
    private byte[] aheadFrames;
    private int aheadOffset;
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
        this(chainKey, epoch, direction, new FrameCipher());
    }

    /** @param cipher of this thread, which may serve others too; the rest as above */
    public FrameOpener(Secret chainKey, int epoch, int direction, FrameCipher cipher) {
        this(direction, 0, 0, new EpochKeys(chainKey, epoch), cipher);
    }

    private FrameOpener(int direction, long sequence, long lastMicros, EpochKeys keys, FrameCipher cipher) {
        this.cipher = cipher;
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
        open(frame, offset, 1);
    }

    /**
     * As {@link #open(byte[], int)}, and may verify the frames that lie behind already, which costs less than one at a time. They are to be the next that are
     * opened, and there. Nothing of that shows: each is decrypted, or refused, when its turn comes. The cipher is owed a {@linkplain FrameCipher#finish finish}.
     *
     * @param count frames that lie at the offset
     */
    public void open(byte[] frames, int offset, int count) throws ProtocolException {
        if (ahead == 0 && count > 1) {
            lookAhead(frames, offset, count);
            cipher.finish();
        }
        if (!(ahead > 0 ? openVerified(frames, offset) : tryFirst(frames, offset))) {
            fail();
            throw new ProtocolException(Reason.MAC, "frame does not verify");
        }
    }

    /**
     * Has the next frames verified ahead, those of which it is known whose keys they have, unless some are; so that those of several openers with one cipher are
     * verified together. The cipher has to {@linkplain FrameCipher#finish finish} before they are opened.
     *
     * @param count frames that lie at the offset
     */
    public void lookAhead(byte[] frames, int offset, int count) {
        if (failed || keysDrawn || ahead > 0) {
            return;
        }
        ahead = (int) Math.min(Math.min(count, MOST_AHEAD), keys.ofOneChain(sequence));
        aheadAt = 0;
        aheadFrames = frames;
        aheadOffset = offset;
        for (int i = 0; i < ahead; i++) {
            keys.next(sequence + i, encryptionKey, macKey);
            System.arraycopy(encryptionKey, 0, aheadKeys, i * FrameCipher.KEY_BYTES, FrameCipher.KEY_BYTES);
            cipher.verifyLater(frames, offset + i * FrameLayout.FRAME_BYTES, macKey, keys.epoch(), direction, sequence + i, aheadVerified, i);
        }
        wipeFrameKeys();
    }

    private boolean openVerified(byte[] frames, int offset) throws ProtocolException {
        if (frames != aheadFrames || offset != aheadOffset + aheadAt * FrameLayout.FRAME_BYTES) {
            throw new IllegalStateException("not the frame that was verified");
        }
        if (!aheadVerified[aheadAt]) {
            return false;
        }
        int key = aheadAt * FrameCipher.KEY_BYTES;
        System.arraycopy(aheadKeys, key, encryptionKey, 0, FrameCipher.KEY_BYTES);
        Arrays.fill(aheadKeys, key, key + FrameCipher.KEY_BYTES, (byte) 0);
        aheadAt++;
        ahead--;
        aheadFrames = ahead > 0 ? frames : null; // they are somebody else's memory
        cipher.decrypt(frames, offset, encryptionKey);
        opened(frames, offset);
        return true;
    }

    /**
     * As {@link #open(byte[], int)}, but a frame whose tag does not verify leaves the frame and this opener as they were (H-21, H-24).
     *
     * @return whether the frame was opened
     * @throws ProtocolException on a later check of F-8
     */
    public boolean tryFirst(byte[] frame, int offset) throws ProtocolException {
        if (failed) {
            throw new ProtocolException(Reason.STATE, "reading ended");
        }
        if (ahead > 0) {
            throw new IllegalStateException("the next frame is verified already");
        }
        if (!keysDrawn) {
            keys.next(sequence, encryptionKey, macKey);
            keysDrawn = true;
        }
        if (!cipher.open(frame, offset, encryptionKey, macKey, keys.epoch(), direction, sequence)) {
            return false;
        }
        keysDrawn = false;
        opened(frame, offset);
        return true;
    }

    private void opened(byte[] frame, int offset) throws ProtocolException {
        wipeFrameKeys();
        try {
            check(frame, offset);
        } catch (ProtocolException e) {
            fail();
            throw e;
        }
        sequence++;
    }

    private void fail() {
        failed = true;
        forget(0);
    }

    /** Of the frames that are verified ahead, keeps so many. */
    private void forget(int kept) {
        Arrays.fill(aheadKeys, (aheadAt + kept) * FrameCipher.KEY_BYTES, (aheadAt + ahead) * FrameCipher.KEY_BYTES, (byte) 0);
        ahead = kept;
        aheadFrames = kept > 0 ? aheadFrames : null;
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
     * the next frame, nor while frames are verified ahead.
     *
     * @return the state, secret; the caller's
     */
    public Secret handOver() {
        if (failed || keysDrawn || ahead > 0) {
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
            return new FrameOpener(in.getInt(), in.getLong(), in.getLong(), EpochKeys.resume(in), new FrameCipher());
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
        if (ahead > at - sequence) {
            forget((int) (at - sequence)); // by keys that they do not have
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
        fail();
    }

    /** */
    private void wipeFrameKeys() {
        Arrays.fill(encryptionKey, (byte) 0);
        Arrays.fill(macKey, (byte) 0);
    }
}
