package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The line scp's users know, in virtual time. */
final class ProgressMeterTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MIB = 1024 * 1024;

    @Test
    void amounts() {
        String[] expected = {"   0 ", "   1 ", "9999 ", "  10KB", "  98KB", "9766KB", "  31MB", "9216MB", "  10GB"};
        long[] values = {0, 1, 9999, 10_000, 100_000, 10_000_000, 31 * MIB, 9216 * MIB, 10_240 * MIB};
        for (int i = 0; i < values.length; i++) {
            assertEquals(expected[i].length() == 6 ? expected[i] : expected[i] + " ", ProgressMeter.amount(values[i]));
        }
        assertEquals("8192PB", ProgressMeter.amount(Long.MAX_VALUE));
    }

    @Test
    void rates() {
        assertEquals("  0.0KB", ProgressMeter.rate(0));
        assertEquals("  1.0KB", ProgressMeter.rate(1024));
        assertEquals("  8.7MB", ProgressMeter.rate((long) (8.7 * MIB)));
        assertEquals("976.6KB", ProgressMeter.rate(1_000_000));
        assertTrue(ProgressMeter.rate(Long.MAX_VALUE).endsWith("B"));
    }

    @Test
    void aCopyFromStartToEnd() {
        ProgressMeter meter = new ProgressMeter("z60.bin", 60 * MIB, 80, 0);
        String name = "z60.bin" + " ".repeat(80 - 35 - 7);
        assertEquals("\r" + name + "   0%    0     0.0KB/s   --:-- ETA", meter.line(0, 0));
        assertEquals("\r" + name + "  16%   10MB  10.0MB/s   00:05 ETA", meter.line(10 * MIB, SECOND));
        assertEquals("\r" + name + "  33%   20MB  10.0MB/s   00:04 ETA", meter.line(20 * MIB, 2 * SECOND));
        for (int s = 3; s < 7; s++) {
            assertTrue(meter.line(20 * MIB, s * SECOND).endsWith(" ETA"));
        }
        assertTrue(meter.line(20 * MIB, 7 * SECOND).endsWith("- stalled -"));
        assertEquals("\r" + name + " 100%   60MB   6.0MB/s   00:10    ", meter.line(60 * MIB, 10 * SECOND));
    }

    @Test
    void oddSizes() {
        assertTrue(new ProgressMeter("empty", 0, 80, 0).line(0, 0).contains(" 100%    0 "));
        assertEquals(1 + 79, new ProgressMeter("x".repeat(200), 5, 80, 0).line(5, SECOND).length());
        assertEquals("", new ProgressMeter("x", 5, 3, 0).line(5, SECOND));
        assertTrue(new ProgressMeter("x", 5, 20, 0).line(5, SECOND).length() <= 20);
        ProgressMeter slow = new ProgressMeter("x", 100_000, 80, 0);
        slow.line(0, 0);
        assertTrue(slow.line(10, SECOND).contains("2:46:39 ETA"));
    }

    @Test
    void limitKeepsItsRate() {
        RateLimit limit = new RateLimit(8, 0); // 1024 bytes a second
        assertEquals(SECOND, limit.waitNanos(1024, 0));
        assertEquals(3 * SECOND / 2, limit.waitNanos(512, 0));
        assertEquals(4 * SECOND / 10, limit.waitNanos(512, 2 * SECOND));
        assertEquals(9 * SECOND / 10, limit.waitNanos(1024, 100 * SECOND));
    }
}
