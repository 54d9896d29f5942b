package org.qnsp.core.frame;

import java.nio.ByteBuffer;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.FrameKeyChain;
import org.qnsp.crypto.Secret;

/** The frame keys of one direction and stage, from one chain to the next as ratchets replace them (R-1, F-5). */
final class EpochKeys implements AutoCloseable {
    private static final long NONE = -1;

    private FrameKeyChain chain;
    private FrameKeyChain next;
    private long switchAt = NONE;
    private int epoch;

    EpochKeys(Secret chainKey, int epoch) {
        this(new FrameKeyChain(chainKey), epoch);
    }

    private EpochKeys(FrameKeyChain chain, int epoch) {
        this.chain = chain;
        this.epoch = epoch;
    }

    /** From this frame on the keys are those of another chain. @param chainKey 32 bytes, taken over */
    void switchAt(long sequence, Secret chainKey) {
        if (next != null) {
            chainKey.close();
            throw new IllegalStateException("a switch is due already");
        }
        next = new FrameKeyChain(chainKey);
        switchAt = sequence;
    }

    /** Writes the keys of this frame, which is the one after that of the last call; the caller wipes them. */
    void next(long sequence, byte[] encryptionKey, byte[] macKey) {
        if (sequence == switchAt) {
            chain.close();
            chain = next;
            next = null;
            switchAt = NONE;
            epoch++;
        }
        chain.next(encryptionKey, macKey);
    }

    /** How many frames from this one on have keys of one chain, as far as is known; this one is the next. */
    long ofOneChain(long sequence) {
        return sequence < switchAt ? switchAt - sequence : Long.MAX_VALUE;
    }

    /** Epoch of the keys that were given last (F-5). */
    int epoch() {
        return epoch;
    }

    /** Ends this and gives what another process needs to go on: epoch u32, then the chain. */
    Secret handOver() {
        if (next != null) {
            throw new IllegalStateException("a switch is due");
        }
        try (Secret state = chain.handOver()) {
            return Secret.owning(Encoding.concat(Encoding.u32(epoch), state.bytes()));
        }
    }

    /** Goes on where {@link #handOver} ended, with what is left of a state. */
    static EpochKeys resume(ByteBuffer in) {
        int epoch = in.getInt();
        byte[] chain = new byte[in.remaining()];
        in.get(chain);
        return new EpochKeys(FrameKeyChain.resume(Secret.owning(chain)), epoch);
    }

    @Override
    public void close() {
        chain.close();
        if (next != null) {
            next.close();
        }
    }
}
