package org.qnsp.stealth;

import java.util.Arrays;

/**
 * How many rung logs a {@link Ladder} can write (C-37). The frames that a direction sends are a function of its log, of what unpaced rungs send, and of the path; so
 * the logarithm of that number bounds what anybody learns from them, however clever.
 */
public final class Leakage {
    private Leakage() {}

    /** Bits that one direction's ladder can tell in an hour at most. */
    public static double bitsPerHour(StealthProfile profile) {
        int top = profile.rungs().size() - 1;
        if (top == 0) {
            return 0;
        }
        double[] logs = log2Counts(Ladder.EDGES_PER_HOUR, Ladder.BUDGET + 60, top, profile.unpaced(), Ladder.BUDGET, Ladder.EDGES_PER_MINUTE);
        double most = Arrays.stream(logs).max().orElseThrow();
        return most + log2(Arrays.stream(logs).map(log -> Math.pow(2, log - most)).sum());
    }

    /** log2 of the logs of so many edges with just so many excursions. @param top the highest rung */
    static double bits(int edges, int excursions, int top, boolean unpaced, int budget, int edgesPerMinute) {
        return excursions == 0 ? 0 : log2Counts(edges, excursions, top, unpaced, budget, edgesPerMinute)[excursions];
    }

    /** For each number of excursions log2 of how many logs have it; where the budget is spent some are counted twice. */
    static double[] log2Counts(int edges, int most, int top, boolean unpaced, int budget, int edgesPerMinute) {
        double[] total = new double[most + 1];
        double[] base = new double[edges + 1]; // at [i]: logs of the edges before i that are at the bottom and may rise at i
        base[0] = 1;
        double scale = 0; // log2 of what all of these are to be multiplied by: an hour has more logs than a double can count
        double unfinished = 0;
        for (int excursions = 0; excursions <= most; excursions++) {
            for (int i = 0; i < edges; i++) {
                base[i + 1] += base[i];
            }
            total[excursions] = log2(base[edges] + unfinished) + scale;
            double[] next = new double[edges + 1];
            unfinished = 0;
            boolean spent = excursions >= budget;
            int lowest = spent ? 2 : 1;
            for (int i = 0; i < edges && lowest <= top; i += spent ? edgesPerMinute : 1) {
                for (long length = Ladder.EDGES_PER_SECOND, dwell = length; i + length < edges; dwell *= 2, length += dwell) {
                    next[(int) (i + length + 1)] += base[i] * paths((int) length, lowest, top, unpaced);
                }
                unfinished += base[i] * paths(edges - i, lowest, top, false);
            }
            double largest = Math.max(1, Math.max(unfinished, Arrays.stream(next).max().orElseThrow()));
            for (int i = 0; i <= edges; i++) {
                next[i] /= largest;
            }
            unfinished /= largest;
            scale += log2(largest);
            base = next;
        }
        return total;
    }

    /** Ways through an excursion of so many edges: rungs that rise at edges 1, 2, 4... of it or not at all, and for those that end unpaced the steps of its volume. */
    private static double paths(int edges, int lowest, int top, boolean volumes) {
        int moments = 1 + Integer.SIZE - Integer.numberOfLeadingZeros(edges - 1); // the start, and those rises
        double all = rising(moments, top - lowest + 1);
        double below = lowest == top ? 0 : rising(moments, top - lowest);
        return volumes ? below + (all - below) * Volume.STEPS : all;
    }

    /** Sequences of so many that never fall, of so many values: C(length + values - 1, values - 1). */
    private static double rising(int length, int values) {
        double n = 1;
        for (int i = 1; i < values; i++) {
            n = n * (length + i) / i;
        }
        return n;
    }

    private static double log2(double n) {
        return Math.log(n) / Math.log(2);
    }
}
