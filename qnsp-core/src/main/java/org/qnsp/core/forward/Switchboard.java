package org.qnsp.core.forward;

import java.io.IOException;
import java.util.function.Consumer;
import org.qnsp.core.transport.Loop;

/** The loop that all forwarded sockets of a process share. It is not that of the connections, so that what passes here costs no slot there. */
public final class Switchboard implements AutoCloseable {
    private static final int CHUNK_BYTES = 32 << 10;

    private final Loop loop;
    private final byte[] chunk = new byte[CHUNK_BYTES];

    /** @param bugs is told of our own faults */
    public Switchboard(String name, Consumer<RuntimeException> bugs) throws IOException {
        loop = new Loop(name, bugs);
    }

    /** Where everything of this package runs that does not say otherwise. */
    public Loop loop() {
        return loop;
    }

    /** A buffer for use within one turn of the loop. */
    byte[] chunk() {
        return chunk;
    }

    @Override
    public void close() {
        loop.close();
    }
}
