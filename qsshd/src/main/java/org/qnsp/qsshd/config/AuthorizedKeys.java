package org.qnsp.qsshd.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/** A user's authorized_keys (K-2): lines of keys, each with its options. A line that is not understood does not count. Immutable. */
public final class AuthorizedKeys {
    /** The longest file that is read, bytes. */
    public static final int MAX_FILE_BYTES = 4 << 20;
    /** Longer lines do not count, characters. */
    static final int MAX_LINE = 65_536;
    /** Further keys of a file do not count. */
    static final int MAX_KEYS = 4096;

    /**
     * A key that may log in.
     *
     * @param number the line's, from 1
     */
    public record Line(int number, KeyOptions options, PublicKey key, String comment) {
    }

    /**
     * A line that does not count.
     *
     * @param number the line's, from 1
     * @param why    for the log; holds nothing of the line
     */
    public record Ignored(int number, String why) {
    }

    /** No keys. */
    public static final AuthorizedKeys NONE = new AuthorizedKeys(List.of(), List.of());

    private final List<Line> lines;
    private final List<Ignored> ignored;

    private AuthorizedKeys(List<Line> lines, List<Ignored> ignored) {
        this.lines = List.copyOf(lines);
        this.ignored = List.copyOf(ignored);
    }

    /**
     * Reads a file. The caller has the user's rights and no more.
     *
     * @param zone of expiry times that do not end in Z
     * @throws IOException where it cannot be read, or is longer than {@link #MAX_FILE_BYTES}
     */
    public static AuthorizedKeys read(Path file, ZoneId zone) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new IOException(file + ": longer than " + MAX_FILE_BYTES + " bytes");
            }
            return parse(new String(bytes, StandardCharsets.UTF_8), zone);
        }
    }

    /** Parses the text of a file. */
    public static AuthorizedKeys parse(String text, ZoneId zone) {
        List<Line> lines = new ArrayList<>();
        List<Ignored> ignored = new ArrayList<>();
        int number = 0;
        for (String raw : text.lines().toList()) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                Line parsed = line(number, line, zone);
                if (lines.size() < MAX_KEYS) {
                    lines.add(parsed);
                } else {
                    ignored.add(new Ignored(number, "too many keys"));
                    break;
                }
            } catch (InvalidKeyEncodingException | KeyOptionsParser.InvalidOptionException e) {
                ignored.add(new Ignored(number, e.getMessage()));
            }
        }
        return new AuthorizedKeys(lines, ignored);
    }

    private static Line line(int number, String line, ZoneId zone) throws InvalidKeyEncodingException, KeyOptionsParser.InvalidOptionException {
        if (line.length() > MAX_LINE) {
            throw new InvalidKeyEncodingException("the line is too long");
        }
        if (beginsWithType(line)) {
            return line(number, KeyOptions.NONE, line);
        }
        int end = KeyOptionsParser.end(line);
        if (end < 0) {
            throw new KeyOptionsParser.InvalidOptionException("missing end quote");
        }
        String rest = line.substring(end).strip();
        if (!beginsWithType(rest)) {
            throw new InvalidKeyEncodingException("no key of a known type");
        }
        return line(number, KeyOptionsParser.parse(line.substring(0, end), zone), rest);
    }

    private static boolean beginsWithType(String text) {
        int blank = 0;
        while (blank < text.length() && text.charAt(blank) != ' ' && text.charAt(blank) != '\t') {
            blank++;
        }
        return KeyType.ofTypeName(text.substring(0, blank)).isPresent();
    }

    /** Type, base64 and comment; between them any number of blanks, as in files that people edit. */
    private static Line line(int number, KeyOptions options, String text) throws InvalidKeyEncodingException {
        String[] words = text.split("[ \t]+", 3);
        if (words.length < 2) {
            throw new InvalidKeyEncodingException("no key after the type");
        }
        PublicKey key = PublicKey.parseLine(words[0] + " " + words[1]).key();
        return new Line(number, options, key, words.length < 3 ? "" : words[2].strip());
    }

    /** These keys and then those. */
    public AuthorizedKeys and(AuthorizedKeys others) {
        List<Line> all = new ArrayList<>(lines);
        all.addAll(others.lines);
        return new AuthorizedKeys(all, ignored);
    }

    /** The keys, in order. */
    public List<Line> lines() {
        return lines;
    }

    /** What did not count, for the log. */
    public List<Ignored> ignored() {
        return ignored;
    }

    /**
     * The first line with this key that allows a login from there and now.
     *
     * @param fingerprint H(K-1), 32 bytes
     * @param host        the client's name, or its address where that is not known
     * @param nowSeconds  since 1970 UTC
     */
    public Optional<Line> find(byte[] fingerprint, String host, String address, long nowSeconds) {
        return lines.stream()
            .filter(line -> Arrays.equals(line.key().fingerprint(), fingerprint))
            .filter(line -> line.options().allowsFrom(host, address) && !line.options().expired(nowSeconds))
            .findFirst();
    }
}
