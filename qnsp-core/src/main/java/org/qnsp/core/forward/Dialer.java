package org.qnsp.core.forward;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.transport.Loop;

/** Connects sockets without blocking the loop: names are resolved and Unix sockets connected to by an executor, TCP by the loop itself. */
public final class Dialer {
    /** What comes of it; on the loop. */
    public interface Outcome {
        /** Connected; the socket is the receiver's. */
        void connected(SocketChannel socket);

        /** Not, in the system's words. */
        void failed(IOException why);
    }

    /** With whose rights a Unix socket is connected to; may block. */
    public interface Rights {
        /** Does so. */
        void connect(SocketChannel socket, UnixDomainSocketAddress to) throws IOException, InterruptedException;
    }

    /** For each address; the system's own time-out is minutes. */
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final Loop loop;
    private final Executor waiters;

    /** @param waiters run what blocks; bounded, reject what they cannot take */
    public Dialer(Switchboard board, Executor waiters) {
        this.loop = board.loop();
        this.waiters = waiters;
    }

    /** Connects to a host and port. On the loop. */
    public void tcp(Endpoint to, Outcome outcome) {
        InetAddress literal = literal(to.host());
        if (literal != null) {
            new Attempt(List.of(literal), to.port(), outcome).next(new IOException("no address"));
            return;
        }
        wait(outcome, () -> {
            List<InetAddress> addresses = List.of(InetAddress.getAllByName(to.host()));
            loop.execute(() -> new Attempt(addresses, to.port(), outcome).next(new IOException("no address")));
        });
    }

    private static InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Something that blocks. */
    private interface Wait {
        void run() throws IOException, InterruptedException;
    }

    private void wait(Outcome outcome, Wait task) {
        try {
            waiters.execute(() -> {
                try {
                    task.run();
                } catch (UnknownHostException e) {
                    fail(outcome, new IOException("Name or service not known"));
                } catch (IOException e) {
                    fail(outcome, e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    fail(outcome, new IOException("interrupted"));
                } catch (RuntimeException e) {
                    fail(outcome, new IOException("internal fault", e)); // an answer is owed all the same
                }
            });
        } catch (RejectedExecutionException e) {
            fail(outcome, new IOException("too much to do at once"));
        }
    }

    private void fail(Outcome outcome, IOException why) {
        loop.execute(() -> outcome.failed(why));
    }

    /** Connects to a Unix socket, which can wait for as long as its owner likes: so it is ended from here. On the loop. */
    public void unix(Path to, Rights rights, Outcome outcome) {
        try {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
            Loop.Timer end = loop.at(System.nanoTime() + PATIENCE_NANOS, () -> close(socket));
            wait(new Outcome() {
                @Override
                public void connected(SocketChannel connected) {
                    end.cancel();
                    outcome.connected(connected);
                }

                @Override
                public void failed(IOException why) {
                    end.cancel();
                    close(socket);
                    outcome.failed(why);
                }
            }, socket, to, rights);
        } catch (IOException e) {
            outcome.failed(e);
        }
    }

    private void wait(Outcome outcome, SocketChannel socket, Path to, Rights rights) {
        wait(outcome, () -> {
            rights.connect(socket, UnixDomainSocketAddress.of(to));
            loop.execute(() -> outcome.connected(socket));
        });
    }

    private static void close(SocketChannel socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // nothing is left to lose
        }
    }

    /** One address after the other. On the loop. */
    private final class Attempt implements Loop.Handler {
        private final Iterator<InetAddress> addresses;
        private final int port;
        private final Outcome outcome;
        private SocketChannel socket;
        private Loop.Timer end;

        Attempt(List<InetAddress> addresses, int port, Outcome outcome) {
            this.addresses = addresses.iterator();
            this.port = port;
            this.outcome = outcome;
        }

        void next(IOException last) {
            if (!addresses.hasNext()) {
                outcome.failed(last);
                return;
            }
            try {
                socket = SocketChannel.open();
                socket.configureBlocking(false);
                if (socket.connect(new InetSocketAddress(addresses.next(), port))) {
                    outcome.connected(socket);
                    return;
                }
                loop.register(socket, SelectionKey.OP_CONNECT, this);
                end = loop.at(System.nanoTime() + PATIENCE_NANOS, () -> failed(new IOException("Connection timed out")));
            } catch (IOException | RuntimeException e) {
                failed(e instanceof IOException io ? io : new IOException(e.getMessage(), e)); // addresses that cannot be connected to are refused by exceptions of all kinds
            }
        }

        @Override
        public void ready(SelectionKey key) {
            try {
                if (socket.finishConnect()) {
                    end.cancel();
                    key.interestOps(0); // what it is for next is the receiver's to say
                    outcome.connected(socket);
                }
            } catch (IOException e) {
                failed(e);
            }
        }

        private void failed(IOException why) {
            if (end != null) {
                end.cancel();
            }
            if (socket != null) {
                close(socket);
            }
            next(why);
        }
    }
}
