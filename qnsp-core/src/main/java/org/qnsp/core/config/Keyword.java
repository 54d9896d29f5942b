package org.qnsp.core.config;

/**
 * A keyword of a dialect.
 *
 * @param name      as in the manual, in mixed case
 * @param key       the same in lower case
 * @param form      what stands after it
 * @param allowed   for FLAG and CHOICE the words, for NUMBER {@code min-max}, else empty; words are separated by {@code |}
 * @param fallback  the value where none is given; null where that is computed or nothing
 * @param many      whether lines add up; else the first line wins
 * @param matchable whether it may stand in a Match block
 * @param harmless  null for a keyword that is obeyed; else the feature does not exist: the values that do not ask for it, {@code *} for all
 */
public record Keyword(String name, String key, Form form, String allowed, String fallback, boolean many, boolean matchable, String harmless) {
    /** A keyword whose first line wins. */
    public static Keyword of(String name, Form form, String fallback) {
        return new Keyword(name, name.toLowerCase(java.util.Locale.ROOT), form, "", fallback, false, true, null);
    }

    /** A yes or no. */
    public static Keyword flag(String name, String fallback) {
        return of(name, Form.FLAG, fallback);
    }

    /** A yes or no or one of these words. */
    public static Keyword flag(String name, String further, String fallback) {
        return of(name, Form.FLAG, fallback).allowing(further);
    }

    /** One of these words. */
    public static Keyword choice(String name, String allowed, String fallback) {
        return of(name, Form.CHOICE, fallback).allowing(allowed);
    }

    /** A number in a range. */
    public static Keyword number(String name, int min, int max, String fallback) {
        return of(name, Form.NUMBER, fallback).allowing(min + "-" + max);
    }

    /** A keyword that is accepted and means nothing here. */
    public static Keyword ignored(String name) {
        return of(name, Form.ANYTHING, null).whileHarmless("*");
    }

    /** A keyword of a feature that does not exist: any value but these is refused. */
    public static Keyword absent(String name, String harmless) {
        return of(name, Form.ANYTHING, null).whileHarmless(harmless);
    }

    /** The same, with these further words or this range. */
    public Keyword allowing(String words) {
        return new Keyword(name, key, form, words, fallback, many, matchable, harmless);
    }

    /** The same, with a value where none is given. */
    public Keyword instead(String value) {
        return new Keyword(name, key, form, allowed, value, many, matchable, harmless);
    }

    /** The same, with lines that add up. */
    public Keyword adding() {
        return new Keyword(name, key, form, allowed, fallback, true, matchable, harmless);
    }

    /** The same, but not in Match blocks. */
    public Keyword global() {
        return new Keyword(name, key, form, allowed, fallback, many, false, harmless);
    }

    private Keyword whileHarmless(String values) {
        return new Keyword(name, key, form, allowed, fallback, many, matchable, values);
    }

    /** Whether the value asks for something that does not exist. */
    public boolean asksForAbsent(String value) {
        return harmless != null && !harmless.equals("*") && !isAmong(harmless, value);
    }

    /** Whether the word is one of those between bars, in any case. */
    static boolean isAmong(String words, String word) {
        for (int start = 0; start <= words.length();) {
            int bar = words.indexOf('|', start);
            int end = bar < 0 ? words.length() : bar;
            if (end - start == word.length() && words.regionMatches(true, start, word, 0, word.length())) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }
}
