package org.qnsp.qsshd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.Wire;
import org.qnsp.qsshd.config.ServerConfig.Listen;
import org.qnsp.qsshd.net.Reception;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One listening socket. */
final class Listener implements Loop.Handler, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 128;
    private static final long RECOVER_NANOS = 100_000_000;

    private final Loop loop;
    private final Reception reception;
    private final ServerSocketChannel socket;
    private SelectionKey key;

    /** Binds; accepting begins with {@link #accept}. @throws IOException in words for the user */
    Listener(Loop loop, Reception reception, Listen at) throws IOException {
        this.loop = loop;
        this.reception = reception;
        this.socket = ServerSocketChannel.open();
        try {
            socket.configureBlocking(false);
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            socket.bind(at.address().equals("*") ? new InetSocketAddress(at.port()) : new InetSocketAddress(InetAddress.getByName(at.address()), at.port()), BACKLOG);
        } catch (IOException e) {
            socket.close();
            throw new IOException("cannot listen on " + at + ": " + e.getMessage(), e);
        }
    }

    /** Begins to accept; on the loop. */
    void accept() {
        try {
            key = loop.register(socket, SelectionKey.OP_ACCEPT, this);
            LOG.info("listening on {}", socket.getLocalAddress());
        } catch (IOException e) {
            LOG.error("cannot accept: {}", e.getMessage());
        }
    }

    @Override
    public void ready(SelectionKey ready) {
        try {
            for (SocketChannel accepted = socket.accept(); accepted != null; accepted = socket.accept()) {
                arrived(accepted);
            }
        } catch (IOException e) {
            LOG.error("cannot accept: {}", e.getMessage());
            key.interestOps(0); // out of descriptors, as a rule: let some go first
            loop.at(System.nanoTime() + RECOVER_NANOS, () -> {
                if (key.isValid()) {
                    key.interestOps(SelectionKey.OP_ACCEPT);
                }
            });
        }
    }

    private void arrived(SocketChannel accepted) throws IOException {
        try {
            InetSocketAddress peer = (InetSocketAddress) accepted.getRemoteAddress();
            InetSocketAddress local = (InetSocketAddress) accepted.getLocalAddress();
            reception.arrived(Wire.of(accepted), peer, local);
        } catch (IOException e) {
            LOG.debug("a connection was gone before it was received: {}", e.getMessage());
            accepted.close();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
