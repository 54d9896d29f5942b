package org.qnsp.qscp;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;

/** Opens the copy service over a QNSP session (C-17), with the keys, known hosts and configuration that qssh uses too. */
final class SessionDialer implements Dialer {
    private static final Duration FAREWELL = Duration.ofMillis(500);
    private static final int LOST = 255;

    @Override
    public RemoteCopy open(Destination destination, DialOptions options) throws IOException {
        Messages messages = new Messages("qscp", new FileOutputStream(FileDescriptor.err));
        LocalUser local = LocalUser.current();
        HostLogin host = null;
        try {
            ClientConfigLoader loader = new ClientConfigLoader(new ConfigFiles(local.uid()), local, command -> succeeds(local.shell(), command));
            ClientConfig config = loader.load(new ClientRequest(destination.host(), settings(destination, options), options.config().map(Object::toString).orElse(null)));
            messages.level(config.logLevel());
            host = HostLogin.prepare(config, local, null, new TerminalPrompt(System::getenv, false), messages);
            Service service = new Service(host);
            service.login = host.login(service::prepare);
            service.channel.awaitOpened();
            if (!service.started.await().ok()) {
                service.close();
                throw new IOException("the host has no copy service for this login");
            }
            return service;
        } catch (ConfigException e) {
            throw new IOException(String.join("\n", e.lines()), e);
        } catch (ConnectFailure e) {
            if (host != null) {
                host.close();
            }
            throw new IOException(e.getMessage(), e);
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

    private static boolean succeeds(String shell, String command) {
        try {
            return new ProcessBuilder(shell, "-c", command).redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** One session with the copy service in it. */
    private static final class Service implements RemoteCopy, ChannelListener {
        private final HostLogin host;
        private final CountDownLatch closed = new CountDownLatch(1);
        private volatile int status = LOST;
        private HostRequests requests;
        private Connection connection;
        private Channel channel;
        private Channel.Request started;
        private Login login;

        Service(HostLogin host) {
            this.host = host;
        }

        /** Everything is queued before there is a connection, so that it rides right behind the login. */
        Connection prepare(HostRequests requests) throws IOException {
            this.requests = requests;
            connection = Connector.connection(new Connection.Listener() {
                @Override
                public void requested(Connection from, int id, String name, byte[] body) {
                    requests.take(from, id, name, body);
                }
            });
            channel = connection.open("session", new byte[0], Limits.CHANNEL_CREDIT_BYTES, this);
            SessionRequest.Subsystem service = new SessionRequest.Subsystem(SessionRequest.Subsystem.COPY);
            started = channel.ask(service.name(), service.encode());
            return connection;
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
            requests.settle();
            connection.disconnect(DisconnectReason.DONE, "");
            login.awaitEnd(FAREWELL);
            host.close();
        }
    }
}
