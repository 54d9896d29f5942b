package org.qnsp.qsshd.sftp;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The system calls of the sftp server, on 64-bit Linux. All go through one native function of one shape, {@code syscall} with six words, because
 * each further shape costs some ten milliseconds at start. One thread only: paths and structures lie in memory that is used again and again.
 */
@SuppressWarnings("restricted")
final class Kernel {
    static final int PATH_MAX = 4096;
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_TRUNC = 0x200;
    static final int O_APPEND = 0x400;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int S_IFMT = 0170000;
    static final int S_IFLNK = 0120000;
    static final int S_IFDIR = 0040000;

    private static final boolean AMD64 = System.getProperty("os.arch").equals("amd64");
    /** O_DIRECTORY is one of the few constants that differ. */
    static final int O_DIRECTORY = System.getProperty("os.arch").equals("aarch64") ? 0x4000 : 0x10000;
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int RENAME_NOREPLACE = 1;
    private static final int NAME_LOOKUP_BYTES = 64 << 10;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final FunctionDescriptor SHAPE =
        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SYSCALL = function("syscall");

    private static final MemorySegment STATE = Arena.global().allocate(ERRNO_LAYOUT);
    private static final MemorySegment FIRST = Arena.global().allocate(PATH_MAX);
    private static final MemorySegment SECOND = Arena.global().allocate(PATH_MAX);
    private static final MemorySegment STRUCT = Arena.global().allocate(256, 8);
    private static final long EMPTY = Arena.global().allocate(8).address();

    private Kernel() {}

    /** What a file is; times are seconds since 1970. */
    record Stat(int mode, long links, int uid, int gid, long size, long accessed, long modified) {
        boolean isLink() {
            return (mode & S_IFMT) == S_IFLNK;
        }

        boolean isDirectory() {
            return (mode & S_IFMT) == S_IFDIR;
        }
    }

    /** What a file system has: sizes in units of {@code fragment} bytes. */
    record FileSystem(long block, long fragment, long blocks, long free, long available, long files, long filesFree, long id, long flags, long nameMax) {}

    // ---- open files

    static int open(byte[] path, int flags, int mode) throws IOException {
        return (int) call(n(257, 56), AT_FDCWD, first(path), flags | O_CLOEXEC, mode, 0);
    }

    static void close(int fd) throws IOException {
        call(n(3, 57), fd, 0, 0, 0, 0);
    }

    /** Bytes read, 0 at the end. */
    static int read(int fd, long address, int length) throws IOException {
        return (int) call(n(0, 63), fd, address, length, 0, 0);
    }

    static int write(int fd, long address, int length) throws IOException {
        return (int) call(n(1, 64), fd, address, length, 0, 0);
    }

    static int readAt(int fd, long address, int length, long offset) throws IOException {
        return (int) call(n(17, 67), fd, address, length, offset, 0);
    }

    static int writeAt(int fd, long address, int length, long offset) throws IOException {
        return (int) call(n(18, 68), fd, address, length, offset, 0);
    }

    /** Records of a directory as getdents64 has them; 0 bytes at the end. */
    static int entries(int fd, MemorySegment records) throws IOException {
        return (int) call(n(217, 61), fd, records.address(), records.byteSize(), 0, 0);
    }

    static void sync(int fd) throws IOException {
        call(n(74, 82), fd, 0, 0, 0, 0);
    }

    static Stat stat(int fd) throws IOException {
        call(n(332, 291), fd, EMPTY, AT_EMPTY_PATH, STATX_BASIC_STATS, STRUCT.address());
        return statAt();
    }

    static void truncate(int fd, long size) throws IOException {
        call(n(77, 46), fd, size, 0, 0, 0);
    }

    static void mode(int fd, int mode) throws IOException {
        call(n(91, 52), fd, mode, 0, 0, 0);
    }

    static void owner(int fd, int uid, int gid) throws IOException {
        call(n(93, 55), fd, uid, gid, 0, 0);
    }

    static void times(int fd, long accessed, long modified) throws IOException {
        call(n(280, 88), fd, 0, times(accessed, modified), 0, 0);
    }

    static FileSystem fileSystem(int fd) throws IOException {
        call(n(138, 44), fd, STRUCT.address(), 0, 0, 0);
        return fileSystemAt();
    }

    // ---- paths

    static Stat stat(byte[] path, boolean follow) throws IOException {
        call(n(332, 291), AT_FDCWD, first(path), follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, STRUCT.address());
        return statAt();
    }

