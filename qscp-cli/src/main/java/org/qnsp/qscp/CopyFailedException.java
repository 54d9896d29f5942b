package org.qnsp.qscp;

import java.io.IOException;

/** The copy as a whole is over. */
final class CopyFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why; decides the exit status (P-27). */
    enum Kind {
        /** One of the sides will not do it. */
        REFUSED,
        /** The peer is gone. */
        LOST,
        /** The peer broke the protocol. */
        FAULT
    }

    private final Kind kind;

    CopyFailedException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** P-25: without a summary nothing counts as copied. */
    static CopyFailedException lost() {
        return new CopyFailedException(Kind.LOST, "the connection was lost before the copy was complete");
    }

    /** Our own mistake, kept as the cause. */
    static CopyFailedException internal(Exception e) {
        CopyFailedException failure = new CopyFailedException(Kind.FAULT, "internal error: " + e);
        failure.initCause(e);
        return failure;
    }

    static CopyFailedException fault(Exception e) {
        return new CopyFailedException(Kind.FAULT, "protocol fault: " + e.getMessage());
    }
}
