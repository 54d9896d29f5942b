package org.qnsp.qsshd.forward;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.qnsp.core.forward.BoundPlace;
import org.qnsp.core.forward.Circuits;
import org.qnsp.core.forward.Dialer;
import org.qnsp.core.forward.JoinOnConnect;
import org.qnsp.core.forward.LocalForward;
import org.qnsp.core.forward.Notices;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.transport.Connection;
import org.qnsp.qsshd.config.KeyOptions;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.session.Account;
import org.qnsp.qsshd.session.AsUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One guest's forwardings: connects and listens on his behalf, as far as he may. Called on the loop of connections, and never blocks it. */
public final class GuestForwarding {
    private static final Logger LOG = LoggerFactory.getLogger(GuestForwarding.class);
    /** As sshd: who asked in vain need not know why. */
    private static final String NO = "open failed";

    private final Exchange exchange;
    private final Connection connection;
    private final ServerConfig config;
    private final Account account;
    private final Permits permits;
    private final Executor waiters;
    private final Dialer dialer;
    private final Circuits circuits;
    /** Where it listens, by what was asked for with the port that was bound. */
    private final Map<Object, LocalForward> places = new HashMap<>();
    private int making;
    private boolean over;

    /** @param anonymous whether the login is nobody's in particular */
    public GuestForwarding(Exchange exchange, Connection connection, ServerConfig config, KeyOptions options, Account account, boolean anonymous) {
        this.exchange = exchange;
        this.connection = connection;
        this.config = config;
        this.account = account;
        this.permits = new Permits(config, options, anonymous, account.uid() == 0);
        this.waiters = exchange.waiters(account.uid());
        this.dialer = new Dialer(exchange.board(), waiters);
        this.circuits = exchange.circuits(account.uid());
    }

    // ---- connecting (C-27, C-31)

