package org.qnsp.qsshd.auth;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** A small private file (mode 0600) that several processes share; who holds its lock, on a file of its own beside it, has it to himself. */
final class LockedFile {
    /** Work done under the lock. */
    interface Work<T> {
        T run() throws IOException;
    }

    /** A file lock is the process's, not the thread's, nor the object's: after a reload there are two for a file. One entry for each host key in use. */
    private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private final Path path;
    private final Path lockPath;
    private final ReentrantLock threads;

    /** @throws IOException if the lock file cannot be made */
    LockedFile(Path path) throws IOException {
        this.path = path;
        this.threads = THREADS.computeIfAbsent(path.toAbsolutePath(), p -> new ReentrantLock());
        this.lockPath = path.resolveSibling(path.getFileName() + ".lock");
        openLock().close();
    }

    private FileChannel openLock() throws IOException {
        return FileChannel.open(lockPath, Set.of(CREATE, WRITE), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    <T> T locked(Work<T> work) throws IOException {
        threads.lock();
        try (FileChannel channel = openLock()) {
            channel.lock(); // until the channel is closed
            return work.run();
        } finally {
            threads.unlock();
        }
    }

    Path path() {
        return path;
    }

    /** The file's bytes, none if it is not there. */
    byte[] read() throws IOException {
        try {
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            return new byte[0];
        }
    }

    /** Replaces the file as a whole, durably; under the lock. */
    void replace(byte[] content) throws IOException {
        Path next = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(next);
        try (FileChannel out = FileChannel.open(next, Set.of(CREATE_NEW, WRITE), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    }
}
