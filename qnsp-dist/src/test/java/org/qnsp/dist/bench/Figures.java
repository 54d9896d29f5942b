package org.qnsp.dist.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/** What is made of measurements: medians, ratios, words. */
final class Figures {
    private Figures() {}

    /** NaN of nothing. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length == 0 ? Double.NaN : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** The least value that a share of them, from 0 to 1, does not exceed. */
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }

    /** How many times as fast the first is as the second: the median of the ratios of the pairs, as both of a pair met the same machine. */
    static double speed(double[] first, double[] second, boolean moreIsBetter) {
        return median(IntStream.range(0, Math.min(first.length, second.length)).mapToDouble(i -> moreIsBetter ? first[i] / second[i] : second[i] / first[i]).toArray());
    }

    /** With three digits that count; in words what could not be measured. */
    static String number(double value) {
        return Double.isNaN(value) ? "failed" : String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%.0f" : Math.abs(value) >= 10 ? "%.1f" : "%.2f", value);
    }

    /** The median, and where there are several the range. */
    static String figure(double[] values) {
        String middle = number(median(values));
        return values.length < 2 ? middle : middle + " [" + number(Arrays.stream(values).min().orElseThrow()) + "-" + number(Arrays.stream(values).max().orElseThrow()) + "]";
    }

    /** Such that the side that wins is seen at once. */
    static String comparison(double speed) {
        return !Double.isFinite(speed) ? "" : speed >= 1 ? "**" + number(speed) + " x faster**" : number(1 / speed) + " x slower";
    }
}
