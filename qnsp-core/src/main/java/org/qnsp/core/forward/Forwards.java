package org.qnsp.core.forward;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.config.ForwardSpec.Place;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;

/** All forwardings of a client's connection: begun, cancelled and listed. Its methods may block for as long as the host takes to answer; from any thread but a loop. */
public final class Forwards implements AutoCloseable {
    /**
     * What holds for all of them.
     *
     * @param gatewayPorts whether ports without a bind address are for everyone
     * @param socketMask of the modes of Unix sockets
     * @param unlinkSockets whether Unix sockets replace what is there
     * @param remoteOpen where a host may have itself connected to by SOCKS (-R without a target)
     */
    public record Settings(boolean gatewayPorts, int socketMask, boolean unlinkSockets, Predicate<Endpoint> remoteOpen) {}

    /** What came of a request. @param port the port that the host chose, where it was asked to */
    public record Granted(boolean ok, int port) {}

    private static final int WAITERS = 16;
    private static final int WAITING = 256;

    private final Connection connection;
    private final Settings settings;
    private final Notices notices;
    private final Circuits circuits = new Circuits();
    /** By the words of the place that is listened at. */
    private final Map<String, LocalForward> local = new LinkedHashMap<>();
    /** What the host was asked to listen at, by how it names it. */
    private final Map<Endpoint, Place> remotePorts = new ConcurrentHashMap<>();
    private final Map<String, Place> remotePaths = new ConcurrentHashMap<>();
    private Switchboard board;
    private Dialer dialer;

    public Forwards(Connection connection, Settings settings, Notices notices) {
        this.connection = connection;
        this.settings = settings;
        this.notices = notices;
    }

