package org.qnsp.qscp;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfigLoader;
import org.qnsp.core.client.ClientRequest;
import org.qnsp.core.client.ConnectFailure;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.HostLogin;
import org.qnsp.core.client.HostRequests;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.Login;
import org.qnsp.core.client.Messages;
import org.qnsp.core.client.TerminalPrompt;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.core.config.Words;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.share.MasterSocket;
import org.qnsp.core.share.SharedClient;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;

/**
 * Opens the copy service over a QNSP session (C-17), with the keys, known hosts and configuration that qssh uses too. A login is kept: further copies from or to
 * the same place are sessions on the same connection, or where the host will not have another one, connections of their own.
 */
final class SessionDialer implements Dialer {
    private static final int LOST = 255;

    private final Map<Destination, Host> reusable = new HashMap<>();
    private final List<Host> all = new ArrayList<>();

    @Override
    public RemoteCopy open(Destination destination, DialOptions options) throws IOException {
        Host known = reusable.get(destination);
        if (known != null) {
            try {
                return known.another();
            } catch (IOException e) {
                reusable.remove(destination); // lost since, or at its limit of sessions
            }
        }
        Host host = dial(destination, options);
        reusable.put(destination, host);
        return host.first;
    }

    @Override
    public void close() {
        all.forEach(Host::close);
    }

    private Host dial(Destination destination, DialOptions options) throws IOException {
        Messages messages = new Messages("qscp", new FileOutputStream(FileDescriptor.err));
        LocalUser local = LocalUser.current();
        try {
            ClientConfigLoader loader = new ClientConfigLoader(new ConfigFiles(local.uid()), local, local::succeeds);
            List<String> settings = settings(destination, options);
            ClientConfig config = loader.load(new ClientRequest(destination.host(), settings, options.config().map(Object::toString).orElse(null)));
            messages.level(config.logLevel());
            Host shared = shared(config, messages);
            if (shared == null && config.resident()) {
                if (!ResidentMaster.start(destination.host(), settings, options.config())) {
                    throw new IOException("there is no connection");
                }
                shared = shared(config, messages);
            }
            if (shared != null) {
                return shared;
            }
            OwnHost host = new OwnHost(HostLogin.prepare(config, local, null, new TerminalPrompt(System::getenv, false), messages));
            all.add(host);
            host.session = host.login.login(host::prepare);
            if (!host.first.started()) {
                throw new IOException("the host has no copy service for this login");
            }
            return host;
        } catch (ConfigException e) {
            throw new IOException(String.join("\n", e.lines()), e);
        } catch (ConnectFailure e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** The copy service over the connection of a master at ControlPath; null where there is none, or it does not serve. */
    private Host shared(ClientConfig config, Messages messages) throws ConfigException {
        Connection connection = SharedClient.connection(new Connection.Listener() {});
        SharedClient client = MasterSocket.find(config, messages, connection);
        if (client == null) {
            return null;
        }
        SharedHost host = new SharedHost(client);
        try {
            host.first = host.another();
            all.add(host);
            return host;
        } catch (IOException e) {
            messages.debug("the master has no session for a copy: " + e.getMessage());
            host.close();
            return null;
        }
    }

    private static List<String> settings(Destination destination, DialOptions options) {
        List<String> lines = new ArrayList<>();
        destination.port().ifPresent(port -> lines.add("Port=" + port));
        destination.user().ifPresent(user -> lines.add("User=" + Words.quote(user)));
        options.identities().forEach(file -> lines.add("IdentityFile=" + Words.quote(file.toString())));
        if (options.quiet()) {
            lines.add("LogLevel=QUIET");
        } else if (options.verbosity() > 0) {
            lines.add("LogLevel=DEBUG" + Math.min(3, options.verbosity()));
        }
        lines.addAll(options.settings());
        return lines;
    }

    /** A connection to a host. */
    private abstract static class Host implements AutoCloseable {
        Connection connection;
        Service first;

        Service another() throws IOException {
            Service service = new Service(connection);
            if (!service.started()) {
                service.close();
                throw new IOException("refused");
            }
            return service;
        }

        @Override
        public abstract void close();
    }

    /** A share in a master's connection. */
    private static final class SharedHost extends Host {
        private final SharedClient client;

        SharedHost(SharedClient client) {
            this.client = client;
            this.connection = client.connection();
        }

        @Override
        public void close() {
            connection.disconnect(DisconnectReason.DONE, "");
            client.awaitFarewell(false);
            client.close();
        }
    }

    /** A login, and the connection that it is for. */
    private static final class OwnHost extends Host {
        private final HostLogin login;
        private HostRequests requests;
        private Login session;

        OwnHost(HostLogin login) {
            this.login = login;
        }

        /** Everything is queued before there is a connection, so that it rides right behind the login. */
        Connection prepare(HostRequests fromHost) throws IOException {
            requests = fromHost;
            connection = Connector.connection(new Connection.Listener() {
                @Override
                public void requested(Connection from, int id, String name, byte[] body) {
                    fromHost.take(from, id, name, body);
                }
            });
            first = new Service(connection);
            return connection;
        }

        @Override
        public void close() {
            if (session != null) {
                requests.settle(connection);
                connection.disconnect(DisconnectReason.DONE, "");
                session.awaitFarewell(false);
            }
            login.close();
        }
    }

    /** One session with the copy service in it. */
    private static final class Service implements RemoteCopy, ChannelListener {
        private final CountDownLatch closed = new CountDownLatch(1);
        private final Channel channel;
        private final Channel.Request asked;
        private volatile int status = LOST;

        Service(Connection connection) throws IOException {
            SessionRequest.Subsystem service = new SessionRequest.Subsystem(SessionRequest.Subsystem.COPY);
            channel = connection.open("session", new byte[0], Limits.CHANNEL_CREDIT_BYTES, this).unattended();
            asked = channel.ask(service.name(), service.encode());
        }

        /** Waits for the host's answers. */
        boolean started() throws IOException {
            channel.awaitOpened();
            return asked.await().ok();
        }

        @Override
        public void requested(int id, String name, byte[] body) {
            try {
                if (SessionRequest.FromServer.decode(name, body).orElse(null) instanceof SessionRequest.ExitStatus(long code)) {
                    status = (int) Math.min(code, LOST);
                }
            } catch (ProtocolException e) {
                status = LOST;
            }
            channel.reply(id, false);
        }

        @Override
        public void closed() {
            closed.countDown();
        }

        @Override
        public InputStream fromServer() {
            return channel.input(DataStream.MAIN);
        }

        @Override
        public OutputStream toServer() {
            return channel.output(DataStream.MAIN);
        }

        @Override
        public InputStream serverErrors() {
            return channel.input(DataStream.EXTENDED);
        }

        @Override
        public int exitStatus() {
            try {
                closed.await();
                return status;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return LOST;
            }
        }

        @Override
        public void close() {
            channel.close();
        }
    }
}
