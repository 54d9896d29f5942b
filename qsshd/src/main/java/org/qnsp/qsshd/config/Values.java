package org.qnsp.qsshd.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.qnsp.core.config.Addresses;
import org.qnsp.core.config.Form;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Words;
import org.qnsp.core.handshake.Suite;
import org.qnsp.qsshd.sftp.Options;
import org.qnsp.stealth.RateClass;

/** What single keywords ask of their values, beyond what their form does. */
final class Values {
    static final String INTERNAL_SFTP = "internal-sftp";

    private Values() {
    }

    /** What is wrong with a line, in words; empty for nothing. */
    static Optional<String> fault(Keyword keyword, List<String> values) {
        String value = values.getFirst();
        if (keyword.key().equals("subsystem") || keyword.key().equals("forcecommand")) {
            return sftpFault(keyword.key().equals("subsystem") ? value.substring(value.indexOf(' ') + 1) : value);
        }
        if (keyword == ServerKeywords.KEYS_COMMAND || keyword == ServerKeywords.KEYS_COMMAND_USER) {
            return KeysProgram.fault(keyword, value);
        }
        boolean fine = switch (keyword.key()) {
            case "authenticationmethods" -> values.stream().allMatch(v -> v.equals("any") && values.size() == 1 || v.equals("publickey"));
            case "persourcemaxstartups" -> value.equals("none") || isNumber(value, 0, Integer.MAX_VALUE);
            case "persourcenetblocksize" -> isBlockSize(value);
            case "channeltimeout" -> ChannelTimeouts.parse(values).isPresent();
            case "persourcepenalties" -> Penalties.parse(values).isPresent();
            case "persourcepenaltyexemptlist" -> value.equals("none") || Addresses.isValidList(value);
            case "maxrate" -> values.size() <= 2 && values.stream().allMatch(v -> RateClass.parse(v).isPresent()) && !values.getLast().equals(values.size() == 2 ? "none" : "");
            case "suites" -> values.stream().allMatch(v -> Suite.named(v).isPresent());
            case "drainmax" -> isNumber(value, 16, Integer.MAX_VALUE);
            case "chrootdirectory" -> value.equalsIgnoreCase("none") || value.startsWith("/") || value.startsWith("%h");
            default -> true;
        };
        return fine ? Optional.empty() : Optional.of(keyword.name() + " \"" + String.join(" ", values) + "\" is not valid" + hint(keyword));
    }

    private static String hint(Keyword keyword) {
        return switch (keyword.key()) {
            case "authenticationmethods" -> ": there is one method, publickey, and a login proves one key";
            case "maxrate" -> ": bytes a second, up to " + RateClass.HIGHEST + ", or none; then perhaps the same for mode max, where there must be a bound";
            case "suites" -> ": some of " + Arrays.stream(Suite.values()).map(Suite::label).collect(Collectors.joining(", "));
            case "drainmax" -> ": at least 16";
            case "chrootdirectory" -> ": an absolute path is needed";
            default -> "";
        };
    }

    private static Optional<String> sftpFault(String command) {
        try {
            Optional<List<String>> options = internalSftp(command);
            if (options.isPresent()) {
                Options.parse(options.get());
            }
            return Optional.empty();
        } catch (Options.InvalidException e) {
            return Optional.of(INTERNAL_SFTP + ": " + e.getMessage());
        }
    }

    /** The words after {@code internal-sftp}, where a command begins with it. */
    static Optional<List<String>> internalSftp(String command) {
        List<String> words = words(command);
        return words.isEmpty() || !words.getFirst().equals(INTERNAL_SFTP) ? Optional.empty() : Optional.of(List.copyOf(words.subList(1, words.size())));
    }

    /** Between blanks, with double quotes around those that hold some. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = null;
        boolean quoted = false;
        for (char c : line.toCharArray()) {
            if (c == '"') {
                quoted = !quoted;
                word = word == null ? new StringBuilder() : word;
            } else if (!quoted && (c == ' ' || c == '\t')) {
                if (word != null) {
                    words.add(word.toString());
                }
                word = null;
            } else {
                word = (word == null ? new StringBuilder() : word).append(c);
            }
        }
        if (word != null) {
            words.add(word.toString());
        }
        return words;
    }

    /** A value as it can be read again. */
    static String asWritten(Keyword keyword, String value) {
        boolean word = keyword.form() == Form.WORD || keyword.form() == Form.WORDS && keyword.many() && keyword.fallback() == null;
        return word ? quoted(value) : value;
    }

    /** One word, in quotes where it would otherwise be several, or none. */
    static String quoted(String word) {
        boolean plain = word.chars().noneMatch(c -> c == ' ' || c == '\t' || c == '#' || c == '"' || c == '\'' || c == '\\');
        return plain ? word : Words.quote(word);
    }

    private static boolean isBlockSize(String value) {
        String[] bits = value.split(":", -1);
        return bits.length <= 2 && isNumber(bits[0], 0, 32) && (bits.length == 1 || isNumber(bits[1], 0, 128));
    }

    static boolean isNumber(String text, long min, long max) {
        if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return false;
        }
        long value = Long.parseLong(text);
        return value >= min && value <= max;
    }
}
