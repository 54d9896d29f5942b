package org.qnsp.core.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ByteQueueTest {
    @Test
    void keepsOrderThroughWrapsAndGrowth() {
        SplittableRandom random = new SplittableRandom(1);
        ByteQueue queue = new ByteQueue();
        byte[] chunk = new byte[5_000];
        int written = 0;
        int read = 0;
        for (int step = 0; step < 20_000; step++) {
            int n = random.nextInt(chunk.length);
            if (random.nextBoolean() && queue.length() < 100_000) {
                for (int i = 0; i < n; i++) {
                    chunk[i] = (byte) ((written + i) * 31 >> 3);
                }
                queue.write(chunk, 0, n);
                written += n;
            } else {
                int count = queue.read(chunk, 0, n);
                for (int i = 0; i < count; i++) {
                    assertEquals((byte) ((read + i) * 31 >> 3), chunk[i]);
                }
                read += count;
            }
            assertEquals(written - read, queue.length());
            assertTrue(queue.capacityBytes() >= queue.length() && queue.capacityBytes() <= 1 << 20);
        }
    }

    @Test
    void startsWithoutMemoryAndLetsGoOfIt() {
        ByteQueue queue = new ByteQueue();
        assertEquals(0, queue.capacityBytes());
        through(queue, 100_000);
        assertEquals(128 << 10, queue.capacityBytes(), "as long as so much comes");
        through(queue, 700);
        assertEquals(0, queue.capacityBytes());
        through(queue, 700);
        assertEquals(1 << 10, queue.capacityBytes());
        through(queue, 10 << 20);
        assertTrue(queue.capacityBytes() <= 640 << 10, "what is kept is bounded: " + queue.capacityBytes());
        through(queue, 1);
        assertEquals(0, queue.capacityBytes());
    }

    @Test
    void aTrickleThatNeverEndsNeedsNoMore() {
        ByteQueue queue = new ByteQueue();
        queue.write(new byte[100], 0, 100);
        for (int i = 0; i < 10_000; i++) {
            queue.write(new byte[300], 0, 300);
            queue.read(new byte[300], 0, 300);
        }
        assertEquals(100, queue.length());
        assertEquals(1 << 10, queue.capacityBytes());
    }

    private static void through(ByteQueue queue, int n) {
        queue.write(new byte[n], 0, n);
        assertEquals(n, queue.read(new byte[n], 0, n));
    }
}
