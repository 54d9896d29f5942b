package org.qnsp.qssh;

import org.qnsp.core.client.AtExit;
import sun.misc.Signal;

/** The signals of the process. What was ignored when it started stays ignored; SIGQUIT is the virtual machine's, and SIGPIPE is ignored by it. */
final class Signals {
    private static volatile Runnable ending = () -> AtExit.exit(Qssh.FAILED);

    private Signals() {}

    /** From now on SIGTERM, SIGINT and SIGHUP end the process as ssh ends: silently, with status 255. */
    static void handleEnding() {
        for (String name : new String[] {"TERM", "INT", "HUP"}) {
            handle(name, () -> ending.run());
        }
    }

    /** What ends the process from now on. */
    static void onEnding(Runnable task) {
        ending = task;
    }

    /** The terminal has another size. */
    static void onResize(Runnable task) {
        handle("WINCH", task);
    }

    /** The process goes on after it was stopped. */
    static void onContinue(Runnable task) {
        handle("CONT", task);
    }

    private static void handle(String name, Runnable task) {
        try {
            Signal.handle(new Signal(name), signal -> task.run());
        } catch (IllegalArgumentException e) {
            // the machine does not have it, or keeps it for itself
        }
    }
}
