package org.qnsp.qsshd.session;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Every native call of the daemon, and nothing but native calls: Linux with glibc 2.34 or newer (for {@code addclosefrom_np}) and a kernel
 * from 5.3 on (for {@code pidfd_open}), 64-bit, on the architectures that share the generic ioctl and termios numbers.
 *
 * <p>Only {@link #poll} blocks for long, so it alone has to run on a platform thread of its own. The account look-ups may wait for a
 * directory service.
 */
@SuppressWarnings("restricted")
final class Posix {
    static final int POLLIN = 0x1;
    static final int POLLOUT = 0x4;

    /** {@code struct pollfd}: int fd, short events, short revents. */
    static final int POLLFD_BYTES = 8;

    /** What {@link #read} and {@link #write} answer when they would have to wait. */
    static final int WOULD_BLOCK = -1;

    /** What {@link #read} answers at the end, and {@link #write} when nobody will ever read. */
    static final int CLOSED = -2;

    private static final int ENOENT = 2;
    private static final int ESRCH = 3;
    private static final int EINTR = 4;
    private static final int EIO = 5;
    private static final int EAGAIN = 11;
    private static final int EACCES = 13;
    private static final int EPIPE = 32;
    private static final int ERANGE = 34;

    private static final int O_RDWR = 0x2;
    private static final int O_NOCTTY = 0x100;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final long TIOCSWINSZ = 0x5414;
    private static final int WNOHANG = 1;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final boolean AMD64 = System.getProperty("os.arch").equals("amd64");
    private static final long SYS_SETGROUPS = AMD64 ? 116 : 159; // the others share the kernel's generic numbers
    private static final long SYS_SETRESUID = AMD64 ? 117 : 147;
    private static final long SYS_SETRESGID = AMD64 ? 119 : 149;
    private static final long SYS_SCHED_SETATTR = AMD64 ? 314 : 274;
    private static final long SYS_SCHED_GETATTR = AMD64 ? 315 : 275;
    /** {@code struct sched_attr}, its first version: size and policy (int), flags (long), nice and priority (int), runtime, deadline and period (long). */
    private static final int SCHED_ATTR_BYTES = 48;
    private static final int SCHED_ATTR_RUNTIME = 24;
    private static final long SYS_UNSHARE = AMD64 ? 272 : 97;
    private static final int CLONE_FS = 0x200;
    private static final int UNCHANGED = -1;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private static final short SPAWN_FLAGS = 0x04 | 0x08 | 0x80; // SETSIGDEF, SETSIGMASK, SETSID
    private static final int SPAWN_ATTRIBUTES_BYTES = 512; // 336 in glibc
    private static final int SPAWN_ACTIONS_BYTES = 128; // 80 in glibc
    private static final int SIGSET_BYTES = 128;
    private static final int LOOKUP_BYTES = 1024;
    private static final int LOOKUP_BYTES_MAX = 1 << 20;
    private static final int GROUPS_MAX = 65_536; // NGROUPS_MAX

    private static final Set<String> ARCHITECTURES = Set.of("amd64", "aarch64", "riscv64", "loongarch64");

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final MemoryLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final Optional<String> UNSUPPORTED = unsupported();

    private static final MethodHandle GETEUID = plain("geteuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle STRERROR = plain("strerror_r", FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle OPENPT = call("posix_openpt", JAVA_INT);
    private static final MethodHandle GRANTPT = call("grantpt", JAVA_INT);
    private static final MethodHandle UNLOCKPT = call("unlockpt", JAVA_INT);
    private static final MethodHandle PTSNAME = plain("ptsname_r", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    private static final MethodHandle FCNTL = variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SYSCALL = variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle SYSCALL_IDS = variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SYSCALL_LIST = variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS);
    private static final MethodHandle SYSCALL_RECORD = variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle GETRESUID = call("getresuid", ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle GETRESGID = call("getresgid", ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle GETGROUPS = call("getgroups", JAVA_INT, ADDRESS);
    private static final MethodHandle CAPGET = call("capget", ADDRESS, ADDRESS);
    private static final MethodHandle UMASK = plain("umask", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle PIPE2 = call("pipe2", ADDRESS, JAVA_INT);
    private static final MethodHandle CLOSE = call("close", JAVA_INT);
    private static final MethodHandle READ = calling("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE = calling("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle POLL = call("poll", ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle WAITPID = call("waitpid", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle KILL = call("kill", JAVA_INT, JAVA_INT);
    private static final MethodHandle FCHOWN = call("fchown", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle CHOWN = call("chown", ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle CHMOD = call("chmod", ADDRESS, JAVA_INT);
    private static final MethodHandle TCGETATTR = call("tcgetattr", JAVA_INT, ADDRESS);
    private static final MethodHandle TCSETATTR = call("tcsetattr", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle CFSETISPEED = call("cfsetispeed", ADDRESS, JAVA_INT);
    private static final MethodHandle CFSETOSPEED = call("cfsetospeed", ADDRESS, JAVA_INT);
    private static final MethodHandle SETUTXENT = plain("setutxent", FunctionDescriptor.ofVoid());
    private static final MethodHandle PUTUTXLINE = plain("pututxline", FunctionDescriptor.of(ADDRESS, ADDRESS));
    private static final MethodHandle ENDUTXENT = plain("endutxent", FunctionDescriptor.ofVoid());
    private static final MethodHandle UPDWTMPX = plain("updwtmpx", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    private static final MethodHandle NTOP = plain("inet_ntop", FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));


    private static final MethodHandle SPAWN = call("posix_spawn", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle ATTR_INIT = call("posix_spawnattr_init", ADDRESS);
    private static final MethodHandle ATTR_DESTROY = call("posix_spawnattr_destroy", ADDRESS);
    private static final MethodHandle ATTR_FLAGS = call("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
    private static final MethodHandle ATTR_DEFAULT = call("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
    private static final MethodHandle ATTR_MASK = call("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
    private static final MethodHandle ACTIONS_INIT = call("posix_spawn_file_actions_init", ADDRESS);
    private static final MethodHandle ACTIONS_DESTROY = call("posix_spawn_file_actions_destroy", ADDRESS);
    private static final MethodHandle ACTIONS_OPEN =
            call("posix_spawn_file_actions_addopen", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle ACTIONS_DUP2 = call("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle ACTIONS_CLOSEFROM = call("posix_spawn_file_actions_addclosefrom_np", ADDRESS, JAVA_INT);
    private static final MethodHandle ACTIONS_CHDIR = call("posix_spawn_file_actions_addchdir_np", ADDRESS, ADDRESS);

    private static final MethodHandle GETPWNAM = call("getpwnam_r", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    private static final MethodHandle GETPWUID = call("getpwuid_r", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    private static final MethodHandle GETGRGID = call("getgrgid_r", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    private static final MethodHandle GETGRNAM = call("getgrnam_r", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    private static final MethodHandle GETSPNAM = call("getspnam_r", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    private static final MethodHandle GETGROUPLIST = call("getgrouplist", ADDRESS, JAVA_INT, ADDRESS, ADDRESS);

    private Posix() {
    }

    /** One line of the account database. Identifiers are unsigned 32-bit. */
    record Passwd(String name, long uid, long gid, String home, String shell) {
    }

    /** Where a new process finds its descriptors 0, 1 and 2; everything from 3 on is closed. */
    sealed interface Standard {
        /** All three are the terminal at {@code path}, which becomes the controlling one. */
        record Terminal(String path) implements Standard {
        }

        /** Copies of these descriptors. */
        record Descriptors(int input, int output, int error) implements Standard {
        }
    }

    // ---- support -------------------------------------------------------------------------------------------------------------------

    /**
     * Says clearly, before anything is tried, that this system cannot run sessions.
     *
     * @throws IOException naming what is missing
     */
    static void requireSupported() throws IOException {
        if (UNSUPPORTED.isPresent()) {
            throw new IOException("sessions need 64-bit Linux with glibc 2.34 and kernel 5.3 or newer: " + UNSUPPORTED.get());
        }
    }

    private static Optional<String> unsupported() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.of("this is " + System.getProperty("os.name"));
        }
        if (!ARCHITECTURES.contains(System.getProperty("os.arch"))) {
            return Optional.of("not written for " + System.getProperty("os.arch"));
        }
        if (LIBC.find("gnu_get_libc_version").isEmpty()) {
            return Optional.of("the C library is not glibc");
        }
        return LIBC.find("posix_spawn_file_actions_addclosefrom_np").isEmpty()
                ? Optional.of("the C library has no posix_spawn_file_actions_addclosefrom_np") : Optional.empty();
    }

    // ---- identity ------------------------------------------------------------------------------------------------------------------

    /** The effective user of this process. */
    static long effectiveUser() {
        try {
            return Integer.toUnsignedLong((int) GETEUID.invokeExact());
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /**
     * What the kernel takes a thread for: its real, effective and saved numbers, unsigned 32-bit, its further groups, and whether it has any
     * capability in effect, which would count more than they, or one that programs could inherit.
     */
    record Identity(List<Long> users, List<Long> groups, List<Long> supplementary, boolean capable, boolean bequeaths) {
    }

    /**
     * Changes the effective numbers and the groups of the calling thread and of no other. The library's own functions change them for the whole
     * process, so the kernel is called past it; real and saved numbers stay, and with them nobody but root may signal or trace the thread.
     */
    static void changeThread(long uid, long gid, List<Long> groups) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(JAVA_INT, Math.max(1, groups.size()));
            for (int i = 0; i < groups.size(); i++) {
                list.setAtIndex(JAVA_INT, i, (int) (long) groups.get(i));
            }
            checked("setgroups", e -> (int) (long) SYSCALL_LIST.invokeExact(e, SYS_SETGROUPS, groups.size(), list));
            checked("setresgid", e -> (int) (long) SYSCALL_IDS.invokeExact(e, SYS_SETRESGID, UNCHANGED, (int) gid, UNCHANGED));
            checked("setresuid", e -> (int) (long) SYSCALL_IDS.invokeExact(e, SYS_SETRESUID, UNCHANGED, (int) uid, UNCHANGED));
        }
    }

    /**
     * How long a thread of this process may compute, in nanoseconds from 100,000 to 100,000,000, before another has its turn: who asks for less goes first when it
     * wakes up (Linux 6.12; older ones ignore it). The share of the processor stays what it is.
     */
    static void slice(int thread, long nanos) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(SCHED_ATTR_BYTES, Long.BYTES);
            checked("sched_getattr", e -> (int) (long) SYSCALL_RECORD.invokeExact(e, SYS_SCHED_GETATTR, thread, attributes, SCHED_ATTR_BYTES, 0));
            attributes.set(JAVA_LONG, SCHED_ATTR_RUNTIME, nanos);
            checked("sched_setattr", e -> (int) (long) SYSCALL_RECORD.invokeExact(e, SYS_SCHED_SETATTR, thread, attributes, 0, 0));
        }
    }

    /** Gives the calling thread a creation mask (and a working directory) of its own. */
    static void maskThread(int mask) throws IOException {
        checked("unshare", e -> (int) (long) SYSCALL.invokeExact(e, SYS_UNSHARE, CLONE_FS, 0));
        try {
            int before = (int) UMASK.invokeExact(mask);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** What the kernel takes the calling thread for. */
    static Identity threadIdentity() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(JAVA_INT, 6);
            MemorySegment list = arena.allocate(JAVA_INT, GROUPS_MAX);
            checked("getresuid", e -> (int) GETRESUID.invokeExact(e, ids, ids.asSlice(4), ids.asSlice(8)));
            checked("getresgid", e -> (int) GETRESGID.invokeExact(e, ids.asSlice(12), ids.asSlice(16), ids.asSlice(20)));
            int count = checked("getgroups", e -> (int) GETGROUPS.invokeExact(e, GROUPS_MAX, list));
            MemorySegment header = arena.allocateFrom(JAVA_INT, CAPABILITY_VERSION_3, 0);
            MemorySegment sets = arena.allocate(JAVA_INT, 6); // effective, permitted, inheritable; the same of the upper 32
            checked("capget", e -> (int) CAPGET.invokeExact(e, header, sets));
            boolean capable = (sets.getAtIndex(JAVA_INT, 0) | sets.getAtIndex(JAVA_INT, 3)) != 0;
            boolean bequeaths = (sets.getAtIndex(JAVA_INT, 2) | sets.getAtIndex(JAVA_INT, 5)) != 0;
            return new Identity(numbers(ids, 0, 3), numbers(ids, 3, 6), numbers(list, 0, count), capable, bequeaths);
        }
    }

    private static List<Long> numbers(MemorySegment list, int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> Integer.toUnsignedLong(list.getAtIndex(JAVA_INT, i))).toList();
    }

    /** The account of that name. */
    static Optional<Passwd> passwd(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(name);
            return lookup("getpwnam_r", arena, (entry, buffer, result) ->
                    (int) GETPWNAM.invokeExact(state(arena), key, entry, buffer, buffer.byteSize(), result)).map(Posix::passwdAt);
        }
    }

    /** The (first) account with that number. */
    static Optional<Passwd> passwd(long uid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return lookup("getpwuid_r", arena, (entry, buffer, result) ->
                    (int) GETPWUID.invokeExact(state(arena), (int) uid, entry, buffer, buffer.byteSize(), result)).map(Posix::passwdAt);
        }
    }

    /** The number of the group of that name. */
    static OptionalLong group(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(name);
            Optional<MemorySegment> entry = lookup("getgrnam_r", arena, (e, buffer, result) ->
                    (int) GETGRNAM.invokeExact(state(arena), key, e, buffer, buffer.byteSize(), result));
            return entry.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Integer.toUnsignedLong(entry.get().get(JAVA_INT, 16)));
        }
    }

    /** The name of the group of that number. */
    static Optional<String> groupName(long gid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return lookup("getgrgid_r", arena, (e, buffer, result) ->
                    (int) GETGRGID.invokeExact(state(arena), (int) gid, e, buffer, buffer.byteSize(), result)).map(entry -> text(entry, 0));
        }
    }

    /** The last day of the account, counted from 1970-01-01; empty when it has none or this process may not know. */
    static OptionalLong expiryDay(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(name);
            Optional<MemorySegment> entry = lookup("getspnam_r", arena, (e, buffer, result) ->
                    (int) GETSPNAM.invokeExact(state(arena), key, e, buffer, buffer.byteSize(), result));
            long day = entry.isEmpty() ? -1 : entry.get().get(JAVA_LONG, 56);
            return day == -1 ? OptionalLong.empty() : OptionalLong.of(day);
        }
    }

    /** The groups of an account, its own included, at most 65,536. */
    static List<Long> groups(String name, long gid) throws IOException {
        for (int room = 64; room <= GROUPS_MAX; room *= 4) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment list = arena.allocate(JAVA_INT, room);
                MemorySegment count = arena.allocateFrom(JAVA_INT, room);
                MemorySegment key = arena.allocateFrom(name);
                // -1 says "too small a list", which is not an error with an errno
                int rc = (int) GETGROUPLIST.invokeExact(state(arena), key, (int) gid, list, count);
                if (rc >= 0) {
                    List<Long> groups = new ArrayList<>();
                    for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
                        groups.add(Integer.toUnsignedLong(list.getAtIndex(JAVA_INT, i)));
                    }
                    return List.copyOf(groups);
                }
            } catch (Throwable t) {
                throw unexpected(t);
            }
        }
        throw new IOException("account " + name + " is in more than " + GROUPS_MAX + " groups");
    }

    private static Passwd passwdAt(MemorySegment entry) {
        return new Passwd(text(entry, 0), Integer.toUnsignedLong(entry.get(JAVA_INT, 16)),
                Integer.toUnsignedLong(entry.get(JAVA_INT, 20)), text(entry, 32), text(entry, 40));
    }

    private static String text(MemorySegment struct, long offset) {
        MemorySegment at = struct.get(ADDRESS, offset);
        return at.address() == 0 ? "" : at.reinterpret(LOOKUP_BYTES_MAX).getString(0);
    }

    @FunctionalInterface
    private interface Lookup {
        int run(MemorySegment entry, MemorySegment buffer, MemorySegment result) throws Throwable;
    }

    /** The get...nam_r calls: the answer is an error number, the buffer grows until the entry fits, the result may be null. */
    private static Optional<MemorySegment> lookup(String name, Arena arena, Lookup lookup) throws IOException {
        MemorySegment entry = arena.allocate(128, 8);
        MemorySegment result = arena.allocate(ADDRESS);
        for (int size = LOOKUP_BYTES; size <= LOOKUP_BYTES_MAX; size *= 4) {
            int error;
            try {
                error = lookup.run(entry, arena.allocate(size, 8), result);
            } catch (Throwable t) {
                throw unexpected(t);
            }
            if (error == 0) {
                return result.get(ADDRESS, 0).address() == 0 ? Optional.empty() : Optional.of(entry);
            }
            if (error == ENOENT || error == ESRCH || error == EACCES) {
                return Optional.empty();
            }
            if (error != ERANGE && error != EINTR) {
                throw failure(name, error);
            }
        }
        throw failure(name, ERANGE);
    }

    // ---- descriptors ---------------------------------------------------------------------------------------------------------------

    /** A pipe, closed on exec: the reading descriptor, then the writing one. */
    static int[] pipe() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment two = arena.allocate(JAVA_INT, 2);
            checked("pipe2", e -> (int) PIPE2.invokeExact(e, two, O_CLOEXEC));
            int[] pipe = {two.getAtIndex(JAVA_INT, 0), two.getAtIndex(JAVA_INT, 1)};
            if (pipe[0] <= 2 || pipe[1] <= 2) {
                // a daemon started with closed standard descriptors would hand its pipes to the wrong place
                close(pipe[0]);
                close(pipe[1]);
                throw new IOException("standard input, output or error of the daemon is closed");
            }
            return pipe;
        }
    }

    /** Makes reads and writes answer {@link #WOULD_BLOCK} rather than wait. */
    static void nonBlocking(int fd) throws IOException {
        int flags = checked("fcntl", e -> (int) FCNTL.invokeExact(e, fd, F_GETFL, 0));
        checked("fcntl", e -> (int) FCNTL.invokeExact(e, fd, F_SETFL, flags | O_NONBLOCK));
    }

    /** Bytes read, {@link #WOULD_BLOCK}, or {@link #CLOSED} (end of a pipe, or a terminal that nobody holds any more). */
    static int read(int fd, MemorySegment buffer, int length) throws IOException {
        return transfer("read", READ, fd, buffer, length);
    }

    /** Bytes written (perhaps fewer than asked), {@link #WOULD_BLOCK}, or {@link #CLOSED} when nobody can read them. */
    static int write(int fd, MemorySegment buffer, int length) throws IOException {
        return transfer("write", WRITE, fd, buffer, length);
    }

    private static int transfer(String name, MethodHandle handle, int fd, MemorySegment buffer, int length) throws IOException {
        try {
            int n = checked(name, e -> (int) (long) handle.invokeExact(e, fd, buffer, (long) length));
            return n == 0 && length > 0 ? CLOSED : n;
        } catch (PosixException e) {
            return switch (e.errno()) {
                case EAGAIN, EINTR -> WOULD_BLOCK;
                case EIO, EPIPE -> CLOSED;
                default -> throw e;
            };
        }
    }

    /**
     * Waits until one of the {@code count} descriptors is ready, for {@code timeoutMillis} (negative: for ever). An interruption counts as
     * nothing ready.
     */
    static int poll(MemorySegment descriptors, int count, int timeoutMillis) throws IOException {
        try {
            return checked("poll", e -> (int) POLL.invokeExact(e, descriptors, (long) count, timeoutMillis));
        } catch (PosixException e) {
            if (e.errno() == EINTR) {
                return 0;
            }
            throw e;
        }
    }

    /** Closes a descriptor. Linux has freed it whatever close answers, so there is nothing to report. */
    static void close(int fd) {
        try {
            checked("close", e -> (int) CLOSE.invokeExact(e, fd));
        } catch (IOException e) {
            if (e instanceof PosixException p && p.errno() == 9) { // EBADF: a descriptor closed twice is our mistake
                throw new IllegalStateException("descriptor " + fd + " is not open", e);
            }
        }
    }

    /** Gives a descriptor's file to a user. */
    static void own(int fd, long uid, long gid) throws IOException {
        checked("fchown", e -> (int) FCHOWN.invokeExact(e, fd, (int) uid, (int) gid));
    }

    /** Gives a file to a user, with these permissions. */
    static void own(String path, long uid, long gid, int mode) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment p = arena.allocateFrom(path);
            checked("chown " + path, e -> (int) CHOWN.invokeExact(e, p, (int) uid, (int) gid));
            checked("chmod " + path, e -> (int) CHMOD.invokeExact(e, p, mode));
        }
    }

    // ---- terminals -----------------------------------------------------------------------------------------------------------------

    /** The master of a new pseudo-terminal, closed on exec, its slave unlocked. */
    static int openMaster() throws IOException {
        int master = checked("posix_openpt", e -> (int) OPENPT.invokeExact(e, O_RDWR | O_NOCTTY | O_CLOEXEC));
        try {
            checked("grantpt", e -> (int) GRANTPT.invokeExact(e, master));
            checked("unlockpt", e -> (int) UNLOCKPT.invokeExact(e, master));
            return master;
        } catch (IOException e) {
            close(master);
            throw e;
        }
    }

    /** The slave's path, as in {@code /dev/pts/3}. */
    static String slavePath(int master) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(128);
            int error = (int) PTSNAME.invokeExact(master, name, name.byteSize());
            if (error != 0) {
                throw failure("ptsname_r", error);
            }
            return name.getString(0);
        } catch (IOException e) {
            throw e;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Sets the size of a terminal; its foreground process group gets SIGWINCH when it changed. */
    static void windowSize(int master, WindowSize size) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment winsize = arena.allocate(JAVA_SHORT, 4);
            winsize.setAtIndex(JAVA_SHORT, 0, (short) size.rows());
            winsize.setAtIndex(JAVA_SHORT, 1, (short) size.columns());
            winsize.setAtIndex(JAVA_SHORT, 2, (short) size.widthPixels());
            winsize.setAtIndex(JAVA_SHORT, 3, (short) size.heightPixels());
            checked("ioctl(TIOCSWINSZ)", e -> (int) IOCTL.invokeExact(e, master, TIOCSWINSZ, winsize));
        }
    }

    /** Applies terminal modes to the pair (through the master: Linux keeps them at the slave). */
    static void modes(int master, TerminalModes modes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = arena.allocate(TerminalModes.TERMIOS_BYTES, 8);
            checked("tcgetattr", e -> (int) TCGETATTR.invokeExact(e, master, termios));
            modes.applyTo(termios.asByteBuffer().order(ByteOrder.nativeOrder()));
            OptionalInt in = modes.inputSpeed();
            if (in.isPresent()) {
                checked("cfsetispeed", e -> (int) CFSETISPEED.invokeExact(e, termios, in.getAsInt()));
            }
            OptionalInt out = modes.outputSpeed();
            if (out.isPresent()) {
                checked("cfsetospeed", e -> (int) CFSETOSPEED.invokeExact(e, termios, out.getAsInt()));
            }
            checked("tcsetattr", e -> (int) TCSETATTR.invokeExact(e, master, 0, termios));
        }
    }

    /** Puts a record of a login or its end into utmp and at the end of {@code wtmp}, where there are such files. The functions have one state for the process. */
    static synchronized void loginRecord(byte[] entry, String wtmp) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocateFrom(JAVA_BYTE, entry);
            MemorySegment path = arena.allocateFrom(wtmp);
            SETUTXENT.invokeExact();
            MemorySegment put = (MemorySegment) PUTUTXLINE.invokeExact(record); // null where there is no utmp
            ENDUTXENT.invokeExact();
            UPDWTMPX.invokeExact(path, record);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- processes -----------------------------------------------------------------------------------------------------------------

    /**
     * Starts a program in a session of its own, all signals at their defaults and none blocked, working directory {@code /}.
     * The caller waits until the program has been executed, about a millisecond.
     *
     * @return its process id, which is also that of its session and process group
     */
    static int spawn(List<String> command, List<String> environment, Standard standard) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(SPAWN_ACTIONS_BYTES, 16);
            zero("posix_spawn_file_actions_init", e -> (int) ACTIONS_INIT.invokeExact(e, actions));
            try {
                addActions(arena, actions, standard);
                return spawn(arena, command, environment, actions);
            } finally {
                zero("posix_spawn_file_actions_destroy", e -> (int) ACTIONS_DESTROY.invokeExact(e, actions));
            }
        }
    }

    private static void addActions(Arena arena, MemorySegment actions, Standard standard) throws IOException {
        switch (standard) {
            case Standard.Terminal t -> {
                // the session leader's first open of a terminal makes it the controlling one
                MemorySegment path = arena.allocateFrom(t.path());
                zero("addopen", e -> (int) ACTIONS_OPEN.invokeExact(e, actions, 0, path, O_RDWR, 0));
                dup2(actions, 0, 1);
                dup2(actions, 0, 2);
            }
            case Standard.Descriptors d -> {
                dup2(actions, d.input(), 0);
                dup2(actions, d.output(), 1);
                dup2(actions, d.error(), 2);
            }
        }
        // the JVM's own descriptors are not closed on exec
        zero("addclosefrom_np", e -> (int) ACTIONS_CLOSEFROM.invokeExact(e, actions, 3));
        MemorySegment root = arena.allocateFrom("/");
        zero("addchdir_np", e -> (int) ACTIONS_CHDIR.invokeExact(e, actions, root));
    }

    private static void dup2(MemorySegment actions, int from, int to) throws IOException {
        zero("adddup2", e -> (int) ACTIONS_DUP2.invokeExact(e, actions, from, to));
    }

    private static int spawn(Arena arena, List<String> command, List<String> environment, MemorySegment actions) throws IOException {
        MemorySegment attributes = arena.allocate(SPAWN_ATTRIBUTES_BYTES, 16);
        MemorySegment signals = arena.allocate(SIGSET_BYTES, 16);
        MemorySegment pid = arena.allocate(JAVA_INT);
        MemorySegment path = arena.allocateFrom(command.getFirst());
        MemorySegment argv = strings(arena, command);
        MemorySegment envp = strings(arena, environment);
        zero("posix_spawnattr_init", e -> (int) ATTR_INIT.invokeExact(e, attributes));
        try {
            zero("posix_spawnattr_setflags", e -> (int) ATTR_FLAGS.invokeExact(e, attributes, SPAWN_FLAGS));
            signals.fill((byte) 0xFF); // sigfillset would leave out the two signals glibc uses itself, which posix_spawn then ignores
            zero("posix_spawnattr_setsigdefault", e -> (int) ATTR_DEFAULT.invokeExact(e, attributes, signals));
            signals.fill((byte) 0);
            zero("posix_spawnattr_setsigmask", e -> (int) ATTR_MASK.invokeExact(e, attributes, signals));
            zero("posix_spawn " + command.getFirst(), e -> (int) SPAWN.invokeExact(e, pid, path, actions, attributes, argv, envp));
            return pid.get(JAVA_INT, 0);
        } finally {
            zero("posix_spawnattr_destroy", e -> (int) ATTR_DESTROY.invokeExact(e, attributes));
        }
    }

    private static MemorySegment strings(Arena arena, List<String> strings) {
        MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L); // zeroed, so null-terminated
        for (int i = 0; i < strings.size(); i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(strings.get(i)));
        }
        return array;
    }

    /** A descriptor, closed on exec, that becomes readable when the process ends. */
    static int processDescriptor(int pid) throws IOException {
        return checked("pidfd_open", e -> (int) (long) SYSCALL.invokeExact(e, SYS_PIDFD_OPEN, pid, 0));
    }

    /** Collects an ended child and gives its raw wait status; empty while it runs. Afterwards its process id may belong to anyone. */
    static OptionalInt reap(int pid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            int reaped = checked("waitpid", e -> (int) WAITPID.invokeExact(e, pid, status, WNOHANG));
            return reaped == pid ? OptionalInt.of(status.get(JAVA_INT, 0)) : OptionalInt.empty();
        }
    }

    /** Waits for a child that has been killed, and collects it. */
    static void collect(int pid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            checked("waitpid", e -> (int) WAITPID.invokeExact(e, pid, status, 0));
        }
    }

    /** Sends a signal to the process group {@code group}. A group without members is no error. */
    static void signalGroup(int group, int signal) throws IOException {
        try {
            checked("kill", e -> (int) KILL.invokeExact(e, -group, signal));
        } catch (PosixException e) {
            if (e.errno() != ESRCH) {
                throw e;
            }
        }
    }

    // ---- addresses -----------------------------------------------------------------------------------------------------------------

    /** The numeric text of an address in its short form, as in {@code ::1}. */
    static String numeric(InetAddress address) {
        byte[] bytes = address.getAddress();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(64);
            MemorySegment raw = arena.allocateFrom(JAVA_BYTE, bytes);
            MemorySegment rc = (MemorySegment) NTOP.invokeExact(bytes.length == 4 ? AF_INET : AF_INET6, raw, text, 64);
            if (rc.address() == 0) {
                throw new IllegalStateException("inet_ntop");
            }
            return text.getString(0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- linking -------------------------------------------------------------------------------------------------------------------

    @FunctionalInterface
    interface Call {
        int run(MemorySegment errno) throws Throwable;
    }

    /** A call that answers -1 and sets errno on failure. */
    static int checked(String name, Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = state(arena);
            int result = call.run(errno);
            if (result == -1) {
                throw failure(name, (int) ERRNO.get(errno, 0L));
            }
            return result;
        } catch (PosixException e) {
            throw e;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** A call that answers its error number. */
    private static void zero(String name, Call call) throws IOException {
        int error = checked(name, call);
        if (error != 0) {
            throw failure(name, error);
        }
    }

    private static MemorySegment state(Arena arena) {
        return arena.allocate(ERRNO_LAYOUT);
    }

    private static PosixException failure(String name, int errno) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(256);
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno, buffer, buffer.byteSize());
            return new PosixException(name, errno, text.reinterpret(256).getString(0));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static RuntimeException unexpected(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(t);
        };
    }

    /** An int-valued function that sets errno. */
    static MethodHandle call(String name, MemoryLayout... parameters) {
        return calling(name, FunctionDescriptor.of(JAVA_INT, parameters));
    }

    private static MethodHandle calling(String name, FunctionDescriptor descriptor) {
        return link(name, descriptor, CAPTURE);
    }

    static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(result, parameters), CAPTURE, Linker.Option.firstVariadicArg(fixed));
    }

    private static MethodHandle plain(String name, FunctionDescriptor descriptor) {
        return link(name, descriptor);
    }

    /** Elsewhere than on a supported system the class still loads, so that {@link #requireSupported} can say so. */
    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return UNSUPPORTED.isPresent() ? null : LINKER.downcallHandle(LIBC.findOrThrow(name), descriptor, options);
    }
}
