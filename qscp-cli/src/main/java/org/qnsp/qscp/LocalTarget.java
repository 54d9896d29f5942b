package org.qnsp.qscp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage.Enter;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.EntryName;
import org.qnsp.core.copy.FileTimes;

/**
 * Where a copy is stored (P-19 to P-21, P-23). Entries are made in directories that are held open and used by handle, so that
 * nothing below the target leads out of it. One thing the JDK cannot do by handle is making a directory: whoever exchanges a
 * parent for a link in that instant gets an empty directory where the link leads, and the copy stops there, since opening it
 * goes by handle again.
 *
 * <p>Failures are {@link IOException}s whose message is safe to print and begins with the path. Used by one thread, except for
 * {@link #abandon}.
 */
final class LocalTarget implements AutoCloseable {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE = PosixFilePermissions.asFileAttribute(Modes.permissions(0600));
    private static final String TEMPORARY_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int TEMPORARY_RANDOM = 6;
    private static final int TEMPORARY_ATTEMPTS = 16;

    /** What the user asked for. The target is as given, raw, for P-19's trailing slash; the path is what it leads to. */
    record Wish(byte[] raw, Path path, String display, boolean preserve, boolean intoDirectory) {}

    /** An open directory; {@code entered} is null for the target that existed. */
    private record Level(SecureDirectoryStream<Path> handle, Path path, String display, Enter entered, boolean made) {}

    /** The file being written; {@code temporary} is null for a special file, {@code existing} for one that is new. */
    private record Open(Level in, boolean ownsLevel, Path name, Path temporary, SeekableByteChannel channel, FileStart start,
            PosixFileAttributes existing, String display) {}

    private final Wish wish;
    private final int umask;
    private final RandomGenerator random;
    private final Deque<Level> levels = new ArrayDeque<>();
    private Open file;
    private boolean abandoned;

    LocalTarget(Wish wish, int umask, RandomGenerator random) {
        this.wish = wish;
        this.umask = umask;
        this.random = random;
    }

    /**
     * Finds out what the target is (P-19).
     *
     * @throws IOException if it cannot take that many entries
     */
    void prepare(int entries) throws IOException {
        if (Files.isDirectory(wish.path())) {
            try {
                levels.push(new Level(secure(Files.newDirectoryStream(wish.path())), wish.path(), prefix(wish.display()), null, false));
            } catch (IOException e) {
                throw because(wish.display(), e);
            }
        } else if (wish.intoDirectory() || entries > 1) {
            boolean exists = Files.exists(wish.path(), LinkOption.NOFOLLOW_LINKS);
            throw new IOException(wish.display() + (exists ? ": Not a directory" : ": No such file or directory"));
        }
    }

    /** Makes the temporary file (P-20). */
    void create(FileStart start, boolean top) throws IOException {
        String display = levels.isEmpty() ? wish.display() : levels.peek().display() + start.name();
        try {
            if (top && levels.isEmpty()) {
                createTarget(start);
            } else {
                createIn(levels.peek(), false, RawPath.name(start.name().bytes()), start, display);
            }
        } catch (IOException e) {
            throw because(display, e);
        }
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(bytes, offset, length);
        try {
            while (content.hasRemaining()) {
                file.channel().write(content);
            }
        } catch (IOException e) {
            throw because(file.display(), e);
        }
    }

    /** The file being written, safe to print. */
    String fileDisplay() {
        return file.display();
    }

    /** Sets mode and times and gives the file its name. On failure {@link #drop} is still needed. */
    synchronized void commit() throws IOException {
        try {
            if (abandoned) {
                throw new IOException("interrupted");
            }
            if (file.temporary() != null) {
                finish(file);
                file.channel().close();
                file.in().handle().move(file.temporary(), file.in().handle(), file.name());
            } else {
                file.channel().close();
            }
        } catch (IOException e) {
            throw because(file.display(), e);
        }
        closeOwnedLevel();
        file = null;
    }

    /** Removes the file being written, if there is one. */
    synchronized void drop() {
        if (file == null) {
            return;
        }
        quietly(file.channel());
        if (file.temporary() != null) {
            try {
                file.in().handle().deleteFile(file.temporary());
            } catch (IOException e) {
                // It is gone already, or the directory may no longer be written: nothing left to try.
            }
        }
        closeOwnedLevel();
        file = null;
    }

