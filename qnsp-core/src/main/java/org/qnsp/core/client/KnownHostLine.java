package org.qnsp.core.client;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.qnsp.core.config.Patterns;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.PublicKey;

/**
 * A line of a known hosts file.
 *
 * @param number   from 1
 * @param marker   {@code @revoked} or {@code @cert-authority} where that stands before the names, else empty
 * @param names    as they stand: a comma list, or a hash
 * @param keyWords type and base64, with one blank between
 * @param comment  empty where there is none
 */
public record KnownHostLine(Path file, int number, String marker, String names, String keyWords, String comment) {
    /** Longer lines are passed over, characters. */
    static final int MAX_LENGTH = 16_384;

    private static final String REVOKED = "@revoked";
    private static final String CERT_AUTHORITY = "@cert-authority";

    /** Takes a line apart; null for a comment, an empty line, another marker, and what is no line of this form. */
    static KnownHostLine parse(Path file, int number, String text) {
        if (text.length() > MAX_LENGTH) {
            return null;
        }
        Words words = new Words(text);
        String names = words.next();
        String marker = names.equals(REVOKED) || names.equals(CERT_AUTHORITY) ? names : "";
        if (!marker.isEmpty()) {
            names = words.next();
        }
        if (names.isEmpty() || names.startsWith("#") || names.startsWith("@")) {
            return null;
        }
        String type = words.next();
        String base64 = words.next();
        return base64.isEmpty() ? null : new KnownHostLine(file, number, marker, names, type + " " + base64, words.rest());
    }

    /** Words of a line between blanks and tabs. */
    private static final class Words {
        private final String text;
        private int at;

        Words(String text) {
            this.text = text;
        }

        /** The next word, empty at the end. */
        String next() {
            while (at < text.length() && isBlank(text.charAt(at))) {
                at++;
            }
            int start = at;
            while (at < text.length() && !isBlank(text.charAt(at))) {
                at++;
            }
            return text.substring(start, at);
        }

        String rest() {
            return text.substring(at).strip();
        }

        private static boolean isBlank(char c) {
            return c == ' ' || c == '\t' || c == '\r';
        }
    }

    /** Whether no host may have the key. */
    public boolean revoked() {
        return marker.equals(REVOKED);
    }

    /** Whether the key is one that signs certificates of hosts. */
    public boolean certAuthority() {
        return marker.equals(CERT_AUTHORITY);
    }

    /** Whether the line is about a host of this name, as {@link KnownHosts#name} gives it. */
    public boolean matches(String name) {
        return isHashed() ? HashedName.matches(names, name) : Patterns.hostList(name, names) == Patterns.Verdict.MATCH;
    }

    /** Whether the names are a hash. */
    public boolean isHashed() {
        return names.startsWith(HashedName.MAGIC);
    }

    /** Whether some name is a pattern or negated. */
    public boolean hasPatterns() {
        return !isHashed() && (names.indexOf('*') >= 0 || names.indexOf('?') >= 0 || names.indexOf('!') >= 0);
    }

    /** The key, empty where it is none or of a type that is not known here. */
    public Optional<PublicKey> key() {
        try {
            return Optional.of(PublicKey.parseLine(keyWords).key());
        } catch (InvalidKeyEncodingException e) {
            return Optional.empty();
        }
    }

    /** The line with other names. */
    private String withNames(String others) {
        return (marker.isEmpty() ? "" : marker + " ") + others + " " + keyWords + (comment.isEmpty() ? "" : " " + comment);
    }

    /** The line with each name hashed, one line a name; draws 20 bytes a name. A line that is hashed, or has patterns or a marker, is given as it is. */
    public List<String> hashed(RandomSource random) {
        if (isHashed() || hasPatterns() || !marker.isEmpty()) {
            return List.of(text());
        }
        List<String> lines = new ArrayList<>();
        for (String name : names.split(",")) {
            lines.add(withNames(HashedName.of(name.toLowerCase(Locale.ROOT), random)));
        }
        return lines;
    }

    /** The line as it is written. */
    public String text() {
        return withNames(names);
    }
}