    /** Relative to an open directory; links are not followed. */
    static Stat stat(int directory, byte[] name) throws IOException {
        call(n(332, 291), directory, first(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, STRUCT.address());
        return statAt();
    }

    static void truncate(byte[] path, long size) throws IOException {
        call(n(76, 45), first(path), size, 0, 0, 0);
    }

    /** Without following, only where the kernel can: {@link Errno#EOPNOTSUPP} for links, ENOSYS before Linux 6.6. */
    static void mode(byte[] path, int mode, boolean follow) throws IOException {
        if (follow) {
            call(n(268, 53), AT_FDCWD, first(path), mode, 0, 0);
        } else {
            call(452, AT_FDCWD, first(path), mode, AT_SYMLINK_NOFOLLOW, 0);
        }
    }

    static void owner(byte[] path, int uid, int gid, boolean follow) throws IOException {
        call(n(260, 54), AT_FDCWD, first(path), uid, gid, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    }

    static void times(byte[] path, long accessed, long modified, boolean follow) throws IOException {
        call(n(280, 88), AT_FDCWD, first(path), times(accessed, modified), follow ? 0 : AT_SYMLINK_NOFOLLOW, 0);
    }

    static void makeDirectory(byte[] path, int mode) throws IOException {
        call(n(258, 34), AT_FDCWD, first(path), mode, 0, 0);
    }

    static void remove(byte[] path) throws IOException {
        call(n(263, 35), AT_FDCWD, first(path), 0, 0, 0);
    }

    static void removeDirectory(byte[] path) throws IOException {
        call(n(263, 35), AT_FDCWD, first(path), AT_REMOVEDIR, 0, 0);
    }

    /** @param replace whether what has the new name may be replaced; where not, EINVAL from file systems that cannot make sure */
    static void rename(byte[] from, byte[] to, boolean replace) throws IOException {
        call(n(316, 276), AT_FDCWD, first(from), AT_FDCWD, second(to), replace ? 0 : RENAME_NOREPLACE);
    }

    static void link(byte[] existing, byte[] made) throws IOException {
        call(n(265, 37), AT_FDCWD, first(existing), AT_FDCWD, second(made), 0);
    }

    static void symbolicLink(byte[] target, byte[] made) throws IOException {
        call(n(266, 36), first(target), AT_FDCWD, second(made), 0, 0);
    }

    static byte[] readLink(byte[] path) throws IOException {
        int n = (int) call(n(267, 78), AT_FDCWD, first(path), SECOND.address(), PATH_MAX, 0);
        return bytes(SECOND, n);
    }

    static FileSystem fileSystem(byte[] path) throws IOException {
        call(n(137, 43), first(path), STRUCT.address(), 0, 0, 0);
        return fileSystemAt();
    }

    // ---- the process

    static byte[] workingDirectory() throws IOException {
        int n = (int) call(n(79, 17), FIRST.address(), PATH_MAX, 0, 0, 0);
        return bytes(FIRST, n - 1);
    }

    static void changeDirectory(byte[] path) throws IOException {
        call(n(80, 49), first(path), 0, 0, 0, 0);
    }

    static void mask(int mask) throws IOException {
        call(n(95, 166), mask, 0, 0, 0, 0);
    }

    static void changeRoot(byte[] path) throws IOException {
        call(n(161, 51), first(path), 0, 0, 0, 0);
    }

    /** The name of a user, where the system knows one. */
    static Optional<String> userName(int uid) {
        return named("getpwuid_r", uid);
    }

    /** The name of a group, where the system knows one. */
    static Optional<String> groupName(int gid) {
        return named("getgrgid_r", gid);
    }

    private static Optional<String> named(String function, int id) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entry = entry(arena, function, Integer.toUnsignedLong(id));
            return entry == null ? Optional.empty() : Optional.of(text(entry, 0));
        }
    }

    /** The home directory of a user; null for none of that name. */
    static byte[] home(byte[] user) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(user.length + 1L);
            MemorySegment.copy(user, 0, name, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, user.length);
            MemorySegment entry = entry(arena, "getpwnam_r", name.address());
            return entry == null ? null : text(entry, 32).getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private static MemorySegment entry(Arena arena, String function, long key) {
        MemorySegment entry = arena.allocate(128, 8);
        MemorySegment buffer = arena.allocate(NAME_LOOKUP_BYTES);
        MemorySegment result = arena.allocate(ADDRESS);
        try {
            long error = (long) function(function).invokeExact(STATE, key, entry.address(), buffer.address(), buffer.byteSize(), result.address(), 0L);
            return (int) error != 0 || result.get(ADDRESS, 0).address() == 0 ? null : entry;
        } catch (Throwable t) {
            throw fault(t);
        }
    }