    /** A channel that the client opens; false where it is none of these. */
    public boolean opened(int id, ChannelOpening opening) {
        switch (opening) {
            case ChannelOpening.DirectTcp(Endpoint to, Endpoint from) -> connect(id, to);
            case ChannelOpening.Relay(Endpoint to, Endpoint from) -> connect(id, to);
            case ChannelOpening.DirectUnix(String path) -> connect(id, path);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void connect(int id, Endpoint to) {
        if (mayOpen(id, permits.connect(to), to.toString())) {
            exchange.board().loop().execute(() -> dialer.tcp(to, answer(id, to.toString())));
        }
    }

    private void connect(int id, String path) {
        Path file = file(path);
        if (mayOpen(id, permits.connectUnix() && file != null, path)) {
            exchange.board().loop().execute(() -> dialer.unix(file, (socket, to) -> AsUser.call(account, () -> socket.connect(to)), answer(id, path)));
        }
    }

    /** Null where it is none that a daemon without a directory of its own could mean, or has no form in the file system's character set. */
    private static Path file(String path) {
        try {
            Path file = Path.of(path);
            return file.isAbsolute() ? file : null;
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private boolean mayOpen(int id, boolean permitted, String to) {
        if (!permitted) {
            LOG.info("{} may not connect to {}", account.name(), to);
            connection.refuse(id, OpenFailure.PROHIBITED, NO);
        } else if (circuits.full()) {
            LOG.warn("{} may not connect to {} now: too many streams", account.name(), to);
            connection.refuse(id, OpenFailure.RESOURCES, NO);
        }
        return permitted && !circuits.full();
    }

    private JoinOnConnect answer(int id, String to) {
        return new JoinOnConnect(exchange.board(), connection, id, circuits, to, why -> LOG.debug("{} wanted {}: {}", account.name(), to, why.getMessage()));
    }

    // ---- listening (C-28, C-29)

    /** A request about the connection; false where it is none of these. */
    public boolean requested(int id, ConnectionRequest request) {
        switch (request) {
            case ConnectionRequest.ListenTcp(Endpoint at) -> listen(id, permits.listen(at), at.toString(), () -> listen(id, at));
            case ConnectionRequest.ListenUnix(String path) -> listen(id, permits.listenUnix() && file(path) != null, path, () -> listen(id, path));
            case ConnectionRequest.CancelListenTcp(Endpoint at) -> connection.reply(id, cancel(at));
            case ConnectionRequest.CancelListenUnix(String path) -> connection.reply(id, cancel(path));
            default -> {
                return false;
            }
        }
        return true;
    }

    private void listen(int id, boolean permitted, String at, Runnable task) {
        synchronized (this) {
            if (permitted && places.size() + making < Limits.REMOTE_LISTENERS) { // L-20
                making++;
            } else {
                LOG.info("{} may not have {} listened at", account.name(), at);
                connection.reply(id, false);
                return;
            }
        }
        try {
            waiters.execute(task);
        } catch (RejectedExecutionException e) {
            made();
            connection.reply(id, false);
        }
    }

    private synchronized void made() {
        making--;
    }

    private void listen(int id, Endpoint at) {
        BoundPlace place;
        try {
            place = BoundPlace.tcp(addresses(at.host()), at.port());
        } catch (IOException e) {
            made();
            LOG.info("{} cannot have {} listened at: {}", account.name(), at, e.getMessage());
            connection.reply(id, false);
            return;
        }
        Endpoint bound = new Endpoint(at.host(), place.port());
        begin(id, bound, place, ConnectionRequest.ListenTcp.reply(place.port()), from -> new ChannelOpening.ForwardedTcp(bound, from));
    }

    private void listen(int id, String path) {
        BoundPlace place;
        try {
            int mask = config.streamLocalBindMask();
            place = AsUser.call(account, mask, () -> BoundPlace.unix(Path.of(path), mask, config.streamLocalBindUnlink()));
        } catch (IOException | InterruptedException e) {
            made();
            LOG.info("{} cannot have {} listened at: {}", account.name(), path, e.getMessage());
            connection.reply(id, false);
            return;
        }
        begin(id, path, place, new byte[0], from -> new ChannelOpening.ForwardedUnix(path));
    }

    private void begin(int id, Object key, BoundPlace place, byte[] reply, Function<Endpoint, ChannelOpening> opening) {
        boolean late;
        synchronized (this) {
            making--;
            late = over;
            if (!late) {
                connection.reply(id, true, reply); // before the first connection can come
                places.put(key, new LocalForward(exchange.board(), connection, place, opening, "", circuits, new Notices() {
                    @Override
                    public void say(String line) {
                        LOG.debug("{}: {}", account.name(), line);
                    }

                    @Override
                    public void debug(String line) {}
                }));
            }
        }
        if (late) {
            place.close();
            unlink(place);
        } else {
            LOG.debug("listening at {} for {}", key, account.name());
        }
    }

    /** As GatewayPorts says; an explicit loopback address is as good as the loopback interface in any case. */
    private List<InetAddress> addresses(String host) throws IOException {
        boolean loopback = host.equals("127.0.0.1") || host.equals("::1");
        return switch (config.gatewayPorts()) {
            case "yes" -> BoundPlace.everywhere();
            case "clientspecified" -> host.isEmpty() || host.equals("*") ? BoundPlace.everywhere()
                    : host.equals("localhost") ? BoundPlace.loopback() : List.of(InetAddress.getAllByName(host));
            default -> loopback ? List.of(InetAddress.ofLiteral(host)) : BoundPlace.loopback();
        };
    }

    private boolean cancel(Object key) {
        LocalForward place;
        synchronized (this) {
            place = places.remove(key);
        }
        if (place != null) {
            end(place);
        }
        return place != null;
    }

    private void end(LocalForward forward) {
        forward.close();
        unlink(forward.place());
    }

    private void unlink(BoundPlace place) {
        if (place.path() == null) {
            return;
        }
        try {
            waiters.execute(() -> {
                try {
                    AsUser.call(account, () -> {
                        place.unlink();
                        return null;
                    });
                } catch (IOException | InterruptedException e) {
                    LOG.info("{} stays: {}", place.path(), e.getMessage());
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.info("{} stays: too much to do", place.path());
        }
    }

    /** The guest has gone. */
    public void close() {
        List<LocalForward> all;
        synchronized (this) {
            over = true;
            all = new ArrayList<>(places.values());
            places.clear();
        }
        all.forEach(this::end);
    }
}
