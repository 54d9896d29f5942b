package org.qnsp.qsshd.session;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** A file opened for reading, and what the kernel says of the very file that is open. Opening waits for nobody: a FIFO without a writer would, for ever. */
final class OpenFile implements AutoCloseable {
    // these are the same on all architectures of Posix
    private static final int O_NOCTTY = 0400;
    private static final int O_NONBLOCK = 04000;
    private static final int O_CLOEXEC = 02000000;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC = 0x7ff;
    private static final int STATX_BYTES = 256;
    private static final long STATX_UID = 20;
    private static final long STATX_MODE = 28;
    private static final int S_IFMT = 0170000;
    private static final int S_IFREG = 0100000;

    private static final MethodHandle OPEN = Posix.variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle STATX = Posix.call("statx", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);

    private final int fd;
    private final long owner;
    private final int mode;

    private OpenFile(int fd, long owner, int mode) {
        this.fd = fd;
        this.owner = owner;
        this.mode = mode;
    }

    /** Opens it, following symbolic links. */
    static OpenFile of(String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            int fd = Posix.checked("open", e -> (int) OPEN.invokeExact(e, name, O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0));
            try {
                MemorySegment facts = arena.allocate(STATX_BYTES, Long.BYTES);
                MemorySegment none = arena.allocateFrom("");
                Posix.checked("statx", e -> (int) STATX.invokeExact(e, fd, none, AT_EMPTY_PATH, STATX_BASIC, facts));
                return new OpenFile(fd, Integer.toUnsignedLong(facts.get(JAVA_INT, STATX_UID)), Short.toUnsignedInt(facts.get(JAVA_SHORT, STATX_MODE)));
            } catch (IOException e) {
                Posix.close(fd);
                throw e;
            }
        }
    }

    long owner() {
        return owner;
    }

    /** Its kind and permissions. */
    int mode() {
        return mode;
    }

    boolean isRegular() {
        return (mode & S_IFMT) == S_IFREG;
    }

    /** From the beginning, at most so many bytes. */
    byte[] read(int most) throws IOException {
        byte[] all = new byte[0];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1 << 16);
            while (all.length < most) {
                int n = Posix.read(fd, buffer, (int) Math.min(buffer.byteSize(), most - all.length));
                if (n == Posix.CLOSED) {
                    break;
                }
                if (n != Posix.WOULD_BLOCK) { // interrupted
                    int length = all.length;
                    all = Arrays.copyOf(all, length + n);
                    MemorySegment.copy(buffer, JAVA_BYTE, 0, all, length, n);
                }
            }
        }
        return all;
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
