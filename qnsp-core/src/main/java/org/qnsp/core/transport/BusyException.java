package org.qnsp.core.transport;

import java.io.IOException;

/** A channel cannot be opened now, since too many are open or unanswered (C-10, L-7): later it may. */
public final class BusyException extends IOException {
    private static final long serialVersionUID = 1;

    BusyException() {
        super("too many channels are open");
    }
}
