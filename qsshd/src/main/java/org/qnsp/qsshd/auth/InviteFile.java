package org.qnsp.qsshd.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.qnsp.core.message.Limits;

/**
 * The active invites (K-8), shared by the daemon and by `qsshd invite`. Holds invite keys, never tokens. One line each:
 * {@code id key user|- expiry uses}. From any thread.
 */
public final class InviteFile {
    /**
     * An invite.
     *
     * @param id names it, for listing and revoking
     * @param key the invite key, 32 bytes
     * @param user whose authorized keys it may add to, or empty for none
     * @param expirySeconds since 1970
     * @param uses logins it is still good for
     */
    public record Entry(String id, byte[] key, Optional<String> user, long expirySeconds, int uses) {
        boolean active(long nowSeconds) {
            return uses > 0 && nowSeconds < expirySeconds;
        }

        private String line() {
            return id + " " + Base64.getEncoder().encodeToString(key) + " " + user.orElse("-") + " " + expirySeconds + " " + uses + "\n";
        }

        private Entry withUses(int n) {
            return new Entry(id, key, user, expirySeconds, n);
        }
    }

    private record Stamp(Object identity, long size) {}

    private final LockedFile file;
    private Stamp stamp;
    private List<Entry> cached = List.of();

    public InviteFile(Path path) throws IOException {
        file = new LockedFile(path);
    }

    /** The invites that can be used now, at most 64 (L-4). */
    public synchronized List<Entry> active(long nowSeconds) throws IOException {
        Stamp now = stamp();
        if (!now.equals(stamp)) {
            cached = parse(file.read());
            stamp = now;
        }
        return cached.stream().filter(e -> e.active(nowSeconds)).limit(Limits.ACTIVE_INVITES).toList();
    }

    /** Adds an invite; those that are spent or expired go. @throws IOException if there are 64 already, or the file cannot be written */
    public void add(Entry entry, long nowSeconds) throws IOException {
        file.locked(() -> {
            List<Entry> entries = new ArrayList<>(parse(file.read()).stream().filter(e -> e.active(nowSeconds)).toList());
            if (entries.size() >= Limits.ACTIVE_INVITES) {
                throw new IOException("there are " + Limits.ACTIVE_INVITES + " active invites already; revoke some");
            }
            entries.add(entry);
            write(entries);
            return null;
        });
    }

    /** Takes one use of an invite. @return whether there was one */
    public boolean reserve(String id, long nowSeconds) throws IOException {
        return change(id, e -> e.active(nowSeconds) ? e.withUses(e.uses - 1) : null);
    }

    /** Gives back a use that came to nothing. */
    public void giveBack(String id) throws IOException {
        change(id, e -> e.withUses(e.uses + 1));
    }

    /** Ends an invite. @return whether there was one of this id */
    public boolean revoke(String id) throws IOException {
        return change(id, e -> e.withUses(0));
    }

    private boolean change(String id, UnaryOperator<Entry> how) throws IOException {
        return file.locked(() -> {
            List<Entry> entries = new ArrayList<>(parse(file.read()));
            for (int i = 0; i < entries.size(); i++) {
                Entry changed = entries.get(i).id.equals(id) ? how.apply(entries.get(i)) : null;
                if (changed != null) {
                    entries.set(i, changed);
                    write(entries);
                    return true;
                }
            }
            return false;
        });
    }

    private void write(List<Entry> entries) throws IOException {
        StringBuilder text = new StringBuilder();
        entries.forEach(e -> text.append(e.line()));
        file.replace(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The file is replaced at each change, so that its identity tells one content from the next. */
    private Stamp stamp() throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file.path(), BasicFileAttributes.class);
            return new Stamp(List.of(attributes.fileKey(), attributes.lastModifiedTime()), attributes.size());
        } catch (NoSuchFileException e) {
            return new Stamp(null, 0);
        }
    }

    private List<Entry> parse(byte[] content) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String line : new String(content, StandardCharsets.UTF_8).lines().toList()) {
            String[] words = line.split(" ");
            try {
                byte[] key = Base64.getDecoder().decode(words[1]);
                if (words.length != 5 || key.length != 32) {
                    throw new IllegalArgumentException();
                }
                entries.add(new Entry(words[0], key, words[2].equals("-") ? Optional.empty() : Optional.of(words[2]), Long.parseLong(words[3]), Integer.parseInt(words[4])));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw new IOException(file.path() + " is damaged"); // not the line: it holds a key
            }
        }
        return entries;
    }
}
