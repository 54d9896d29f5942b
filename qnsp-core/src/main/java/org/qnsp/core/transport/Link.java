package org.qnsp.core.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.util.List;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.StageReader;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.PhaseFinder;

/**
 * One end of a connection on its wire: reads frames, drives the handshake, and from then on carries the records of a {@link Connection}. Everything runs on the
 * loop. A fault of the peer never shows on the wire at once: reading ends, sending goes on, and the link ends at a time that depends on no data (H-29).
 */
public final class Link implements Loop.Handler {
    /** The handshake of either side, as the link drives it. */
    public interface Handshaker extends AutoCloseable {
        /** Raw bytes that come before the first keyed frame. */
        int rawReplyBytes();

        /** Those bytes. */
        List<Action> onRawReply(byte[] reply) throws ProtocolException;

        /** One message of the handshake. */
        List<Action> on(byte[] whole) throws ProtocolException, IOException;

        @Override
        void close();
    }

    /** Who decides and hears; on the loop. What is asked is answered later by {@link Link#proceed}. */
    public interface Owner {
        /** The first keyed frame of the peer verified. */
        default void verified() {}

        /** An answer is wanted. Reading waits for it. */
        void asked(Link link, Action.Question question);

        /** The application stage is on. */
        void established(Link link, Action.Established result);

        /** The login is refused; the link ends by itself after the prologue. */
        void denied(Link link, Action.Denied denial);

        /** Nothing more will come of the link, after a fault of the peer's; it ends when its schedule has it end. */
        default void failed(Link link, IOException cause) {}

        /**
         * The link is over and its wire closed, or, for a server's client that never logged in, left to be drained.
         *
         * @param cause null for a goodbye; a {@link ProtocolException} as cause of it for a fault of the peer
         */
        void ended(Link link, IOException cause);
    }

    /** Answers that the owner owes, applied to the handshake. */
    public interface Answer {
        /** What the handshake makes of the answer. */
        List<Action> apply() throws ProtocolException, IOException;
    }

    private static final byte[] NOTHING = new byte[0];

    private enum Phase { HANDSHAKE, APPLICATION, DENIED, FAULT, CLOSING, CLOSED }

    private static final int EARLY_FRAMES = 64;
    /** The most bytes that {@link #start} takes as read before, and that wait for an answer during the handshake. */
    public static final int EARLY_BYTES = EARLY_FRAMES * FrameLayout.FRAME_BYTES;
    /** Ends after a fault fall on multiples of this from the link's start, so that they do not depend on what was wrong, or when. */
    private static final long FAULT_GRID_NANOS = 2_000_000_000L;
    /** After the prologue: time enough for the slots that carry a denial. */
    private static final long DENIAL_NANOS = 200_000_000L;
    /** How long to wait for the peer's FIN after ours. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    private final Loop loop;
    private final Wire wire;
    private final boolean client;
    private final Connection connection;
    private final Handshaker handshaker;
    private final Owner owner;
    private final StageWriter stages;
    private final StageReader reader;
    private final FrameWriter writer;
    private final RatchetDriver ratchets;
    private final Runnable completeRead = this::completeRead;
    private volatile Cover cover;
    /** What was read and could not be used yet: a part of a frame, or what waits for an answer. */
    private byte[] rest = NOTHING;
    private int restBytes;
    private int readFrames = Reads.LEAST_FRAMES;
    /** What is worked on; else null. */
    private byte[] buffer;
    private int buffered;
    /** Of the first frame in the rest, where it is opened and its records have to wait for an answer: how many bytes they are; else 0. */
    private int held;
    /** The server's. */
    private PhaseFinder finder;
    private WireObserver observer;
    private long receivedFrames;
    private long receivedData;
    /** In a row, up to now. */
    private int fullFrames;
    private Phase phase = Phase.HANDSHAKE;
    private boolean paused;
    private boolean verified;
    private boolean peerEnded;
    private boolean handsOff;
    private boolean concluding;
    private volatile long heardNanos;
    private long startedNanos;
    private long finishedNanos;
    private IOException cause;
    private SelectionKey inputKey;
    private SelectionKey outputKey;

