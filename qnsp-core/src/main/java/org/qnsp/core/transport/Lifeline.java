package org.qnsp.core.transport;

import java.io.IOException;
import java.time.Duration;

/** How a connection ends, for threads that wait for it. */
public interface Lifeline {
    /** Waits, at most this long, for the connection to be over. Returns whether it is. */
    boolean awaitEnd(Duration atMost);

    /**
     * Waits for the end of a connection on which the last word is said, as long as its schedule has it last, but for a peer that is silent.
     *
     * @param resident whether it is waited for in mode max too, where it may take as long again as the connection has lasted
     */
    void awaitFarewell(boolean resident);

    /** Why it ended: null while it has not, and after a goodbye. */
    IOException endCause();
}
