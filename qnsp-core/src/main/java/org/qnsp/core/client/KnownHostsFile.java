package org.qnsp.core.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.PublicKey;

/** Changes to a whole known hosts file. The old one is kept beside it as {@code FILE.old}; the new one takes its place in one step. */
public final class KnownHostsFile {
    /**
     * What a change came to.
     *
     * @param lineNumbers the lines that were removed, or hashed
     * @param skipped     the lines with patterns, which cannot be hashed
     * @param invalid     the numbers of lines that are none of known hosts; a file that has some is not written
     * @param changed     whether the file was written
     */
    public record Edit(List<Integer> lineNumbers, List<KnownHostLine> skipped, List<Integer> invalid, boolean changed) {
    }

    private final Path file;

    /** The file; it need not exist. */
    public KnownHostsFile(Path file) {
        this.file = file;
    }

    /** Where the old content is after a change. */
    public Path backup() {
        return file.resolveSibling(file.getFileName() + ".old");
    }

    /** Removes the lines of a host; those with a marker stay. */
    public Edit remove(String name) throws IOException {
        List<String> kept = new ArrayList<>();
        List<Integer> removed = new ArrayList<>();
        List<Integer> invalid = new ArrayList<>();
        int number = 0;
        for (String text : KnownHosts.textLines(file)) {
            KnownHostLine line = KnownHostLine.parse(file, ++number, text);
            if (line == null && !isComment(text)) {
                invalid.add(number);
            }
            if (line != null && line.marker().isEmpty() && line.matches(name)) {
                removed.add(number);
            } else {
                kept.add(text);
            }
        }
        boolean changed = !removed.isEmpty() && invalid.isEmpty();
        if (changed) {
            replace(kept);
        }
        return new Edit(List.copyOf(removed), List.of(), List.copyOf(invalid), changed);
    }

    private static boolean isComment(String text) {
        return text.isBlank() || text.stripLeading().startsWith("#");
    }

    /**
     * Drops keys of a host and adds others.
     *
     * @param hashed whether the new lines have the name's hash; draws 20 bytes for each then
     */
    void update(String name, List<PublicKey> obsolete, List<PublicKey> fresh, boolean hashed, RandomSource random) throws IOException {
        List<String> lines = new ArrayList<>();
        int number = 0;
        for (String text : KnownHosts.textLines(file)) {
            KnownHostLine line = KnownHostLine.parse(file, ++number, text);
            boolean drop = line != null && line.marker().isEmpty() && line.matches(name) && line.key().filter(obsolete::contains).isPresent();
            if (!drop) {
                lines.add(text);
            }
        }
        for (PublicKey key : fresh) {
            lines.add((hashed ? HashedName.of(name, random) : name) + " " + key.line(""));
        }
        replace(lines);
    }

    /** Hashes the names of all lines: one line for each name. Lines with patterns stay. Draws 20 bytes a name. */
    public Edit hash(RandomSource random) throws IOException {
        List<String> out = new ArrayList<>();
        List<Integer> hashed = new ArrayList<>();
        List<KnownHostLine> skipped = new ArrayList<>();
        List<Integer> invalid = new ArrayList<>();
        int number = 0;
        for (String text : KnownHosts.textLines(file)) {
            KnownHostLine line = KnownHostLine.parse(file, ++number, text);
            if (line == null && !isComment(text)) {
                invalid.add(number);
            }
            if (line == null || line.isHashed() || !line.marker().isEmpty()) {
                out.add(text);
            } else if (line.hasPatterns()) {
                skipped.add(line);
                out.add(text);
            } else {
                hashed.add(number);
                out.addAll(line.hashed(random));
            }
        }
        if (invalid.isEmpty()) {
            replace(out);
        }
        return new Edit(List.copyOf(hashed), List.copyOf(skipped), List.copyOf(invalid), invalid.isEmpty());
    }

    private void replace(List<String> lines) throws IOException {
        Path real = file.toRealPath();
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(real);
        Path fresh = Files.createTempFile(real.getParent(), real.getFileName() + ".", "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(fresh, lines.isEmpty() ? "" : String.join("\n", lines) + "\n", StandardCharsets.UTF_8);
            Files.setPosixFilePermissions(fresh, mode);
            Files.copy(real, backup(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            Files.move(fresh, real, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }
}
