package org.qnsp.core.config;

import java.util.List;
import java.util.Locale;

/**
 * One line of a configuration: a keyword, blanks or one {@code =}, arguments.
 *
 * @param keyword   in lower case
 * @param rest      everything after the keyword and its separator, as it stands, without trailing blanks; empty where the keyword stands alone
 * @param arguments the words of it without quotes and comment; may be empty (a line that is {@code keyword # comment})
 */
public record Directive(String keyword, String rest, List<String> arguments) {
    /**
     * Parses a line.
     *
     * @return null for an empty line and a comment
     * @throws ConfigException where a quote is not closed
     */
    static Directive parse(String text, Position at) throws ConfigException {
        String line = cut(text);
        int start = Words.skipBlanks(line, 0);
        if (start < line.length() && start > 0 && line.charAt(start) == '=') {
            start = Words.skipBlanks(line, start + 1);
        }
        if (start == line.length() || line.charAt(start) == '#') {
            return null;
        }
        int end = keywordEnd(line, start);
        boolean quoted = line.charAt(start) == '"';
        if (quoted && end == line.length()) {
            return null; // as ssh: an unfinished quote where the keyword should be is no keyword
        }
        String keyword = line.substring(quoted ? start + 1 : start, end).toLowerCase(Locale.ROOT);
        int next = quoted ? Words.skipBlanks(line, end + 1) : skipSeparator(line, end);
        String rest = line.substring(next);
        List<String> arguments = Words.split(rest, true);
        if (arguments == null) {
            throw at.fault("invalid quotes");
        }
        return new Directive(keyword, rest, arguments);
    }

    private static int keywordEnd(String line, int start) {
        if (line.charAt(start) == '"') {
            int close = line.indexOf('"', start + 1);
            return close < 0 ? line.length() : close;
        }
        int i = start;
        while (i < line.length() && !Words.isBlank(line.charAt(i)) && line.charAt(i) != '=' && line.charAt(i) != '"') {
            i++;
        }
        return i;
    }

    /** Blanks with at most one {@code =} among them. */
    private static int skipSeparator(String line, int i) {
        int next = Words.skipBlanks(line, i);
        if (next < line.length() && line.charAt(next) == '=') {
            next = Words.skipBlanks(line, next + 1);
        }
        return next;
    }

    /** Without trailing blanks and form feeds, and only up to a zero character. */
    private static String cut(String text) {
        int zero = text.indexOf('\0');
        int end = zero < 0 ? text.length() : zero;
        while (end > 0 && (Words.isBlank(text.charAt(end - 1)) || text.charAt(end - 1) == '\f')) {
            end--;
        }
        return text.substring(0, end);
    }
}
