package org.qnsp.core.frame;

import static java.lang.invoke.MethodHandles.byteArrayViewVarHandle;
import static java.nio.ByteOrder.BIG_ENDIAN;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.qnsp.core.message.FrameType;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.Secret;

/**
 * Seals the frames of one direction and stage, in order (F-1 to F-7). A frame costs the same whatever it carries.
 * Owned by one thread.
 */
public final class FrameSealer implements AutoCloseable {
    static final VarHandle U64 = byteArrayViewVarHandle(long[].class, BIG_ENDIAN);
    static final VarHandle U16 = byteArrayViewVarHandle(short[].class, BIG_ENDIAN);

    private final EpochKeys keys;
    private final FrameCipher cipher;
    private final int direction;
    private long sequence;
    private long lastMicros;
    /** Of the frames that are sealed ahead, from the one of {@link #sequence} on; a ring, whose entries serve again, a power of two. */
    private FrameKeys[] ring = {new FrameKeys(), new FrameKeys()};
    private int first;
    private int ahead;

    /** What it takes to seal a frame, once more too. */
    private static final class FrameKeys {
        private final byte[] encryptionKey = new byte[32];
        private final byte[] macKey = new byte[32];
        private int epoch;
        private long micros;

        void wipe() {
            Arrays.fill(encryptionKey, (byte) 0);
            Arrays.fill(macKey, (byte) 0);
        }
    }

    /**
     * @param chainKey 32 bytes, taken over
     * @param epoch 0 early, 1 handshake, 2 application (F-5)
     * @param direction 0 client to server, 1 server to client
     */
    public FrameSealer(Secret chainKey, int epoch, int direction) {
        this(chainKey, epoch, direction, new FrameCipher());
    }

    /** @param cipher of this thread, which may serve others too; the rest as above */
    public FrameSealer(Secret chainKey, int epoch, int direction, FrameCipher cipher) {
        this(direction, 0, 0, new EpochKeys(chainKey, epoch), cipher);
    }

    private FrameSealer(int direction, long sequence, long lastMicros, EpochKeys keys, FrameCipher cipher) {
        this.cipher = cipher;
        this.keys = keys;
        this.direction = direction;
        this.sequence = sequence;
        this.lastMicros = lastMicros;
    }

    /**
     * Turns the payload that lies at {@code offset + PAYLOAD} into a sealed frame of 768 bytes at {@code offset}.
     *
     * @param recordBytes bytes of the payload that hold records, 0 to 717; the rest is overwritten with zeros
     * @param micros the clock in microseconds since 1970; a clock that fell is held (F-6)
     */
    public void seal(byte[] frame, int offset, FrameType type, int recordBytes, long micros) {
        sealLater(frame, offset, type, recordBytes, micros);
        cipher.finish();
    }

    /** As {@link #seal}, but the frame has its tag, and may be touched again, only once the cipher has been told to {@linkplain FrameCipher#finish finish}. */
    public void sealLater(byte[] frame, int offset, FrameType type, int recordBytes, long micros) {
        if (recordBytes < 0 || recordBytes > FrameLayout.PAYLOAD_BYTES || (recordBytes == 0) != (type == FrameType.NOISE)) {
            throw new IllegalStateException("frame type " + type + " with " + recordBytes + " record bytes");
        }
        if (sequence < 0) {
            throw new IllegalStateException("sequence numbers used up"); // F-5: one key, one sequence number
        }
        if (ahead == 0) {
            takeKeys(micros);
        }
        seal(frame, offset, type, recordBytes, sequence, ring[first]);
        pass();
    }

    /** Those of the frame after all that have some, and its time. */
    private FrameKeys takeKeys(long micros) {
        if (ahead == ring.length) {
            grow();
        }
        FrameKeys next = ring[(first + ahead) & ring.length - 1];
        lastMicros = Long.compareUnsigned(micros, lastMicros) < 0 ? lastMicros : micros;
        next.micros = lastMicros;
        keys.next(sequence + ahead, next.encryptionKey, next.macKey);
        next.epoch = keys.epoch();
        ahead++;
        return next;
    }

