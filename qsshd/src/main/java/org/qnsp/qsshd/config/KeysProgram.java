package org.qnsp.qsshd.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Tokens;
import org.qnsp.core.config.Words;

/**
 * AuthorizedKeysCommand: the program that says whose keys may log in.
 *
 * @param line the program's path and its arguments, with tokens
 * @param user as whom it runs, with tokens
 */
public record KeysProgram(String line, String user) {
    /**
     * What a login is about.
     *
     * @param type        of the key that is offered
     * @param fingerprint of the key that is offered: the key itself is not shown
     */
    public record Question(String user, long uid, String home, String type, String fingerprint) {
    }

    private static final Question EXAMPLE = new Question("user", 0, "/", "type", "fingerprint");

    /** The program and its arguments; as sshd's, one without arguments is given the user's name. @throws ConfigException for a line that is wrong */
    public List<String> words(Question about) throws ConfigException {
        List<String> words = Words.split(line, false);
        if (words == null) {
            throw new ConfigException("invalid quotes");
        }
        if (!words.getFirst().startsWith("/")) {
            throw new ConfigException("must be an absolute path");
        }
        List<String> expanded = new ArrayList<>(List.of(words.getFirst()));
        for (String word : words.subList(1, words.size())) {
            expanded.add(Tokens.percent(word, token -> switch (token) {
                case 'h' -> about.home;
                case 't' -> about.type;
                case 'f' -> about.fingerprint;
                default -> ofUser(token, about);
            }));
        }
        if (expanded.size() == 1) {
            expanded.add(about.user);
        }
        return List.copyOf(expanded);
    }

    /** As whom it runs. @throws ConfigException for an unknown token */
    public String runsAs(Question about) throws ConfigException {
        return Tokens.percent(user, token -> ofUser(token, about));
    }

    private static String ofUser(char token, Question about) {
        return switch (token) {
            case 'u' -> about.user;
            case 'U' -> Long.toString(about.uid);
            default -> null;
        };
    }

    static Optional<String> fault(Keyword keyword, String value) {
        try {
            if (keyword == ServerKeywords.KEYS_COMMAND && !value.equalsIgnoreCase("none")) {
                new KeysProgram(value, "").words(EXAMPLE);
            } else if (keyword == ServerKeywords.KEYS_COMMAND_USER) {
                new KeysProgram("", value).runsAs(EXAMPLE);
            }
            return Optional.empty();
        } catch (ConfigException e) {
            boolean asksForKey = e.getMessage().startsWith("unknown expansion %k");
            return Optional.of(keyword.name() + ": " + e.getMessage() + (asksForKey ? ": a client shows the fingerprint of its key only, %f" : ""));
        }
    }
}
