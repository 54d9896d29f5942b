package org.qnsp.stealth;

import java.util.Locale;
import java.util.Optional;

/**
 * The rates there are (C-34): class n sends 2^n frames every 10 ms. Few and public, so that a rate says nothing about who chose it.
 *
 * @param number 0 to 10, or 15 for a rate that only the connection bounds
 */
public record RateClass(int number) {
    /** 1 frame every 10 ms, 71.7 kB/s of payload. */
    public static final RateClass LEAST = new RateClass(0);
    /** 8 frames, 574 kB/s. */
    public static final RateClass FAST = new RateClass(3);
    /** 1,024 frames, 73.4 MB/s: the highest constant rate. */
    public static final RateClass HIGHEST = new RateClass(10);
    /** As fast as the connection takes it. */
    public static final RateClass UNBOUNDED = new RateClass(15);
    /** From slot to slot of a constant rate. */
    static final long PERIOD_NANOS = 10_000_000;
    /** What a rate may fall short of what was asked for: 570k is class 3, whose rate has three more digits. */
    private static final double TOLERANCE = 0.99;

    public RateClass {
        if (!valid(number)) {
            throw new IllegalArgumentException("rate class " + number);
        }
    }

    /** Whether there is a class of this number. */
    public static boolean valid(int number) {
        return number >= 0 && (number <= 10 || number == 15);
    }

    /** The least class that carries so many bytes a second: digits and fraction, then perhaps k, M or G (powers of 1,000); "none" for no bound. */
    public static Optional<RateClass> parse(String text) {
        if (text.equals("none")) {
            return Optional.of(UNBOUNDED);
        }
        if (!text.matches("[0-9]{1,12}(\\.[0-9]{1,3})?[kKmMgG]?")) {
            return Optional.empty();
        }
        double unit = switch (Character.toLowerCase(text.charAt(text.length() - 1))) {
            case 'k' -> 1e3;
            case 'm' -> 1e6;
            case 'g' -> 1e9;
            default -> 1;
        };
        double wanted = Double.parseDouble(unit == 1 ? text : text.substring(0, text.length() - 1)) * unit;
        for (int number = 0; number <= HIGHEST.number; number++) {
            RateClass rate = new RateClass(number);
            if (rate.goodput() >= wanted * TOLERANCE) {
                return Optional.of(rate);
            }
        }
        return Optional.empty();
    }

    /** Whether only the connection bounds it. */
    public boolean unbounded() {
        return equals(UNBOUNDED);
    }

    /** Frames in a slot of a constant rate. */
    public int frames() {
        return 1 << number;
    }

    /** Bytes of payload a second. */
    public long goodput() {
        return new Rung(PERIOD_NANOS, frames()).goodput();
    }

    /** Whether that is slower than the other. */
    public boolean below(RateClass other) {
        return number < other.number;
    }

    /** As {@link #parse} takes it: 71k, 573k, 9.1M. */
    @Override
    public String toString() {
        if (unbounded()) {
            return "none";
        }
        long goodput = goodput();
        return goodput < 1_000_000 ? goodput / 1000 + "k" : String.format(Locale.ROOT, "%.1fM", Math.floor(goodput / 1e5) / 10);
    }
}
