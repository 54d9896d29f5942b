package org.qnsp.dist;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.Login;
import org.qnsp.core.client.LoginException;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.stealth.Cover;

/** The client's half of the product in this process, with one key: for tests that want many logins without starting a program for each. */
final class TestClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Queue<RuntimeException> bugs = new ConcurrentLinkedQueue<>();
    private final Connector connector = new Connector(bugs::add);
    private final KemKeyPair key;

    TestClient() throws IOException {
        this(KemKeyPair.generate(RandomSource.system()));
    }

    TestClient(KemKeyPair key) throws IOException {
        this.key = key;
    }

    KemKeyPair key() {
        return key;
    }

    /** A login that held. */
    record Session(Connection connection, Login login) implements AutoCloseable {
        /** Runs a command to its end and gives its output. */
        String exec(String command) throws IOException {
            return new String(output(command).readAllBytes(), StandardCharsets.UTF_8);
        }

        /** Runs a command and gives its output as it comes. */
        InputStream output(String command) throws IOException {
            return start(new SessionRequest.Exec(command)).input(DataStream.MAIN);
        }

        /** A session channel on which this was asked for, and granted. */
        Channel start(SessionRequest... requests) throws IOException {
            Channel channel = connection.open("session", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
            for (SessionRequest request : requests) {
                if (!channel.ask(request.name(), request.encode()).await().ok()) {
                    throw new IOException(request.name() + " refused");
                }
            }
            return channel;
        }

        /** Says goodbye and waits for the end. */
        @Override
        public void close() {
            connection.disconnect(DisconnectReason.DONE, "");
            login.awaitEnd(PATIENCE);
        }
    }

    /** Logs in with the key. @throws LoginException if that fails */
    Session login(InetSocketAddress to, Trust trust, String user) throws IOException {
        return login(to, trust, user, PATIENCE);
    }

    Session login(InetSocketAddress to, Trust trust, String user, Duration patience) throws IOException {
        Connection connection = Connector.connection(new Connection.Listener() {});
        ClientHandshake.Settings settings = new ClientHandshake.Settings(Mode.DUPLEX, user, trust, List.of(UserAuth.identity(key, RandomSource.system())),
                trust instanceof Trust.Invited, Cover.NORMAL);
        Login login = connector.login(settings, connection, hostKey -> true, Connector.tcp(List.of(to.getAddress()), to.getPort(), null, PATIENCE));
        login.await(patience, patience);
        return new Session(connection, login);
    }

    /** Logs in to this daemon as its user, knowing its key. */
    Session login(TestDaemon daemon) throws IOException {
        return login(daemon.address(), new Trust.Pinned(daemon.hostKey()), daemon.user());
    }

    @Override
    public void close() {
        connector.close();
        key.close();
        if (!bugs.isEmpty()) {
            throw new AssertionError("faults in the client: " + bugs);
        }
    }
}
