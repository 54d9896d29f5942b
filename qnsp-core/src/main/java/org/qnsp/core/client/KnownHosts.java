package org.qnsp.core.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/**
 * The keys of hosts that are known (K-6), from some files in order. Immutable; lines that are not valid are passed over, as are markers other than
 * {@code @revoked} and {@code @cert-authority}. A key is decoded only when its line matches.
 */
public final class KnownHosts {
    /** The longest file that is read, bytes. */
    public static final int MAX_FILE_BYTES = 64 << 20;

    /** What the files say of a host and a key. */
    public sealed interface Answer {
        /** The key is the host's. */
        record Known(KnownHostLine line) implements Answer {
        }

        /**
         * The host has another key of this type.
         *
         * @param lines those that hold another key, at least one
         */
        record Changed(List<KnownHostLine> lines) implements Answer {
        }

        /**
         * The host has no key of this type.
         *
         * @param otherNames lines that hold the key under other names
         */
        record Unknown(List<KnownHostLine> otherNames) implements Answer {
        }

        /** The key is revoked. */
        record Revoked(KnownHostLine line) implements Answer {
        }
    }

    private final List<KnownHostLine> lines;
    private final List<KnownHostLine> certAuthorities;

    private KnownHosts(List<KnownHostLine> all) {
        List<KnownHostLine> plain = new ArrayList<>(all.size());
        List<KnownHostLine> authorities = new ArrayList<>();
        for (KnownHostLine line : all) {
            (line.certAuthority() ? authorities : plain).add(line);
        }
        this.lines = List.copyOf(plain);
        this.certAuthorities = List.copyOf(authorities);
    }

    /** These lines and then those. */
    public KnownHosts and(KnownHosts others) {
        List<KnownHostLine> all = new ArrayList<>(lines);
        all.addAll(certAuthorities);
        all.addAll(others.lines);
        all.addAll(others.certAuthorities);
        return new KnownHosts(all);
    }

    /** A line that has a certificate authority vouch for a host of this name, which means nothing here; null for none. */
    public KnownHostLine certAuthorityOf(String name) {
        return certAuthorities.stream().filter(line -> line.matches(name)).findFirst().orElse(null);
    }

    /**
     * Reads files; those that do not exist are empty.
     *
     * @throws IOException where one cannot be read, or is longer than {@link #MAX_FILE_BYTES}
     */
    public static KnownHosts read(List<Path> files) throws IOException {
        List<KnownHostLine> lines = new ArrayList<>();
        for (Path file : files) {
            int number = 0;
            for (String text : textLines(file)) {
                add(lines, KnownHostLine.parse(file, ++number, text));
            }
        }
        return new KnownHosts(lines);
    }

    private static void add(List<KnownHostLine> lines, KnownHostLine line) {
        if (line != null) {
            lines.add(line);
        }
    }

    /** Parses the text of one file. */
    public static KnownHosts parse(Path file, String text) {
        List<KnownHostLine> lines = new ArrayList<>();
        int number = 0;
        for (String line : split(text)) {
            add(lines, KnownHostLine.parse(file, ++number, line));
        }
        return new KnownHosts(lines);
    }

    /** The lines of a file without their line ends; none where it does not exist. */
    static List<String> textLines(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new IOException(file + ": longer than " + MAX_FILE_BYTES + " bytes");
            }
            return split(new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    private static List<String> split(String text) {
        List<String> lines = new ArrayList<>();
        for (int start = 0; start < text.length();) {
            int newline = text.indexOf('\n', start);
            int end = newline < 0 ? text.length() : newline;
            boolean hasReturn = end > start && text.charAt(end - 1) == '\r';
            lines.add(text.substring(start, hasReturn ? end - 1 : end));
            start = end + 1;
        }
        return lines;
    }

    /** The name under which a host is known: {@code host}, or {@code [host]:port} where the port is not the usual one; in lower case. */
    public static String name(String host, int port) {
        String lower = host.toLowerCase(Locale.ROOT);
        return port == ClientConfig.DEFAULT_PORT ? lower : "[" + lower + "]:" + port;
    }

    /** All valid lines. */
    public List<KnownHostLine> lines() {
        return lines;
    }

    /** The lines of one file that match a name, whatever their marker, in order. */
    public List<KnownHostLine> allLinesOf(String name) {
        return Stream.concat(lines.stream(), certAuthorities.stream()).filter(line -> line.matches(name)).sorted(Comparator.comparing(KnownHostLine::number)).toList();
    }

    /** The lines that match a name, revocations among them. */
    public List<KnownHostLine> linesOf(String name) {
        List<KnownHostLine> found = new ArrayList<>();
        for (KnownHostLine line : lines) {
            if (line.matches(name)) {
                found.add(line);
            }
        }
        return found;
    }

    /** The keys of this type that a host may have, without those that are revoked: in the order of the files, of each file the newest, which is the last, first. */
    public List<PublicKey> keysOf(String name, KeyType type) {
        List<PublicKey> keys = new ArrayList<>();
        List<PublicKey> revoked = new ArrayList<>();
        Path file = null;
        int begin = 0;
        for (KnownHostLine line : linesOf(name)) {
            PublicKey key = line.key().orElse(null);
            if (!line.file().equals(file)) {
                file = line.file();
                begin = keys.size();
            }
            if (key != null && key.type() == type) {
                if (line.revoked()) {
                    revoked.add(key);
                } else if (!keys.contains(key)) {
                    keys.add(begin, key);
                }
            }
        }
        keys.removeAll(revoked);
        return List.copyOf(keys);
    }

    /** What the files say of a key that a host of this name shows. */
    public Answer check(String name, PublicKey key) {
        KnownHostLine known = null;
        List<KnownHostLine> others = new ArrayList<>();
        for (KnownHostLine line : linesOf(name)) {
            PublicKey other = line.key().orElse(null);
            boolean same = key.equals(other);
            if (line.revoked() && same) {
                return new Answer.Revoked(line);
            }
            if (same && known == null) {
                known = line;
            } else if (!line.revoked() && !same && other != null && other.type() == key.type()) {
                others.add(line);
            }
        }
        if (known != null) {
            return new Answer.Known(known);
        }
        return others.isEmpty() ? new Answer.Unknown(linesWith(key)) : new Answer.Changed(others);
    }

    private List<KnownHostLine> linesWith(PublicKey key) {
        String keyWords = key.line("");
        return lines.stream().filter(line -> !line.revoked() && line.keyWords().equals(keyWords)).toList();
    }

    /**
     * Appends a line, in one write. Makes the file with mode 0600 and its directory with mode 0700 where they are not there.
     *
     * @param hashed whether the name is written as its hash; draws 20 bytes then
     */
    public static void add(Path file, String name, PublicKey key, boolean hashed, RandomSource random) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null && !Files.exists(directory)) {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        String line = (hashed ? HashedName.of(name, random) : name) + " " + key.line("") + "\n";
        Set<OpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (FileChannel channel = FileChannel.open(file, options, mode)) {
            ByteBuffer bytes = ByteBuffer.wrap(((endsMidLine(file) ? "\n" : "") + line).getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private static boolean endsMidLine(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            return channel.size() > 0 && channel.read(last, channel.size() - 1) == 1 && last.get(0) != '\n';
        }
    }
}
