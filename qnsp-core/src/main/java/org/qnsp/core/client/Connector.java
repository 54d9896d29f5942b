package org.qnsp.core.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.CreditBudget;
import org.qnsp.core.transport.Link;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.RatchetTerms;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.core.transport.Wire;
import org.qnsp.core.transport.WireObserver;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.RandomSource;

/** Makes connections to hosts. One connector serves a process: it owns the loop and the slot thread of all its connections. */
public final class Connector implements AutoCloseable {
    /** Where the wire comes from, once the opening is ready. */
    @FunctionalInterface
    public interface Dial {
        /** Connects. @throws IOException in the words that the user should read */
        Wire dial() throws IOException;
    }

    /** The name of the thread that writes frames. */
    public static final String SLOT_THREAD = "qnsp-slot";

    private final Loop loop;
    private final SlotThread slots;
    private final ClientEntropy entropy = new ClientEntropy(Duration.ofSeconds(2));

    /** @param bugs is told of our own faults */
    public Connector(Consumer<RuntimeException> bugs) throws IOException {
        this(bugs, false);
    }

    /** @param realTime whether frames are to be sent before the machine does anything else, where it allows that */
    Connector(Consumer<RuntimeException> bugs, boolean realTime) throws IOException {
        slots = new SlotThread(SLOT_THREAD, realTime);
        loop = new Loop("qnsp-loop", bugs);
        Thread.ofPlatform().daemon().name("qnsp-warm").start(FrameCipher::setUp); // while keys are read
    }

    /** Whether it is so. */
    boolean realTime() {
        return slots.realTime();
    }

    Loop loop() {
        return loop;
    }

    /** What its connections' keys are made of. */
    ClientEntropy entropy() {
        return entropy;
    }

    /** The application's side of a connection that is yet to be made: what is opened and asked on it goes out right behind the login. */
    public static Connection connection(Connection.Listener listener) {
        return new Connection(true, CreditBudget.ofOneConnection(Runtime.getRuntime().maxMemory() / 2), listener); // hundreds of forwarded streams may stall at once
    }

    /**
     * Makes the opening, dials, and starts the login; {@link Login#await} waits for it.
     *
     * @param settings who logs in where, and how
     * @param judge decides about an unknown host key
     */
    public Login login(ClientHandshake.Settings settings, Connection connection, Login.HostKeyJudge judge, Dial dial) throws IOException {
        return login(settings, connection, judge, dial, null, RatchetTerms.DEFAULT, null, null);
    }

    /** As {@link #login(ClientHandshake.Settings, Connection, Login.HostKeyJudge, Dial)}. @param observer told of every frame, or null @param ratchets how keys are renewed */
    public Login login(ClientHandshake.Settings settings, Connection connection, Login.HostKeyJudge judge, Dial dial, WireObserver observer, RatchetTerms ratchets)
            throws IOException {
        return login(settings, connection, judge, dial, observer, ratchets, null, null);
    }

    Login login(ClientHandshake.Settings settings, Connection connection, Login.HostKeyJudge judge, Dial dial, WireObserver observer, RatchetTerms ratchets,
            QuantumLogin quantum, ClientHandshake.Answered answered) throws IOException {
        ClientHandshake handshake = new ClientHandshake(settings, RandomSource.system());
        handshake.onAnswered(answered);
        Login login = new Login(handshake, judge, quantum);
        List<Action> opening;
        try {
            // H-3: all work on the opening is done before the connection exists, so that its duration shows nowhere
            opening = handshake.begin(System.currentTimeMillis() / 3_600_000);
        } catch (ProtocolException e) {
            throw new IOException(e.getMessage(), e);
        }
        Wire wire = dial.dial();
        Link link = new Link(loop, slots, wire, true, settings.cover(), RandomSource.system(), connection, Login.handshaker(handshake), login);
        link.observe(observer);
        link.ratcheting(ratchets);
        login.link(link);
        loop.execute(() -> link.start(opening, new byte[0]));
        return login;
    }

    /** As {@link #tcp(List, int, InetSocketAddress, Duration, boolean)}, noticing dead hosts. */
    public static Dial tcp(List<InetAddress> addresses, int port, InetSocketAddress bind, Duration timeout) {
        return tcp(addresses, port, bind, timeout, true);
    }

    /**
     * Dials TCP: each address in turn.
     *
     * @param timeout for each address; zero for the system's
     * @param keepAlive whether TCP is to notice a dead host
     */
    public static Dial tcp(List<InetAddress> addresses, int port, InetSocketAddress bind, Duration timeout, boolean keepAlive) {
        return () -> {
            IOException last = null;
            for (InetAddress address : addresses) {
                try {
                    return Wire.of(connect(new InetSocketAddress(address, port), bind, timeout, keepAlive));
                } catch (IOException e) {
                    last = e;
                }
            }
            throw last == null ? new IOException("no address") : last;
        };
    }

    private static SocketChannel connect(InetSocketAddress to, InetSocketAddress bind, Duration timeout, boolean keepAlive) throws IOException {
        SocketChannel socket = SocketChannel.open();
        try {
            socket.setOption(StandardSocketOptions.SO_KEEPALIVE, keepAlive);
            if (bind != null) {
                socket.bind(bind);
            }
            socket.socket().connect(to, (int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw new IOException(switch (e) {
                case SocketTimeoutException t -> "Connection timed out";
                case ConnectException c when String.valueOf(c.getMessage()).contains("refused") -> "Connection refused";
                default -> String.valueOf(e.getMessage());
            }, e);
        }
    }

    @Override
    public void close() {
        loop.close();
        slots.close();
        entropy.close();
    }
}
