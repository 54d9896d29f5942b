package org.qnsp.core.copy;

/** The peer broke the copy protocol; the copy ends. The only exception that bytes of a peer can cause here. */
public final class CopyProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what was wrong and the step it breaks; never bytes of the peer */
    public CopyProtocolException(String message) {
        super(message);
    }
}
