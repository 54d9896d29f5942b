package org.qnsp.core.ratchet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordWriter;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/** One end of a connection that is nothing but frames and ratchets, in the time that the test gives it. */
final class RatchetEnd implements RatchetHost {
    /** What waits to be computed elsewhere. */
    record Work(Runnable elsewhere, Then then) {
        void run() throws ProtocolException {
            elsewhere.run();
            then.run();
        }
    }

    final FrameSealer sealer;
    final FrameOpener opener;
    final Ratchet ratchet;
    final Deque<Work> work = new ArrayDeque<>();
    final List<Long> switches = new ArrayList<>();
    final List<String> without = new ArrayList<>();
    int sentEpoch = 2;
    int readEpoch = 2;

    /** @param chains of c2s and s2c, copied, as the roots */
    RatchetEnd(boolean client, byte[][] chains, byte[][] roots, RandomSource random, long nowNanos) {
        sealer = new FrameSealer(Secret.copyOf(chains[client ? 0 : 1]), 2, client ? 0 : 1);
        opener = new FrameOpener(Secret.copyOf(chains[client ? 1 : 0]), 2, client ? 1 : 0);
        ratchet = new Ratchet(client, Kem.MLKEM768, Secret.copyOf(roots[0]), Secret.copyOf(roots[1]), random, this, nowNanos);
    }

    /** Both ends, of the same chains and roots. */
    static RatchetEnd[] pair(RandomSource client, RandomSource server) {
        byte[][] chains = {RandomSource.system().bytes(32), RandomSource.system().bytes(32)};
        byte[][] roots = {RandomSource.system().bytes(32), RandomSource.system().bytes(32)};
        return new RatchetEnd[] {new RatchetEnd(true, chains, roots, client, 0), new RatchetEnd(false, chains, roots, server, 0)};
    }

    @Override
    public void work(Runnable elsewhere, Then then) {
        work.add(new Work(elsewhere, then));
    }

    @Override
    public void sends(long fromFrame, int epoch, Secret chainKey) {
        switches.add(fromFrame);
        sentEpoch = epoch;
        sealer.switchAt(fromFrame, chainKey);
    }

    @Override
    public void reads(long fromFrame, int epoch, Secret chainKey) {
        readEpoch = epoch;
        opener.switchAt(fromFrame, chainKey);
    }

    @Override
    public void without(String why) {
        without.add(why);
    }

    /** Does what waits to be computed. */
    void compute() throws ProtocolException {
        while (!work.isEmpty()) {
            work.poll().run();
        }
    }

    /** Seals a frame: ratchets in at most so much room, then this body as data, if there is room for any. */
    byte[] seal(int room, byte[] data, long nowNanos) {
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        ratchet.tick(nowNanos, sealer.sealed());
        int used = ratchet.pending() ? ratchet.write(frame, FrameLayout.PAYLOAD, room, sealer.sealed()) : 0;
        boolean begun = used > 0;
        if (data != null) {
            RecordWriter records = new RecordWriter();
            records.start(frame, FrameLayout.PAYLOAD + used, FrameLayout.PAYLOAD_BYTES - used);
            records.put(1, RecordKind.DATA, data, 0, data.length);
            used += records.length();
        }
        sealer.seal(frame, 0, used == 0 ? FrameType.NOISE : begun ? FrameType.QUANTUM : FrameType.DATA, used, 0);
        return frame;
    }

    byte[] seal(long nowNanos) {
        return seal(FrameLayout.PAYLOAD_BYTES, null, nowNanos);
    }

    /** Opens a frame. @return its data, or null */
    byte[] open(byte[] frame) throws ProtocolException {
        opener.open(frame, 0);
        int used = opener.type() == FrameType.QUANTUM ? ratchet.receive(frame, FrameLayout.PAYLOAD, opener.recordBytes(), opener.opened() - 1) : 0;
        int from = FrameLayout.PAYLOAD + used + 7;
        return used == opener.recordBytes() ? null : java.util.Arrays.copyOfRange(frame, from, FrameLayout.PAYLOAD + opener.recordBytes());
    }
}
