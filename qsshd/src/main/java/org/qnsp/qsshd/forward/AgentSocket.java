package org.qnsp.qsshd.forward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.qnsp.core.agent.AgentLimits;
import org.qnsp.core.forward.BoundPlace;
import org.qnsp.core.forward.Circuits;
import org.qnsp.core.forward.LocalForward;
import org.qnsp.core.forward.Notices;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.RandomSource;
import org.qnsp.qsshd.session.Account;
import org.qnsp.qsshd.session.AsUser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The socket in a session that leads to the client's agent: the user's, where nobody else can reach it, for as long as the session lasts. */
public final class AgentSocket {
    private static final Logger LOG = LoggerFactory.getLogger(AgentSocket.class);
    private static final FileAttribute<Set<PosixFilePermission>> OWN = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final int DIRECTORY_MASK = 077;
    private static final int SOCKET_MASK = 0177;

    private final Exchange exchange;
    private final Connection connection;
    private final Account account;
    private final Executor waiters;
    private LocalForward forward;
    private boolean over;

    /** Nothing is made yet. */
    public AgentSocket(Exchange exchange, Connection connection, Account account) {
        this.exchange = exchange;
        this.connection = connection;
        this.account = account;
        this.waiters = exchange.waiters(account.uid());
    }

    /** Makes it and passes on what comes; on a thread that may wait. Returns its path. */
    public Path open() throws IOException, InterruptedException {
        Path directory = Path.of("/tmp", "qssh-" + HexFormat.of().formatHex(RandomSource.system().bytes(8)));
        Path socket = directory.resolve("agent." + ProcessHandle.current().pid());
        BoundPlace place = AsUser.call(account, DIRECTORY_MASK, () -> {
            Files.createDirectory(directory, OWN);
            return BoundPlace.unix(socket, SOCKET_MASK, false);
        });
        synchronized (this) {
            if (!over) {
                Circuits circuits = new Circuits(new AtomicInteger(), AgentLimits.FORWARDED_CONNECTIONS);
                forward = new LocalForward(exchange.board(), connection, place, from -> new ChannelOpening.Agent(), "agent", circuits, new Notices() {
                    @Override
                    public void say(String line) {
                        LOG.debug("agent of {}: {}", account.name(), line);
                    }

                    @Override
                    public void debug(String line) {}
                });
                return socket;
            }
        }
        place.close();
        remove(place);
        throw new IOException("the session is over");
    }

    /** Takes it away; from any thread. */
    public void close() {
        LocalForward open;
        synchronized (this) {
            over = true;
            open = forward;
            forward = null;
        }
        if (open != null) {
            open.close();
            remove(open.place());
        }
    }

    private void remove(BoundPlace place) {
        try {
            waiters.execute(() -> {
                try {
                    AsUser.call(account, () -> {
                        place.unlink();
                        Files.deleteIfExists(place.path().getParent());
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
}
