package org.qnsp.core.forward;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Loop;

/** A place where one side listens and, for each connection, opens a channel to the other. On the switchboard's loop. */
public final class LocalForward implements Acceptor.Server {

    /** Connections that may wait for their channel, or for their SOCKS request. */
    private static final int WAITING = 64;
    private static final long RETRY_NANOS = 10_000_000;
    /** How long a SOCKS client may take to say what it wants. */
    private static final long REQUEST_NANOS = 60_000_000_000L;

    private final Switchboard board;
    private final Connection connection;
    private final Function<Endpoint, ChannelOpening> target;
    private final Notices notices;
    private final Circuits circuits;
    private final String label;
    private final Acceptor acceptor;
    private final Set<Negotiation> negotiations = new HashSet<>();
    private int waiting;
    private boolean closed;

    /**
     * Begins.
     *
     * @param target what to open for a connection from there; null for what each asks for by SOCKS
     * @param label what the forwarding is called
     */
    public LocalForward(Switchboard board, Connection connection, BoundPlace place, Function<Endpoint, ChannelOpening> target, String label, Circuits circuits,
            Notices notices) {
        this.board = board;
        this.connection = connection;
        this.target = target;
        this.label = label;
        this.circuits = circuits;
        this.notices = notices;
        this.acceptor = new Acceptor(board, place, this);
    }

    /** Where it listens. */
    public BoundPlace place() {
        return acceptor.place();
    }

    /** The target of a specification. */
    static Function<Endpoint, ChannelOpening> target(ForwardSpec.Place to) {
        return switch (to) {
            case ForwardSpec.Place.Tcp(String host, int port) -> from -> new ChannelOpening.DirectTcp(new Endpoint(host, port), from);
            case ForwardSpec.Place.Unix(String path) -> from -> new ChannelOpening.DirectUnix(path);
            case ForwardSpec.Place.Socks socks -> null;
        };
    }

    @Override
    public boolean hasRoom() {
        return waiting < WAITING && !circuits.full();
    }

    @Override
    public void accepted(SocketChannel socket) {
        Endpoint from = endpoint(socket);
        if (target == null) {
            new Negotiation(socket, from).begin();
        } else {
            waiting++;
            open(socket, target.apply(from), new byte[0], from, null);
        }
    }

    /** Where a socket's peer is; a Unix socket's is nowhere. */
    public static Endpoint endpoint(SocketChannel socket) {
        try {
            SocketAddress address = socket.getRemoteAddress();
            return address instanceof InetSocketAddress ip ? new Endpoint(AddressText.of(ip.getAddress()), ip.getPort()) : new Endpoint("", 0);
        } catch (IOException e) {
            return new Endpoint("", 0);
        }
    }

    private void open(SocketChannel socket, ChannelOpening opening, byte[] early, Endpoint from, Socks socks) {
        StreamJoin join = new StreamJoin(board, socket, new Circuit(socks, opening, from));
        try {
            Channel channel = closed ? null : connection.tryOpen(opening, Limits.STREAM_CREDIT_BYTES, join);
            if (channel == null && !closed) {
                board.loop().at(System.nanoTime() + RETRY_NANOS, () -> open(socket, opening, early, from, socks)); // C-10: later
                return;
            }
            waiting--;
            if (channel == null) {
                close(socket);
                return;
            }
            circuits.began(join, label + describe(opening) + ", connect from " + from.host() + " port " + from.port());
            join.start(channel, early, new byte[0]);
        } catch (IOException e) {
            waiting--;
            close(socket); // the connection is gone
        }
    }

    private static String describe(ChannelOpening opening) {
        return switch (opening) {
            case ChannelOpening.DirectTcp(Endpoint to, Endpoint from) -> " for " + to.host() + " port " + to.port();
            case ChannelOpening.DirectUnix(String path) -> " for " + path;
            default -> "";
        };
    }

    /** A joined connection. */
    private final class Circuit implements StreamJoin.Owner {
        private final Socks socks;
        private final ChannelOpening opening;
        private final Endpoint from;

        Circuit(Socks socks, ChannelOpening opening, Endpoint from) {
            this.socks = socks;
            this.opening = opening;
            this.from = from;
        }

        @Override
        public byte[] granted() {
            return socks == null ? new byte[0] : socks.granted();
        }

        @Override
        public byte[] refused(StreamJoin join, OpenFailure reason, String text) {
            notices.say("channel " + join.channel().id() + ": open failed: " + words(reason) + (text.isEmpty() ? "" : ": " + text));
            notices.debug("that was" + describe(opening) + ", asked for from " + from);
            return socks == null ? new byte[0] : socks.failed(reason);
        }

        @Override
        public void ended(StreamJoin join) {
            circuits.ended(join);
        }
    }

    /** A reason in ssh's words. */
    public static String words(OpenFailure reason) {
        return switch (reason) {
            case PROHIBITED -> "administratively prohibited";
            case CONNECT_FAILED -> "connect failed";
            case UNKNOWN_TYPE -> "unknown channel type";
            case RESOURCES -> "resource shortage";
        };
    }

    /** A SOCKS client that has not yet said what it wants. */
    private final class Negotiation implements Loop.Handler {
        private final SocketChannel socket;
        private final Endpoint from;
        private final Socks socks = new Socks();
        private Loop.Timer end;

        Negotiation(SocketChannel socket, Endpoint from) {
            this.socket = socket;
            this.from = from;
        }

        void begin() {
            waiting++;
            negotiations.add(this);
            end = board.loop().at(System.nanoTime() + REQUEST_NANOS, this::fail);
            try {
                socket.configureBlocking(false);
                board.loop().register(socket, SelectionKey.OP_READ, this);
            } catch (IOException e) {
                fail();
            }
        }

        @Override
        public void ready(SelectionKey key) {
            ByteBuffer bytes = ByteBuffer.wrap(board.chunk());
            try {
                int n = socket.read(bytes);
                if (n < 0) {
                    fail();
                    return;
                }
                step(bytes.flip(), key);
            } catch (IOException e) {
                fail();
            }
        }

        private void step(ByteBuffer bytes, SelectionKey key) throws IOException {
            boolean more = true;
            while (more) {
                switch (socks.take(bytes)) {
                    case Socks.Step.More m -> more = false;
                    case Socks.Step.Reply(byte[] reply) -> socket.write(ByteBuffer.wrap(reply)); // a few bytes into an empty socket
                    case Socks.Step.Refuse(byte[] reply) -> {
                        socket.write(ByteBuffer.wrap(reply));
                        fail();
                        more = false;
                    }
                    case Socks.Step.Connect(Endpoint to) -> {
                        end.cancel();
                        negotiations.remove(this);
                        key.interestOps(0);
                        byte[] early = new byte[bytes.remaining()];
                        bytes.get(early);
                        open(socket, new ChannelOpening.DirectTcp(to, from), early, from, socks);
                        more = false;
                    }
                }
            }
        }

        private void fail() {
            if (negotiations.remove(this)) {
                end.cancel();
                waiting--;
                close(socket);
            }
        }
    }

    private static void close(SocketChannel socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // nothing is left to lose
        }
    }

    /** Takes no more; what is joined goes on. From any thread. */
    public void close() {
        acceptor.close();
        board.loop().execute(() -> {
            closed = true;
            Set.copyOf(negotiations).forEach(Negotiation::fail);
        });
    }
}
