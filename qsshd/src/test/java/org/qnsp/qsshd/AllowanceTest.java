package org.qnsp.qsshd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class AllowanceTest {
    @Test
    void aFloodGetsWhatIsAllowedAtOnceAndThenOneEachTime() {
        Allowance allowance = new Allowance(10, 100);
        long start = Long.MAX_VALUE - 50; // a clock that wraps
        int taken = 0;
        for (int i = 0; i < 1000; i++) {
            taken += allowance.take(start) ? 1 : 0;
        }
        assertEquals(10, taken);
        assertFalse(allowance.take(start + 99));
        assertTrue(allowance.take(start + 101));
        assertFalse(allowance.take(start + 102));
        taken = 0;
        for (int i = 0; i < 1000; i++) {
            taken += allowance.take(start + 1_000_000) ? 1 : 0;
        }
        assertEquals(10, taken);
    }
}
