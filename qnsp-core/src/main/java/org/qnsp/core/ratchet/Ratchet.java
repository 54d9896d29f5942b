package org.qnsp.core.ratchet;

import java.nio.ByteBuffer;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * The ratchets of one end of a connection: each side refreshes what it sends by exchanges of its own, and nothing else waits for them. Owned by one
 * thread; work that takes its time is handed to the {@link RatchetHost}.
 */
public final class Ratchet implements AutoCloseable {
    /** F-5: of the application stage before the first ratchet. */
    private static final int FIRST_EPOCH = 2;

    private final RatchetStream stream = new RatchetStream();
    private final RecordReader records = new RecordReader();
    private final Kem kem;
    private final Starter starter;
    private final Answerer answerer;
    private byte[] ask;

    /**
     * @param client which end this is
     * @param kem of the suite
     * @param rootC2s 32 bytes, taken over
     * @param rootS2c likewise
     * @param random of keys and tokens; also on the threads of work
     */
    public Ratchet(boolean client, Kem kem, Secret rootC2s, Secret rootS2c, RandomSource random, RatchetHost host, long nowNanos) {
        this.kem = kem;
        int own = client ? 0 : 1;
        starter = new Starter(own, kem, client ? rootC2s : rootS2c, FIRST_EPOCH, random,
            most -> (ByteBuffer.wrap(random.bytes(Long.BYTES)).getLong() >>> 1) % (most + 1), stream, host, nowNanos);
        answerer = new Answerer(1 - own, kem, client ? rootS2c : rootC2s, FIRST_EPOCH, random, stream, host, nowNanos);
        terms(RatchetLimit.DEFAULT, RatchetSecrets.NONE);
    }

    /** From now on so often, and with these. */
    public void terms(RatchetLimit limit, RatchetSecrets secrets) {
        starter.terms(limit, secrets);
        answerer.secrets(secrets);
    }

    /** Both directions now. */
    public void request() {
        starter.want();
        if (ask == null || !stream.waits(ask)) {
            ask = new RatchetMessage.Ask().encode();
            stream.add(ask);
        }
    }

    /** Before each frame is built: begins what is due. @param sealed frames of the stage */
    public void tick(long nowNanos, long sealed) {
        starter.tick(nowNanos, sealed);
        answerer.tick(nowNanos);
    }

    /** Whether there is something to say. */
    public boolean pending() {
        return stream.pending();
    }

    /**
     * Writes the record that a frame begins with.
     *
     * @param sequence number of the frame
     * @return bytes written, 0 if there is nothing to say
     */
    public int write(byte[] frame, int offset, int room, long sequence) {
        boolean due = stream.switchWaits();
        int used = stream.write(frame, offset, room, sequence);
        if (due && !stream.switchWaits()) {
            starter.switched(sequence);
        }
        return used;
    }

    /**
     * Takes the record that a frame begins with.
     *
     * @param length bytes of all records of the frame
     * @param sequence number of the frame
     * @return bytes that the record takes; 0 if the frame begins with no record of ratchets
     */
    public int receive(byte[] payload, int offset, int length, long sequence) throws ProtocolException {
        records.start(payload, offset, length);
        if (!records.next() || records.kind() != RecordKind.RATCHET) {
            return 0;
        }
        if (records.channel() != 0) {
            throw new ProtocolException(Reason.CHANNEL, "a ratchet of a channel");
        }
        stream.receive(payload, records.bodyOffset(), records.bodyLength(), whole -> on(whole, sequence));
        return records.position() - offset;
    }

    private void on(byte[] whole, long sequence) throws ProtocolException {
        switch (RatchetMessage.decode(whole, kem)) {
            case RatchetMessage.Offer offer -> answerer.on(offer, whole, sequence);
            case RatchetMessage.Reply reply -> starter.on(reply, whole);
            case RatchetMessage.Switch at -> answerer.on(at, sequence);
            case RatchetMessage.Ask() -> starter.want();
        }
    }

    /** Wipes what there is; what is being worked on is wiped when that is done. */
    @Override
    public void close() {
        starter.close();
        answerer.close();
        stream.close();
    }
}
