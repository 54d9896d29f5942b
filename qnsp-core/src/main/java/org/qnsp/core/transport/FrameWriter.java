package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
 * The sending side of a link: has frames sealed before their slots come, has the slot thread write them, and writes bursts besides where the schedule allows it (C-20
 * to C-25, C-36). Noise is sealed for a slot long before it; shortly before it the loop seals what there is to say in its place, if there is anything and the loop is in
 * time. So a loop that is kept costs what is said a slot's time, and the wire nothing. Runs on the loop; what it shares with the slot thread is the {@link SendQueue}.
 */
final class FrameWriter {
    /** How long before it is sent a slot is filled: its jitter is drawn before that, so that it costs what is said no time. */
    private static final long AHEAD_NANOS = 2_000_000;
    /** The same on a loop whose turns take longer. */
    private static final long CROWDED_AHEAD_NANOS = 4_000_000;
    /** What comes later for a slot than this before it waits for the next: sealing takes time too. */
    private static final long LATEST_NANOS = 300_000;
    private static final long LATEST_FRAME_NANOS = 10_000;
    /** How long before it is sent Noise is sealed for a slot; more than a period and its jitter, so that each slot is made as the one before is filled. */
    private static final long RESERVE_NANOS = 30_000_000;
    /** The same in the prologue, where slots are dense and what seals them is cold. */
    private static final long EARLY_RESERVE_NANOS = 12_000_000;
    /** Frames of Noise that wait for slots, and may yet be sealed otherwise. */
    private static final int RESERVE_FRAMES = 64;
    /** In mode max nothing is read so long before a slot is written, nor just after. */
    private static final long STILL_NANOS = 2_000_000;
    private static final long STILL_AFTER_NANOS = 100_000;
    /** How long a peer that takes nothing is waited for at the end. */
    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final int BURST_FRAMES = 128;
    /** after so many frames at the latest their keys are erased. */
    private static final int KEPT_FRAMES = 64;
    /** Frames written in bursts before others get their turn. */
    private static final int BURST_TURN_FRAMES = 512;

    /** Sealed but for its tags. */
    private record Begun(SendQueue.Batch batch, ByteBuffer bytes) {}

    private final Loop loop;
    private final SlotThread slots;
    private final SendQueue queue;
    private final StageWriter stages;
    private final Connection connection;
    private final StageWriter.Records records;
    private final LongSupplier jitter;
    private final LongSupplier micros;
    private final Consumer<IOException> failed;
    private final Runnable takeTurn = () -> guarded(this::takeTurn);
    private final Runnable complete = this::complete;
    private final Runnable writeBurst = () -> guarded(this::writeBurst);
    /** Slots with Noise, which is not decided on yet. */
    private final ArrayDeque<SendQueue.Batch> reserve = new ArrayDeque<>();
    private int reserveFrames;
    private final ArrayDeque<Begun> begun = new ArrayDeque<>();
    private long phaseNanos;
    private boolean aligns;
    private boolean decided;
    /** Of the slot that was filled last, and of the one before it. */
    private long filledNanos;
    private long earlierNanos;
    /** C-35, of the slot that is made next. */
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
    private boolean burstQueued;
    private Runnable whenFinished = () -> {};
    private Consumer<Boolean> awaitWritable = wanted -> {};

    /** @param records what the frames of the application stage say @param micros the clock of F-6 @param failed is told on the loop, once, of an error of the wire */
    FrameWriter(Loop loop, SlotThread slots, Wire wire, StageWriter stages, Connection connection, StageWriter.Records records, StealthProfile profile, RandomSource random,
            LongSupplier micros, Consumer<IOException> failed) {
        this.loop = loop;
        this.slots = slots;
        this.queue = new SendQueue(wire);
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
        takeTurn.run();
    }

    boolean started() {
        return pacer != null;
    }

    /** C-39: from the next slot on. */
    void align(long nanos) {
        phaseNanos = nanos;
        aligns = true;
    }