    private void seal(byte[] frame, int offset, FrameType type, int recordBytes, long number, FrameKeys with) {
        U64.set(frame, offset + FrameLayout.SEQUENCE, number);
        U64.set(frame, offset + FrameLayout.TIME, with.micros); // F-6: that of the Noise before, as frames that are sealed ahead may follow
        frame[offset + FrameLayout.TYPE] = (byte) type.code();
        U16.set(frame, offset + FrameLayout.LENGTH, (short) recordBytes);
        Arrays.fill(frame, offset + FrameLayout.PAYLOAD + recordBytes, offset + FrameLayout.TAG, (byte) 0);
        cipher.sealLater(frame, offset, with.encryptionKey, with.macKey, with.epoch, direction, number);
    }

    /**
     * Seals Noise as the frame after all that are sealed so far, as {@link #sealLater} does, and keeps its keys: it may yet be {@linkplain #sealLater sealed}
     * otherwise, until it is {@linkplain #pass passed}. Of the two, one alone may ever leave this process, as the key stream is the same.
     */
    public void sealAhead(byte[] frame, int offset, long micros) {
        long number = sequence + ahead;
        if (number < 0) {
            throw new IllegalStateException("sequence numbers used up");
        }
        seal(frame, offset, FrameType.NOISE, 0, number, takeKeys(micros));
    }

    /** Wipes the keys of what is sealed ahead, all of which stays as it is: nothing is to be sealed after it. */
    public void dropAhead() {
        for (FrameKeys each : ring) {
            each.wipe();
        }
        ahead = 0;
    }

    private void grow() {
        FrameKeys[] larger = new FrameKeys[2 * ring.length];
        for (int i = 0; i < larger.length; i++) {
            larger[i] = i < ahead ? ring[(first + i) & ring.length - 1] : new FrameKeys();
        }
        ring = larger;
        first = 0;
    }

    /** How many frames are sealed ahead. */
    public int ahead() {
        return ahead;
    }

    /** The next frame stays as it was sealed ahead. */
    public void pass() {
        if (ahead == 0) {
            throw new IllegalStateException("no frame is sealed ahead");
        }
        ring[first].wipe();
        first = first + 1 & ring.length - 1;
        ahead--;
        sequence++;
    }

    /**
     * Ends this sealer and gives what another process needs to go on with the same stage: the seam along which a connection moves to a background process.
     *
     * @return the state, secret; the caller's
     */
    public Secret handOver() {
        if (ahead > 0) {
            throw new IllegalStateException("frames are sealed ahead");
        }
        try (Secret chain = keys.handOver()) {
            return Secret.owning(Encoding.concat(Encoding.u32(direction), Encoding.u64(sequence), Encoding.u64(lastMicros), chain.bytes()));
        } finally {
            close();
        }
    }

    /** Goes on where {@link #handOver} ended. @param state taken over and closed */
    public static FrameSealer resume(Secret state) {
        try (state) {
            ByteBuffer in = ByteBuffer.wrap(state.bytes());
            return new FrameSealer(in.getInt(), in.getLong(), in.getLong(), EpochKeys.resume(in), new FrameCipher());
        }
    }

    /**
     * From this frame on another chain's keys are used, epoch one higher. What is sealed ahead from there on is void.
     *
     * @param at number of a frame that is not sealed yet, or ahead alone
     * @param chainKey 32 bytes, taken over
     */
    public void switchAt(long at, Secret chainKey) {
        if (at < sequence) {
            chainKey.close();
            throw new IllegalStateException("switch in the past");
        }
        for (; ahead > 0 && sequence + ahead > at; ahead--) {
            ring[(first + ahead - 1) & ring.length - 1].wipe();
        }
        keys.switchAt(at, chainKey);
    }

    /** Frames sealed so far in this stage, but for those ahead. */
    public long sealed() {
        return sequence;
    }

    /** Wipes what keys are left. */
    @Override
    public void close() {
        keys.close();
        dropAhead();
    }
}
