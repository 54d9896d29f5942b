package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The copy service of a destination, running. Reading and writing happen in different threads. Closing ends the session, and
 * breaks reads and writes that wait.
 */
interface RemoteCopy extends AutoCloseable {
    /** Its standard output. */
    InputStream fromServer();

    /** Its standard input. Needs no buffer in front; {@code flush} when there is nothing more to say. */
    OutputStream toServer();

    /** Its standard error. */
    InputStream serverErrors();

    /** Waits for its end; 255 if the connection is lost or a signal ended it. */
    int exitStatus();

    @Override
    void close() throws IOException;
}