    /**
     * @param client which end this is
     * @param cover what is asked for; until both sides have agreed, a schedule of this kind is obeyed (C-34)
     */
    public Link(Loop loop, SlotThread slots, Wire wire, boolean client, Cover cover, RandomSource random, Connection connection,
            Handshaker handshaker, Owner owner) {
        this.loop = loop;
        this.wire = wire;
        this.client = client;
        this.connection = connection;
        this.handshaker = handshaker;
        this.owner = owner;
        this.cover = cover;
        this.stages = new StageWriter(client ? 0 : 1, random, loop.cipher());
        this.reader = new StageReader(client ? 1 : 0, loop.cipher());
        this.ratchets = new RatchetDriver(loop, client, random, connection, stages, reader, this::fault);
        this.writer = new FrameWriter(loop, slots, wire, stages, connection, ratchets, cover.profile(client), random, Link::clockMicros, this::lost);
        writer.onFinished(this::goodbyeSaid);
        writer.onAwaitWritable(this::awaitWritable);
        connection.onQueued(writer::onQueued);
    }

    /** Microseconds since 1970. */
    public static long clockMicros() {
        java.time.Instant now = java.time.Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /**
     * Begins: takes the wire over, does what the handshake begins with, and treats these bytes as if they had just been read.
     *
     * @param early what was read before, at most {@link #EARLY_BYTES}
     */
    public void start(List<Action> begin, byte[] early) {
        safely(() -> {
            inputKey = loop.register(wire.input(), SelectionKey.OP_READ, this);
            outputKey = wire.output() == wire.input() ? inputKey : loop.register(wire.output(), 0, this);
            startedNanos = System.nanoTime();
            perform(begin);
            process(early.clone(), early.length);
        });
    }

    private interface Step {
        void run() throws ProtocolException, IOException;
    }

    private void safely(Step step) {
        try {
            step.run();
        } catch (ProtocolException e) {
            fault(e);
        } catch (IOException e) {
            lost(e);
        } catch (RuntimeException e) {
            throw ours(e);
        }
    }

    /** Gives an answer that {@link Owner#asked} wanted; from any thread, taken in a later turn of the loop. */
    public void proceed(Answer answer) {
        loop.execute(() -> answered(answer));
    }

    private void answered(Answer answer) {
        if (phase != Phase.HANDSHAKE) {
            return; // the peer was faster in going
        }
        safely(() -> {
            paused = false;
            perform(answer.apply());
            process(rest, restBytes);
            interest(inputKey, SelectionKey.OP_READ, !paused);
        });
    }

    private void perform(List<Action> actions) {
        for (Action action : actions) {
            stages.on(action);
            reader.on(action);
            switch (action) {
                case Action.Question question -> ask(question);
                case Action.Roots(Kem kem, Secret c2s, Secret s2c) -> ratchets.begin(kem, c2s, s2c);
                case Action.Established result -> {
                    phase = Phase.APPLICATION;
                    handshaker.close();
                    writer.reserve();
                    tell(() -> owner.established(this, result));
                }
                case Action.Denied denial -> {
                    phase = Phase.DENIED;
                    handshaker.close();
                    writer.reserve();
                    tell(() -> owner.denied(this, denial));
                    // the last word is queued but maybe not sent: by then it is
                    loop.at(Math.max(writer.prologueEndNanos(), System.nanoTime() + DENIAL_NANOS), () -> conclude(null)); // H-19, C-26
                }
                case Action.Agreed(Cover agreed) -> {
                    cover = agreed;
                    writer.adopt(agreed.profile(client));
                }
                case Action.SendRaw a -> startWriting();
                case Action.Send a -> startWriting();
                case Action.StartSending a -> {}
                case Action.StartReading a -> {}
                case Action.NextSendingStage a -> {}
                case Action.NextReadingStage a -> {}
            }
        }
        writer.onQueued();
    }

    /**
     * Tells the owner how the login went: the client's in mode max not before the end of the prologue, as what either has it do loads the machine in its own way, and
     * that would show in slots (C-24).
     */
    private void tell(Runnable outcome) {
        if (client && cover.mode() == PaddingMode.MAX) {
            loop.at(writer.prologueEndNanos(), () -> {
                if (phase != Phase.CLOSED) {
                    outcome.run();
                }
            });
        } else {
            outcome.run();
        }
    }

    private void ask(Action.Question question) {
        paused = true;
        owner.asked(this, question);
    }

    private void startWriting() {
        if (!writer.started()) {
            // The rest of this turn's actions belong to the first slot too.
            loop.execute(() -> {
                if (!writer.started() && phase != Phase.CLOSED) {
                    writer.start();
                    finder = client ? null : new PhaseFinder(writer.prologueEndNanos() + PhaseFinder.LATER_NANOS);
                }
            });
        }
    }

    // ---- reading

    @Override
    public void ready(SelectionKey key) {
        if (key.isValid() && key.isWritable()) {
            writer.onWritable();
        }
        if (key.isValid() && key.isReadable() && key == inputKey) {
            long now = System.nanoTime();
            long then = writer.stillUntilNanos(now);
            if (then - now > 0) {
                interest(inputKey, SelectionKey.OP_READ, false);
                loop.at(then, this::readAgain);
            } else {
                read();
            }
        }
    }

    private void readAgain() {
        interest(inputKey, SelectionKey.OP_READ, !peerEnded);
    }

    private void read() {
        safely(() -> {
            boolean heeded = phase.ordinal() <= Phase.APPLICATION.ordinal();
            int before = heeded ? restBytes : 0;
            if (before >= EARLY_BYTES) {
                interest(inputKey, SelectionKey.OP_READ, false); // only while an answer is awaited
                return;
            }
            while (before >= readFrames * FrameLayout.FRAME_BYTES) {
                readFrames *= 2;
            }
            byte[] into = loop.reads().take(readFrames);
            int length = before;
            try {
                System.arraycopy(rest, 0, into, 0, before);
                int n = wire.read(ByteBuffer.wrap(into, before, into.length - before));
                heardNanos = System.nanoTime();
                if (finder != null && n > 0) {
                    finder.arrived(heardNanos).ifPresent(writer::align);
                }
                length += Math.max(0, n);
                if (length == into.length) { // there may be more
                    readFrames = Math.min(phase == Phase.APPLICATION ? Reads.MOST_FRAMES : EARLY_FRAMES, 2 * readFrames);
                } else if (length < into.length / 4) {
                    readFrames = Math.max(Reads.LEAST_FRAMES, readFrames / 2);
                }
                if (n < 0) {
                    endOfInput();
                } else if (heeded) {
                    buffer = into;
                    buffered = length;
                }
            } finally {
                if (buffer == null) {
                    loop.reads().give(into, length);
                }
            }
            if (buffer != null && held == 0 && phase == Phase.APPLICATION && reader.application()) {
                reader.lookAhead(buffer, 0, buffered / FrameLayout.FRAME_BYTES); // with those of other links
                loop.together(completeRead);
            } else {
                completeRead();
            }
        });
    }

    private void completeRead() {
        byte[] read = buffer;
        int length = buffered;
        if (read != null) {
            try {
                safely(() -> process(read, length));
            } finally {
                loop.reads().give(read, length);
            }
        }
    }

    /** Does what there is to do with these bytes, and keeps the rest. */
    private void process(byte[] bytes, int length) throws ProtocolException, IOException {
        buffer = bytes;
        buffered = length;
        int at = 0;
        try {
            while (!(paused && held > 0) && at < buffered && phase.ordinal() <= Phase.APPLICATION.ordinal()) {
                // the peer's STAGE_END may come in a frame behind that of its last message (H-7)
                int took = phase == Phase.APPLICATION && reader.application() ? applicationFrames(at) : handshakeFrame(at);
                if (took == 0) {
                    break;
                }
                at += took;
            }
        } finally {
            keep(at);
            buffer = null;
        }
    }

    /** Nothing more is read. */
    private void dropRest() {
        java.util.Arrays.fill(rest, (byte) 0);
        rest = NOTHING;
        restBytes = 0;
    }

    private void keep(int from) {
        restBytes = phase.ordinal() <= Phase.APPLICATION.ordinal() ? buffered - from : 0;
        if (restBytes > rest.length) {
            rest = java.util.Arrays.copyOfRange(buffer, from, Math.max(buffered, from + FrameLayout.FRAME_BYTES));
        } else {
            System.arraycopy(buffer, from, rest, 0, restBytes);
            rest = restBytes == 0 && rest.length > FrameLayout.FRAME_BYTES ? NOTHING : rest;
        }
    }

    private int handshakeFrame(int at) throws ProtocolException, IOException {
        int raw = handshaker.rawReplyBytes();
        if (raw > 0) {
            if (buffered - at < raw) {
                return 0;
            }
            perform(handshaker.onRawReply(java.util.Arrays.copyOfRange(buffer, at, at + raw)));
            return raw;
        }
        if (buffered - at < FrameLayout.FRAME_BYTES) {
            return 0;
        }
        if (!reader.started()) {
            throw new ProtocolException(Reason.STATE, "frame before there are keys");
        }
        int length = held;
        held = 0;
        if (length == 0) {
            length = reader.open(buffer, at);
            received(Math.max(0, length));
            if (!verified && reader.verified()) {
                verified = true;
                owner.verified();
            }
        }
        if (paused && length > 0) {
            held = length;
            return 0; // C-22: the rest of what comes waits behind it, but Noise does not
        }
        if (length > 0) {
            reader.handshakeRecords(buffer, at, length, whole -> perform(handshaker.on(whole)));
        }
        return FrameLayout.FRAME_BYTES;
    }

    private int applicationFrames(int at) throws ProtocolException {
        int count = (buffered - at) / FrameLayout.FRAME_BYTES;
        int opened = 0;
        int[] starts = loop.reads().starts;
        int[] lengths = loop.reads().lengths;
        try {
            for (; opened < count; opened++) {
                int frame = at + opened * FrameLayout.FRAME_BYTES;
                starts[opened] = frame + FrameLayout.PAYLOAD;
                if (held > 0) { // it came in the middle of the login, and is opened
                    lengths[opened] = held;
                    held = 0;
                } else {
                    lengths[opened] = reader.open(buffer, frame, count - opened);
                    received(lengths[opened]);
                }
                if (reader.quantum()) { // at once: the next frame may have other keys
                    int used = ratchets.receive(buffer, starts[opened], lengths[opened]);
                    starts[opened] += used;
                    lengths[opened] -= used;
                }
            }
        } finally {
            reader.finish();
            WarmUp.batch(opened);
            // what verified before a frame that did not is good
            connection.receive(buffer, starts, lengths, opened);
        }
        return count * FrameLayout.FRAME_BYTES;
    }

    private void received(int said) {
        receivedFrames++;
        receivedData += said > 0 ? 1 : 0;
        if (cover.mode() != PaddingMode.MAX) { // there nothing may show that much is said, and none of it will be hurried
            fullFrames = said == FrameLayout.PAYLOAD_BYTES ? fullFrames + 1 : 0;
            WarmUp.full(fullFrames);
        }
        if (observer != null) {
            observer.received(1, said);
        }
    }

    /** Tells of all frames from now on; before {@link #start}, or on the loop. */
    public void observe(WireObserver by) {
        observer = by;
        writer.observe(by);
    }

    /** What was done so far; on the loop. */
    public WireMeter meter() {
        return writer.meter(cover, receivedFrames, receivedData);
    }

    /** Renews keys by these terms from now on; before {@link #start}, or on the loop. */
    public void ratcheting(RatchetTerms terms) {
        ratchets.terms(terms);
    }

    /** Renews the keys of both directions now, as far as the peer goes along; from any thread. */
    public void ratchet() {
        loop.execute(ratchets::request);
    }

    // ---- ending

    private void endOfInput() {
        peerEnded = true;
        interest(inputKey, SelectionKey.OP_READ, false);
        switch (phase) {
            case CLOSING -> close();
            case HANDSHAKE, APPLICATION -> {
                if (!connection.finished()) {
                    lost(new EOFException("connection closed by the other side"));
                } else if (!writer.owes()) {
                    conclude(null); // after a goodbye the end is no loss (C-12)
                }
            }
            case DENIED, FAULT, CLOSED -> {}
        }
    }

    /** After a fault there is nothing left to say either, and yet the slots go on (H-29). */
    private void goodbyeSaid() {
        if (phase == Phase.APPLICATION && !concluding) {
            conclude(null); // C-12, C-26
        }
    }

    /** The peer's fault: nothing is read any more; frames go on until a time that depends on no data. */
    private void fault(ProtocolException e) {
        if (phase.ordinal() > Phase.APPLICATION.ordinal()) {
            return;
        }
        cause = new IOException(e.getMessage(), e);
        writer.reserve();
        boolean stranger = !client && phase == Phase.HANDSHAKE;
        phase = Phase.FAULT;
        handshaker.close();
        dropRest();
        connection.lose(cause);
        if (!writer.started()) {
            handOff();
            return;
        }
        interest(inputKey, SelectionKey.OP_READ, !peerEnded);
        // the end of the prologue, or else the next point of the grid
        long start = writer.prologueEndNanos();
        long ends = start + Math.max(0, Math.ceilDiv(System.nanoTime() - start, FAULT_GRID_NANOS)) * FAULT_GRID_NANOS;
        if (stranger) {
            loop.at(ends, this::handOff);
        } else {
            loop.at(ends, () -> {
                owner.failed(this, cause);
                conclude(cause);
            });
        }
    }

    /** Our own fault, which shows no more than the peer's (H-29): half of what came was done, so nothing more is. */
    private RuntimeException ours(RuntimeException e) {
        fault(new ProtocolException(Reason.STATE, "internal fault"));
        return e;
    }

    /** A stranger's wire goes back to the owner, who drains it (H-28). */
    private void handOff() {
        if (phase == Phase.CLOSED) {
            return;
        }
        handsOff = true;
        if (writer.started()) {
            writer.stop(this::over);
        } else {
            over();
        }
    }

    /** The wire failed, or the peer went without a goodbye. */
    private void lost(IOException e) {
        if (phase == Phase.CLOSED) {
            return;
        }
        if (cause == null && phase.ordinal() <= Phase.APPLICATION.ordinal()) {
            cause = e;
        }
        connection.lose(e);
        close();
    }

    /** Ends our direction when the schedule has it end (C-26). */
    private void conclude(IOException why) {
        concluding = true;
        loop.at(writer.endNanos(System.nanoTime()), () -> finish(why));
    }

    /** Ends our direction after what is sealed; then waits for the peer to end its own. */
    private void finish(IOException why) {
        if (phase == Phase.CLOSING || phase == Phase.CLOSED) {
            return;
        }
        if (cause == null) {
            cause = why;
        }
        phase = Phase.CLOSING;
        interest(inputKey, SelectionKey.OP_READ, !peerEnded);
        writer.stop(() -> {
            try {
                wire.shutdownOutput();
            } catch (IOException e) {
                // the peer is gone already
            }
            if (peerEnded) {
                close();
            } else {
                finishedNanos = System.nanoTime();
                linger();
            }
        });
    }

    /** The peer may have a volume to fill up before it ends too (C-25): it is heard as long as it sends, if not for ever. */
    private void linger() {
        long now = System.nanoTime();
        long latest = finishedNanos + LINGER_NANOS + (finishedNanos - startedNanos) / 5;
        if (phase == Phase.CLOSED || now - latest > 0 || now - Math.max(heardNanos, finishedNanos) > LINGER_NANOS) {
            close();
        } else {
            loop.at(now + LINGER_NANOS / 10, this::linger);
        }
    }

    /** Ends the link now, whatever is under way; on the loop. */
    public void abort(IOException why) {
        lost(why);
    }

    private void close() {
        if (phase == Phase.CLOSED) {
            return;
        }
        if (writer.started()) {
            writer.stop(() -> {});
        }
        over();
    }

    private void over() {
        if (phase == Phase.CLOSED) {
            return;
        }
        phase = Phase.CLOSED;
        handshaker.close();
        ratchets.close();
        stages.close();
        reader.close();
        dropRest();
        connection.lose(cause == null ? new EOFException("connection closed") : cause);
        if (!handsOff) {
            if (inputKey != null) {
                inputKey.cancel();
                outputKey.cancel();
            }
            try {
                wire.close();
            } catch (IOException e) {
                // nothing is left to lose
            }
        }
        owner.ended(this, cause);
    }

    /** Ends at the next slot, for lack of time; on the loop. */
    public void expire() {
        finish(new IOException("time is over"));
    }

    /** Ends at the next slot, whatever the schedule has it do (C-26); from any thread. */
    public void leave() {
        loop.execute(() -> finish(null));
    }

    /** When bytes came last, of {@link System#nanoTime()}: a peer that is there sends at every slot. */
    public long heardNanos() {
        return heardNanos;
    }

    /** Whether the wire was left open to be drained (H-28). */
    public boolean toBeDrained() {
        return handsOff;
    }

    /** The wire; its owner's again once the link has ended to be drained. */
    public Wire wire() {
        return wire;
    }

    /** When a connection whose last word is said at that time ends (C-26); on the loop. */
    public long endNanos(long nanos) {
        return writer.endNanos(nanos);
    }

    /** What is obeyed (C-34); until both sides have agreed, what was asked for. */
    public Cover cover() {
        return cover;
    }

    /** The application's side. */
    public Connection connection() {
        return connection;
    }

    private void awaitWritable(boolean wanted) {
        interest(outputKey, SelectionKey.OP_WRITE, wanted);
    }

    private static void interest(SelectionKey key, int op, boolean wanted) {
        if (key != null && key.isValid()) {
            int now = key.interestOps();
            int then = wanted ? now | op : now & ~op;
            if (now != then) {
                key.interestOps(then);
            }
        }
    }
}
