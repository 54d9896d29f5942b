package org.qnsp.qssh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** The native calls by which the client goes to the background; nothing else of it needs any. Each is linked when it is first used, for that takes time. Linux with glibc 2.34 or newer. */
@SuppressWarnings("restricted")
final class Posix {
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SPAWN_ACTIONS_BYTES = 128; // 80 in glibc
    private static final int EINTR = 4;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final Linker.Option ERRNO_KEPT = Linker.Option.captureCallState("errno");
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();

    private static final boolean AMD64 = System.getProperty("os.arch").equals("amd64");
    private static final long SYS_SCHED_SETATTR = AMD64 ? 314 : 274;
    private static final long SYS_SCHED_GETATTR = AMD64 ? 315 : 275;
    private static final int SCHED_ATTR_BYTES = 48;
    private static final int SCHED_ATTR_RUNTIME = 24;

    private static final FunctionDescriptor SETSID = FunctionDescriptor.of(JAVA_INT);

    private Posix() {}

    /** A call that gives -1 and errno for failure. */
    private interface Call {
        long run(MemorySegment state) throws Throwable;
    }

    /**
     * Goes through what a process that leaves its terminal calls, on a descriptor of its own. First calls take tens of milliseconds of a processor; where they come
     * when a session begins, they delay slots (C-21).
     */
    static void rehearse() throws IOException {
        int[] pipe = pipe();
        write(pipe[1], 0);
        discard(pipe[1]);
        close(pipe[0]);
        close(pipe[1]);
        link("setsid", SETSID);
    }

