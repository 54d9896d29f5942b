package org.qnsp.core.copy;

import java.util.Arrays;

/**
 * A pattern for one component of a path (P-17): {@code *}, {@code ?}, {@code [a-z]}, {@code [!a-z]} and {@code \} before a
 * character that shall stand for itself. Characters are those of UTF-8; a byte that is none counts as one character.
 * Matching takes at most pattern length times name length steps.
 */
public final class GlobPattern {
    private final int[] pattern;

    private GlobPattern(int[] pattern) {
        this.pattern = pattern;
    }

    public static GlobPattern of(byte[] component) {
        return new GlobPattern(characters(component));
    }

    /** Whether the bytes contain anything but literal characters. */
    public static boolean isPattern(byte[] component) {
        for (byte b : component) {
            if (b == '*' || b == '?' || b == '[' || b == '\\') {
                return true;
            }
        }
        return false;
    }

    /** Whether a name matches; a leading dot only where the pattern has it. */
    public boolean matches(byte[] name) {
        int[] text = characters(name);
        boolean hidden = text.length > 0 && text[0] == '.';
        boolean dotted = pattern.length > 0 && (pattern[0] == '.' || pattern[0] == '\\' && pattern.length > 1 && pattern[1] == '.');
        return (!hidden || dotted) && matches(text);
    }

    /** Only the last star is ever retried: what an earlier one took can always be left to the later. */
    private boolean matches(int[] text) {
        int p = 0;
        int t = 0;
        int starPattern = -1;
        int starText = 0;
        while (t < text.length) {
            int after = p < pattern.length ? step(p, text[t]) : -1;
            if (p < pattern.length && pattern[p] == '*') {
                starPattern = ++p;
                starText = t;
            } else if (after >= 0) {
                p = after;
                t++;
            } else if (starPattern >= 0) {
                p = starPattern;
                t = ++starText;
            } else {
                return false;
            }
        }
        while (p < pattern.length && pattern[p] == '*') {
            p++;
        }
        return p == pattern.length;
    }

    /** Where the pattern goes on after {@code c} matched its element at {@code p}, or -1. */
    private int step(int p, int c) {
        return switch (pattern[p]) {
            case '?' -> p + 1;
            case '[' -> closing(p) < 0 ? literal(p, c) : inSet(p, closing(p), c) ? closing(p) + 1 : -1;
            case '\\' -> p + 1 < pattern.length ? literal(p + 1, c) : literal(p, c);
            default -> literal(p, c);
        };
    }

    private int literal(int p, int c) {
        return pattern[p] == c ? p + 1 : -1;
    }

    /** The bracket that closes the set at {@code p}; one right after the opening stands for itself. */
    private int closing(int p) {
        int i = p + 1;
        if (i < pattern.length && (pattern[i] == '!' || pattern[i] == '^')) {
            i++;
        }
        for (i++; i < pattern.length; i++) {
            if (pattern[i] == ']') {
                return i;
            }
        }
        return -1;
    }

    private boolean inSet(int open, int close, int c) {
        int i = open + 1;
        boolean negated = pattern[i] == '!' || pattern[i] == '^';
        if (negated) {
            i++;
        }
        boolean found = false;
        while (i < close) {
            boolean range = i + 2 < close && pattern[i + 1] == '-';
            int last = range ? pattern[i + 2] : pattern[i];
            found |= c >= pattern[i] && c <= last;
            i += range ? 3 : 1;
        }
        return found != negated;
    }

    /** Code points, and 0x110000 + b for a byte b that is not part of UTF-8. */
    private static int[] characters(byte[] raw) {
        int[] out = new int[raw.length];
        int count = 0;
        for (int i = 0; i < raw.length; ) {
            int first = raw[i] & 0xff;
            int length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
                    : first >= 0xf0 && first < 0xf5 ? 4 : 0;
            int point = length == 1 ? first : length == 0 ? 0 : first & 0x7f >> length;
            boolean whole = length > 0 && i + length <= raw.length;
            for (int j = 1; whole && j < length; j++) {
                whole = (raw[i + j] & 0xc0) == 0x80;
                point = point << 6 | raw[i + j] & 0x3f;
            }
            out[count++] = whole ? point : 0x110000 + first;
            i += whole ? length : 1;
        }
        return Arrays.copyOf(out, count);
    }
}
