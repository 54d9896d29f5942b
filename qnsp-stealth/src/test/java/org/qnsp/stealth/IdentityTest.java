package org.qnsp.stealth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.stealth.Simulation.Workload;

/** What the schedule promises, exactly, in virtual time: the sequence of frames does not depend on what is said (C-25, C-35, C-37). */
class IdentityTest {
    private static final int SLOTS = 100_000;
    private static final int SEEDS = 20;
    private static final long LINE = 50_000_000;

    /** Bytes that arrive in pieces: at random times, of random sizes. */
    private static Workload pieces(long seed, double perSecond, int least, int most) {
        SplittableRandom random = new SplittableRandom(seed);
        return new Workload() {
            private long next;
            private long sum;

            @Override
            public long bytesUntil(long nanos) {
                while (next <= nanos) {
                    sum += random.nextInt(least, most + 1);
                    next += (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9) + 1;
                }
                return sum;
            }
        };
    }

    private static Workload steps(long every, long bytes) {
        return nanos -> nanos / every * bytes;
    }

    /** Those that a bottom rung of one frame each 20 ms carries without a second's backlog. */
    private static Map<String, Workload> quiet(long seed) {
        Map<String, Workload> all = new LinkedHashMap<>();
        all.put("typing", pieces(seed, 4, 30, 40));
        all.put("fast typing", pieces(seed, 12, 30, 40));
        all.put("a held key", steps(33_000_000, 36));
        all.put("a password and a result", nanos -> nanos < 2_000_000_000L ? 0 : nanos < 2_500_000_000L ? 80 : 900);
        all.put("commands with short output", pieces(seed, 0.5, 100, 8_000));
        all.put("an editor that redraws", pieces(seed, 1, 2_000, 6_000));
        all.put("a burst of just a second's worth", nanos -> nanos < 3_000_000_000L ? 0 : 35_000);
        all.put("keepalives", steps(15_000_000_000L, 20));
        all.put("a trickle", steps(20_000_000, 700));
        all.put("credit of a download", steps(100_000_000, 40));
        return all;
    }

    private static Map<String, Workload> loud(long seed) {
        Map<String, Workload> all = new LinkedHashMap<>();
        all.put("a paste", nanos -> nanos < 5_000_000_000L ? 0 : 300_000);
        all.put("a compile", pieces(seed, 20, 500, 20_000));
        all.put("a copy", nanos -> nanos < 4_000_000_000L ? 0 : 10_000_000);
        all.put("a big copy", nanos -> nanos < 4_000_000_000L ? 0 : 1L << 30);
        all.put("many small files", pieces(seed, 200, 4_000, 5_000));
        all.put("browsing", pieces(seed, 0.3, 10_000, 2_000_000));
        all.put("a storm of channels", pieces(seed, 500, 20, 2_000));
        all.put("a reader that stalls", nanos -> nanos / 10_000_000_000L * 3_000_000);
        all.put("a stream of video", steps(100_000_000, 400_000));
        all.put("everything at once", nanos -> nanos / 1_000 * 50);
        return all;
    }

    private static List<Long> emissions(StealthProfile profile, long seed, Workload workload, int slots) {
        List<Long> emitted = new ArrayList<>();
        new Simulation(profile, new SplittableRandom(seed)::nextLong, workload, LINE).run(slots, (nanos, frames, slot) -> {
            emitted.add(nanos);
            emitted.add(frames);
        });
        return emitted;
    }

