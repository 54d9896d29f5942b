package org.qnsp.core.mux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;

/** Two muxes back to back in virtual time: each tick each end sends one frame, which arrives {@code delayTicks} later. Nothing is lost. */
final class SimPair {
    /** One end: its mux and what it was told. */
    static final class End {
        final Mux mux;
        final List<MuxEvent> events = new ArrayList<>();
        private final ArrayDeque<Flight> coming = new ArrayDeque<>();

        private End(boolean client, int sendQueueBytes, Budget budget) {
            mux = new Mux(client, sendQueueBytes, budget, events::add);
        }

        /** Events of one class so far. */
        <E extends MuxEvent> List<E> all(Class<E> type) {
            return events.stream().filter(type::isInstance).map(type::cast).toList();
        }

        /** The last event, which must be of this class. */
        <E extends MuxEvent> E last(Class<E> type) {
            return type.cast(events.getLast());
        }
    }

    private record Flight(long tick, FrameType type, byte[] payload) {
    }

    final End client;
    final End server;
    private final int delayTicks;
    private final byte[] frame = new byte[Limits.PAYLOAD_BYTES];
    private long tick;

    SimPair(int delayTicks) {
        this(delayTicks, Limits.SEND_QUEUE_BYTES, Budget.UNLIMITED, Budget.UNLIMITED);
    }

    SimPair(int delayTicks, int sendQueueBytes, Budget ofClient, Budget ofServer) {
        this.delayTicks = delayTicks;
        client = new End(true, sendQueueBytes, ofClient);
        server = new End(false, sendQueueBytes, ofServer);
    }

    long tick() {
        return tick;
    }

    End other(End end) {
        return end == client ? server : client;
    }

    /** One slot on both sides; false where both said nothing and nothing is under way. */
    boolean step() throws ProtocolException {
        boolean busy = send(client, server) | send(server, client);
        busy |= deliver(client) | deliver(server);
        tick++;
        return busy;
    }

    /** Steps until nothing moves any more. */
    void run() throws ProtocolException {
        for (int limit = 2_000_000; step(); limit--) {
            assertTrue(limit > 0, "never quiet");
        }
    }

    private boolean send(End from, End to) {
        int n = from.mux.fill(frame, 0, frame.length);
        if (n > 0) {
            byte[] payload = new byte[n];
            System.arraycopy(frame, 0, payload, 0, n);
            to.coming.add(new Flight(tick + delayTicks, from.mux.typeOfLastFill(), payload));
        }
        return n > 0;
    }

    private boolean deliver(End to) throws ProtocolException {
        boolean underWay = !to.coming.isEmpty();
        while (!to.coming.isEmpty() && to.coming.peek().tick <= tick) {
            Flight flight = to.coming.poll();
            to.mux.receive(flight.type, flight.payload, 0, flight.payload.length);
        }
        return underWay;
    }
}
