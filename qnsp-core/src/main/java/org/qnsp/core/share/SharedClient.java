package org.qnsp.core.share;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Lifeline;
import org.qnsp.core.transport.LocalLink;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.Wire;

/** A process's share in the connection of a master: no login, no keys, no frames. */
public final class SharedClient implements Lifeline, AutoCloseable {
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final Loop loop;
    private final Connection connection;
    private boolean over;
    private IOException cause;

    private SharedClient(Loop loop, Connection connection) {
        this.loop = loop;
        this.connection = connection;
    }

    /** The application's side of a share that is yet to be taken, as of a connection of one's own. */
    public static Connection connection(Connection.Listener listener) {
        return new Connection(true, Budget.UNLIMITED, listener);
    }

    /**
     * Connects to the master at a path.
     *
     * @param connection what is opened and asked on it goes out at once
     * @param bugs is told of our own faults
     * @throws IOException as {@link ControlSocket#connect}
     */
    @SuppressWarnings("resource") // the link closes the wire
    public static SharedClient connect(Path path, Connection connection, Consumer<RuntimeException> bugs) throws IOException {
        SocketChannel socket = ControlSocket.connect(path);
        Loop loop = new Loop("qnsp-loop", bugs);
        SharedClient client = new SharedClient(loop, connection);
        LocalLink link = new LocalLink(loop, Wire.of(socket), connection, client::ended);
        loop.execute(link::start);
        return client;
    }

    /** Asks the master for something. @throws IOException if it is gone */
    public Channel.Reply ask(ControlRequest request) throws IOException {
        return connection.ask(0, request.name(), request.encode()).await();
    }

    /** The application's side. */
    public Connection connection() {
        return connection;
    }

    private synchronized void ended(LocalLink link, IOException why) {
        over = true;
        cause = why;
        notifyAll();
    }

    @Override
    public void awaitFarewell(boolean resident) {
        awaitEnd(FAREWELL);
    }

    @Override
    public synchronized boolean awaitEnd(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        try {
            for (long left = atMost.toNanos(); !over && left > 0; left = deadline - System.nanoTime()) {
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return over;
    }

    @Override
    public synchronized IOException endCause() {
        return cause;
    }

    @Override
    public void close() {
        loop.close();
    }
}
