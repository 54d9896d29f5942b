package org.qnsp.qscp;

/**
 * The line about one file, as scp's users know it: name, percent, amount, rate, time left; one column stays free.
 * Pure; the clock is a parameter.
 *
 * <pre>
 *   z60.bin                    54%   31MB   8.7MB/s   00:02 ETA
 * </pre>
 */
final class ProgressMeter {
    private static final String UNITS = " KMGTPE";
    /** Columns for all that stands after the name. */
    private static final int FIGURES = 35;
    /** Below this not even the percentage is shown. */
    private static final int COLUMNS_MIN = 4;
    private static final int COLUMNS_MAX = 512;
    private static final double AGEING = 0.9;
    private static final double STALLED_SECONDS = 5;
    private static final double NANOS = 1e9;

    private final String name;
    private final long size;
    private int columns;
    private final long startNanos;
    private long lastNanos;
    private long start;
    private long position;
    private long bytesPerSecond;
    private double stalledSeconds;

    /** @param columns width of the terminal */
    ProgressMeter(String name, long size, int columns, long nowNanos) {
        this.name = name;
        this.size = size;
        this.startNanos = nowNanos;
        this.lastNanos = nowNanos;
        width(columns);
    }

    /** The terminal is now so many columns wide. */
    void width(int newColumns) {
        columns = Math.min(newColumns, COLUMNS_MAX);
    }

    /** This much is there from an earlier copy; it counts for the percentage and not for the rate. */
    void begins(long at) {
        start = at;
        position = at;
    }

    /** The line for this moment, from carriage return on, no longer than the terminal is wide. */
    String line(long newPosition, long nowNanos) {
        long moved = newPosition - position;
        position = newPosition;
        long left = size - position;
        double elapsed = (nowNanos - (left > 0 ? lastNanos : startNanos)) / NANOS;
        if (left <= 0) {
            moved = size - start;
            bytesPerSecond = 0;
        }
        long speed = elapsed > 0 ? (long) (moved / elapsed) : moved;
        bytesPerSecond = bytesPerSecond == 0 ? speed : (long) (bytesPerSecond * AGEING + speed * (1 - AGEING));
        lastNanos = nowNanos;
        stalledSeconds = moved == 0 ? stalledSeconds + elapsed : 0;
        return columns < COLUMNS_MIN ? "" : cut("\r" + paddedName() + " " + pad(Integer.toString(percent()), 3) + "% "
                + amount(position) + " " + rate(bytesPerSecond) + "/s " + time(left, elapsed));
    }

    private int percent() {
        return size <= 0 || position >= size ? 100 : (int) ((float) position / size * 100);
    }

    private String time(long left, double elapsed) {
        if (stalledSeconds >= STALLED_SECONDS) {
            return "- stalled -";
        }
        if (bytesPerSecond == 0 && left > 0) {
            return "  --:-- ETA";
        }
        long seconds = left > 0 ? left / bytesPerSecond : (long) elapsed;
        long hours = seconds / 3600;
        String clock = two(seconds / 60 % 60) + ":" + two(seconds % 60);
        return (hours > 0 ? hours + ":" + clock : "  " + clock) + (left > 0 ? " ETA" : "    ");
    }

    /** Amount in four digits and a unit. */
    static String amount(long bytes) {
        long value = bytes;
        int unit = 0;
        while (value >= 10_000 && unit < UNITS.length() - 1) {
            value = value / 1024 + (value % 1024 >= 512 ? 1 : 0);
            unit++;
        }
        return pad(Long.toString(value), 4) + UNITS.charAt(unit) + (unit > 0 ? "B" : " ");
    }

    /** Rate with one decimal and a unit, at least KB. */
    static String rate(long bytesPerSecond) {
        long hundredths = bytesPerSecond > Long.MAX_VALUE / 100 ? Long.MAX_VALUE - 512 : bytesPerSecond * 100;
        int unit = 0;
        while (hundredths >= 100 * 1000 && unit < UNITS.length() - 1 || unit == 0) {
            hundredths = (hundredths + 512) / 1024;
            unit++;
        }
        return pad(Long.toString((hundredths + 5) / 100), 3) + "." + (hundredths + 5) / 10 % 10 + UNITS.charAt(unit) + "B";
    }

    private String paddedName() {
        int width = columns - FIGURES;
        if (width <= 0) {
            return "";
        }
        int length = name.codePointCount(0, name.length());
        return length <= width ? name + " ".repeat(width - length) : name.substring(0, name.offsetByCodePoints(0, width));
    }

    private String cut(String line) {
        int length = line.codePointCount(0, line.length());
        return length <= columns ? line : line.substring(0, line.offsetByCodePoints(0, columns));
    }

    private static String two(long value) {
        return value < 10 ? "0" + value : Long.toString(value);
    }

    private static String pad(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
