package org.qnsp.core.transport;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.HandshakeMessage;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.Budget;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/** A server on the loopback address with the real sockets, links and handshakes, but no daemon around them. What does not open well it leaves unanswered. */
public final class LoopbackServer implements AutoCloseable {
    private final KemKeyPair hostKey = KemKeyPair.generate(RandomSource.system());
    private final KemKeyPair decoy = KemKeyPair.generate(RandomSource.system());
    private final List<PublicKey> users = new ArrayList<>();
    private final List<ServerOpening.ActiveInvite> invites = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private final List<SocketChannel> sockets = new ArrayList<>();
    private final BlockingQueue<RuntimeException> bugs = new LinkedBlockingQueue<>();
    /** The end of each link: a goodbye is an empty cause. */
    private final BlockingQueue<End> ends = new LinkedBlockingQueue<>();
    private final Supplier<Connection.Listener> listeners;
    private final ServerSocketChannel listening;
    private final Loop loop = new Loop("server-loop", bugs::add);
    private final SlotThread slots = new SlotThread("server-slot", false);
    private boolean open;
    private boolean simplex;
    private String accountDenial;
    private volatile boolean enrolled;

    /** How a link ended; cause is null after a goodbye. */
    public record End(IOException cause) {}

    /** @param listeners gives each connection its own */
    public LoopbackServer(Supplier<Connection.Listener> listeners) throws IOException {
        this.listeners = listeners;
        this.listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** Lets this key log in as anybody. */
    public LoopbackServer user(PublicKey key) {
        users.add(key);
        return this;
    }

    /** Takes this invite. */
    public LoopbackServer invite(byte[] inviteKey) {
        invites.add(new ServerOpening.ActiveInvite("invite", inviteKey));
        return this;
    }

    /** Answers strangers. */
    public LoopbackServer open() {
        open = true;
        return this;
    }

    /** Takes anonymous sessions. */
    public LoopbackServer simplex() {
        simplex = true;
        return this;
    }

    /** Refuses every account with this text. */
    public LoopbackServer denyingAccounts(String text) {
        accountDenial = text;
        return this;
    }

    public LoopbackServer start() {
        Thread.ofPlatform().daemon().name("server-accept").start(this::accept);
        return this;
    }

    public int port() {
        return listening.socket().getLocalPort();
    }

    public PublicKey hostKey() {
        return hostKey.publicKey();
    }

    /** Faults of our own that the loop met. */
    public BlockingQueue<RuntimeException> bugs() {
        return bugs;
    }

    public BlockingQueue<End> ends() {
        return ends;
    }

    /** Whether a key came in with an invite. */
    public boolean enrolled() {
        return enrolled;
    }

    /** Closes the sockets, without a word. */
    public synchronized void cut() throws IOException {
        for (SocketChannel socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel socket = listening.accept();
                Thread.ofPlatform().daemon().name("server-opening").start(() -> serve(socket));
            }
        } catch (ClosedChannelException e) {
            // the test is over
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void serve(SocketChannel socket) {
        byte[] frames = new byte[ServerOpening.DECISION_BYTES];
        try {
            new DataInputStream(Channels.newInputStream(socket)).readFully(frames); // H-24
            var accepted = new ServerOpening(ops(), open, 3_600_000_000L).examine(frames, invites, Link.clockMicros());
            if (accepted.isEmpty()) {
                return; // H-28: the socket stays
            }
            ServerHandshake handshake = new ServerHandshake(new ServerHandshake.Settings(ops(), decoy, simplex, CoverPolicy.DEFAULT), accepted.get(), RandomSource.system());
            Connection connection = new Connection(false, Budget.UNLIMITED, listeners.get());
            Link link = new Link(loop, slots, Wire.of(socket), false, Cover.NORMAL, RandomSource.system(), connection, handshaker(handshake), owner(handshake));
            synchronized (this) {
                links.add(link);
                sockets.add(socket);
            }
            List<Action> begin = handshake.begin();
            byte[] third = Arrays.copyOfRange(frames, ServerOpening.OPENING_BYTES, ServerOpening.DECISION_BYTES);
            loop.execute(() -> link.start(begin, third));
        } catch (IOException | ProtocolException e) {
            // a stranger who went away
        }
    }

    private Link.Owner owner(ServerHandshake handshake) {
        return new Link.Owner() {
            @Override
            public void asked(Link link, Action.Question question) {
                Action.FindKeys ask = (Action.FindKeys) question;
                loop.at(System.nanoTime() + Limits.CHALLENGE_DELAY_MILLIS * 1_000_000L, () -> link.proceed(() -> handshake.onKeysFound(find(ask), accountDenial)));
            }

            @Override
            public void established(Link link, Action.Established result) {
                enrolled |= result.enrolled();
            }

            @Override
            public void denied(Link link, Action.Denied denial) {}

            @Override
            public void ended(Link link, IOException cause) {
                ends.add(new End(cause));
            }
        };
    }

    private List<PublicKey> find(Action.FindKeys ask) {
        List<PublicKey> found = new ArrayList<>();
        for (HandshakeMessage.Entry entry : ask.entries()) {
            PublicKey brought = ServerHandshake.broughtKey(ask, entry);
            found.add(brought != null ? brought : users.stream().filter(k -> Arrays.equals(k.fingerprint(), entry.keyHash())).findFirst().orElse(null));
        }
        return found;
    }

    private static Link.Handshaker handshaker(ServerHandshake handshake) {
        return new Link.Handshaker() {
            @Override
            public int rawReplyBytes() {
                return 0;
            }

            @Override
            public List<Action> onRawReply(byte[] reply) {
                throw new IllegalStateException();
            }

            @Override
            public List<Action> on(byte[] whole) throws ProtocolException {
                return handshake.on(whole);
            }

            @Override
            public void close() {
                handshake.close();
            }
        };
    }

    private HostKeyOps ops() {
        return new HostKeyOps() {
            @Override
            public List<PublicKey> publicKeys() {
                return List.of(hostKey.publicKey());
            }

            @Override
            public Secret decapsulate(int key, byte[] ciphertext) {
                return hostKey.decapsulate(ciphertext);
            }

            @Override
            public Secret agree(int key, byte[] ephemeral) throws GeneralSecurityException {
                return hostKey.agree(ephemeral);
            }
        };
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
        loop.close();
        slots.close();
    }
}
