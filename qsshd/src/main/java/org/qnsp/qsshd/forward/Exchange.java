package org.qnsp.qsshd.forward;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.qnsp.core.forward.Circuits;
import org.qnsp.core.forward.Switchboard;

/** What the forwarding of all guests shares: the loop of their sockets, threads for what waits, and the count of what is open. */
public final class Exchange implements AutoCloseable {
    private static final int WAITERS = 32;
    private static final int WAITING = 1024;
    /** Of the threads, those that wait for one account's names and sockets: who makes them slow waits for himself. */
    private static final int WAITERS_OF_ACCOUNT = 8;
    private static final int WAITING_OF_ACCOUNT = 256;
    private static final long FAREWELL_MILLIS = 1_000;

    private final Switchboard board;
    private final ThreadPoolExecutor waiters;
    private final Map<Long, Executor> turns = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final Map<Long, AtomicInteger> openOfAccount = new ConcurrentHashMap<>();
    private final int most;

    /** @param mostSockets that may be forwarded at a time, of all guests together @param bugs is told of our own faults */
    public Exchange(int mostSockets, Consumer<RuntimeException> bugs) throws IOException {
        most = mostSockets;
        board = new Switchboard("qsshd-forward", bugs);
        waiters = new ThreadPoolExecutor(WAITERS, WAITERS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING),
                Thread.ofPlatform().daemon().name("qsshd-dial-", 0).factory());
        waiters.allowCoreThreadTimeOut(true);
    }

    Switchboard board() {
        return board;
    }

    /** A guest's streams: one account, in all its connections, may have half of what all may have. */
    Circuits circuits(long uid) {
        AtomicInteger ofAccount = openOfAccount.computeIfAbsent(uid, number -> new AtomicInteger());
        return new Circuits(List.of(new Circuits.Share(open, most), new Circuits.Share(ofAccount, Math.max(1, most / 2))));
    }

    /** Runs what waits on behalf of an account; rejects what is too much. */
    Executor waiters(long uid) {
        return turns.computeIfAbsent(uid, number -> new Turns(waiters));
    }

    /** A few of an executor's threads; its own queue. */
    private static final class Turns implements Executor {
        private final Executor threads;
        private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
        private int running;

        Turns(Executor threads) {
            this.threads = threads;
        }

        @Override
        public void execute(Runnable task) {
            synchronized (this) {
                if (running >= WAITERS_OF_ACCOUNT) {
                    if (queue.size() >= WAITING_OF_ACCOUNT) {
                        throw new RejectedExecutionException();
                    }
                    queue.add(task);
                    return;
                }
                running++;
            }
            try {
                threads.execute(() -> run(task));
            } catch (RejectedExecutionException e) {
                synchronized (this) {
                    running--;
                }
                throw e;
            }
        }

        private void run(Runnable first) {
            for (Runnable task = first; task != null; task = next()) {
                try {
                    task.run();
                } catch (RuntimeException | Error e) {
                    Thread.currentThread().getUncaughtExceptionHandler().uncaughtException(Thread.currentThread(), e);
                }
            }
        }

        private synchronized Runnable next() {
            Runnable task = queue.poll();
            if (task == null) {
                running--;
            }
            return task;
        }
    }

    /** Ends: what is under way, such as removing sockets that were listened at, has a moment. */
    @Override
    public void close() {
        waiters.shutdown();
        try {
            waiters.awaitTermination(FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        board.close();
    }
}
