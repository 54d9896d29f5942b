package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.crypto.RandomSource;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.Pacer;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.StealthProfile;

/**
 * The sending side of a link: seals frames ahead of their slots, has the slot thread write them, and writes bursts besides where the schedule allows it (C-20 to
 * C-25, C-36). What is sealed is written in the order of sealing. Runs on the loop, but for {@link #writeSlot}; the monitor of the queue is the two threads' own.
 */
final class FrameWriter implements SlotThread.Slotted {
    /** How long before it is sent a slot is sealed: its jitter is drawn before that, so that it costs what is said no time. */
    private static final long AHEAD_NANOS = 2_000_000;
    /** The same on a loop whose turns take longer. */
    private static final long CROWDED_AHEAD_NANOS = 4_000_000;
    /** The same at the beginning in mode max: what runs for the first time there keeps the loop for some slots, and which of it runs depends on what is begun (C-24). */
    private static final long EARLY_AHEAD_NANOS = 10_000_000;
    /** How long the beginning lasts from the end of the prologue. */
    private static final long EARLY_NANOS = 2_000_000_000;
    /** In mode max nothing is read so long before a slot is written, nor just after. */
    private static final long STILL_NANOS = 2_000_000;
    private static final long STILL_AFTER_NANOS = 100_000;
    /** Slots that are due and wait for a full socket; then slots are left out. */
    private static final int WAITING_SLOTS = 2;
    /** How long a peer that takes nothing is waited for at the end. */
    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final int BURST_FRAMES = 128;
    /** after so many frames at the latest their keys are erased. */
    private static final int KEPT_FRAMES = 64;
    /** Frames written in bursts before others get their turn. */
    private static final int BURST_TURN_FRAMES = 512;

    private final Loop loop;
    private final SlotThread slots;
    private final Wire wire;
    private final StageWriter stages;
    private final Connection connection;
    private final StageWriter.Records records;
    private final LongSupplier jitter;
    private final LongSupplier micros;
    private final Consumer<IOException> failed;
    private final Runnable buildSlot = this::buildSlot;
    private final ArrayDeque<ByteBuffer> sealed = new ArrayDeque<>();
    /** How many of them, from the first on, are due; the monitor of {@link #sealed} guards it too. */
    private int due;
    /** Of slots that are written, for those to come; the monitor of {@link #sealed} guards it too. */
    private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();
    private final Runnable complete = this::complete;
    private final Runnable writeBurst = this::writeBurst;
    /** At a slot that is left out, what waits for the socket. */
    private final SlotThread.Slotted writeWaiting = () -> write(0);
    /** A slot that is sealed but for its tags. */
    private ByteBuffer begun;
    private long phaseNanos;
    private boolean aligns;
    private long begunNanos;
    /** Of the slot before it. */
    private long earlierNanos;
    private boolean begins;
    /** C-35, of the slot that comes next. */
    private long jitterNanos;
    private ByteBuffer burst;
    private StealthProfile profile;
    private Pacer pacer;
    private Loop.Timer timer;
    private boolean saturated = true;
    private long burstNanos;
    private WireObserver observer;
    private long sentFrames;
    private long dataFrames;
    private long leftOut;
    private Runnable stopped;
    private long stoppedNanos;
    private boolean stopping;
    private volatile boolean burstWaiting;
    private volatile IOException failure;
    private boolean burstQueued;
    private Runnable whenFinished = () -> {};
    private Consumer<Boolean> awaitWritable = wanted -> {};

    /** @param records what the frames of the application stage say @param micros the clock of F-6 @param failed is told on the loop, once, of an error of the wire */
    FrameWriter(Loop loop, SlotThread slots, Wire wire, StageWriter stages, Connection connection, StageWriter.Records records, StealthProfile profile, RandomSource random,
            LongSupplier micros, Consumer<IOException> failed) {
        this.loop = loop;
        this.slots = slots;
        this.wire = wire;
        this.stages = stages;
        this.connection = connection;
        this.records = records;
        this.profile = profile;
        this.jitter = new RandomLongs(random);
        this.micros = micros;
        this.failed = failed;
    }

    /** Begins the schedule: the first slot is now. */
    void start() {
        pacer = new Pacer(profile, System.nanoTime(), jitter);
        jitterNanos = pacer.jitterNanos();
        buildSlot();
    }

    boolean started() {
        return pacer != null;
    }

    /** C-39: from the next slot on. */
    void align(long nanos) {
        phaseNanos = nanos;
        aligns = true;
    }

    /** C-34: from now on this schedule. */
    void adopt(StealthProfile agreed) {
        profile = agreed;
        if (pacer != null) {
            pacer.adopt(agreed);
        }
    }

    /** When a connection that is over ends on the wire (C-26). */
    long endNanos(long nowNanos) {
        return pacer == null ? nowNanos : pacer.endNanos(nowNanos);
    }

    /** When the prologue of this direction is over, of {@link System#nanoTime()}. */
    long prologueEndNanos() {
        return pacer.prologueEndNanos();
    }

