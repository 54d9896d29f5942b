package org.qnsp.stealth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** C-39 in virtual time. */
class PhaseFinderTest {
    private static final long MS = 1_000_000;

    private final SplittableRandom random = new SplittableRandom(7);

    /** Frames every 20 ms with the jitter of C-35, a few of them held up by the machine or the path. */
    private OptionalLong arrivals(PhaseFinder finder, long firstMillis) {
        OptionalLong found = OptionalLong.empty();
        for (int i = 0; i < PhaseFinder.ARRIVALS; i++) {
            assertEquals(OptionalLong.empty(), found);
            found = finder.arrived((firstMillis + 20 * i) * MS + random.nextLong(2 * MS) + random.nextLong(2 * MS) + (i % 4 == 0 ? random.nextLong(15 * MS) : 0));
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(longs = {1_000, 1_007, 1_013, 1_019, 1_020})
    void slotsAreToComeSixMillisecondsAfterArrivals(long first) {
        long phase = arrivals(new PhaseFinder(1_000 * MS), first).orElseThrow();
        assertEquals(6 + 2.3, Math.floorMod(phase - first * MS, 20 * MS) / 1e6, 1.2);
    }

    @Test
    void whatCameBeforeTellsNothing() {
        PhaseFinder finder = new PhaseFinder(1_000 * MS);
        for (int i = 0; i < 100; i++) {
            assertEquals(OptionalLong.empty(), finder.arrived(999 * MS));
        }
        assertTrue(arrivals(finder, 1_000).isPresent());
    }

    @Test
    void itIsFoundOnce() {
        PhaseFinder finder = new PhaseFinder(0);
        assertTrue(arrivals(finder, 5).isPresent());
        for (int i = 0; i < 100_000; i++) {
            assertEquals(OptionalLong.empty(), finder.arrived((10_000 + 27 * i) * MS));
        }
    }
}