    @Test
    void inModeMaxNothingThatIsSaidMovesAFrame() {
        StealthProfile profile = new Cover(PaddingMode.MAX, RateClass.LEAST).profile(true);
        for (int seed = 0; seed < SEEDS; seed++) {
            List<Long> idle = emissions(profile, seed, nanos -> 0, SLOTS);
            Map<String, Workload> all = quiet(seed);
            all.putAll(loud(seed));
            assertEquals(20, all.size());
            for (Map.Entry<String, Workload> workload : all.entrySet()) {
                assertEquals(idle, emissions(profile, seed, workload.getValue(), SLOTS), workload.getKey());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inModeNormalNothingBelowTheThresholdDoes(boolean client) {
        StealthProfile profile = Cover.NORMAL.profile(client);
        List<Long> idle = emissions(profile, 0, nanos -> 0, SLOTS);
        for (int seed = 0; seed < SEEDS; seed++) {
            for (Map.Entry<String, Workload> workload : quiet(seed).entrySet()) {
                assertEquals(idle, emissions(profile, seed, workload.getValue(), SLOTS), workload.getKey());
            }
        }
    }

    /** The test above would see it: the others do move frames. */
    @Test
    void inModeNormalBulkShows() {
        StealthProfile profile = Cover.NORMAL.profile(true);
        List<Long> idle = emissions(profile, 0, nanos -> 0, 2_000);
        for (Map.Entry<String, Workload> workload : loud(0).entrySet()) {
            assertNotEquals(idle, emissions(profile, 0, workload.getValue(), 2_000), workload.getKey());
        }
    }

    /** Two workloads with the same log, in which no rung is unpaced, are sent in the same frames. */
    @Test
    void inModeNormalTheFramesAreAFunctionOfTheRungs() {
        StealthProfile profile = new Cover(PaddingMode.NORMAL, new RateClass(7)).profile(false);
        Map<List<Integer>, List<Long>> seen = new HashMap<>();
        int met = 0;
        for (int seed = 0; seed < 200; seed++) {
            int bytes = 200_000 + 100 * seed;
            List<Integer> log = new ArrayList<>();
            List<Long> emitted = new ArrayList<>();
            Simulation simulation = new Simulation(profile, new SplittableRandom(seed)::nextLong, nanos -> nanos < 1_000_000_000L ? 0 : bytes, LINE);
            simulation.run(1_000, (nanos, frames, slot) -> {
                emitted.add(nanos);
                emitted.add(frames);
                log.add(simulation.pacer().level());
            });
            List<Long> before = seen.putIfAbsent(log, emitted);
            if (before != null) {
                met++;
                assertEquals(before, emitted);
            }
        }
        assertTrue(met > 100, met + " of 200 met one of the same log");
    }

    @Test
    void aCopyIsSentAtFullSpeedAndItsVolumeIsFilledUp() { // C-25
        StealthProfile profile = Cover.NORMAL.profile(true);
        Set<Long> volumes = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            long bytes = 100_000_000 + 100_000L * i;
            long[] besides = new long[1];
            long[] last = new long[1];
            Simulation simulation = new Simulation(profile, () -> 0, nanos -> nanos < 1_000_000_000L ? 0 : bytes, LINE);
            simulation.run(2_000, (nanos, frames, slot) -> {
                besides[0] += slot ? 0 : frames;
                last[0] = slot ? last[0] : nanos;
            });
            assertTrue(simulation.drained(Long.MAX_VALUE / 2));
            assertEquals(0, simulation.pacer().level());
            assertEquals(Volume.step(besides[0]), besides[0], "a step");
            assertTrue(last[0] < 6_000_000_000L, "2 s of line, a dwell that ends 3 s after the start of the copy, and a tenth");
            volumes.add(besides[0]);
        }
        assertTrue(volumes.size() <= 3, volumes.size() + " volumes");
    }

    @Test
    void whenTheBudgetIsSpentTheFirstRungStaysAndRisesWaitForWholeMinutes() { // C-25
        StealthProfile profile = Cover.NORMAL.profile(true);
        List<Integer> levels = new ArrayList<>();
        List<Long> rises = new ArrayList<>();
        Simulation simulation = new Simulation(profile, () -> 0, nanos -> nanos / 10_000_000_000L * 2_000_000, LINE);
        int[] level = new int[1];
        simulation.run(90_000, (nanos, frames, slot) -> {
            int now = simulation.pacer().level();
            if (now > level[0] && level[0] <= 1) {
                rises.add(nanos);
            }
            level[0] = now;
            levels.add(now);
        });
        assertEquals(1, levels.getLast());
        for (long rise : rises.subList(Ladder.BUDGET, rises.size())) {
            assertEquals(0, (rise - 500_000_000L) % 60_000_000_000L, "a whole minute");
        }
        assertTrue(rises.size() > Ladder.BUDGET + 1);
    }

    // ---- the count

    private static final int BUDGET = 2;
    private static final int EDGES_PER_MINUTE = 5;
    private static final int HOUR = 1_000;

    /** All logs that a ladder can write in so many edges, by their excursions, found by trying everything that could be asked of it. */
    private static Map<Integer, Integer> logs(StealthProfile profile, int edges) {
        long[] backlogs = {0, 40_000, 600_000, 1_200_000, 10_000_000, 20_000_000};
        Set<List<Integer>> frontier = Set.of(List.of());
        Map<List<Integer>, List<Long>> how = new HashMap<>(Map.of(List.of(), List.of()));
        for (int edge = 0; edge < edges; edge++) {
            Set<List<Integer>> next = new HashSet<>();
            for (List<Integer> log : frontier) {
                for (long backlog : backlogs) {
                    List<Long> inputs = new ArrayList<>(how.get(log));
                    inputs.add(backlog);
                    Ladder ladder = play(profile, inputs);
                    List<Integer> longer = new ArrayList<>(log);
                    longer.add(ladder.rung() + 10 * ladder.excursions());
                    if (next.add(longer)) {
                        how.put(longer, inputs);
                    }
                }
            }
            frontier = next;
        }
        Map<Integer, Integer> byExcursions = new HashMap<>();
        for (List<Integer> log : frontier) {
            byExcursions.merge(log.getLast() / 10, 1, Integer::sum);
        }
        return byExcursions;
    }

    private static Ladder play(StealthProfile profile, List<Long> backlogs) {
        Ladder ladder = new Ladder(profile, BUDGET, HOUR, EDGES_PER_MINUTE);
        for (int i = 0; i < backlogs.size(); i++) {
            ladder.decide(i, backlogs.get(i), false);
        }
        return ladder;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 8, 10, 12})
    void theBitsAreThoseOfAllLogsThatCanBeWritten(int edges) { // C-37
        StealthProfile profile = new Cover(PaddingMode.NORMAL, new RateClass(7)).profile(true);
        Map<Integer, Integer> all = logs(profile, edges);
        double[] counts = Arrays.stream(Leakage.log2Counts(edges, 6, 2, false, BUDGET, EDGES_PER_MINUTE)).map(log -> Math.round(1e6 * Math.pow(2, log)) / 1e6).toArray();
        for (int excursions = 0; excursions <= 6; excursions++) {
            int written = all.getOrDefault(excursions, 0);
            if (excursions < BUDGET) {
                assertEquals(written, counts[excursions], excursions + " excursions");
            } else { // the first rung is the bottom then, so an excursion that ends on it leaves no trace of its end
                assertTrue(written <= counts[excursions] && counts[excursions] <= Math.ceil(1.2 * written), written + " written, " + counts[excursions] + " counted");
            }
        }
    }

    @Test
    void whoOnlyTypesSpendsNothing() { // C-37
        Simulation simulation = new Simulation(Cover.NORMAL.profile(true), () -> 0, quiet(1).get("typing"), LINE);
        simulation.run(10_000, (nanos, frames, slot) -> { });
        assertEquals(0, simulation.pacer().bits());
    }

    @Test
    void aCopyInATraceOfTwelveSecondsSpendsAFewBits() { // C-37
        Simulation simulation = new Simulation(Cover.NORMAL.profile(true), () -> 0, nanos -> nanos < 1_000_000_000L ? 0 : 10_000_000, LINE);
        while (simulation.pacer().slotNanos() < 12_000_000_000L) {
            simulation.run(1, (nanos, frames, slot) -> { });
        }
        assertEquals(1, simulation.pacer().excursions());
        assertTrue(simulation.pacer().bits() > 5 && simulation.pacer().bits() < 30, simulation.pacer().bits() + " bits");
    }

    @Test
    void anHourTellsABoundedNumberOfBits() { // C-37
        assertEquals(0, Leakage.bitsPerHour(new Cover(PaddingMode.MAX, RateClass.LEAST).profile(true)));
        double bits = Leakage.bitsPerHour(Cover.NORMAL.profile(true));
        assertTrue(bits > 200 && bits < 1000, bits + " bits");
    }
}
