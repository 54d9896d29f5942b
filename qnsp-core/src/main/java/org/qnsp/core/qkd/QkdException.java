package org.qnsp.core.qkd;

/** Why there is no key: for the user or the log to read. Holds names of keys at most, never any of their bytes. */
public final class QkdException extends Exception {
    private static final long serialVersionUID = 1;

    /** The kinds of failure that a caller treats apart. */
    public enum Reason {
        /** No connection to the key server, or it broke. */
        UNREACHABLE,
        /** The key server did not answer in time. A key that it gave away meanwhile is lost. */
        TIMEOUT,
        /** The key server answers that it cannot serve now. */
        UNAVAILABLE,
        /** The key server does not accept us, or not for these keys: a matter of configuration. */
        NOT_AUTHORISED,
        /** Who answers is not the key server that was configured. */
        WRONG_KME,
        /** The key server has no key of that name, or no longer. */
        UNKNOWN_KEY,
        /** The link has no keys left for now. */
        EXHAUSTED,
        /** A key of that name was used before. */
        REUSED_KEY,
        /** An answer, or a request of the other end, that breaks the rules. */
        MALFORMED,
        /** The key server's sizes and ours have nothing in common. */
        UNSUITABLE,
        /** The keys are simulated, and that is not allowed. */
        SIMULATED,
        /** Too many ask at once. */
        BUSY,
        /** Files or values of our own configuration. */
        CONFIGURATION
    }

    /** Which kind. */
    private final Reason reason;

    public QkdException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public QkdException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Which kind of failure. */
    public Reason reason() {
        return reason;
    }
}