    /** Makes or opens a directory and goes in. */
    void enter(Enter directory, boolean top) throws IOException {
        boolean target = directory.name() == EntryName.TARGET;
        String display = levels.isEmpty() || target ? wish.display() : levels.peek().display() + directory.name();
        try {
            if (top && (levels.isEmpty() || target)) {
                levels.push(enterTarget(directory));
            } else {
                levels.push(enterChild(levels.peek(), directory, display));
            }
        } catch (IOException e) {
            throw because(display, e);
        }
    }

    /** Leaves the innermost directory, which takes its mode and times (P-23). */
    void leave() throws IOException {
        Level level = levels.pop();
        try (DirectoryStream<Path> _ = level.handle()) {
            Enter entered = level.entered();
            PosixFileAttributeView view = level.handle().getFileAttributeView(PosixFileAttributeView.class);
            if (wish.preserve()) {
                if (entered.times().isPresent()) {
                    setTimes(view, entered.times().get());
                }
                view.setPermissions(Modes.permissions(entered.mode()));
            } else if (level.made() && (entered.mode() & 0700) != 0700) {
                view.setPermissions(Modes.permissions(entered.mode() & ~umask));
            }
        } catch (IOException e) {
            throw because(level.display(), e);
        }
    }

    /** From another thread, when the process ends: removes the temporary file and lets no other one be made. */
    synchronized void abandon() {
        abandoned = true;
        if (file != null && file.temporary() != null) {
            try {
                file.in().handle().deleteFile(file.temporary());
            } catch (IOException e) {
                // renamed or removed already
            }
        }
    }

    @Override
    public void close() {
        drop();
        levels.forEach(level -> quietly(level.handle()));
        levels.clear();
    }

    private void createTarget(FileStart start) throws IOException {
        Path path = wish.path();
        boolean exists = Files.exists(path);
        if (wish.raw().length > 0 && wish.raw()[wish.raw().length - 1] == '/') {
            throw new IOException(exists ? "Not a directory" : "No such file or directory");
        }
        if (!exists && Files.isSymbolicLink(path)) {
            throw new IOException("dangling symbolic link");
        }
        if (exists && !Files.isRegularFile(path)) {
            // P-21: a device or pipe that the user named takes the bytes as they come.
            SeekableByteChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
            file = new Open(null, false, path, null, channel, start, null, wish.display());
            return;
        }
        Path real = exists ? path.toRealPath() : path.toAbsolutePath();
        Level parent = new Level(secure(Files.newDirectoryStream(real.getParent())), real.getParent(), "", null, false);
        try {
            createIn(parent, true, real.getFileName(), start, wish.display());
        } finally {
            if (file == null) {
                quietly(parent.handle());
            }
        }
    }

    private void createIn(Level level, boolean ownsLevel, Path name, FileStart start, String display) throws IOException {
        PosixFileAttributes existing = existing(level, name);
        if (existing != null && !existing.isRegularFile() && !existing.isSymbolicLink()) {
            throw new IOException(existing.isDirectory() ? "Is a directory" : "not a regular file");
        }
        boolean keeps = existing != null && existing.isRegularFile();
        openTemporary(level, ownsLevel, name, start, keeps ? existing : null, display);
    }