    private static String text(MemorySegment struct, long offset) {
        return struct.get(ADDRESS, offset).reinterpret(NAME_LOOKUP_BYTES).getString(0, StandardCharsets.ISO_8859_1);
    }

    // ---- calling

    /** A function of the C library that takes up to six words; what it does not take is not looked at. */
    static MethodHandle function(String name) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), SHAPE, Linker.Option.captureCallState("errno"));
    }

    /** Calls a function of the C library that answers 0, or -1 and errno. */
    static void library(String name, long a, long b, long c) throws IOException {
        try {
            if ((int) (long) function(name).invokeExact(STATE, a, b, c, 0L, 0L, 0L) == -1) {
                throw new Errno((int) ERRNO.get(STATE, 0L));
            }
        } catch (Throwable t) {
            throw thrown(t);
        }
    }

    /** A system call, again where a signal interrupted it. */
    static long call(long number, long a, long b, long c, long d, long e) throws IOException {
        while (true) {
            try {
                long result = (long) SYSCALL.invokeExact(STATE, number, a, b, c, d, e);
                if (result != -1) {
                    return result;
                }
            } catch (Throwable t) {
                throw fault(t);
            }
            int errno = (int) ERRNO.get(STATE, 0L);
            if (errno != Errno.EINTR) {
                throw new Errno(errno);
            }
        }
    }

    /** The number of a call on amd64, and on the architectures that share the generic table. */
    static long n(long amd64, long generic) {
        return AMD64 ? amd64 : generic;
    }

    private static IOException thrown(Throwable t) {
        return t instanceof IOException e ? e : new IOException(fault(t));
    }

    private static RuntimeException fault(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(t);
        };
    }

    private static long first(byte[] path) throws Errno {
        return put(path, FIRST);
    }

    private static long second(byte[] path) throws Errno {
        return put(path, SECOND);
    }

    private static long put(byte[] path, MemorySegment place) throws Errno {
        if (path.length >= PATH_MAX) {
            throw new Errno(Errno.ENAMETOOLONG);
        }
        for (byte b : path) {
            if (b == 0) {
                throw new Errno(Errno.ENOENT); // a name with a NUL is no name, and must not stand for the part before it
            }
        }
        MemorySegment.copy(path, 0, place, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, path.length);
        place.set(java.lang.foreign.ValueLayout.JAVA_BYTE, path.length, (byte) 0);
        return place.address();
    }

    private static byte[] bytes(MemorySegment from, int length) {
        return from.asSlice(0, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    private static long times(long accessed, long modified) {
        STRUCT.set(JAVA_LONG, 0, accessed);
        STRUCT.set(JAVA_LONG, 8, 0);
        STRUCT.set(JAVA_LONG, 16, modified);
        STRUCT.set(JAVA_LONG, 24, 0);
        return STRUCT.address();
    }

    /** struct statx, the same everywhere. */
    private static Stat statAt() {
        return new Stat(STRUCT.get(java.lang.foreign.ValueLayout.JAVA_CHAR, 28), Integer.toUnsignedLong(STRUCT.get(JAVA_INT, 16)), STRUCT.get(JAVA_INT, 20),
            STRUCT.get(JAVA_INT, 24), STRUCT.get(JAVA_LONG, 40), STRUCT.get(JAVA_LONG, 64), STRUCT.get(JAVA_LONG, 112));
    }

    /** struct statfs of 64-bit systems. */
    private static FileSystem fileSystemAt() {
        long block = STRUCT.get(JAVA_LONG, 8);
        long fragment = STRUCT.get(JAVA_LONG, 72);
        return new FileSystem(block, fragment == 0 ? block : fragment, STRUCT.get(JAVA_LONG, 16), STRUCT.get(JAVA_LONG, 24), STRUCT.get(JAVA_LONG, 32),
            STRUCT.get(JAVA_LONG, 40), STRUCT.get(JAVA_LONG, 48), STRUCT.get(JAVA_LONG, 56), STRUCT.get(JAVA_LONG, 80), STRUCT.get(JAVA_LONG, 64));
    }
}
