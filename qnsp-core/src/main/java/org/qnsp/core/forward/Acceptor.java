package org.qnsp.core.forward;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.transport.Loop;

/** Takes the connections that come to a place. Where they cannot be served now they wait in the system's queue, not here. On the switchboard's loop. */
public final class Acceptor {
    /** Who serves them. */
    public interface Server {
        /** Whether another one can be taken now; asked again a little later. */
        boolean hasRoom();

        /** Serves it. */
        void accepted(SocketChannel socket);
    }

    private static final int TURN = 16;
    private static final long PAUSE_NANOS = 10_000_000;
    /** When there are no descriptors left, say. */
    private static final long TROUBLE_NANOS = 200_000_000;

    private final Loop loop;
    private final BoundPlace place;
    private final Server server;
    private final List<SelectionKey> keys = new ArrayList<>();
    private boolean closed;

    /** From now on the place is the acceptor's to close. */
    public Acceptor(Switchboard board, BoundPlace place, Server server) {
        this.loop = board.loop();
        this.place = place;
        this.server = server;
        loop.execute(this::begin);
    }

    private void begin() {
        for (ServerSocketChannel socket : place.sockets()) {
            try {
                if (!closed) {
                    keys.add(loop.register(socket, SelectionKey.OP_ACCEPT, key -> accept(key, socket)));
                }
            } catch (IOException e) {
                throw new IllegalStateException(e); // an open socket can be registered
            }
        }
    }

    private void accept(SelectionKey key, ServerSocketChannel socket) {
        try {
            for (int i = 0; i < TURN && !closed; i++) {
                if (!server.hasRoom()) {
                    pause(key, PAUSE_NANOS);
                    return;
                }
                SocketChannel accepted = socket.accept();
                if (accepted == null) {
                    return;
                }
                server.accepted(accepted);
            }
        } catch (IOException e) {
            pause(key, TROUBLE_NANOS);
        }
    }

    private void pause(SelectionKey key, long nanos) {
        key.interestOps(0);
        loop.at(System.nanoTime() + nanos, () -> {
            if (key.isValid()) {
                key.interestOps(SelectionKey.OP_ACCEPT);
            }
        });
    }

    /** The place. */
    public BoundPlace place() {
        return place;
    }

    /** No more. From any thread. */
    public void close() {
        loop.execute(() -> {
            closed = true;
            keys.forEach(SelectionKey::cancel);
            place.close();
        });
    }
}
