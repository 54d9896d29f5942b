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
            assertTrue(queue.capacityBytes() >= queue.length() && queue.capacityBytes() <= 256 << 10);
        }
    }

    @Test
    void startsWithoutMemoryAndLetsGoOfIt() {
        ByteQueue queue = new ByteQueue();
        assertEquals(0, queue.capacityBytes());
        queue.write(new byte[100_000], 0, 100_000);
        assertEquals(128 << 10, queue.capacityBytes());
        queue.read(new byte[100_000], 0, 100_000);
        assertEquals(128 << 10, queue.capacityBytes(), "as long as so much comes");
        queue.write(new byte[700], 0, 700);
        queue.read(new byte[700], 0, 700);
        assertEquals(0, queue.capacityBytes());
        queue.write(new byte[700], 0, 700);
        queue.read(new byte[700], 0, 700);
        assertEquals(1 << 10, queue.capacityBytes());
        queue.write(new byte[1 << 20], 0, 1 << 20);
        queue.read(new byte[1 << 20], 0, 1 << 20);
        assertEquals(0, queue.capacityBytes());
    }
}