    /** No slot after the one that is sealed; then this, on the loop. */
    void stop(Runnable then) {
        complete();
        stopping = true;
        stopped = then;
        stoppedNanos = System.nanoTime();
        if (timer != null) {
            timer.cancel();
        }
        afterLast();
    }

    /** The last slot is the slot thread's; what the socket did not take then is written here. A peer that takes nothing is waited for only so long. */
    private void afterLast() {
        long now = System.nanoTime();
        boolean empty;
        synchronized (sealed) {
            empty = sealed.isEmpty();
        }
        if (!empty && now - stoppedNanos > 2 * EARLY_AHEAD_NANOS) { // its slot is past, whenever it was sealed
            write(Integer.MAX_VALUE);
        }
        if (empty || failure != null || now - stoppedNanos > PATIENCE_NANOS) {
            stopped.run();
        } else {
            loop.at(now + AHEAD_NANOS, this::afterLast);
        }
    }

    private void buildSlot() {
        complete(); // a loop that is late comes here twice in a turn
        if (stopping) {
            return;
        }
        if (failure != null) {
            stopping = true;
            failed.accept(failure);
            return;
        }
        if (pacer.edgeDue()) {
            pacer.decide(backlogBytes(), saturated);
            saturated = true;
        }
        long now = System.nanoTime();
        boolean full;
        synchronized (sealed) {
            full = due >= WAITING_SLOTS;
        }
        if (full) {
            leftOut++;
        } else {
            long backlog = backlogBytes();
            if (profile.mode() != PaddingMode.MAX) { // there nothing may show that much waits, and none of it will be hurried
                WarmUp.backlog(backlog);
            }
            saturated &= backlog >= (long) pacer.slotFrames() * FrameLayout.PAYLOAD_BYTES;
            begun = slotBuffer(pacer.slotFrames() * FrameLayout.FRAME_BYTES);
            seal(begun.array(), pacer.slotFrames());
        }
        pacer.hold(connection.relaying()); // C-31
        earlierNanos = begunNanos;
        begunNanos = pacer.slotNanos() + jitterNanos;
        begins = true;
        loop.together(complete);
        if (aligns) {
            pacer.align(phaseNanos);
            aligns = false;
        }
        pacer.advance(now + leastAheadNanos() - jitterNanos); // a loop that was kept seals what can still be in time
        jitterNanos = pacer.jitterNanos();
        timer = loop.at(pacer.slotNanos() + jitterNanos - aheadNanos(), buildSlot);
        if (!over() && pacer.burstFrames() > 0) {
            writeBurst();
        }
    }

    /**
     * Until when nothing is to be read, so that no work on what the peer says meets a slot that is about to be written, which all wait the same for then; never later
     * than some milliseconds. In mode max alone, and not in the prologue, where slots are too dense for it.
     *
     * @return that time, of {@link System#nanoTime()}; {@code now} if it may be read
     */
    long stillUntilNanos(long now) {
        if (pacer == null || stopping || profile.mode() != PaddingMode.MAX || now - pacer.prologueEndNanos() < 0) {
            return now;
        }
        return still(earlierNanos, now) ? earlierNanos + STILL_AFTER_NANOS : still(begunNanos, now) ? begunNanos + STILL_AFTER_NANOS : now;
    }

    private static boolean still(long slotNanos, long now) {
        long until = slotNanos - now;
        return until < STILL_NANOS && until > -STILL_AFTER_NANOS;
    }

    private long aheadNanos() {
        if (profile.mode() == PaddingMode.MAX && pacer.slotNanos() - pacer.prologueEndNanos() < EARLY_NANOS) {
            return EARLY_AHEAD_NANOS;
        }
        return leastAheadNanos();
    }

    private long leastAheadNanos() {
        return loop.crowded() ? CROWDED_AHEAD_NANOS : AHEAD_NANOS;
    }

    /** Gives the slot that was built last to the slot thread; where it is left out too: what waits for the socket goes at some slot. */
    private void complete() {
        if (begins) {
            stages.finish();
            synchronized (sealed) {
                if (begun != null) {
                    sealed.add(begun);
                }
            }
            slots.schedule(begunNanos, begun == null ? writeWaiting : this);
            begun = null;
            begins = false;
        }
    }

    private ByteBuffer slotBuffer(int bytes) {
        synchronized (sealed) {
            ByteBuffer buffer = spare.poll();
            while (buffer != null && buffer.capacity() != bytes) { // of another rung
                buffer = spare.poll();
            }
            return buffer == null ? ByteBuffer.allocate(bytes) : buffer.clear();
        }
    }

    /** Whether the last word is sealed and no volume is to be filled up (C-12, C-26); then says so. */
    private boolean over() {
        boolean said = connection.finished() && !stages.pending();
        if (said) {
            pacer.settle();
        }
        boolean over = said && pacer.owedFrames() == 0;
        if (over) {
            whenFinished.run();
        }
        return over;
    }

    /** Whether frames are owed for the volume of what was sent (C-25). */
    boolean owes() {
        if (pacer == null) {
            return false;
        }
        pacer.settle();
        return pacer.owedFrames() > 0;
    }

