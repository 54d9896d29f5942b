package org.qnsp.core.transport;

import java.io.IOException;
import java.time.Duration;

/** How a connection ends, for threads that wait for it. */
public interface Lifeline {
    /** Waits, at most this long, for the connection to be over. Returns whether it is. */
    boolean awaitEnd(Duration atMost);

    /** Why it ended: null while it has not, and after a goodbye. */
    IOException endCause();
}
