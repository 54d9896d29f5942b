package org.qnsp.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Checks what stands after a keyword and gives its canonical values: one method a {@link Form}. */
final class Arguments {
    private Arguments() {
    }

    /** The canonical values of a line; at least one. */
    static List<String> parse(Keyword keyword, Directive line, Position at) throws ConfigException {
        List<String> words = line.arguments();
        if (words.isEmpty()) {
            throw at.fault("Missing argument.");
        }
        return switch (keyword.form()) {
            case FLAG, CHOICE -> List.of(choice(keyword, single(keyword, words, at), at));
            case NUMBER -> List.of(number(keyword, single(keyword, words, at), at));
            case PORT -> List.of(port(single(keyword, words, at), at));
            case TIME -> List.of(time(single(keyword, words, at), at));
            case WORD -> List.of(single(keyword, words, at));
            case WORDS -> full(words, at);
            case LINE -> List.of(line.rest());
            case ENV_NAMES -> environmentNames(words, at);
            case ENV_VALUES -> environmentValues(words, at);
            case LOG_LEVEL -> List.of(logLevel(single(keyword, words, at), at));
            case ESCAPE -> List.of(escape(single(keyword, words, at), at));
            case JUMP -> List.of(jump(single(keyword, words, at), at));
            case STARTUPS -> List.of(startups(single(keyword, words, at), at));
            case LISTEN -> List.of(listen(single(keyword, words, at), at));
            case SUBSYSTEM -> subsystem(line, at);
            case ANYTHING -> words;
        };
    }

    private static String single(Keyword keyword, List<String> words, Position at) throws ConfigException {
        if (words.size() > 1) {
            throw at.fault("keyword " + keyword.key() + " extra arguments at end of line");
        }
        if (words.getFirst().isEmpty()) {
            throw at.fault("Missing argument.");
        }
        return words.getFirst();
    }

    private static List<String> full(List<String> words, Position at) throws ConfigException {
        if (words.contains("")) {
            throw at.fault("keyword empty argument");
        }
        return List.copyOf(words);
    }

    private static String choice(Keyword keyword, String word, Position at) throws ConfigException {
        String lower = word.toLowerCase(Locale.ROOT);
        if (Keyword.isAmong(keyword.allowed(), lower) && !lower.isEmpty()) {
            return lower;
        }
        return switch (keyword.form() == Form.FLAG ? lower : "") {
            case "yes", "true" -> "yes";
            case "no", "false" -> "no";
            default -> throw at.fault("unsupported option \"" + word + "\".");
        };
    }

    private static String number(Keyword keyword, String word, Position at) throws ConfigException {
        String range = keyword.allowed();
        int dash = range.indexOf('-');
        long value = decimal(word);
        if (value < Long.parseLong(range.substring(0, dash)) || value > Long.parseLong(range.substring(dash + 1))) {
            throw at.fault(keyword.name() + " integer value invalid.");
        }
        return Long.toString(value);
    }