    /** The login is over, whichever way it went: from now on slots need not wait for the loop. Before that, all frames cost what one's first do. */
    void reserve() {
        decided = true;
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

    /** No slot after those that are filled; then this, on the loop. */
    void stop(Runnable then) {
        complete();
        stopping = true;
        stopped = then;
        stoppedNanos = System.nanoTime();
        if (timer != null) {
            timer.cancel();
        }
        dropReserve();
        afterLast();
    }

    /** But for slots so near that they would be filled by now, had there been anything to say. */
    private void dropReserve() {
        while (!reserve.isEmpty() && reserve.peekLast().nanos() - aheadNanos() - stoppedNanos > 0 && queue.drop(reserve.peekLast())) {
            reserve.removeLast();
        }
        reserve.forEach(batch -> count(batch.frames(), 0)); // those that are sent all the same
        reserve.clear();
        stages.dropAhead();
    }

    /** The last slot is the slot thread's; what the socket did not take then is written here. A peer that takes nothing is waited for only so long. */
    private void afterLast() {
        long now = System.nanoTime();
        boolean empty = queue.isEmpty();
        if (!empty && now - stoppedNanos > 2 * CROWDED_AHEAD_NANOS) { // its slot is past
            queue.write();
        }
        if (empty || queue.failure() != null || now - stoppedNanos > PATIENCE_NANOS) {
            stopped.run();
        } else {
            loop.at(now + AHEAD_NANOS, this::afterLast);
        }
    }

    /** A fault of our own may leave frames half sealed, and what would be sealed after them never sent: then the connection is over. */
    private void guarded(Runnable turn) {
        try {
            turn.run();
        } catch (RuntimeException e) {
            stopping = true;
            failed.accept(new IOException("internal fault", e));
            throw e;
        }
    }

    /** Fills the slots that are about to be sent, and makes those to come. */
    private void takeTurn() {
        complete(); // a loop that is late comes here twice in a turn
        if (stopping) {
            return;
        }
        if (queue.failure() != null) {
            stopping = true;
            failed.accept(queue.failure());
            return;
        }
        long now = System.nanoTime();
        boolean missed = false;
        while (!reserve.isEmpty() && reserve.peek().nanos() - aheadNanos() - now <= 0) {
            missed = !fillNext();
        }
        for (boolean early = reserves(); pacer.slotNanos() + jitterNanos - now <= (early ? reserveNanos() : aheadNanos()); early = reserves()) {
            makeSlot(early, now);
        }
        if (missed && !reserve.isEmpty()) {
            fillNext(); // however late this loop always is, what waits is sent
        }
        completeSoon();
        timer = loop.at(reserve.isEmpty() ? pacer.slotNanos() + jitterNanos - aheadNanos() : reserve.peek().nanos() - aheadNanos(), takeTurn);
        if (!over() && pacer.burstFrames() > 0) {
            writeBurst();
        }
    }

    /** Whether Noise may be sealed for the slot that comes next before it is known what there will be to say. At an edge that decides how many frames it has. */
    private boolean reserves() {
        boolean moves = profile.mode() != PaddingMode.MAX && (pacer.edgeDue() || pacer.level() > 0 || pacer.burstFrames() > 0);
        return decided && !moves && stages.keyed() && reserveFrames + pacer.slotFrames() <= RESERVE_FRAMES;
    }

    private long reserveNanos() {
        return pacer.slotNanos() - pacer.prologueEndNanos() < 0 ? EARLY_RESERVE_NANOS : RESERVE_NANOS;
    }

    /** @param early whether it is too soon to say anything in it */
    private void makeSlot(boolean early, long now) {
        if (pacer.edgeDue()) {
            pacer.decide(backlogBytes(), saturated);
            saturated = true;
        }
        long nanos = pacer.slotNanos() + jitterNanos;
        if (queue.full()) {
            leftOut++;
            slots.schedule(nanos, queue.writeWaiting());
        } else {
            SendQueue.Batch batch = queue.add(pacer.slotFrames(), nanos);
            if (early) {
                reserve.add(batch);
                reserveFrames += batch.frames();
                sealNoise(batch);
            } else {
                fillReserve(); // what is sealed now comes after it
                look(batch.frames());
                ByteBuffer bytes = queue.buffer(batch.frames());
                count(batch.frames(), seal(bytes.array(), 0, batch.frames()));
                commit(batch, bytes);
                completeSoon();
                filled(nanos);
            }
            slots.schedule(nanos, batch);
        }
        pacer.hold(connection.relaying()); // C-31
        if (aligns) {
            pacer.align(phaseNanos);
            aligns = false;
        }
        pacer.advance(now + aheadNanos() - jitterNanos); // a loop that was kept makes what can still be in time
        jitterNanos = pacer.jitterNanos();
    }

    private void sealNoise(SendQueue.Batch batch) {
        ByteBuffer bytes = queue.buffer(batch.frames());
        for (int i = 0; i < batch.frames(); i++) {
            stages.buildAhead(bytes.array(), i * FrameLayout.FRAME_BYTES, micros.getAsLong());
        }
        commit(batch, bytes);
    }

    private void fillReserve() {
        while (!reserve.isEmpty()) {
            fillNext();
        }
    }

    /** The first slot of the reserve carries what there is to say, if that is still in time; else it stays Noise. @return whether it was in time */
    private boolean fillNext() {
        SendQueue.Batch batch = reserve.remove();
        reserveFrames -= batch.frames();
        filled(batch.nanos());
        look(batch.frames());
        ByteBuffer noise = batch.nanos() - System.nanoTime() > LATEST_NANOS + batch.frames() * LATEST_FRAME_NANOS ? queue.withhold(batch) : null;
        ByteBuffer bytes = noise == null ? null : queue.buffer(batch.frames());
        if (bytes != null && stages.buildSaying(bytes.array(), 0, micros.getAsLong(), records)) {
            dataFrames++;
            count(batch.frames(), stages.said() + seal(bytes.array(), 1, batch.frames()));
            queue.giveBack(noise);
            offerFilled(batch, bytes);
        } else {
            for (int i = 0; i < batch.frames(); i++) {
                stages.pass();
            }
            count(batch.frames(), 0);
            if (noise != null) {
                queue.giveBack(bytes);
                queue.offer(batch, noise);
            }
        }
        return noise != null;
    }

    /**
     * At once, on a loop of many connections too: what waited here for others would be late, as Noise is not. What was just said may have brought new keys: then what is
     * in reserve under the old ones is void.
     */
    private void offerFilled(SendQueue.Batch batch, ByteBuffer bytes) {
        List<SendQueue.Batch> voided = List.of();
        if (stages.ahead() < reserveFrames) {
            complete();
            voided = withholdVoided();
        }
        commit(batch, bytes);
        complete();
        voided.forEach(this::sealNoise);
    }

    /** None of them is written by now, as the batch before them is not. */
    private List<SendQueue.Batch> withholdVoided() {
        List<SendQueue.Batch> voided = new ArrayList<>();
        int good = stages.ahead();
        int frames = 0;
        for (SendQueue.Batch batch : reserve) {
            frames += batch.frames();
            if (frames > good) {
                if (frames - batch.frames() < good) {
                    throw new IllegalStateException("new keys in the midst of a slot"); // they come with the next frame
                }
                voided.add(batch);
                queue.giveBack(queue.take(batch));
            }
        }
        return voided;
    }

    private void filled(long nanos) {
        earlierNanos = filledNanos;
        filledNanos = nanos;
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
        if (!reserve.isEmpty() && still(reserve.peek().nanos(), now)) {
            return reserve.peek().nanos() + STILL_AFTER_NANOS;
        }
        return still(earlierNanos, now) ? earlierNanos + STILL_AFTER_NANOS : still(filledNanos, now) ? filledNanos + STILL_AFTER_NANOS : now;
    }

    private static boolean still(long slotNanos, long now) {
        long until = slotNanos - now;
        return until < STILL_NANOS && until > -STILL_AFTER_NANOS;
    }

    private long aheadNanos() {
        return loop.crowded() ? CROWDED_AHEAD_NANOS : AHEAD_NANOS;
    }

    /** These are the frames of this batch, once what is begun is completed. */
    private void commit(SendQueue.Batch batch, ByteBuffer bytes) {
        begun.add(new Begun(batch, bytes));
        loop.together(complete);
    }

    /** At once, but where many connections go together. */
    private void completeSoon() {
        if (!loop.crowded()) {
            complete();
        }
    }

    /** All that is sealed has its tags, and may be written. */
    private void complete() {
        if (!begun.isEmpty()) {
            stages.finish();
            for (Begun next = begun.poll(); next != null; next = begun.poll()) {
                queue.offer(next.batch, next.bytes);
            }
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

    /** Seals these frames, all but the tags. @return how many bytes they say */
    private int seal(byte[] frames, int from, int count) {
        int said = 0;
        for (int i = from; i < count; i++) {
            stages.buildLater(frames, i * FrameLayout.FRAME_BYTES, micros.getAsLong(), records);
            if ((i + 1) % KEPT_FRAMES == 0) {
                stages.finish();
            }
            said += stages.said();
            dataFrames += stages.said() > 0 ? 1 : 0;
        }
        WarmUp.batch(count);
        return said;
    }

    /** Before the frames of a slot are filled: sees how much waits for them. */
    private void look(int frames) {
        long backlog = backlogBytes();
        if (profile.mode() != PaddingMode.MAX) { // there nothing may show that much waits, and none of it will be hurried
            WarmUp.backlog(backlog);
        }
        saturated &= backlog >= (long) frames * FrameLayout.PAYLOAD_BYTES;
    }

    private void count(int frames, int said) {
        sentFrames += frames;
        if (observer != null) {
            observer.sent(frames, said);
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

    /** From any thread: something was queued. Only where the schedule has bursts, and only if the writer waits for it, does that move anything (C-20). */
    void onQueued() {
        if (burstWaiting) {
            burstWaiting = false;
            loop.execute(writeBurst);
        }
    }

    /** The socket takes bytes again. */
    void onWritable() {
        writeBurst.run();
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
        long now = System.nanoTime();
        if (now - pacer.prologueEndNanos() < 0) { // though all of its slots are made
            queueBurst(pacer.prologueEndNanos());
            return;
        }
        fillReserve();
        complete(); // what is sealed first goes first
        long gap = pacer.burstGapNanos(backlogBytes() / FrameLayout.PAYLOAD_BYTES);
        if (now - burstNanos < gap) {
            queueBurst(burstNanos + gap);
            return;
        }
        try {
            for (int turn = 0; turn < BURST_TURN_FRAMES; turn += BURST_FRAMES) {
                if (!queue.flush()) {
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
                count(frames, seal(burst.array(), 0, frames));
                stages.finish();
                queue.addBurst(burst.clear().limit(frames * FrameLayout.FRAME_BYTES), frames, now);
            }
            queueBurst(now);
        } catch (IOException e) {
            stopping = true;
            failed.accept(e);
        }
    }

    /** It is large, and the connection may be still for hours. */
    private void dropBurst() {
        if (!queue.holds(burst)) {
            burst = null;
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
