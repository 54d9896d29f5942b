package org.qnsp.core.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.CreditBudget;

/**
 * Random operations on two ends that obey: no fault, bytes in = bytes out in order, credit conserved, memory within the limits, and all
 * channels gone in the end. {@code -Dqnsp.fuzz=N} sets the number of operations, {@code -Dqnsp.seed} the first seed.
 */
final class MuxFuzzTest {
    private static final int OPERATIONS = Integer.getInteger("qnsp.fuzz", 20_000);
    private static final int OPERATIONS_OF_A_RUN = 1_000;
    private static final long SEED = Long.getLong("qnsp.seed", 1);
    private static final int BUDGET_BYTES = 8 << 20;

    @Test
    void randomOperationsKeepEveryPromise() throws ProtocolException {            // C-7, C-8, C-9, C-10, C-11, L-12
        for (long seed = SEED; seed < SEED + Math.max(1, OPERATIONS / OPERATIONS_OF_A_RUN); seed++) {
            try {
                new Run(seed).play();
            } catch (ProtocolException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Bytes of one direction and stream of a channel: what was written and read, and whether the writer ended well. */
    private static final class Ledger {
        long written;
        long read;
        boolean cut;
    }

    /** One application: what it knows of its channels. */
    private static final class Actor {
        final SimPair.End end;
        final CreditBudget budget;
        final List<Integer> live = new ArrayList<>();
        final List<MuxEvent.Requested> due = new ArrayList<>();
        final Map<Integer, Integer> asked = new HashMap<>();
        int seen;

        Actor(SimPair.End end, CreditBudget budget) {
            this.end = end;
            this.budget = budget;
        }
    }

    private static final class Run {
        private final SplittableRandom random;
        private final SimPair pair;
        private final Actor client;
        private final Actor server;
        private final Map<String, Ledger> ledgers = new HashMap<>();
        private final Set<Integer> offered = new HashSet<>();
        private final byte[] buffer = new byte[70_000];

        Run(long seed) {
            random = new SplittableRandom(seed);
            CreditBudget ofClient = new CreditBudget(BUDGET_BYTES);
            CreditBudget ofServer = new CreditBudget(BUDGET_BYTES);
            pair = new SimPair(random.nextInt(6), Limits.LEAST_SEND_QUEUE_BYTES << random.nextInt(4), ofClient, ofServer);
            client = new Actor(pair.client, ofClient);
            server = new Actor(pair.server, ofServer);
        }

        void play() throws ProtocolException {
            for (int i = 0; i < OPERATIONS_OF_A_RUN; i++) {
                operate(random.nextBoolean() ? client : server);
                for (int steps = random.nextInt(4) == 0 ? random.nextInt(100) : 0; steps > 0; steps--) {
                    pair.step();
                }
                notice(client);
                notice(server);
                check();
            }
            finish();
        }

        private void operate(Actor actor) {
            int op = random.nextInt(20);
            if (op < 2) {
                open(actor);
            } else if (!actor.live.isEmpty()) {
                int id = actor.live.get(random.nextInt(actor.live.size()));
                switch (op) {
                    case 2, 3, 4, 5, 6, 7 -> write(actor, id, stream(), random.nextInt(buffer.length));
                    case 8, 9, 10, 11, 12, 13 -> read(actor, id, stream(), random.nextInt(buffer.length));
                    case 14 -> request(actor, id);
                    case 15 -> answer(actor);
                    case 16 -> actor.end.mux.window(id, random.nextInt(400_000));
                    case 17 -> actor.end.mux.eof(id);
                    case 18 -> close(actor, id);
                    default -> abort(actor, id);
                }
            }
        }

        private void open(Actor actor) {
            int id = actor.end.mux.open("x", new byte[random.nextInt(10) == 0 ? 3_000 : 3], random.nextInt(300_000));
            if (id > 0) {
                actor.live.add(id);
            }
        }

        private void write(Actor actor, int id, DataStream stream, int length) {
            Ledger ledger = ledger(actor, id, stream);
            for (int i = 0; i < length; i++) {
                buffer[i] = content(id, stream, ledger.written + i);
            }
            ledger.written += Math.max(0, actor.end.mux.write(id, stream, buffer, 0, length));
        }

        private void read(Actor actor, int id, DataStream stream, int length) {
            Ledger ledger = ledger(other(actor), id, stream);
            int n = actor.end.mux.read(id, stream, buffer, 0, length);
            for (int i = 0; i < n; i++) {
                assertEquals(content(id, stream, ledger.read + i), buffer[i]);
            }
            ledger.read += Math.max(0, n);
            assertTrue(ledger.read <= ledger.written);
        }

        private void request(Actor actor, int id) {
            int channel = random.nextInt(4) == 0 ? 0 : id;
            boolean reply = random.nextBoolean();
            int request = actor.end.mux.request(channel, "r", new byte[random.nextInt(5) == 0 ? random.nextInt(50_000) : 9], reply);
            if (request > 0) {
                actor.asked.put(request, channel);
            }
        }

        private void answer(Actor actor) {
            if (!actor.due.isEmpty()) {
                MuxEvent.Requested request = actor.due.remove(random.nextInt(actor.due.size()));
                actor.end.mux.reply(request.channel(), request.id(), true, new byte[random.nextInt(2_000)]);
            }
        }

        private void close(Actor actor, int id) {
            cut(other(actor), id);                                                // what it has not read is dropped
            actor.end.mux.close(id);
            actor.live.remove((Integer) id);
            actor.due.removeIf(request -> request.channel() == id);
        }

        private void abort(Actor actor, int id) {
            cut(actor, id);
            actor.end.mux.abort(id);
            close(actor, id);
        }

        private void notice(Actor actor) {
            for (; actor.seen < actor.end.events.size(); actor.seen++) {
                switch (actor.end.events.get(actor.seen)) {
                    case MuxEvent.PeerOpened e -> answerOpening(actor, e.channel());
                    case MuxEvent.OpenFailed e -> forget(actor, e.channel());
                    case MuxEvent.Requested e when e.wantsReply() && (e.channel() == 0 || actor.live.contains(e.channel())) -> actor.due.add(e);
                    case MuxEvent.Replied e -> assertEquals(e.channel(), actor.asked.remove(e.id()));
                    case MuxEvent.Gone e -> gone(actor, e.channel());
                    case MuxEvent.Opened _, MuxEvent.DataArrived _, MuxEvent.EofArrived _, MuxEvent.PeerClosed _, MuxEvent.Requested _,
                            MuxEvent.RoomAvailable _ -> { }
                    case MuxEvent.Disconnected _ -> throw new AssertionError();
                }
            }
        }

        private void answerOpening(Actor actor, int id) {
            offered.add(id);
            if (random.nextInt(8) == 0) {
                cut(other(actor), id);
                actor.end.mux.refuse(id, OpenFailure.CONNECT_FAILED, "no");
            } else {
                actor.end.mux.accept(id, random.nextInt(500_000), new byte[random.nextInt(700)]);
                actor.live.add(id);
            }
        }

        /** Closed before it was refused for want of memory, which the other application was not told of. */
        private void gone(Actor actor, int id) {
            assertTrue(!actor.live.contains(id));
            if (!offered.contains(id)) {
                cut(actor, id);
            }
        }

        private void forget(Actor actor, int id) {
            actor.live.remove((Integer) id);
            cut(actor, id);
        }

        private void cut(Actor writer, int id) {
            for (DataStream stream : DataStream.values()) {
                ledger(writer, id, stream).cut = true;
            }
        }

        /** L-10, L-12, C-7: the books of both sides after any operation. */
        private void check() {
            for (Actor actor : List.of(client, server)) {
                Channel connection = actor.end.mux.books(0);
                Channel there = other(actor).end.mux.books(0);
                assertTrue(connection.credit().availableBytes() <= there.window().creditedBytes());
                assertTrue(actor.budget.reservedBytes() <= BUDGET_BYTES);
                long held = 0;
                for (int id : actor.live) {
                    Channel channel = actor.end.mux.books(id);
                    if (channel != null) {
                        held += channel.window().heldBytes() + channel.queuedBytes();
                        assertTrue(channel.window().owedBytes() >= 0);
                    }
                }
                assertTrue(held <= actor.budget.reservedBytes(), held + " bytes held");
            }
        }

        /** Everything is ended properly and read to its end; then nothing may be left. */
        private void finish() throws ProtocolException {
            for (Actor actor : List.of(client, server)) {
                for (int id : actor.live) {
                    actor.end.mux.eof(id);
                }
            }
            for (boolean busy = true; busy;) {
                busy = pair.step();
                notice(client);
                notice(server);
                busy |= readAll(client) | readAll(server);
            }
            ledgers.forEach((name, ledger) -> assertTrue(ledger.cut || ledger.read == ledger.written, name + " " + ledger.read + "/" + ledger.written));
            for (Actor actor : List.of(client, server)) {
                for (int id : List.copyOf(actor.live)) {
                    close(actor, id);
                }
            }
            pair.run();
            for (Actor actor : List.of(client, server)) {
                Mux mux = actor.end.mux;
                assertTrue(mux.idle());
                assertEquals(0, mux.backlogBytes());
                assertEquals(0, mux.channelCount());
                assertEquals(0, actor.budget.reservedBytes());
                assertEquals(0, mux.books(0).window().heldBytes());
                assertEquals(mux.books(0).credit().availableBytes(), other(actor).end.mux.books(0).window().creditedBytes());
            }
        }

        private boolean readAll(Actor actor) {
            long before = ledgers.values().stream().mapToLong(ledger -> ledger.read).sum();
            for (int id : actor.live) {
                read(actor, id, DataStream.MAIN, buffer.length);
                read(actor, id, DataStream.EXTENDED, buffer.length);
            }
            boolean opening = false;
            for (int id : List.copyOf(actor.live)) {
                Channel channel = actor.end.mux.books(id);
                if (channel != null && channel.state().sending() == ChannelState.Sending.FLOWING) {
                    actor.end.mux.eof(id);
                    opening = true;
                }
            }
            return opening || before != ledgers.values().stream().mapToLong(ledger -> ledger.read).sum();
        }

        private Actor other(Actor actor) {
            return actor == client ? server : client;
        }

        private DataStream stream() {
            return random.nextInt(3) == 0 ? DataStream.EXTENDED : DataStream.MAIN;
        }

        private Ledger ledger(Actor writer, int id, DataStream stream) {
            return ledgers.computeIfAbsent((writer == client ? "client " : "server ") + id + " " + stream, _ -> new Ledger());
        }

        private static byte content(int id, DataStream stream, long position) {
            return (byte) (position * 0x9e3779b97f4a7c15L + id * 31L + stream.ordinal() >>> 24);
        }
    }
}
