package org.qnsp.core.config;

import java.util.Locale;

/** Patterns of {@code *} and {@code ?}, and comma lists of them with {@code !} for negation. */
public final class Patterns {
    private Patterns() {
    }

    /** What a list says of a name. */
    public enum Verdict {
        /** Some pattern matches and no negated one does. */
        MATCH,
        /** No pattern matches. */
        NONE,
        /** A negated pattern matches, whatever others do. */
        NEGATED
    }

    /** Whether the pattern covers the whole text; case matters. Time at most the product of the lengths. */
    public static boolean matches(String text, String pattern) {
        int t = 0;
        int p = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            char want = p < pattern.length() ? pattern.charAt(p) : 0;
            if (p < pattern.length() && want == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length() && (want == '?' || want == text.charAt(t))) {
                t++;
                p++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /** Asks a comma list; case matters. */
    public static Verdict list(String text, String list) {
        boolean found = false;
        for (int start = 0; start <= list.length();) {
            int comma = list.indexOf(',', start);
            int end = comma < 0 ? list.length() : comma;
            boolean negated = start < end && list.charAt(start) == '!';
            String pattern = list.substring(negated ? start + 1 : start, end);
            if (start < end && matches(text, pattern)) {
                if (negated) {
                    return Verdict.NEGATED;
                }
                found = true;
            }
            start = end + 1;
        }
        return found ? Verdict.MATCH : Verdict.NONE;
    }

    /** Asks a comma list about a host name, where case does not matter. */
    public static Verdict hostList(String host, String list) {
        return list(host.toLowerCase(Locale.ROOT), list.toLowerCase(Locale.ROOT));
    }
}
