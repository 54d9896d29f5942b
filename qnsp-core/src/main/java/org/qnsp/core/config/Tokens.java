package org.qnsp.core.config;

import java.util.function.UnaryOperator;

/** Expansion of {@code %x} tokens, {@code ${NAME}} variables and a leading {@code ~}. */
public final class Tokens {
    /** No expansion is longer: characters. */
    static final int MAX_LENGTH = 1 << 20;

    private Tokens() {
    }

    /** What a token letter stands for. */
    public interface Source {
        /** The text for the letter after the percent sign, or null where it means nothing here. */
        String of(char token);
    }

    /**
     * Replaces {@code %x} by what the source says and {@code %%} by a percent sign.
     *
     * @throws ConfigException for an unknown token
     */
    public static String percent(String text, Source source) throws ConfigException {
        if (text.indexOf('%') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 32);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            if (++i == text.length()) {
                throw new ConfigException("invalid expansion in \"" + text + "\": ends with %");
            }
            char token = text.charAt(i);
            String value = token == '%' ? "%" : source.of(token);
            if (value == null) {
                throw new ConfigException("unknown expansion %" + token + " in \"" + text + "\"");
            }
            out.append(value);
            if (out.length() > MAX_LENGTH) {
                throw new ConfigException("expansion too long");
            }
        }
        return out.toString();
    }

    /**
     * Replaces {@code ${NAME}} by the environment's value.
     *
     * @param environment gives null for a name without a value
     * @throws ConfigException for a name without a value and an unclosed brace
     */
    public static String environment(String text, UnaryOperator<String> environment) throws ConfigException {
        int dollar = text.indexOf("${");
        if (dollar < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 32);
        int done = 0;
        for (; dollar >= 0; dollar = text.indexOf("${", done)) {
            int close = text.indexOf('}', dollar);
            if (close < 0) {
                throw new ConfigException("environment variable '" + text.substring(dollar) + "' missing closing '}'");
            }
            String name = text.substring(dollar + 2, close);
            String value = environment.apply(name);
            if (value == null) {
                throw new ConfigException("env var ${" + name + "} has no value");
            }
            out.append(text, done, dollar).append(value);
            if (out.length() > MAX_LENGTH) {
                throw new ConfigException("expansion too long");
            }
            done = close + 1;
        }
        return out.append(text, done, text.length()).toString();
    }

    /**
     * Replaces a leading {@code ~} or {@code ~/}, by a home with a slash at its end, as ssh does.
     *
     * @throws ConfigException for {@code ~name}: other users' homes are not looked up
     */
    public static String home(String text, String home) throws ConfigException {
        if (!text.startsWith("~")) {
            return text;
        }
        if (text.length() > 1 && text.charAt(1) != '/') {
            throw new ConfigException("\"" + text + "\": write the path out, ~user is not supported");
        }
        return (home.endsWith("/") ? home : home + "/") + (text.length() == 1 ? "" : text.substring(2));
    }
}
