package org.qnsp.qsshd.session;

import java.io.IOException;
import org.qnsp.core.transport.JvmThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the threads that slots and echoes wait for go first when they wake up, before others on the machine that compute, and the JVM's compilers and collectors give way
 * to whoever does. On a kernel that does not preempt by itself a thread that becomes ready beside one that computes waits for a tick, 1 to 4 ms. Nobody's share of the
 * processors changes.
 */
public final class Slices {
    private static final Logger LOG = LoggerFactory.getLogger(Slices.class);
    private static final long LONG_NANOS = 100_000_000;
    private static final String COMPUTING = "(C[12] Comp|ZWorker|Training).*";
    private static final long SHORT_NANOS = 400_000;
    private static final String WAITED_FOR = "qsshd-(loop|pump)";
    private static final long SHORTEST_NANOS = 100_000;
    private static final String EXACT = "qsshd-slot";

    private Slices() {}

    /** For the threads that there are; others that they start take after them. @return how many are to give way, how many to go before others, and how many before these */
    public static int[] begin() {
        return new int[] {slice(COMPUTING, LONG_NANOS), slice(WAITED_FOR, SHORT_NANOS), slice(EXACT, SHORTEST_NANOS)};
    }

    private static int slice(String names, long nanos) {
        int found = 0;
        try {
            for (int thread : JvmThreads.named(names)) {
                Posix.slice(thread, nanos);
                found++;
            }
        } catch (IOException e) {
            LOG.debug("no turns of {} ns for {}: {}", nanos, names, e.getMessage());
        }
        return found;
    }
}
