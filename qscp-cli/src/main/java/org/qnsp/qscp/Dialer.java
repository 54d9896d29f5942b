package org.qnsp.qscp;

import java.io.IOException;

/** Opens the copy service of a destination: connects, logs in, opens a session and asks for its subsystem (C-17). */
interface Dialer extends AutoCloseable {
    /** @throws IOException if there is no connection, no login or no service; the message is for the user */
    RemoteCopy open(Destination destination, DialOptions options) throws IOException;

    /** Ends the connections that were kept for another copy. */
    @Override
    default void close() {}
}
