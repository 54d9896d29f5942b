package org.qnsp.core.config;

/** Times as ssh writes them: {@code 90}, {@code 60s}, {@code 1h30m}, units s m h d w in either case, no blanks. */
public final class Seconds {
    private Seconds() {
    }

    /**
     * Parses a time.
     *
     * @return seconds, at most 2^31-1, or -1 where it is none
     */
    public static int parse(String text) {
        if (text.isEmpty()) {
            return -1;
        }
        long total = 0;
        int i = 0;
        while (i < text.length()) {
            long number = 0;
            int digits = i;
            for (; i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9'; i++) {
                number = number * 10 + (text.charAt(i) - '0');
                if (number > Integer.MAX_VALUE) {
                    return -1;
                }
            }
            long unit = i < text.length() ? unit(text.charAt(i++)) : 1;
            if (i == digits || digits < text.length() && !isDigit(text.charAt(digits)) || unit < 0) {
                return -1;
            }
            total += number * unit;
            if (total > Integer.MAX_VALUE) {
                return -1;
            }
        }
        return (int) total;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static long unit(char c) {
        return switch (c) {
            case 's', 'S' -> 1;
            case 'm', 'M' -> 60;
            case 'h', 'H' -> 3_600;
            case 'd', 'D' -> 86_400;
            case 'w', 'W' -> 604_800;
            default -> -1;
        };
    }
}
