package org.qnsp.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.qnsp.stealth.RateClass;

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
            case JUMP -> List.of(jump(at.equals(Position.COMMAND_LINE) ? line.rest() : single(keyword, words, at), at)); // as ssh: an option's quotes are part of it
            case FORWARD -> List.of(forward(keyword, String.join(":", full(words, at)), at));
            case AGENT -> List.of(agent(single(keyword, words, at)));
            case AGENT_KEYS -> List.of(agentKeys(words, at));
            case PERSIST -> List.of(persist(single(keyword, words, at), at));
            case REKEY -> List.of(rekey(words, at));
            case MASK -> List.of(mask(single(keyword, words, at), at));
            case RATE -> List.of(rate(single(keyword, words, at), at));
            case STARTUPS -> List.of(startups(single(keyword, words, at), at));
            case LISTEN -> List.of(listen(single(keyword, words, at), at));
            case SUBSYSTEM -> subsystem(line, at);
            case ANYTHING -> words;
        };
    }

    private static String forward(Keyword keyword, String text, Position at) throws ConfigException {
        try {
            ForwardSpec.parse(ForwardSpec.Kind.of(keyword.key()), text);
            return text;
        } catch (ConfigException e) {
            throw at.fault(e.getMessage() + ".");
        }
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

    private static String rate(String word, Position at) throws ConfigException {
        return RateClass.parse(word).orElseThrow(() -> at.fault("Bad rate '" + word + "': bytes a second, up to " + RateClass.HIGHEST + ", or none.")).toString();
    }

    private static String agent(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "yes", "true" -> "yes";
            case "no", "false" -> "no";
            default -> word;
        };
    }

    private static String agentKeys(List<String> words, Position at) throws ConfigException {
        String first = words.getFirst().toLowerCase(Locale.ROOT);
        boolean confirm = first.equals("confirm");
        if (words.size() > (confirm ? 2 : 1)) {
            throw at.fault("keyword addkeystoagent extra arguments at end of line");
        }
        return switch (first) {
            case "yes", "true" -> "yes";
            case "no", "false" -> "no";
            case "ask" -> "ask";
            case "confirm" -> words.size() == 1 ? "confirm" : "confirm " + seconds(words.get(1), at);
            default -> seconds(first, at);
        };
    }

    private static String seconds(String word, Position at) throws ConfigException {
        int seconds = Seconds.parse(word);
        if (seconds < 0) {
            throw at.fault("invalid time value.");
        }
        return Integer.toString(seconds);
    }

    private static String persist(String word, Position at) throws ConfigException {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "yes", "true" -> "yes";
            case "no", "false" -> "no";
            default -> seconds(word, at);
        };
    }

    private static String rekey(List<String> words, Position at) throws ConfigException {
        if (words.size() > 2) {
            throw at.fault("keyword rekeylimit extra arguments at end of line");
        }
        long bytes = words.getFirst().equals("default") ? 0 : bytes(words.getFirst());
        if (bytes < 0) {
            throw at.fault("Bad number '" + words.getFirst() + "'");
        }
        if (bytes > 0 && bytes < 16) {
            throw at.fault("RekeyLimit too small");
        }
        return bytes + " " + (words.size() == 1 || words.get(1).equals("none") ? "0" : seconds(words.get(1), at));
    }

    /** A number with K, M or G for powers of 1024, or -1. */
    private static long bytes(String word) {
        int unit = "KMG".indexOf(Character.toUpperCase(word.isEmpty() ? ' ' : word.charAt(word.length() - 1))) + 1;
        long number = decimal(unit == 0 ? word : word.substring(0, word.length() - 1));
        return number < 0 ? -1 : number << 10 * unit;
    }

    private static String mask(String word, Position at) throws ConfigException {
        if (!word.matches("[0-7]{1,4}") || Integer.parseInt(word, 8) > 0777) {
            throw at.fault("Bad mask.");
        }
        return "0" + Integer.toOctalString(Integer.parseInt(word, 8));
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
        if (!Jumps.isValid(word, at.equals(Position.COMMAND_LINE))) {
            throw at.fault("Invalid ProxyJump \"" + word + "\"");
        }
        return Jumps.canonical(word);
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
