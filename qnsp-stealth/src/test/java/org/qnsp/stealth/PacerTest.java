package org.qnsp.stealth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** C-20 to C-25 in virtual time. */
class PacerTest {
    private static final long MS = 1_000_000;

    private record Emission(long nanos, int frames, boolean bulk) {}

    /** Runs a schedule against a workload: backlog as a function of time. */
    private static List<Emission> run(boolean client, int slots, long start, LongUnaryOperator backlog) {
        Pacer pacer = new Pacer(StealthProfile.normal(client), start);
        List<Emission> emitted = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
            long now = pacer.slotNanos();
            pacer.decide(now, backlog.applyAsLong(now - start));
            emitted.add(new Emission(now - start, pacer.slotFrames(), pacer.bulk()));
            pacer.advance(now);
        }
        return emitted;
    }

    @Test
    void theScheduleIsIdenticalForEveryWorkloadBelowTheThreshold() { // C-24, C-25
        int slots = 100_000;
        List<Emission> idle = run(true, slots, 0, t -> 0);
        for (int seed = 0; seed < 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<LongUnaryOperator> workloads = List.of(
                    t -> random.nextInt(100) == 0 ? 1 : 0, // typing
                    t -> random.nextInt(35_850), // anything up to one second of L0
                    t -> (t / MS) % 1000 < 500 ? 35_850 : 0,
                    t -> 35_850);
            for (LongUnaryOperator workload : workloads) {
                assertEquals(idle, run(true, slots, 0, workload));
            }
        }
    }

    @Test
    void thePrologueIsFixedWhateverWaits() { // C-24
        List<Emission> emitted = run(false, 100, 7, t -> Long.MAX_VALUE);
        for (int i = 0; i < 100; i++) {
            assertEquals(new Emission(i * 5 * MS, 2, false), emitted.get(i));
        }
    }

    @Test
    void levelZeroFollowsAt20MsWithOneFrameFromTheClientAndTwoFromTheServer() { // C-25
        assertEquals(new Emission(500 * MS, 1, false), run(true, 102, 0, t -> 0).get(100));
        assertEquals(new Emission(520 * MS, 2, false), run(false, 102, 0, t -> 0).get(101));
    }

    @Test
    void bulkRisesOnlyAtAnEdgeAndFallsOnlyAtOneAfterItsDwell() { // C-25
        Pacer pacer = new Pacer(StealthProfile.normal(true), 0);
        pacer.decide(500 * MS, 0);
        pacer.decide(600 * MS, 1 << 20);
        assertFalse(pacer.bulk(), "between edges nothing rises");
        pacer.decide(750 * MS, 1 << 20);
        assertTrue(pacer.bulk());
        pacer.decide(1000 * MS, 0);
        assertTrue(pacer.bulk(), "dwell");
        pacer.decide(1750 * MS, 1);
        assertTrue(pacer.bulk(), "something is queued");
        pacer.decide(2000 * MS, 0);
        assertFalse(pacer.bulk());
    }

    @Test
    void theIdentityTestSeesARisingBacklog() {
        assertNotEquals(run(true, 1000, 0, t -> 0), run(true, 1000, 0, t -> 40_000));
    }

    @Test
    void missedSlotsAreLeftOutAndTheGridStays() { // C-21
        for (boolean client : new boolean[] {true, false}) {
            Pacer pacer = new Pacer(StealthProfile.normal(client), 0);
            pacer.advance(23 * MS);
            assertEquals(25 * MS, pacer.slotNanos());
            pacer.advance(499 * MS);
            assertEquals(500 * MS, pacer.slotNanos());
            pacer.advance(530 * MS);
            assertEquals(540 * MS, pacer.slotNanos());
            pacer.advance(540 * MS);
            assertEquals(560 * MS, pacer.slotNanos());
        }
        Pacer far = new Pacer(StealthProfile.normal(true), 0);
        far.advance(10_000 * MS + 1);
        assertEquals(10_020 * MS, far.slotNanos());
    }

    @Test
    void theStartMayLieAnywhereOnTheClock() {
        assertEquals(run(true, 500, 0, t -> 0), run(true, 500, Long.MAX_VALUE - 100 * MS, t -> 0));
    }

    @Test
    void aHeldPacerIsAtBulkFromTheEndOfThePrologueOnAndKeepsItsSlots() { // C-24, C-31
        Pacer held = new Pacer(StealthProfile.normal(true), 0);
        Pacer free = new Pacer(StealthProfile.normal(true), 0);
        held.hold(true);
        for (int i = 0; i < 1000; i++) {
            assertEquals(free.slotNanos(), held.slotNanos());
            assertEquals(free.slotFrames(), held.slotFrames());
            held.decide(held.slotNanos(), 0);
            assertEquals(i >= 100, held.bulk(), "slot " + i);
            free.advance(free.slotNanos());
            held.advance(held.slotNanos());
        }
        held.hold(false);
        assertFalse(held.bulk());
    }
}
