package org.qnsp.qsshd.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.keys.KeyFile;

/**
 * The auth keys that the daemon keeps, one file each beside the host key: {@code USER-HASH/ID} with the user's name, the key, and the id of the one that it comes after,
 * which is kept until this one has been used (C-38). Written whole and durable or not at all. From any thread.
 */
public final class AuthKeyDirectory {
    /** How long a key still holds after its successor was used: a login of the same client may be under way with it. */
    private static final long GRACE_MILLIS = 120_000;
    private static final String USER = "user ";
    private static final String AFTER = "after ";
    private static final String UNTIL = "until ";

    private final Path directory;

    public AuthKeyDirectory(Path directory) {
        this.directory = directory;
    }

    /** The key of this id that is kept for this user. What is done for one that is not kept is the same reading of a file. */
    public Optional<AuthKey> find(String user, byte[] id, long nowMillis) throws IOException {
        String text = read(file(user, id));
        boolean holds = USER.concat(user).equals(line(text, USER)) && !isOver(text, nowMillis);
        return AuthKey.read(text).filter(key -> holds && java.util.Arrays.equals(key.id(), id));
    }

    private static boolean isOver(String text, long nowMillis) {
        String until = line(text, UNTIL);
        return until != null && Long.parseLong(until.substring(UNTIL.length())) <= nowMillis;
    }

    /** A login with this key came about: the one before it is needed no more, but by logins that are under way. */
    public void used(String user, byte[] id, long nowMillis) throws IOException {
        String text = read(file(user, id));
        String after = line(text, AFTER);
        if (after == null) {
            return;
        }
        byte[] before = HexFormat.of().parseHex(after.substring(AFTER.length()));
        String old = read(file(user, before));
        if (!old.isEmpty() && line(old, UNTIL) == null) {
            KeyFile.write(file(user, before), (old + UNTIL + (nowMillis + GRACE_MILLIS) + "\n").getBytes(StandardCharsets.UTF_8), true);
        }
        KeyFile.write(file(user, id), text.replace(after + "\n", "").getBytes(StandardCharsets.UTF_8), true);
    }

    /** Keeps a key. @param after the id of the one that this login used, null for none */
    public void store(String user, AuthKey key, byte[] after, long nowMillis) throws IOException {
        Path home = home(user);
        Files.createDirectories(home, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        tidy(home, nowMillis);
        String text = USER + user + "\n" + key.line() + "\n" + (after == null ? "" : AFTER + HexFormat.of().formatHex(after) + "\n");
        KeyFile.write(file(user, key.id()), text.getBytes(StandardCharsets.UTF_8), true);
    }

    /** Removes what is over, and the oldest if there are too many (L-28). */
    private void tidy(Path home, long nowMillis) throws IOException {
        List<Path> left = new ArrayList<>();
        for (Path file : files(home)) {
            if (isOver(read(file), nowMillis)) {
                Files.deleteIfExists(file);
            } else {
                left.add(file);
            }
        }
        left.sort(Comparator.comparing(AuthKeyDirectory::time));
        for (Path file : left.subList(0, Math.max(0, left.size() - Limits.AUTH_KEYS_OF_USER + 1))) {
            Files.deleteIfExists(file);
        }
    }

    /** The ids of the keys that are kept for a user, in hexadecimal. */
    public List<String> ids(String user) throws IOException {
        return files(home(user)).stream().map(file -> file.getFileName().toString()).sorted().toList();
    }

    /** Forgets a key. @return whether it was there */
    public boolean remove(String user, byte[] id) throws IOException {
        return Files.deleteIfExists(file(user, id));
    }

    private static List<Path> files(Path home) throws IOException {
        try (Stream<Path> entries = Files.list(home)) {
            return entries.filter(file -> !file.getFileName().toString().startsWith(".")).toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
    }

    private static FileTime time(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    private Path home(String user) {
        return directory.resolve(HexFormat.of().formatHex(Sha3.hash(Encoding.lpAll(user.getBytes(StandardCharsets.UTF_8))), 0, 16));
    }

    private Path file(String user, byte[] id) {
        return home(user).resolve(HexFormat.of().formatHex(id));
    }

    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private static String line(String text, String start) {
        return text.lines().filter(line -> line.startsWith(start)).findFirst().orElse(null);
    }
}