    /** What to do once the connection's last record is sealed. */
    void onFinished(Runnable task) {
        whenFinished = task;
    }

    /** All but the tags. */
    private void seal(byte[] frames, int count) {
        int said = 0;
        for (int i = 0; i < count; i++) {
            stages.buildLater(frames, i * FrameLayout.FRAME_BYTES, micros.getAsLong(), records);
            if ((i + 1) % KEPT_FRAMES == 0) {
                stages.finish();
            }
            said += stages.said();
            dataFrames += stages.said() > 0 ? 1 : 0;
        }
        sentFrames += count;
        WarmUp.batch(count);
        if (observer != null) {
            observer.sent(count, said);
        }
    }

    /** Tells of all that is sealed from now on. */
    void observe(WireObserver by) {
        observer = by;
    }

    /** What was done so far; the receiver's half is for the caller to say. */
    WireMeter meter(Cover cover, long receivedFrames, long receivedData) {
        return new WireMeter(cover, sentFrames, dataFrames, receivedFrames, receivedData, leftOut, pacer == null ? 0 : pacer.level(),
            pacer == null ? 0 : pacer.excursions(), pacer == null ? 0 : pacer.bits());
    }

    /** What waits and may be sent: before the application stage that is the handshake; what waits for its end must not show. */
    private long backlogBytes() {
        return stages.application() ? connection.backlogBytes() : stages.pendingBytes();
    }

    /** Writes what is due, so many more being so, as far as the socket takes it; true if all that went. */
    private boolean flush(int more) throws IOException {
        synchronized (sealed) {
            for (due = more > sealed.size() - due ? sealed.size() : due + more; due > 0; due--) {
                ByteBuffer head = sealed.peek();
                wire.write(head);
                if (head.hasRemaining()) {
                    return false; // F-1: the rest of these bytes comes first, whatever comes next
                }
                sealed.remove();
                if (head != burst) {
                    spare.add(head);
                }
            }
            return true;
        }
    }

    @Override
    public void writeSlot() {
        write(1);
    }

    private void write(int more) {
        try {
            flush(more);
        } catch (IOException e) {
            failure = e;
        }
    }

    /** From any thread: something was queued. Only where the schedule has bursts, and only if the writer waits for it, does that move anything (C-20). */
    void onQueued() {
        if (burstWaiting) {
            burstWaiting = false;
            loop.execute(writeBurst);
        }
    }

    /** The socket takes bytes again. */
    void onWritable() {
        writeBurst();
    }

    /** Writes frames as long as there are enough to say for a burst, or owed, and the socket takes them. */
    private void writeBurst() {
        burstQueued = false;
        if (pacer != null) {
            pacer.hold(connection.relaying()); // C-31
        }
        if (stopping || pacer == null || pacer.burstFrames() == 0) {
            dropBurst();
            awaitWritable.accept(false); // the slots write what is left
            return;
        }
        complete(); // what is sealed first goes first
        long now = System.nanoTime();
        long gap = pacer.burstGapNanos(backlogBytes() / FrameLayout.PAYLOAD_BYTES);
        if (now - burstNanos < gap) {
            queueBurst(burstNanos + gap);
            return;
        }
        try {
            for (int turn = 0; turn < BURST_TURN_FRAMES; turn += BURST_FRAMES) {
                if (!flush(Integer.MAX_VALUE)) {
                    awaitWritable.accept(true);
                    return;
                }
                awaitWritable.accept(false);
                burstWaiting = true; // before looking, so that what is queued meanwhile is not missed
                long waiting = Math.ceilDiv(backlogBytes(), FrameLayout.PAYLOAD_BYTES);
                long owed = pacer.owedFrames();
                int frames = (int) Math.min(BURST_FRAMES, Math.max(waiting, owed));
                if (frames == 0 || owed == 0 && frames < pacer.burstFrames()) {
                    over();
                    return;
                }
                burstWaiting = false;
                burstNanos = now;
                pacer.burst(frames);
                if (burst == null) {
                    burst = ByteBuffer.allocate(BURST_FRAMES * FrameLayout.FRAME_BYTES);
                }
                seal(burst.array(), frames);
                stages.finish();
                synchronized (sealed) {
                    sealed.add(burst.clear().limit(frames * FrameLayout.FRAME_BYTES));
                }
            }
            queueBurst(now);
        } catch (IOException e) {
            stopping = true;
            failed.accept(e);
        }
    }

    /** It is large, and the connection may be still for hours. */
    private void dropBurst() {
        synchronized (sealed) {
            burst = sealed.isEmpty() ? null : burst;
        }
    }

    /** Once is enough. */
    private void queueBurst(long atNanos) {
        if (!burstQueued) {
            burstQueued = true;
            if (atNanos - System.nanoTime() <= 0) {
                loop.execute(writeBurst);
            } else {
                loop.at(atNanos, writeBurst);
            }
        }
    }

    /** How to be told by {@link #onWritable} that a full socket takes bytes again. */
    void onAwaitWritable(Consumer<Boolean> hook) {
        awaitWritable = hook;
    }
}
