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
import org.qnsp.core.copy.CopyDigest;
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

    /**
     * What the user asked for. The target is as given, raw, for P-19's trailing slash; the path is what it leads to.
     *
     * @param origin where the files come from; what came from one place is never offered to another (P-32)
     */
    record Wish(byte[] raw, Path path, String display, boolean preserve, boolean intoDirectory, String origin) {}

    /** An open directory; {@code entered} is null for the target that existed. */
    private record Level(SecureDirectoryStream<Path> handle, Path path, String display, Enter entered, boolean made) {}

    /**
     * The file being written; {@code temporary} is null for a special file, {@code existing} for one that is new. A {@code partial} one is locked, and stays
     * where it is when the copy breaks off.
     */
    private record Open(Level in, boolean ownsLevel, Path name, Path temporary, SeekableByteChannel channel, FileStart start,
            PosixFileAttributes existing, String display, boolean partial) {}

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
            if (file.partial()) {
                finish(file);
                // Under the lock, so that whoever gets it next finds the name gone.
                file.in().handle().move(file.temporary(), file.in().handle(), file.name());
                file.channel().close();
            } else if (file.temporary() != null) {
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

    /** Hashes what an earlier copy left of the file just created. @return its size in bytes; 0 too where it cannot be used */
    long held(CopyDigest digest) {
        if (file == null || !file.partial()) {
            return 0;
        }
        try {
            long size = file.channel().size();
            if (size <= file.start().size() && Prefix.hash(file.channel(), size, digest)) {
                return size;
            }
        } catch (IOException e) {
            // as if there were nothing
        }
        digest.start();
        return 0;
    }

    /** What was held is kept, or with 0 nothing of it. */
    void continueAt(long offset) throws IOException {
        try {
            if (offset == 0 && file.partial() && file.channel().size() > 0) {
                startOver();
            }
        } catch (IOException e) {
            throw because(file.display(), e);
        }
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
        if (file != null && file.temporary() != null && !file.partial()) {
            try {
                file.in().handle().deleteFile(file.temporary());
            } catch (IOException e) {
                // renamed or removed already
            }
        }
    }

    @Override
    public void close() {
        keep();
        drop();
        levels.forEach(level -> quietly(level.handle()));
        levels.clear();
    }

    /** Leaves what is there of a partial file (P-29) for a later copy (P-33). */
    private synchronized void keep() {
        try {
            if (file == null || !file.partial() || file.channel().size() == 0) {
                return;
            }
        } catch (IOException e) {
            return;
        }
        quietly(file.channel());
        closeOwnedLevel();
        file = null;
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
            file = new Open(null, false, path, null, channel, start, null, wish.display(), false);
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
        if (!start.resumable() || !openPartial(level, ownsLevel, name, start, keeps ? existing : null, display)) {
            openTemporary(level, ownsLevel, name, start, keeps ? existing : null, display);
        }
    }

    /** Opens what an earlier copy left, or begins what a later one can go on with; false where that cannot safely be done (P-32). */
    private synchronized boolean openPartial(Level level, boolean ownsLevel, Path name, FileStart start, PosixFileAttributes existing, String display) {
        Path partial = RawPath.name(temporaryName(RawPath.nameBytes(name), PartialFile.mark(wish.origin(), RawPath.nameBytes(name))));
        FileChannel channel = abandoned ? null : PartialFile.open(level.handle(), level.path(), partial);
        if (channel == null) {
            return false;
        }
        file = new Open(level, ownsLevel, name, partial, channel, start, existing, display, true);
        return true;
    }

    /** Another file in the place of the partial one, whose content is of no use; it is not emptied, since it might have a second name. */
    private void startOver() throws IOException {
        Open old = file;
        old.in().handle().deleteFile(old.temporary());
        quietly(old.channel());
        if (!openPartial(old.in(), old.ownsLevel(), old.name(), old.start(), old.existing(), old.display())) {
            openTemporary(old.in(), old.ownsLevel(), old.name(), old.start(), old.existing(), old.display());
        }
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
            Path temporary = RawPath.name(temporaryName(finalName, randomMark()));
            try {
                SeekableByteChannel channel = level.handle().newByteChannel(temporary, options, PRIVATE);
                file = new Open(level, ownsLevel, name, temporary, channel, start, existing, display, false);
                return;
            } catch (FileAlreadyExistsException e) {
                if (attempt == TEMPORARY_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private String randomMark() {
        StringBuilder mark = new StringBuilder();
        for (int i = 0; i < TEMPORARY_RANDOM; i++) {
            mark.append(TEMPORARY_ALPHABET.charAt(random.nextInt(TEMPORARY_ALPHABET.length())));
        }
        return mark.toString();
    }

    private static byte[] temporaryName(byte[] name, String mark) {
        String suffix = ".qscp-" + mark;
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
