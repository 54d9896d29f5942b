package org.qnsp.qscp;

import org.qnsp.core.client.AtExit;

/** Sees to it that a process that is told to end (TERM, INT, HUP) leaves no temporary file behind (P-20). */
final class Unfinished implements AutoCloseable {
    private final Runnable abandon;

    private Unfinished(Runnable abandon) {
        this.abandon = abandon;
    }

    static Unfinished removedAtExit(LocalTarget target) {
        Runnable abandon = target::abandon;
        AtExit.add(abandon);
        return new Unfinished(abandon);
    }

    @Override
    public void close() {
        AtExit.remove(abandon);
    }
}
