package org.qnsp.stealth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** C-20 to C-26, C-34 to C-36 in virtual time. */
class PacerTest {
    private static final long MS = 1_000_000;
    private static final StealthProfile NORMAL = Cover.NORMAL.profile(true);

    private record Emission(long nanos, long frames) {}

    private static Pacer pacer(StealthProfile profile) {
        return new Pacer(profile, 0, new SplittableRandom(1)::nextLong);
    }

    private static List<Emission> slots(Pacer pacer, int count) {
        List<Emission> slots = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            slots.add(new Emission(pacer.slotNanos(), pacer.slotFrames()));
            pacer.advance(pacer.slotNanos());
        }
        return slots;
    }

    @ParameterizedTest
    @EnumSource(PaddingMode.class)
    void thePrologueIsTheSameInEveryModeWhateverWaits(PaddingMode mode) { // C-24
        List<Emission> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            expected.add(new Emission(i * 5 * MS, 2));
        }
        List<Emission> emitted = new ArrayList<>();
        new Simulation(new Cover(mode, RateClass.FAST).profile(false), new SplittableRandom(2)::nextLong, t -> 1 << 30, 1 << 30)
            .run(100, (nanos, frames, slot) -> emitted.add(new Emission(nanos, frames)));
        assertEquals(expected, emitted.subList(0, 100));
    }

    @ParameterizedTest
    @CsvSource({
        "normal, none, true,  20, 1",
        "normal, none, false, 20, 2",
        "max,    71k,  true,  10, 1",
        "max,    71k,  false, 10, 1",
        "max,    570k, false, 10, 8",
    })
    void afterItTheSlotsOfTheModeFollow(String mode, String rate, boolean client, long periodMillis, int frames) { // C-25, C-35
        List<Emission> slots = slots(pacer(new Cover(PaddingMode.named(mode).orElseThrow(), RateClass.parse(rate).orElseThrow()).profile(client)), 103);
        assertEquals(List.of(new Emission(500 * MS, frames), new Emission((500 + periodMillis) * MS, frames), new Emission((500 + 2 * periodMillis) * MS, frames)),
            slots.subList(100, 103));
    }

    @Test
    void modeLowIsNearlyStillAndAtRandomTimes() { // C-36
        List<Emission> slots = slots(pacer(new Cover(PaddingMode.LOW, RateClass.UNBOUNDED).profile(true)), 1100);
        assertEquals(new Emission(500 * MS, 1), slots.get(100));
        double sum = 0;
        for (int i = 101; i < 1100; i++) {
            long gap = slots.get(i).nanos - slots.get(i - 1).nanos;
            assertTrue(gap >= 500 * MS && gap <= 1500 * MS, () -> gap + " ns");
            sum += gap;
        }
        assertEquals(1000 * MS, sum / 999, 50 * MS);
    }

    @Test
    void missedSlotsAreLeftOutAndTheGridStays() { // C-21
        Pacer pacer = pacer(NORMAL);
        pacer.advance(23 * MS);
        assertEquals(25 * MS, pacer.slotNanos());
        pacer.advance(499 * MS);
        assertEquals(500 * MS, pacer.slotNanos());
        pacer.advance(530 * MS);
        assertEquals(540 * MS, pacer.slotNanos());
        pacer.advance(540 * MS);
        assertEquals(560 * MS, pacer.slotNanos());
        Pacer far = pacer(NORMAL);
        far.advance(10_000 * MS + 1);
        assertEquals(10_020 * MS, far.slotNanos());
    }

    @Test
    void theStartMayLieAnywhereOnTheClock() {
        long start = Long.MAX_VALUE - 100 * MS;
        Pacer late = new Pacer(NORMAL, start, () -> 0);
        Pacer early = pacer(NORMAL);
        for (int i = 0; i < 500; i++) {
            assertEquals(early.slotNanos(), late.slotNanos() - start);
            early.advance(early.slotNanos());
            late.advance(late.slotNanos());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 560", "6, 566", "-1, 579", "539, 579", "-100014, 566"})
    void aPhaseIsTakenUpALittleLaterAndNeverSooner(long phase, long next) { // C-39
        Pacer pacer = pacer(NORMAL);
        pacer.align(3 * MS);
        slots(pacer, 100);
        assertEquals(500 * MS, pacer.slotNanos());
        slots(pacer, 2);
        pacer.align(phase * MS);
        pacer.advance(540 * MS);
        assertEquals(List.of(new Emission(next * MS, 1), new Emission((next + 20) * MS, 1)), slots(pacer, 2));
        Pacer max = pacer(new Cover(PaddingMode.MAX, RateClass.FAST).profile(true));
        slots(max, 104);
        max.align(phase * MS);
        max.advance(540 * MS);
        assertEquals(550 * MS, max.slotNanos());
        Pacer low = pacer(new Cover(PaddingMode.LOW, RateClass.UNBOUNDED).profile(true));
        slots(low, 100);
        low.align(phase * MS);
        assertEquals(500 * MS, low.slotNanos());
    }

    @Test
    void theGridOfAnAgreedProfileIsKeptFromTheNextSlotOn() { // C-34
        Pacer pacer = pacer(NORMAL);
        slots(pacer, 103);
        assertEquals(560 * MS, pacer.slotNanos());
        pacer.adopt(new Cover(PaddingMode.MAX, RateClass.FAST).profile(true));
        assertEquals(new Emission(560 * MS, 8), slots(pacer, 1).getFirst());
        assertEquals(570 * MS, pacer.slotNanos());
    }

    @Test
    void jitterIsTriangularAndNeverMoreThanItsBound() { // C-35
        Pacer pacer = pacer(NORMAL);
        int[] quarters = new int[4];
        for (int i = 0; i < 100_000; i++) {
            long jitter = pacer.jitterNanos();
            assertTrue(jitter >= 0 && jitter < Pacer.JITTER_NANOS);
            quarters[(int) (jitter * 4 / Pacer.JITTER_NANOS)]++;
        }
        for (int i = 0; i < 4; i++) {
            assertEquals(i == 0 || i == 3 ? 12_500 : 37_500, quarters[i], 1_000);
        }
    }

    @Test
    void modeMaxEndsAtPowersOfTwoMinutes() { // C-26
        long minute = 60_000 * MS;
        Pacer max = pacer(new Cover(PaddingMode.MAX, RateClass.LEAST).profile(true));
        assertEquals(minute, max.endNanos(1));
        assertEquals(minute, max.endNanos(minute));
        assertEquals(2 * minute, max.endNanos(minute + 1));
        assertEquals(8 * minute, max.endNanos(5 * minute));
        assertEquals(77, pacer(NORMAL).endNanos(77));
    }

    @Test
    void aRelayIsNotHeldBackButInModeMax() { // C-24, C-31
        Pacer held = pacer(NORMAL);
        held.hold(true);
        assertEquals(0, held.burstFrames());
        slots(held, 100);
        assertEquals(1, held.burstFrames());
        assertEquals(0, held.burstGapNanos(1));
        held.hold(false);
        assertEquals(0, held.burstFrames());
        Pacer max = pacer(new Cover(PaddingMode.MAX, RateClass.FAST).profile(true));
        max.hold(true);
        slots(max, 100);
        assertEquals(0, max.burstFrames());
    }

    @ParameterizedTest
    @CsvSource({"71_000, 0", "72_000, 1", "1_100_000, 1", "1_200_000, 2", "2_200_000, 2", "2_400_000, 3"})
    void anExcursionBeginsWhereItsBacklogBelongs(long backlog, int rung) { // C-25
        Pacer pacer = pacer(new Cover(PaddingMode.NORMAL, RateClass.UNBOUNDED).profile(false));
        slots(pacer, 100);
        pacer.decide(backlog, false);
        assertEquals(rung, pacer.level());
    }

    @Test
    void modeLowWritesAtOnceButNotAllTheTime() { // C-36
        Pacer low = pacer(new Cover(PaddingMode.LOW, RateClass.UNBOUNDED).profile(true));
        assertEquals(0, low.burstFrames());
        slots(low, 100);
        assertEquals(1, low.burstFrames());
        assertEquals(2 * MS, low.burstGapNanos(1));
        assertEquals(2 * MS, low.burstGapNanos(31));
        assertEquals(0, low.burstGapNanos(32));
    }

    @Test
    void ratesAreFewAndNamed() {
        assertEquals("71k", RateClass.LEAST.toString());
        assertEquals("573k", RateClass.FAST.toString());
        assertEquals(RateClass.FAST, RateClass.parse("570k").orElseThrow());
        assertEquals(RateClass.FAST, RateClass.parse("573k").orElseThrow());
        assertEquals(new RateClass(7), RateClass.parse("9.1M").orElseThrow());
        assertEquals(RateClass.LEAST, RateClass.parse("1").orElseThrow());
        for (String wrong : List.of("", "k", "-1", "1x", "1e9", "99G", "0x10", "1.2345k", "NONE")) {
            assertTrue(RateClass.parse(wrong).isEmpty(), wrong);
        }
        for (int i = 0; i <= 10; i++) {
            RateClass rate = new RateClass(i);
            assertEquals(rate, RateClass.parse(rate.toString()).orElseThrow());
        }
    }

    @Test
    void aServerRaisesTheModeAndLowersTheRate() { // C-34
        Cover low = new Cover(PaddingMode.LOW, RateClass.UNBOUNDED);
        Cover max = new Cover(PaddingMode.MAX, new RateClass(7));
        assertEquals(low, CoverPolicy.DEFAULT.judge(low));
        assertEquals(new Cover(PaddingMode.MAX, RateClass.FAST), CoverPolicy.DEFAULT.judge(max));
        CoverPolicy strict = new CoverPolicy(PaddingMode.NORMAL, false, RateClass.FAST, RateClass.LEAST);
        assertEquals(new Cover(PaddingMode.NORMAL, RateClass.FAST), strict.judge(low));
        assertTrue(strict.judge(low).serves(low));
        assertFalse(strict.judge(max).serves(max), "less cover than asked for");
        assertFalse(new Cover(PaddingMode.MAX, RateClass.FAST).serves(new Cover(PaddingMode.MAX, RateClass.LEAST)), "faster than asked for");
        assertNotEquals(low, max);
    }
}
