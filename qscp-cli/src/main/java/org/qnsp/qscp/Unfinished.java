package org.qnsp.qscp;

/** Sees to it that a process that is told to end (TERM, INT, HUP) leaves no temporary file behind (P-20). */
final class Unfinished implements AutoCloseable {
    private final Thread hook;

    private Unfinished(Thread hook) {
        this.hook = hook;
    }

    static Unfinished removedAtExit(LocalTarget target) {
        Thread hook = new Thread(target::abandon, "qscp-abandon");
        Runtime.getRuntime().addShutdownHook(hook);
        return new Unfinished(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends already, and the hook runs.
        }
    }
}
