package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.qnsp.crypto.FrameCipher;

/**
 * One thread that waits for sockets, timers and tasks and runs what belongs to them, one at a time. Nothing that it runs may block.
 */
public final class Loop implements AutoCloseable {
    /** What a channel's readiness is told to. */
    public interface Handler {
        /** The channel of this key is ready; runs on the loop. */
        void ready(SelectionKey key);
    }

    /** A time at which something runs once. */
    public static final class Timer implements Comparable<Timer> {
        private final long nanos;
        /** Null once it is cancelled: what it would have run must not stay in memory until then. */
        private Runnable task;

        private Timer(long nanos, Runnable task) {
            this.nanos = nanos;
            this.task = task;
        }

        /** Keeps the task from running; on the loop only. */
        public void cancel() {
            task = null;
        }

        @Override
        public int compareTo(Timer other) {
            return Long.signum(nanos - other.nanos);
        }
    }

    /** With more channels than this a turn waits for more to do. */
    private static final int MANY_CHANNELS = 64;
    /** How far apart the turns of a loop with many channels begin: sockets that become ready one by one would each cost a wake-up of this thread. */
    private static final long TURN_NANOS = 500_000;

    /** What is begun and not completed at most: it may hold memory. */
    private static final int MOST_TOGETHER = 64;

    private final Selector selector;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final Consumer<RuntimeException> bugs;
    private final Thread thread;
    private final Consumer<SelectionKey> ready = this::ready;
    /** One for all connections, so that their frames can be sealed and opened together; null where there are none. */
    private volatile FrameCipher cipher;
    private final Reads reads = new Reads();
    private final List<Runnable> batch = new ArrayList<>();
    private volatile boolean closed;
    private long turnNanos;

    /** @param bugs is told of a task or handler that failed by our own fault; the loop goes on */
    public Loop(String name, Consumer<RuntimeException> bugs) throws IOException {
        this.selector = Selector.open();
        this.bugs = bugs;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
        thread.start();
    }

    /** Runs this on the loop, soon. From any thread. */
    public void execute(Runnable task) {
        tasks.add(task);
        if (Thread.currentThread() != thread) {
            selector.wakeup();
            LockSupport.unpark(thread);
        }
    }

    /** Runs this on the loop at or after a time of {@link System#nanoTime()}. On the loop only. */
    public Timer at(long nanos, Runnable task) {
        Timer timer = new Timer(nanos, task);
        timers.add(timer);
        return timer;
    }

    /** Registers a non-blocking channel; on the loop only. */
    public SelectionKey register(SelectableChannel channel, int interest, Handler handler) throws IOException {
        return channel.register(selector, interest, handler);
    }

    /** What the links of this loop read into; on the loop only. */
    Reads reads() {
        return reads;
    }

    /** What seals and opens frames, to be used on this loop only. */
    synchronized FrameCipher cipher() {
        if (cipher == null) {
            cipher = new FrameCipher();
        }
        return cipher;
    }

    /** Whether the caller runs on this loop. */
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    private void run() {
        while (!closed) {
            try {
                select();
            } catch (IOException e) {
                throw new IllegalStateException("selector failed", e);
            }
            complete();
            runTasks();
            runTimers();
            complete();
        }
    }

    /**
     * Has this run once what else is ready now has had its turn, or enough has come together: what many connections begin in one turn is completed in one go.
     * On the loop only.
     */
    void together(Runnable completion) {
        batch.add(completion);
        if (batch.size() == MOST_TOGETHER) {
            complete();
        }
    }

    private void complete() {
        if (!batch.isEmpty()) {
            List<Runnable> begun = List.copyOf(batch);
            batch.clear();
            FrameCipher shared = cipher;
            if (shared != null) {
                shared.finish();
            }
            begun.forEach(this::guarded);
        }
    }

    /** Whether turns are made to wait for more to do. */
    boolean crowded() {
        return selector.keys().size() > MANY_CHANNELS;
    }

    private void select() throws IOException {
        if (crowded()) {
            rest();
        }
        Timer next = timers.peek();
        if (!tasks.isEmpty()) {
            selector.selectNow(ready);
        } else if (next == null) {
            selector.select(ready);
        } else {
            // A selector waits whole milliseconds, so a timer may be up to one late; frames are built two ahead of their slot.
            long waitMillis = Math.ceilDiv(next.nanos - System.nanoTime(), 1_000_000L);
            if (waitMillis > 0) {
                selector.select(ready, waitMillis);
            } else {
                selector.selectNow(ready);
            }
        }
    }

    /** Lets a while pass since the last turn began, unless there is a task. */
    private void rest() {
        for (long left = turnNanos + TURN_NANOS - System.nanoTime(); left > 0 && tasks.isEmpty() && !closed; left = turnNanos + TURN_NANOS - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
        turnNanos = System.nanoTime();
    }

    private void ready(SelectionKey key) {
        if (key.isValid()) {
            try {
                ((Handler) key.attachment()).ready(key);
            } catch (RuntimeException | Error e) {
                failed(e);
            }
        }
    }

    /** Those that are there now: what a task queues has its turn after sockets and timers have had theirs. */
    private void runTasks() {
        for (int n = tasks.size(); n > 0; n--) {
            guarded(tasks.poll());
        }
    }

    private void runTimers() {
        for (Timer timer = timers.peek(); timer != null && timer.nanos - System.nanoTime() <= 0; timer = timers.peek()) {
            timers.poll();
            if (timer.task != null) {
                guarded(timer.task);
            }
        }
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    /** One connection's trouble, even an error: without the loop all of them hang, and nobody knows why. */
    private void failed(Throwable e) {
        bugs.accept(e instanceof RuntimeException bug ? bug : new IllegalStateException(e));
    }

    /** Stops the loop; channels stay their owners' to close. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        LockSupport.unpark(thread);
    }
}
