package org.qnsp.qsshd.session;

/** How a process ended. */
public sealed interface ExitStatus {

    /** It exited by itself with {@code code}, 0 to 255. */
    record Exited(int code) implements ExitStatus {
    }

    /**
     * A signal ended it.
     *
     * @param number     the system's number
     * @param name       without {@code SIG}, as in {@code TERM}
     * @param coreDumped whether a core file was written
     */
    record Signalled(int number, String name, boolean coreDumped) implements ExitStatus {
    }

    /** Decodes what {@code waitpid} reports for an ended process. */
    static ExitStatus ofWaitStatus(int status) {
        int signal = status & 0x7F;
        return signal == 0
                ? new Exited(status >> 8 & 0xFF)
                : new Signalled(signal, SessionSignal.nameOf(signal), (status & 0x80) != 0);
    }
}
