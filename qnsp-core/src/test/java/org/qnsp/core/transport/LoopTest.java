package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread serves all connections, so no task may keep it, end it, or leave things behind in it. */
@Timeout(30)
final class LoopTest {
    private final BlockingQueue<RuntimeException> bugs = new LinkedBlockingQueue<>();
    private Loop loop;

    @BeforeEach
    void start() throws IOException {
        loop = new Loop("test-loop", bugs::add);
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void aTaskThatQueuesItselfLeavesTimersTheirTurn() throws InterruptedException {
        CountDownLatch fired = new CountDownLatch(1);
        loop.execute(new Runnable() {
            @Override
            public void run() {
                if (fired.getCount() > 0) {
                    loop.execute(this); // as a sender in bulk whose peer is fast
                }
            }
        });
        loop.execute(() -> loop.at(System.nanoTime() + 1_000_000, fired::countDown));
        assertTrue(fired.await(5, TimeUnit.SECONDS));
    }

    @Test
    void anErrorIsTheTasksAndNotTheLoops() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        loop.execute(() -> {
            throw new StackOverflowError("of one connection");
        });
        loop.execute(ran::countDown);
        assertTrue(ran.await(5, TimeUnit.SECONDS));
        assertEquals(StackOverflowError.class, bugs.take().getCause().getClass());
    }

    @Test
    void aCancelledTimerHoldsNothing() throws InterruptedException {
        BlockingQueue<WeakReference<Object>> held = new LinkedBlockingQueue<>();
        loop.execute(() -> {
            Object connection = new byte[1 << 16];
            Loop.Timer timer = loop.at(System.nanoTime() + TimeUnit.HOURS.toNanos(1), connection::hashCode);
            timer.cancel();
            held.add(new WeakReference<>(connection));
        });
        WeakReference<Object> connection = held.take();
        for (int i = 0; i < 100 && connection.get() != null; i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertEquals(null, connection.get());
    }
}
