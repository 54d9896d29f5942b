package org.qnsp.core.transport;

import java.util.function.Consumer;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.StageReader;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.ratchet.Ratchet;
import org.qnsp.core.ratchet.RatchetHost;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * The ratchets of a link: puts their records before those of the connection into the frames that go anyhow, so that nothing shows on the wire, and has what
 * takes its time computed on a thread of its own. On the loop.
 */
final class RatchetDriver implements StageWriter.Records, RatchetHost, AutoCloseable {
    private final Loop loop;
    private final boolean client;
    private final RandomSource random;
    private final Connection connection;
    private final StageWriter stages;
    private final StageReader reader;
    private final Consumer<ProtocolException> fault;
    private RatchetTerms terms = RatchetTerms.DEFAULT;
    private Ratchet ratchet;
    private boolean toldWithout;
    private boolean began;

    /** @param fault is told on the loop of a fault of the peer that was found in its keys */
    RatchetDriver(Loop loop, boolean client, RandomSource random, Connection connection, StageWriter stages, StageReader reader, Consumer<ProtocolException> fault) {
        this.loop = loop;
        this.client = client;
        this.random = random;
        this.connection = connection;
        this.stages = stages;
        this.reader = reader;
        this.fault = fault;
    }

    /** The application stage is on. @param c2s taken over @param s2c likewise */
    void begin(Kem kem, Secret c2s, Secret s2c) {
        ratchet = new Ratchet(client, kem, c2s, s2c, random, this, System.nanoTime());
        ratchet.terms(terms.limit(), terms.secrets());
    }

    void terms(RatchetTerms asked) {
        terms = asked;
        if (ratchet != null) {
            ratchet.terms(asked.limit(), asked.secrets());
        }
    }

    /** Both directions, now. */
    void request() {
        if (ratchet != null) {
            ratchet.request();
        }
    }

    /** Takes the record of ratchets that the frame opened last begins with. @return bytes that it takes */
    int receive(byte[] buffer, int payload, int length) throws ProtocolException {
        return ratchet == null ? 0 : ratchet.receive(buffer, payload, length, reader.opened() - 1);
    }

    @Override
    public int fill(byte[] frame, int offset, int room) {
        int used = 0;
        if (ratchet != null) {
            ratchet.tick(System.nanoTime(), stages.sealed());
            if (ratchet.pending() && !connection.finished()) {
                // C-20: keys are renewed in what room there is, and at most half of a frame that has something to carry
                int most = connection.backlogBytes() > 0 ? FrameLayout.PAYLOAD_BYTES / 2 : room;
                used = ratchet.write(frame, offset, most, stages.sealed());
            }
        }
        began = used > 0;
        return used + connection.fill(frame, offset + used, room - used);
    }

    @Override
    public FrameType type() {
        return began ? FrameType.QUANTUM : connection.type();
    }

    @Override
    public void work(Runnable elsewhere, Then then) {
        Thread.ofPlatform().daemon().name("qnsp-ratchet").start(() -> {
            try {
                elsewhere.run();
            } catch (RuntimeException e) {
                loop.execute(() -> {
                    fault.accept(new ProtocolException(Reason.STATE, "internal fault")); // H-29: ours, and no key would ever be renewed again
                    throw e;
                });
                return;
            }
            loop.execute(() -> {
                try {
                    then.run();
                } catch (ProtocolException e) {
                    fault.accept(e);
                }
            });
        });
    }

    @Override
    public void sends(long fromFrame, int epoch, Secret chainKey) {
        stages.switchAt(fromFrame, chainKey);
        terms.told().switched(true, epoch);
    }

    @Override
    public void reads(long fromFrame, int epoch, Secret chainKey) {
        reader.switchAt(fromFrame, chainKey);
        terms.told().switched(false, epoch);
    }

    @Override
    public void without(String why) {
        if (!toldWithout) {
            toldWithout = true;
            terms.told().without(why, terms.secrets().required());
        }
    }

    /** Wipes what is left. */
    @Override
    public void close() {
        if (ratchet != null) {
            ratchet.close();
            ratchet = null;
        }
    }
}
