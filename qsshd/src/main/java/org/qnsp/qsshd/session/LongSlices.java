package org.qnsp.qsshd.session;

import java.io.IOException;
import org.qnsp.core.transport.JvmThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the JVM's compilers and collectors give way to whoever wakes up. On a kernel that does not preempt by itself a thread that becomes ready beside one that
 * computes waits for a tick, 1 to 4 ms: a slot would be late, and an echo too. They lose none of their share of the processors.
 */
public final class LongSlices {
    private static final Logger LOG = LoggerFactory.getLogger(LongSlices.class);
    private static final long NANOS = 100_000_000;
    private static final String NAMES = "(C[12] Comp|ZWorker|Training).*";

    private LongSlices() {}

    /** Of those that there are; others that they start take after them. @return of how many */
    public static int begin() {
        int found = 0;
        try {
            for (int thread : JvmThreads.named(NAMES)) {
                Posix.slice(thread, NANOS);
                found++;
            }
        } catch (IOException e) {
            LOG.debug("compilers and collectors do not give way: {}", e.getMessage());
        }
        return found;
    }
}
