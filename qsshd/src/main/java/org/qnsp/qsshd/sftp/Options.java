package org.qnsp.qsshd.sftp;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The options of sftp-server(8).
 *
 * @param readOnly  whether everything that changes something is refused
 * @param permitted what may be asked
 * @param mask      the creation mask, -1 to leave it
 * @param directory where relative paths begin, with tokens; null for where the process stands
 * @param query     only the names of the operations are asked for
 */
public record Options(boolean readOnly, Set<Operation> permitted, int mask, String directory, boolean query) {
    static final String USAGE = """
            usage: qsftp-server [-ehR] [-d start_directory] [-f log_facility]
                                [-l log_level] [-P denied_requests]
                                [-p allowed_requests] [-u umask]
                   qsftp-server -Q protocol_feature
            """;
    private static final List<String> LEVELS = List.of("quiet", "fatal", "error", "info", "verbose", "debug", "debug1", "debug2", "debug3");

    /** Options that cannot be obeyed. */
    public static final class InvalidException extends Exception {
        private static final long serialVersionUID = 1L;

        InvalidException(String message) {
            super(message);
        }
    }

    /** Reads them. What is logged elsewhere (-e, -f, -l) is accepted: this server logs nothing. */
    public static Options parse(List<String> words) throws InvalidException {
        boolean readOnly = false;
        Set<Operation> denied = EnumSet.noneOf(Operation.class);
        Set<Operation> allowed = EnumSet.allOf(Operation.class);
        int mask = -1;
        String directory = null;
        boolean query = false;
        for (Letters letters = new Letters(words); letters.next(); ) {
            switch (letters.letter) {
                case 'R' -> readOnly = true;
                case 'P' -> denied = operations(letters.value());
                case 'p' -> allowed = operations(letters.value());
                case 'u' -> mask = mask(letters.value());
                case 'd' -> directory = letters.value();
                case 'l' -> level(letters.value());
                case 'f' -> letters.value();
                case 'e' -> { }
                case 'Q' -> query = query(letters.value());
                default -> throw new InvalidException("unknown option -- " + letters.letter);
            }
        }
        allowed.removeAll(denied);
        return new Options(readOnly, allowed, mask, directory, query);
    }

    /** Letters behind dashes, each perhaps with a value, in the same word or the next. */
    private static final class Letters {
        private final List<String> words;
        private int word;
        private int at;
        private char letter;

        Letters(List<String> words) {
            this.words = words;
        }

        boolean next() throws InvalidException {
            if (word < words.size() && at > 0 && at == words.get(word).length()) {
                word++;
                at = 0;
            }
            if (word == words.size()) {
                return false;
            }
            if (at == 0 && (!words.get(word).startsWith("-") || words.get(word).length() < 2)) {
                throw new InvalidException("unexpected argument \"" + words.get(word) + "\"");
            }
            at = Math.max(1, at);
            letter = words.get(word).charAt(at++);
            return true;
        }

        String value() throws InvalidException {
            String rest = words.get(word).substring(at);
            if (rest.isEmpty() && word + 1 == words.size()) {
                throw new InvalidException("option requires an argument -- " + letter);
            }
            String value = rest.isEmpty() ? words.get(++word) : rest;
            at = words.get(word).length();
            return value;
        }
    }

    private static Set<Operation> operations(String list) throws InvalidException {
        Set<Operation> operations = EnumSet.noneOf(Operation.class);
        for (String name : list.split(",")) {
            operations.add(Operation.ofName(name).orElseThrow(() -> new InvalidException("unknown request \"" + name + "\"")));
        }
        return operations;
    }

    private static int mask(String octal) throws InvalidException {
        try {
            int mask = Integer.parseInt(octal, 8);
            if (mask >= 0 && mask <= 0777) {
                return mask;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new InvalidException("invalid umask \"" + octal + "\"");
    }

    private static void level(String level) throws InvalidException {
        if (!LEVELS.contains(level.toLowerCase(java.util.Locale.ROOT))) {
            throw new InvalidException("invalid log level \"" + level + "\"");
        }
    }

    private static boolean query(String feature) throws InvalidException {
        if (!feature.equals("requests")) {
            throw new InvalidException("invalid query type \"" + feature + "\"");
        }
        return true;
    }
}
