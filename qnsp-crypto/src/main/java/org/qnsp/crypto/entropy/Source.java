package org.qnsp.crypto.entropy;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;

/** Something open that gives raw bytes. */
interface Source extends Closeable {
    /** Opens one. Each attempt may find another. */
    interface Opener {
        /** May block. @throws IOException in words for the user */
        Source open() throws IOException;
    }

    /** What the user knows it by. */
    String name();

    /** Whether its bytes count as entropy (E-8): it is on this machine, and does not say the same at every start. */
    boolean counts();

    /** What the user should know about it, or null. */
    String warning();

    /** Bytes that have to pass the tests before the first use. */
    int startUpBytes();

    /** How long to wait from one block to the next. */
    Duration pause();

    /** At least one byte, and no more than are wanted unless they come in one piece. May block. @throws IOException in words for the user, at the end too */
    byte[] read(int wanted) throws IOException;

    /** Ends a blocked read from another thread, as far as the system lets it. */
    @Override
    void close() throws IOException;
}