    private synchronized Switchboard board() throws IOException {
        if (board == null) {
            board = new Switchboard("qnsp-forward", bug -> notices.say("internal fault: " + bug));
            ThreadPoolExecutor waiters = new ThreadPoolExecutor(WAITERS, WAITERS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING),
                    Thread.ofPlatform().daemon().name("qnsp-dial-", 0).factory());
            waiters.allowCoreThreadTimeOut(true);
            dialer = new Dialer(board, waiters);
        }
        return board;
    }

    // ---- the client listens

    /** Listens, as -L and -D do. Returns whether it does; if not, why has been said in ssh's words. */
    public boolean listen(ForwardSpec spec) {
        try {
            BoundPlace place = bind(spec.listen());
            String label = (spec.connect() instanceof Place.Socks ? "dynamic-tcpip" : "direct-tcpip") + ": listening "
                + (place.path() == null ? "port " + place.port() : "path " + place.path());
            LocalForward forward = new LocalForward(board(), connection, place, LocalForward.target(spec.connect()), label, circuits, notices);
            synchronized (this) {
                local.put(spec.listen().toString(), forward);
            }
            notices.debug("Local forwarding listening on " + spec.listen() + ".");
            return true;
        } catch (IOException e) {
            notices.say(String.valueOf(e.getMessage()));
            if (spec.listen() instanceof Place.Tcp tcp) {
                notices.say("channel_setup_fwd_listener_tcpip: cannot listen to port: " + tcp.port());
            }
            return false;
        }
    }

    private BoundPlace bind(Place at) throws IOException {
        return switch (at) {
            case Place.Tcp(String host, int port) -> BoundPlace.tcp(addresses(host), port);
            case Place.Unix(String path) -> BoundPlace.unix(file(path), settings.socketMask(), settings.unlinkSockets());
            case Place.Socks socks -> throw new IllegalArgumentException("nowhere to listen");
        };
    }

    /** Not every text has a form in the file system's character set. */
    private static Path file(String path) throws IOException {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new IOException(path + ": Invalid argument");
        }
    }

    private List<InetAddress> addresses(String host) throws BindException {
        if (host == null ? settings.gatewayPorts() : host.isEmpty() || host.equals("*")) {
            return BoundPlace.everywhere();
        }
        if (host == null || host.equalsIgnoreCase("localhost")) {
            return BoundPlace.loopback();
        }
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException e) {
            throw new BindException("channel_setup_fwd_listener_tcpip: getaddrinfo(" + host + "): Name or service not known");
        }
    }

    // ---- the host listens

    /** A request to the host, on its way. */
    public final class Asked {
        private final Channel.Request request;

        private Asked(Channel.Request request) {
            this.request = request;
        }

        /** Waits for the host's answer. @throws IOException if the connection is lost */
        public Granted await() throws IOException {
            Channel.Reply reply = request.await();
            return new Granted(reply.ok(), port(reply));
        }
    }

    /** Asks the host to listen, as -R does; several may be on their way. @throws IOException if the connection is gone */
    public Asked ask(ForwardSpec spec) throws IOException {
        board(); // the first connection may come before the answer is waited for
        ConnectionRequest request = listening(spec.listen());
        return new Asked(connection.ask(0, request.name(), request.encode(), reply -> granted(spec, request, reply)));
    }

    private static ConnectionRequest listening(Place at) {
        return switch (at) {
            case Place.Tcp tcp -> new ConnectionRequest.ListenTcp(remote(tcp));
            case Place.Unix(String path) -> new ConnectionRequest.ListenUnix(path);
            case Place.Socks socks -> throw new IllegalArgumentException("nowhere to listen");
        };
    }

    /** A place without a bind address is for the host itself. */
    private static Endpoint remote(Place.Tcp at) {
        return new Endpoint(at.host() == null ? "localhost" : at.host().equals("*") ? "" : at.host(), at.port());
    }

    private static int port(Channel.Reply reply) {
        try {
            return reply.ok() && reply.body().length > 0 ? ConnectionRequest.ListenTcp.boundPort(reply.body()) : 0;
        } catch (ProtocolException e) {
            return 0;
        }
    }

    /** On the connection's loop, so before any connection to the place. */
    private void granted(ForwardSpec spec, ConnectionRequest request, Channel.Reply reply) {
        if (!reply.ok()) {
            return;
        }
        switch (request) {
            case ConnectionRequest.ListenTcp(Endpoint at) -> remotePorts.put(new Endpoint(at.host(), at.port() == 0 ? port(reply) : at.port()), spec.connect());
            case ConnectionRequest.ListenUnix(String path) -> remotePaths.put(path, spec.connect());
            default -> throw new IllegalStateException(request.name());
        }
    }

    /** The host opens a channel for a connection that came to it (C-29). On the connection's loop; false where the opening is none of these. */
    public boolean opened(int id, ChannelOpening opening) {
        switch (opening) {
            case ChannelOpening.ForwardedTcp(Endpoint at, Endpoint from) -> connect(id, remotePorts.get(at), "listen_port " + at.port(),
                "forwarded-tcpip: listening port " + at.port() + ", connect from " + from);
            case ChannelOpening.ForwardedUnix(String path) -> connect(id, remotePaths.get(path), "unix path " + path, "forwarded-streamlocal: listening path " + path);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void connect(int id, Place to, String asked, String label) {
        if (to == null) {
            notices.say("WARNING: Server requests forwarding for unknown " + asked);
            connection.refuse(id, OpenFailure.PROHIBITED, "no such forwarding");
            return;
        }
        board.loop().execute(() -> {
            switch (to) {
                case Place.Tcp(String host, int port) -> dialer.tcp(new Endpoint(host, port), new JoinOnConnect(board, connection, id, circuits, label,
                    why -> notices.say("connect_to " + host + " port " + port + ": failed.")));
                case Place.Unix(String path) -> connect(path, new JoinOnConnect(board, connection, id, circuits, label,
                    why -> notices.say("connect_to " + path + ": failed.")));
                case Place.Socks socks -> {
                    SocksChannel channel = new SocksChannel(board, dialer, settings.remoteOpen(), circuits, notices);
                    channel.start(connection.accept(id, org.qnsp.core.message.Limits.STREAM_CREDIT_BYTES, channel));
                }
            }
        });
    }

    private void connect(String path, Dialer.Outcome outcome) {
        try {
            dialer.unix(file(path), (socket, address) -> socket.connect(address), outcome);
        } catch (IOException e) {
            outcome.failed(e);
        }
    }

    // ---- later

    /** Takes back what listens here or there; what is joined goes on. Returns whether it was there. */
    public boolean cancel(ForwardSpec spec) throws IOException {
        if (spec.kind() != ForwardSpec.Kind.REMOTE) {
            LocalForward forward;
            synchronized (this) {
                forward = local.remove(spec.listen().toString());
            }
            if (forward != null) {
                end(forward);
            }
            return forward != null;
        }
        return switch (spec.listen()) {
            case Place.Tcp tcp -> {
                Endpoint at = remote(tcp);
                yield remotePorts.containsKey(at) && told(new ConnectionRequest.CancelListenTcp(at)) && remotePorts.remove(at) != null;
            }
            case Place.Unix(String path) -> remotePaths.containsKey(path) && told(new ConnectionRequest.CancelListenUnix(path)) && remotePaths.remove(path) != null;
            case Place.Socks socks -> false;
        };
    }

    private boolean told(ConnectionRequest request) throws IOException {
        return connection.ask(0, request.name(), request.encode()).await().ok();
    }

    private static void end(LocalForward forward) {
        forward.close();
        try {
            forward.place().unlink();
        } catch (IOException e) {
            // somebody else's by now
        }
    }

    /** The forwarded connections that are open, in words. */
    public List<String> list() {
        return circuits.list();
    }

    /** Whether a forwarded connection is open. */
    public boolean active() {
        return circuits.any();
    }

    /** Listens no more. */
    @Override
    public void close() {
        List<LocalForward> all;
        synchronized (this) {
            all = new ArrayList<>(local.values());
            local.clear();
        }
        all.forEach(Forwards::end);
    }
}
