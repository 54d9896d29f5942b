package org.qnsp.qsshd.session;

import java.util.Optional;

/** The signals a client may send, which are those of RFC 4254 section 6.9, with Linux numbers. */
public enum SessionSignal {
    HUP(1), INT(2), QUIT(3), ILL(4), ABRT(6), FPE(8), KILL(9), USR1(10), SEGV(11), USR2(12), PIPE(13), ALRM(14), TERM(15);

    private static final String[] LINUX = {
        "0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"};

    private final int number;

    SessionSignal(int number) {
        this.number = number;
    }

    /** The system's number. */
    public int number() {
        return number;
    }

    /** The signal of that name (without {@code SIG}); empty for names a client may not use. */
    public static Optional<SessionSignal> named(String name) {
        for (SessionSignal s : values()) {
            if (s.name().equals(name)) {
                return Optional.of(s);
            }
        }
        return Optional.empty();
    }

    /** The name of any Linux signal, real-time ones as {@code RTn}. */
    static String nameOf(int number) {
        return number < LINUX.length ? LINUX[number] : "RT" + number;
    }
}
