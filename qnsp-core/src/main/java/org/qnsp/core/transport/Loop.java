package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
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

    private final Selector selector;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final Consumer<RuntimeException> bugs;
    private final Thread thread;
    /** One for all connections, so that their frames can be sealed and opened together. */
    private final FrameCipher cipher = new FrameCipher();
    private volatile boolean closed;

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

    /** What seals and opens frames on this loop; on the loop only. */
    FrameCipher cipher() {
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
            runTasks();
            runTimers();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isValid()) {
                    guarded(() -> ((Handler) key.attachment()).ready(key));
                }
            }
            selector.selectedKeys().clear();
        }
    }

    private void select() throws IOException {
        Timer next = timers.peek();
        if (!tasks.isEmpty()) {
            selector.selectNow();
        } else if (next == null) {
            selector.select();
        } else {
            // A selector waits whole milliseconds, so a timer may be up to one late; frames are built two ahead of their slot.
            long waitMillis = Math.ceilDiv(next.nanos - System.nanoTime(), 1_000_000L);
            if (waitMillis > 0) {
                selector.select(waitMillis);
            } else {
                selector.selectNow();
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
        } catch (RuntimeException e) {
            bugs.accept(e);
        } catch (Error e) {
            bugs.accept(new IllegalStateException(e)); // one connection's trouble: without the loop all of them hang, and nobody knows why
        }
    }

    /** Stops the loop; channels stay their owners' to close. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
