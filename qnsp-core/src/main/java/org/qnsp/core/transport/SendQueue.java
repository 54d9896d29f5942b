package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.qnsp.core.frame.FrameLayout;

/**
 * What the loop seals and the slot thread writes: batches of frames, written in the order in which they were added, each when it is due and sealed, whichever comes
 * later. Where the loop may take out again what it handed over, and seal something else in its place, this is where it is decided who was first.
 */
final class SendQueue {
    /** Slots that are due and wait for a full socket; then slots are left out. */
    private static final int WAITING_SLOTS = 2;
    /** Buffers that are kept for slots to come. */
    private static final int SPARE_SLOTS = 2;

    /** Frames that are written together, those of a slot or a burst. */
    final class Batch implements SlotThread.Slotted {
        private final long number = added;
        private final int frames;
        private final long nanos;
        /** Whether their buffer is for slots to come. */
        private final boolean spares;
        /** Null while they are being sealed. */
        private ByteBuffer bytes;

        private Batch(int frames, long nanos, boolean spares) {
            this.frames = frames;
            this.nanos = nanos;
            this.spares = spares;
        }

        int frames() {
            return frames;
        }

        /** When it is to be written, of {@link System#nanoTime()}. */
        long nanos() {
            return nanos;
        }

        @Override
        public void writeSlot() {
            write(number + 1);
        }
    }

    private final Wire wire;
    /** Its monitor guards all that is not volatile here. */
    private final ArrayDeque<Batch> queue = new ArrayDeque<>();
    private long added;
    private long written;
    /** How many of the queue, from the first on, are due. */
    private int due;
    /** Of slots that are written, for those to come. */
    private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();
    private final SlotThread.Slotted writeWaiting = () -> write(0);
    private volatile IOException failure;

    SendQueue(Wire wire) {
        this.wire = wire;
    }

    /** Whether slots wait for the socket, so many that the next is left out. */
    boolean full() {
        synchronized (queue) {
            return due >= WAITING_SLOTS;
        }
    }

    boolean isEmpty() {
        synchronized (queue) {
            return queue.isEmpty();
        }
    }

    /** Of the wire, where the slot thread met it; null if there was none. */
    IOException failure() {
        return failure;
    }

    /** At a slot that is left out: writes what waits for the socket. */
    SlotThread.Slotted writeWaiting() {
        return writeWaiting;
    }

    /** A slot's frames, which {@link #offer} brings. */
    Batch add(int frames, long nanos) {
        return add(frames, nanos, true);
    }

    private Batch add(int frames, long nanos, boolean spares) {
        synchronized (queue) {
            Batch batch = new Batch(frames, nanos, spares);
            queue.add(batch);
            added++;
            return batch;
        }
    }

    /** Frames that are sealed and due, and that {@link #flush} writes after all that was added before. Their buffer stays the caller's, who asks {@link #holds}. */
    void addBurst(ByteBuffer bytes, int frames, long nanos) {
        synchronized (queue) {
            add(frames, nanos, false).bytes = bytes;
        }
    }

    /** The frames of a batch may be written; are, if their slot has come meanwhile. */
    void offer(Batch batch, ByteBuffer bytes) {
        boolean late;
        synchronized (queue) {
            batch.bytes = bytes;
            late = due > 0 && queue.peek() == batch;
        }
        if (late) {
            write(0);
        }
    }

    /** The frames of a batch, which from here on are not written: so one alone is ever sent under one key. Null if it is too late for that. */
    ByteBuffer withhold(Batch batch) {
        synchronized (queue) {
            return batch.number - written < due ? null : take(batch);
        }
    }

    /** The same of a batch that cannot have been written, as one before it is not sealed. */
    ByteBuffer take(Batch batch) {
        synchronized (queue) {
            ByteBuffer bytes = batch.bytes;
            batch.bytes = null;
            return bytes;
        }
    }

    /** Removes a batch for good, if it is the last and not due; whether it did. */
    boolean drop(Batch batch) {
        synchronized (queue) {
            boolean drops = queue.peekLast() == batch && queue.size() > due;
            if (drops) {
                queue.removeLast();
                added--;
            }
            return drops;
        }
    }

    /** Everything so far is due; false if the socket takes no more. */
    boolean flush() throws IOException {
        return flush(Long.MAX_VALUE);
    }

    /** The same, for who asks later whether that {@linkplain #failure() failed}. */
    void write() {
        write(Long.MAX_VALUE);
    }

    private void write(long upTo) {
        try {
            flush(upTo);
        } catch (IOException e) {
            failure = e;
        }
    }

    /** Everything before this number is due. */
    private boolean flush(long upTo) throws IOException {
        synchronized (queue) {
            due = (int) Math.max(due, Math.min(queue.size(), upTo - written));
            while (due > 0) {
                Batch head = queue.peek();
                if (head.bytes == null) {
                    return true; // who seals them writes them
                }
                wire.write(head.bytes);
                if (head.bytes.hasRemaining()) {
                    return false; // F-1: the rest of these bytes comes first, whatever comes next
                }
                queue.remove();
                written++;
                due--;
                if (head.spares) {
                    giveBack(head.bytes);
                }
            }
            return true;
        }
    }

    /** Whether this buffer, of a burst, is yet to be written. */
    boolean holds(ByteBuffer bytes) {
        synchronized (queue) {
            return queue.stream().anyMatch(batch -> batch.bytes == bytes);
        }
    }

    /** A buffer for the frames of a slot. */
    ByteBuffer buffer(int frames) {
        int bytes = frames * FrameLayout.FRAME_BYTES;
        synchronized (queue) {
            ByteBuffer buffer = spare.poll();
            while (buffer != null && buffer.capacity() != bytes) { // of another rung
                buffer = spare.poll();
            }
            return buffer == null ? ByteBuffer.allocate(bytes) : buffer.clear();
        }
    }

    /** One that came from {@link #buffer}. */
    void giveBack(ByteBuffer bytes) {
        synchronized (queue) {
            if (spare.size() < SPARE_SLOTS) { // the prologue had more of them under way than an idle connection ever needs
                spare.add(bytes);
            }
        }
    }
}
