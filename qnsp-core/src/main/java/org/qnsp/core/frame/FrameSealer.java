package org.qnsp.core.frame;

import static java.lang.invoke.MethodHandles.byteArrayViewVarHandle;
import static java.nio.ByteOrder.BIG_ENDIAN;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.qnsp.core.message.FrameType;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.FrameKeyChain;
import org.qnsp.crypto.Secret;

/**
 * Seals the frames of one direction and stage, in order (F-1 to F-7). A frame costs the same whatever it carries.
 * Owned by one thread.
 */
public final class FrameSealer implements AutoCloseable {
    static final VarHandle U64 = byteArrayViewVarHandle(long[].class, BIG_ENDIAN);
    static final VarHandle U16 = byteArrayViewVarHandle(short[].class, BIG_ENDIAN);

    private final FrameKeyChain keys;
    private final FrameCipher cipher = new FrameCipher();
    private final int epoch;
    private final int direction;
    private final byte[] encryptionKey = new byte[32];
    private final byte[] macKey = new byte[32];
    private long sequence;
    private long lastMicros;

    /**
     * @param chainKey 32 bytes, taken over
     * @param epoch 0 early, 1 handshake, 2 application (F-5)
     * @param direction 0 client to server, 1 server to client
     */
    public FrameSealer(Secret chainKey, int epoch, int direction) {
        this.keys = new FrameKeyChain(chainKey);
        this.epoch = epoch;
        this.direction = direction;
    }

    /**
     * Turns the payload that lies at {@code offset + PAYLOAD} into a sealed frame of 768 bytes at {@code offset}.
     *
     * @param recordBytes bytes of the payload that hold records, 0 to 717; the rest is overwritten with zeros
     * @param micros the clock in microseconds since 1970; a clock that fell is held (F-6)
     */
    public void seal(byte[] frame, int offset, FrameType type, int recordBytes, long micros) {
        if (recordBytes < 0 || recordBytes > FrameLayout.PAYLOAD_BYTES || (recordBytes == 0) != (type == FrameType.NOISE)) {
            throw new IllegalStateException("frame type " + type + " with " + recordBytes + " record bytes");
        }
        if (sequence < 0) {
            throw new IllegalStateException("sequence numbers used up"); // F-5: one key, one sequence number
        }
        lastMicros = Long.compareUnsigned(micros, lastMicros) < 0 ? lastMicros : micros;
        U64.set(frame, offset + FrameLayout.SEQUENCE, sequence);
        U64.set(frame, offset + FrameLayout.TIME, lastMicros);
        frame[offset + FrameLayout.TYPE] = (byte) type.code();
        U16.set(frame, offset + FrameLayout.LENGTH, (short) recordBytes);
        Arrays.fill(frame, offset + FrameLayout.PAYLOAD + recordBytes, offset + FrameLayout.TAG, (byte) 0);
        keys.next(encryptionKey, macKey);
        cipher.seal(frame, offset, encryptionKey, macKey, epoch, direction, sequence);
        sequence++;
    }

    /** Frames sealed so far in this stage. */
    public long sealed() {
        return sequence;
    }

    /** Wipes what keys are left. */
    @Override
    public void close() {
        keys.close();
        Arrays.fill(encryptionKey, (byte) 0);
        Arrays.fill(macKey, (byte) 0);
    }
}
