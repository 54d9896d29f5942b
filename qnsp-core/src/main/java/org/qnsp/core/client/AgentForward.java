package org.qnsp.core.client;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.qnsp.core.agent.AgentLimits;
import org.qnsp.core.agent.AgentMessage;
import org.qnsp.core.forward.Circuits;
import org.qnsp.core.forward.Dialer;
import org.qnsp.core.forward.JoinOnConnect;
import org.qnsp.core.forward.Switchboard;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.keys.PublicKey;

/** Lets a host use the user's agent: each channel that it opens for that is joined to a connection of its own, which the agent knows as that host's from its first byte on. */
public final class AgentForward {
    private final Path socket;
    private final Supplier<PublicKey> host;
    private final Messages messages;
    private final Switchboard board;
    private final Dialer dialer;
    private final AtomicInteger joined = new AtomicInteger();
    private final Circuits circuits = new Circuits(joined, AgentLimits.FORWARDED_CONNECTIONS);
    /** Connections to the agent that are being made; on the switchboard's loop. */
    private int making;

    private AgentForward(Path socket, Supplier<PublicKey> host, Messages messages) throws IOException {
        this.socket = socket;
        this.host = host;
        this.messages = messages;
        board = new Switchboard("qnsp-agent", bug -> messages.error("internal fault: " + bug));
        ThreadPoolExecutor waiters = new ThreadPoolExecutor(AgentLimits.FORWARDED_CONNECTIONS, AgentLimits.FORWARDED_CONNECTIONS, 10, TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(AgentLimits.FORWARDED_CONNECTIONS), Thread.ofPlatform().daemon().name("qnsp-agent-dial-", 0).factory());
        waiters.allowCoreThreadTimeOut(true);
        dialer = new Dialer(board, waiters);
    }

    /**
     * The forwarding that a configuration asks for; null where it does not, or there is no agent of ours to forward.
     *
     * @param host gives the host's key once it is logged in to
     */
    static AgentForward of(ClientConfig config, LocalUser local, Supplier<PublicKey> host, Messages messages) {
        String wish = config.forwardAgent();
        String usual = config.hasIdentityAgent() ? config.identityAgent() : AgentClient.socket(local.environment());
        String path = wish.equals("no") ? null : wish.equals("yes") ? usual : wish.startsWith("$") ? local.environment().apply(wish.substring(1)) : wish;
        if (path == null || path.isEmpty()) {
            return null;
        }
        try {
            Path socket = Path.of(path);
            AgentClient.connect(socket).close();
            messages.debug("Requesting authentication agent forwarding.");
            return new AgentForward(socket, host, messages);
        } catch (IOException | InvalidPathException e) {
            messages.debug("no agent to forward: " + e.getMessage());
            return null;
        }
    }

    /** A channel that the host opens; false where it is none for the agent. On the connection's loop. */
    public boolean opened(Connection connection, int id, ChannelOpening opening) {
        if (!(opening instanceof ChannelOpening.Agent)) {
            return false;
        }
        board.loop().execute(() -> {
            if (joined.get() + making >= AgentLimits.FORWARDED_CONNECTIONS) {
                connection.refuse(id, OpenFailure.RESOURCES, "too many connections to the agent");
                return;
            }
            making++;
            dialer.unix(socket, this::bind, counted(new JoinOnConnect(board, connection, id, circuits, "agent", why -> messages.debug("agent: " + why.getMessage()))));
        });
        return true;
    }

    private Dialer.Outcome counted(Dialer.Outcome outcome) {
        return new Dialer.Outcome() {
            @Override
            public void connected(SocketChannel channel) {
                making--;
                outcome.connected(channel);
            }

            @Override
            public void failed(IOException why) {
                making--;
                outcome.failed(why);
            }
        };
    }

    private void bind(SocketChannel channel, UnixDomainSocketAddress to) throws IOException {
        PublicKey key = host.get();
        if (key == null) {
            throw new IOException("the host is not known yet");
        }
        channel.connect(to);
        AgentClient agent = AgentClient.over(socket, channel);
        if (!agent.does(new AgentMessage.Bind(key.fingerprint()))) {
            throw new IOException("the agent does not take the binding to this host");
        }
    }
}