    private synchronized void openTemporary(Level level, boolean ownsLevel, Path name, FileStart start,
            PosixFileAttributes existing, String display) throws IOException {
        if (abandoned) {
            throw new IOException("interrupted");
        }
        Set<java.nio.file.OpenOption> options =
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS);
        byte[] finalName = RawPath.nameBytes(name);
        for (int attempt = 1; ; attempt++) {
            Path temporary = RawPath.name(temporaryName(finalName));
            try {
                SeekableByteChannel channel = level.handle().newByteChannel(temporary, options, PRIVATE);
                file = new Open(level, ownsLevel, name, temporary, channel, start, existing, display);
                return;
            } catch (FileAlreadyExistsException e) {
                if (attempt == TEMPORARY_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private byte[] temporaryName(byte[] name) {
        StringBuilder suffix = new StringBuilder(".qscp-");
        for (int i = 0; i < TEMPORARY_RANDOM; i++) {
            suffix.append(TEMPORARY_ALPHABET.charAt(random.nextInt(TEMPORARY_ALPHABET.length())));
        }
        int kept = Math.min(name.length, CopyLimits.NAME_BYTES - 1 - suffix.length());
        byte[] temporary = Arrays.copyOf(new byte[] {'.'}, 1 + kept + suffix.length());
        System.arraycopy(name, 0, temporary, 1, kept);
        for (int i = 0; i < suffix.length(); i++) {
            temporary[1 + kept + i] = (byte) suffix.charAt(i);
        }
        return temporary;
    }

    /** What stands where the file will be, links not followed; null if nothing. */
    private static PosixFileAttributes existing(Level level, Path name) throws IOException {
        // The look by path saves an exception for each new file; the answer that counts comes by handle.
        if (level.made() || !Files.exists(level.path().resolve(name), LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try {
            return level.handle().getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void finish(Open open) throws IOException {
        PosixFileAttributeView view = open.in().handle()
                .getFileAttributeView(open.temporary(), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        int mode = open.start().mode();
        if (open.existing() != null) {
            keepOwner(view, open.existing());
        }
        if (wish.preserve() && open.start().times().isPresent()) {
            setTimes(view, open.start().times().get());
        } else if (!wish.preserve()) {
            mode = open.existing() != null ? Modes.bits(open.existing().permissions()) : mode & ~umask;
        }
        view.setPermissions(Modes.permissions(mode));
    }

    private static void keepOwner(PosixFileAttributeView view, PosixFileAttributes existing) throws IOException {
        PosixFileAttributes now = view.readAttributes();
        try {
            if (!existing.group().equals(now.group())) {
                view.setGroup(existing.group());
            }
            if (!existing.owner().equals(now.owner())) {
                view.setOwner(existing.owner());
            }
        } catch (IOException e) {
            // P-23: where the receiver may. Only root may give files away.
        }
    }

    private Level enterTarget(Enter directory) throws IOException {
        boolean made = levels.isEmpty();
        if (made) {
            if (Files.exists(wish.path(), LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException("Not a directory");
            }
            Files.createDirectory(wish.path(), initialMode(directory));
        }
        return new Level(secure(Files.newDirectoryStream(wish.path())), wish.path(), prefix(wish.display()), directory, made);
    }

    private Level enterChild(Level parent, Enter directory, String display) throws IOException {
        Path name = RawPath.name(directory.name().bytes());
        Path path = parent.path().resolve(name);
        boolean made = false;
        try {
            Files.createDirectory(path, initialMode(directory));
            made = true;
        } catch (FileAlreadyExistsException e) {
            // opened below, if it is a directory
        }
        try {
            DirectoryStream<Path> handle = parent.handle().newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS);
            return new Level(secure(handle), path, display + "/", directory, made);
        } catch (IOException e) {
            if (Files.isSymbolicLink(path)) {
                throw new IOException("is a symbolic link, which is not followed inside the target (P-21)");
            }
            throw Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? e : new IOException("Not a directory");
        }
    }

    private FileAttribute<Set<PosixFilePermission>> initialMode(Enter directory) {
        return PosixFilePermissions.asFileAttribute(Modes.permissions(wish.preserve() ? 0700 : directory.mode() | 0700));
    }

    private static void setTimes(PosixFileAttributeView view, FileTimes times) throws IOException {
        view.setTimes(FileTime.from(Instant.ofEpochSecond(times.modifiedSeconds(), times.modifiedNanos())),
                FileTime.from(Instant.ofEpochSecond(times.accessedSeconds(), times.accessedNanos())), null);
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream) throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> handle) {
            return handle;
        }
        quietly(stream);
        throw new IOException("this system cannot use directories by handle");
    }

    private void closeOwnedLevel() {
        if (file.ownsLevel()) {
            quietly(file.in().handle());
        }
    }

    private static String prefix(String display) {
        return display.isEmpty() || display.endsWith("/") ? display : display + "/";
    }

    private static IOException because(String display, IOException e) {
        return new IOException(display + ": " + FileErrors.reason(e), e);
    }

    private static void quietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // nothing depends on it any more
        }
    }
}