    /**
     * Has a thread, and those that it starts from now on, ask for turns of so many nanoseconds (Linux 6.12; older ones ignore it): when it wakes up it goes before one
     * that asks for longer ones. Its share of the processors stays what it is.
     *
     * @param thread its number for the system; 0 for the calling one
     */
    static void slice(int thread, long nanos) throws IOException {
        MethodHandle syscall = LINKER.downcallHandle(LIBC.findOrThrow("syscall"), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), ERRNO_KEPT,
            Linker.Option.firstVariadicArg(1));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(SCHED_ATTR_BYTES, Long.BYTES);
            checked("sched_getattr", state -> (long) syscall.invokeExact(state, SYS_SCHED_GETATTR, thread, attributes, SCHED_ATTR_BYTES, 0));
            attributes.set(JAVA_LONG, SCHED_ATTR_RUNTIME, nanos);
            checked("sched_setattr", state -> (long) syscall.invokeExact(state, SYS_SCHED_SETATTR, thread, attributes, 0, 0));
        }
    }

    /** A pipe: the end to read from, the end to write to; both end with an exec. */
    static int[] pipe() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            MethodHandle pipe2 = link("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
            checked("pipe2", state -> (int) pipe2.invokeExact(state, ends, O_CLOEXEC));
            return new int[] {ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1)};
        }
    }

    /** Reads one byte; -1 at the end. Waits. */
    static int read(int descriptor) throws IOException {
        MethodHandle read = link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(1);
            long n = checked("read", state -> (long) read.invokeExact(state, descriptor, one, 1L));
            return n <= 0 ? -1 : one.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) & 0xff;
        }
    }

    /** Writes one byte. */
    static void write(int descriptor, int value) throws IOException {
        MethodHandle write = link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_BYTE, (byte) value);
            checked("write", state -> (long) write.invokeExact(state, descriptor, one, 1L));
        }
    }

    static void close(int descriptor) throws IOException {
        MethodHandle close = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        checked("close", state -> (int) close.invokeExact(state, descriptor));
    }

    /** Makes this process the first of a session of its own, without a terminal. Does nothing where it is. */
    static void setsid() throws IOException {
        MethodHandle setsid = link("setsid", SETSID);
        try {
            checked("setsid", state -> (int) setsid.invokeExact(state));
        } catch (IOException e) {
            // it leads its group: whoever started it has given it a session or a job of its own
        }
    }

    /** Replaces a descriptor of this process by /dev/null. */
    static void discard(int descriptor) throws IOException {
        MethodHandle open = LINKER.downcallHandle(LIBC.findOrThrow("open"), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), ERRNO_KEPT, Linker.Option.firstVariadicArg(2));
        MethodHandle dup2 = link("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom("/dev/null");
            int opened = (int) checked("open", state -> (int) open.invokeExact(state, path, O_RDWR));
            checked("dup2", state -> (int) dup2.invokeExact(state, opened, descriptor));
            close(opened);
        }
    }

    /**
     * Starts a program with standard input from /dev/null, this process's standard error, its standard output or /dev/null, and one more descriptor, which it finds as 3.
     *
     * @return its process id
     */
    static int spawn(List<String> command, Map<String, String> environment, boolean output, int descriptor) throws IOException {
        FunctionDescriptor one = FunctionDescriptor.of(JAVA_INT, ADDRESS);
        FunctionDescriptor twoInts = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
        MethodHandle addOpen = link("posix_spawn_file_actions_addopen", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
        MethodHandle addDup = link("posix_spawn_file_actions_adddup2", twoInts);
        MethodHandle closeFrom = link("posix_spawn_file_actions_addclosefrom_np", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
        MethodHandle spawn = link("posix_spawn", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        MethodHandle init = link("posix_spawn_file_actions_init", one);
        MethodHandle destroy = link("posix_spawn_file_actions_destroy", one);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(SPAWN_ACTIONS_BYTES, 8);
            MemorySegment nothing = arena.allocateFrom("/dev/null");
            zero("posix_spawn_file_actions_init", state -> (int) init.invokeExact(state, actions));
            try {
                zero("addopen", state -> (int) addOpen.invokeExact(state, actions, 0, nothing, O_RDWR, 0));
                if (!output) {
                    zero("addopen", state -> (int) addOpen.invokeExact(state, actions, 1, nothing, O_RDWR, 0));
                }
                zero("adddup2", state -> (int) addDup.invokeExact(state, actions, descriptor, 3));
                zero("addclosefrom", state -> (int) closeFrom.invokeExact(state, actions, 4));
                MemorySegment pid = arena.allocate(JAVA_INT);
                MemorySegment path = arena.allocateFrom(command.getFirst());
                MemorySegment arguments = strings(arena, command);
                MemorySegment variables = strings(arena, environment.entrySet().stream().map(v -> v.getKey() + "=" + v.getValue()).toList());
                zero("posix_spawn", state -> (int) spawn.invokeExact(state, pid, path, actions, MemorySegment.NULL, arguments, variables));
                return pid.get(JAVA_INT, 0);
            } finally {
                zero("posix_spawn_file_actions_destroy", state -> (int) destroy.invokeExact(state, actions));
            }
        }
    }

    /** Waits for a child; its exit status, or 128 and the signal that ended it. */
    static int waitFor(int pid) throws IOException {
        MethodHandle waitpid = link("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            checked("waitpid", state -> (int) waitpid.invokeExact(state, pid, status, 0));
            int ended = status.get(JAVA_INT, 0);
            return (ended & 0x7f) == 0 ? ended >>> 8 & 0xff : 128 + (ended & 0x7f);
        }
    }

    private static MemorySegment strings(Arena arena, List<String> texts) {
        MemorySegment array = arena.allocate(ADDRESS, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
        }
        array.setAtIndex(ADDRESS, texts.size(), MemorySegment.NULL);
        return array;
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor) throws IOException {
        try {
            return LINKER.downcallHandle(LIBC.findOrThrow(name), descriptor, ERRNO_KEPT);
        } catch (NoSuchElementException e) {
            throw new IOException("this system has no " + name, e);
        }
    }

    private static long checked(String what, Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            while (true) {
                long result = call.run(state);
                int errno = (int) STATE.varHandle(MemoryLayout.PathElement.groupElement("errno")).get(state, 0L);
                if (result >= 0) {
                    return result;
                }
                if (errno != EINTR) {
                    throw new IOException(what + ": error " + errno);
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** For calls that give the error itself. */
    private static void zero(String what, Call call) throws IOException {
        long error = checked(what, call);
        if (error != 0) {
            throw new IOException(what + ": error " + error);
        }
    }
}