    /** A number without sign and of at most ten digits, or -1. */
    static long decimal(String word) {
        if (word.isEmpty() || word.length() > 10) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    private static boolean isPort(String word) {
        long value = decimal(word);
        return value >= 1 && value <= 65_535;
    }

    private static String port(String word, Position at) throws ConfigException {
        if (!isPort(word)) {
            throw at.fault("Bad port '" + word + "'.");
        }
        return Long.toString(decimal(word));
    }

    private static String time(String word, Position at) throws ConfigException {
        if (word.equals("none")) {
            return word;
        }
        int seconds = Seconds.parse(word);
        if (seconds < 0) {
            throw at.fault("invalid time value.");
        }
        return Integer.toString(seconds);
    }

    private static List<String> environmentNames(List<String> words, Position at) throws ConfigException {
        for (String word : words) {
            if (word.isEmpty() || word.indexOf('=') >= 0) {
                throw at.fault("Invalid environment name.");
            }
        }
        return List.copyOf(words);
    }

    private static List<String> environmentValues(List<String> words, Position at) throws ConfigException {
        for (String word : words) {
            if (word.indexOf('=') < 1) {
                throw at.fault("Invalid SetEnv.");
            }
        }
        return List.copyOf(words);
    }

    private static String logLevel(String word, Position at) throws ConfigException {
        String upper = word.toUpperCase(Locale.ROOT);
        return switch (upper) {
            case "QUIET", "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG1", "DEBUG2", "DEBUG3" -> upper;
            case "DEBUG" -> "DEBUG1";
            default -> throw at.fault("unsupported log level '" + word + "'");
        };
    }

    private static String escape(String word, Position at) throws ConfigException {
        boolean control = word.length() == 2 && word.charAt(0) == '^' && (word.charAt(1) & 0xc0) == 0x40 && word.charAt(1) < 0x80;
        boolean plain = word.length() == 1 && word.charAt(0) < 0x80;
        if (!control && !plain && !word.equals("none")) {
            throw at.fault("Bad escape character.");
        }
        return word;
    }

    private static String jump(String word, Position at) throws ConfigException {
        if (word.equalsIgnoreCase("none")) {
            return "none";
        }
        for (String hop : word.split(",", -1)) {
            if (!isHop(hop)) {
                throw at.fault("Invalid ProxyJump \"" + word + "\"");
            }
        }
        return word;
    }

    /** [user@]host[:port], with brackets around an address with colons, or the same as a qssh:// or ssh:// URI. */
    private static boolean isHop(String text) {
        int scheme = text.startsWith("qssh://") ? 7 : text.startsWith("ssh://") ? 6 : 0;
        String hop = text.substring(scheme);
        int at = hop.lastIndexOf('@');
        String host = hop.substring(at + 1);
        if (at == 0) {
            return false;
        }
        if (host.startsWith("[")) {
            int close = host.indexOf(']');
            return close > 1 && (close == host.length() - 1 || host.charAt(close + 1) == ':' && isPort(host.substring(close + 2)));
        }
        int colon = host.indexOf(':');
        if (colon >= 0 && !isPort(host.substring(colon + 1))) {
            return false;
        }
        String name = colon < 0 ? host : host.substring(0, colon);
        return !name.isEmpty() && !name.startsWith("-");
    }

    private static String startups(String word, Position at) throws ConfigException {
        String[] parts = word.split(":", -1);
        if (parts.length != 1 && parts.length != 3) {
            throw at.fault("Invalid MaxStartups spec.");
        }
        long start = decimal(parts[0]);
        long rate = parts.length == 1 ? 30 : decimal(parts[1]);
        long full = parts.length == 1 ? start : decimal(parts[2]);
        if (start < 1 || full < start || full > Integer.MAX_VALUE || rate < 1 || rate > 100) {
            throw at.fault("Invalid MaxStartups spec.");
        }
        return start + ":" + rate + ":" + full;
    }

    /** Canonical: {@code address} or {@code [address]:port}. */
    private static String listen(String word, Position at) throws ConfigException {
        ConfigException bad = at.fault("bad address or host:port usage");
        if (word.startsWith("[")) {
            int close = word.indexOf(']');
            if (close <= 1) {
                throw bad;
            }
            if (close == word.length() - 1) {
                return word.substring(1, close);
            }
            if (word.charAt(close + 1) != ':' || !isPort(word.substring(close + 2))) {
                throw bad;
            }
            return word;
        }
        int colon = word.indexOf(':');
        if (colon < 0 || word.indexOf(':', colon + 1) >= 0) {
            return word; // a name, an IPv4 address, a bare IPv6 address
        }
        if (colon == 0 || !isPort(word.substring(colon + 1))) {
            throw bad;
        }
        return "[" + word.substring(0, colon) + "]" + word.substring(colon);
    }

    /** The name, then the command as it stands. */
    private static List<String> subsystem(Directive line, Position at) throws ConfigException {
        if (line.arguments().size() < 2 || line.arguments().getFirst().isEmpty()) {
            throw at.fault("Missing subsystem command.");
        }
        List<String> canonical = new ArrayList<>(1);
        canonical.add(line.arguments().getFirst() + " " + String.join(" ", line.arguments().subList(1, line.arguments().size())));
        return canonical;
    }
}
