package org.qnsp.core.message;

/**
 * The peer broke the protocol. It is for our own log and tests alone: on the wire every reason looks the same (H-29, F-8).
 * It carries no stack trace, so that a peer cannot make it expensive.
 */
public final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1;

    /** Which kind of rule was broken. */
    public enum Reason {
        /** F-8: the tag of a frame does not verify. */
        MAC,
        /** F-8: a frame's number is not the expected one. */
        SEQUENCE,
        /** F-6: a frame's time fell, or is outside the clock window (H-25). */
        TIME,
        /** F-7: the type of a frame is unknown or not that of its first record. */
        TYPE,
        /** F-8, F-9: a length does not fit what it measures. */
        LENGTH,
        /** C-3: an unknown record kind or message type. */
        KIND,
        /** C-3: a channel that was never opened. */
        CHANNEL,
        /** C-3: a body that does not parse, or has bytes left over. */
        MALFORMED,
        /** Something legal at the wrong moment. */
        STATE,
        /** C-7: more data than credited, or more credit than can be. */
        CREDIT,
        /** Section L: more than a limit allows. */
        LIMIT,
        /** A proof of identity does not hold. */
        CREDENTIAL,
        /** C-34: less cover than was asked for. */
        COVER,
        /** The quantum keys of both ends differ (H-32). */
        QUANTUM,
        /** The host knows no auth key where one is required. */
        AUTH_KEY
    }

    /** What kind of rule was broken. */
    private final Reason reason;

    /** A fault of the peer; {@code detail} is for the log and holds no secret. */
    public ProtocolException(Reason reason, String detail) {
        super(reason + ": " + detail, null, false, false);
        this.reason = reason;
    }

    /** Which kind of rule was broken. */
    public Reason reason() {
        return reason;
    }
}
