package org.qnsp.keygen.agent;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What only the system can do for a process that holds keys, and for one that goes to the background. On a system that is not Linux, or says no, each call
 * says that it was not done; nothing depends on it but what it is for.
 */
final class Platform {
    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    private static final int PR_SET_DUMPABLE = 4;
    private static final int MADV_DONTDUMP = 16;
    private static final int CLOCK_BOOTTIME = 7;
    private static final int O_RDWR = 2;
    /** Present pages, pages to come, and each only once it is used: the address space of a JVM is far larger than what it touches. */
    private static final int MCL_CURRENT_FUTURE_ONFAULT = 1 | 2 | 4;

    private Platform() {
    }

    @SuppressWarnings("restricted") // all native calls of this program are in this class
    private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    /** No core file, and no other process of this user may look into the memory. */
    static boolean hideMemory() {
        try {
            return LINUX && (int) call("prctl", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG).invokeExact(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
        } catch (Throwable t) {
            return false;
        }
    }

    /** Keeps all of the memory out of the swap; it needs a right or a limit that ordinary users seldom have. */
    static boolean lockAll() {
        try {
            return LINUX && (int) call("mlockall", JAVA_INT, JAVA_INT).invokeExact(MCL_CURRENT_FUTURE_ONFAULT) == 0;
        } catch (Throwable t) {
            return false;
        }
    }

    /** Keeps these pages out of the swap and of core files. */
    static boolean lock(MemorySegment pages) {
        try {
            boolean locked = LINUX && (int) call("mlock", JAVA_INT, ADDRESS, JAVA_LONG).invokeExact(pages, pages.byteSize()) == 0;
            return locked & (int) call("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT).invokeExact(pages, pages.byteSize(), MADV_DONTDUMP) == 0;
        } catch (Throwable t) {
            return false;
        }
    }

    /** A session of its own, and nothing to do with the terminal or the pipes that it was started with. */
    static void detach() {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) call("setsid", JAVA_INT).invokeExact();
            int nowhere = (int) call("open", JAVA_INT, ADDRESS, JAVA_INT).invokeExact(arena.allocateFrom("/dev/null"), O_RDWR);
            MethodHandle dup2 = call("dup2", JAVA_INT, JAVA_INT, JAVA_INT);
            for (int fd = 0; fd <= 2 && nowhere >= 0; fd++) {
                ignored = (int) dup2.invokeExact(nowhere, fd);
            }
        } catch (Throwable t) {
            throw new IllegalStateException("cannot go to the background", t);
        }
    }

    /** Sets the creation mask and gives the old one. */
    static int mask(int mask) {
        try {
            return (int) call("umask", JAVA_INT, JAVA_INT).invokeExact(mask);
        } catch (Throwable t) {
            throw new IllegalStateException("umask", t);
        }
    }

    /** A clock that never steps back and goes on while the machine sleeps, so that a key's hour is an hour of the user's. */
    static final class Clock {
        private final MethodHandle gettime = LINUX ? call("clock_gettime", JAVA_INT, JAVA_INT, ADDRESS) : null;

        long nanos() {
            if (gettime == null) {
                return System.nanoTime();
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment time = arena.allocate(16, 8);
                int done = (int) gettime.invokeExact(CLOCK_BOOTTIME, time);
                return done == 0 ? time.get(JAVA_LONG, 0) * 1_000_000_000L + time.get(JAVA_LONG, 8) : System.nanoTime();
            } catch (Throwable t) {
                throw new IllegalStateException("clock_gettime", t);
            }
        }
    }
}
