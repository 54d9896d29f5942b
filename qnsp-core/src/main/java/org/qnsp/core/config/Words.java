package org.qnsp.core.config;

import java.util.ArrayList;
import java.util.List;

/** Words of a line: blanks separate, single and double quotes hold together, a backslash escapes a quote, a backslash or (outside quotes) a blank. */
public final class Words {
    private Words() {
    }

    /**
     * Splits a line.
     *
     * @param comments whether a word that begins with {@code #} ends the line
     * @return the words without their quotes, or null where a quote is not closed
     */
    public static List<String> split(String line, boolean comments) {
        List<String> words = new ArrayList<>(4);
        int i = 0;
        while (true) {
            i = skipBlanks(line, i);
            if (i == line.length() || comments && line.charAt(i) == '#') {
                return words;
            }
            StringBuilder word = new StringBuilder();
            i = word(line, i, word);
            if (i < 0) {
                return null;
            }
            words.add(word.toString());
        }
    }

    /** Appends the word at {@code i} and gives the index after it, -1 where its quote is not closed. */
    private static int word(String line, int i, StringBuilder word) {
        char quote = 0;
        for (; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && escapes(line, i + 1, quote)) {
                word.append(line.charAt(++i));
            } else if (quote == 0 && isBlank(c)) {
                return i;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (quote != 0 && c == quote) {
                quote = 0;
            } else {
                word.append(c);
            }
        }
        return quote == 0 ? i : -1;
    }

    private static boolean escapes(String line, int next, char quote) {
        if (next >= line.length()) {
            return false;
        }
        char c = line.charAt(next);
        return c == '\'' || c == '"' || c == '\\' || c == ' ' && quote == 0;
    }

    /** The word in double quotes, so that {@link #split} gives it back whole: for {@code -o} lines made from other arguments. */
    public static String quote(String word) {
        StringBuilder out = new StringBuilder(word.length() + 2).append('"');
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            out.append(c);
        }
        return out.append('"').toString();
    }

    static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    static int skipBlanks(String line, int i) {
        while (i < line.length() && isBlank(line.charAt(i))) {
            i++;
        }
        return i;
    }
}
