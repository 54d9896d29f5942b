package org.qnsp.core.client;

import java.util.ArrayDeque;
import java.util.Deque;

/** The end of a client's process, and what is still to be done then, whether it ends by itself or by a signal. From any thread. */
public final class AtExit {
    private static final Object RUNNING = new Object();
    private static final Deque<Runnable> TASKS = new ArrayDeque<>();
    private static boolean hooked;

    private AtExit() {
    }

    /** Has this done when the process ends, the last one first. Nothing comes of it where the process ends already. */
    public static void add(Runnable task) {
        synchronized (TASKS) {
            TASKS.push(task);
            if (!hooked) {
                hooked = true;
                try {
                    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::run, "at-exit"));
                } catch (IllegalStateException e) {
                    TASKS.clear();
                }
            }
        }
    }

    /** It need not be done any more. */
    public static void remove(Runnable task) {
        synchronized (TASKS) {
            TASKS.remove(task);
        }
    }

    /** Does what is to be done and ends the process. {@link System#exit} first sets up logging, which takes a short command longer than all that it prints. */
    public static void exit(int status) {
        run();
        if (ModuleLayer.boot().findModule("jdk.jfr").isPresent()) { // not in the runtime that is installed: a JVM that records writes it down at an orderly end
            System.exit(status);
        }
        Runtime.getRuntime().halt(status);
    }

    private static void run() {
        synchronized (RUNNING) { // who ends the process meanwhile waits for it
            for (Runnable task = next(); task != null; task = next()) {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    // the others are to be done all the same
                }
            }
        }
    }

    private static Runnable next() {
        synchronized (TASKS) {
            return TASKS.poll();
        }
    }
}
