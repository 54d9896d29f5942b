package org.qnsp.qscp;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.qnsp.core.copy.CopyDigest;

/**
 * What a broken copy leaves for the next one (P-32): a file of a name that follows from the final name and from where the content comes from, locked by whoever
 * writes to it. It lies where others may write too, perhaps, so only one that nobody else can have made or can change is gone on with.
 */
final class PartialFile {
    private static final int PRIVATE = 0600;
    private static final int MARK_BYTES = 4;
    private static final Path SELF = Path.of("/proc/self");
    private static final Set<OpenOption> EXISTING = Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private PartialFile() {}

    /** What its name ends with. */
    static String mark(String origin, byte[] name) {
        CopyDigest digest = new CopyDigest();
        byte[] from = origin.getBytes(StandardCharsets.UTF_8);
        digest.update(from, 0, from.length);
        digest.update(new byte[1], 0, 1);
        digest.update(name, 0, name.length);
        return "part-" + HexFormat.of().formatHex(digest.finish(), 0, MARK_BYTES);
    }

    /** Opens it, or makes it, and locks it; null where something else stands in its place, another copy is at it, or this file system knows no locks. */
    static FileChannel open(SecureDirectoryStream<Path> directory, Path path, Path name) {
        try {
            PosixFileAttributes before = attributes(directory, name);
            if (before != null && !trusted(before, path.resolve(name))) {
                return null;
            }
            FileChannel channel = locked(directory, name, before == null);
            if (channel == null) {
                return null;
            }
            // Between the look and the lock a copy may have finished: then this file has its final name now.
            PosixFileAttributes now = attributes(directory, name);
            if (now == null || before != null && !before.fileKey().equals(now.fileKey())) {
                channel.close();
                return null;
            }
            return channel;
        } catch (IOException e) {
            return null;
        }
    }

    private static FileChannel locked(SecureDirectoryStream<Path> directory, Path name, boolean isNew) throws IOException {
        Set<OpenOption> options = new HashSet<>(EXISTING);
        if (isNew) {
            options.add(StandardOpenOption.CREATE_NEW);
        }
        SeekableByteChannel channel;
        try {
            channel = isNew ? directory.newByteChannel(name, options, PosixFilePermissions.asFileAttribute(Modes.permissions(PRIVATE)))
                    : directory.newByteChannel(name, options);
        } catch (FileAlreadyExistsException e) {
            return null;
        }
        try {
            if (channel instanceof FileChannel file && file.tryLock() != null) {
                return file;
            }
        } catch (IOException | OverlappingFileLockException e) {
            // no lock, no partial file
        }
        channel.close();
        return null;
    }

    private static boolean trusted(PosixFileAttributes found, Path path) throws IOException {
        return found.isRegularFile() && Modes.bits(found.permissions()) == PRIVATE && found.owner().equals(Files.getOwner(SELF))
                && Integer.valueOf(1).equals(Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS));
    }

    private static PosixFileAttributes attributes(SecureDirectoryStream<Path> directory, Path name) throws IOException {
        try {
            return directory.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS).readAttributes();
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
