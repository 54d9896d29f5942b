package org.qnsp.core;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.Login;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Link;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.core.transport.Wire;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/** The example of docs/embedding.md, which shows the marked regions; {@link EmbeddingTest} runs it and compares the two. */
final class EmbeddingExample {
    private EmbeddingExample() {}

    // begin client
    /** Logs in with a key of this process, opens a channel of type "echo", sends bytes and returns what comes back. */
    static byte[] client(int port, PublicKey hostKey, KemKeyPair userKey, byte[] bytes) throws IOException {
        RandomSource random = RandomSource.system();
        var settings = new ClientHandshake.Settings(Mode.DUPLEX, "alice", new ClientHandshake.Trust.Pinned(hostKey),
                List.of(UserAuth.identity(userKey, random)), false, Cover.NORMAL);
        try (Connector connector = new Connector(RuntimeException::printStackTrace)) {
            Connection connection = Connector.connection(new Connection.Listener() {});
            // What is opened and written now rides right behind the login.
            Channel channel = connection.open("echo", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
            Login login = connector.login(settings, connection, key -> false,
                    Connector.tcp(List.of(InetAddress.getLoopbackAddress()), port, null, Duration.ofSeconds(5)));
            login.await(Duration.ofSeconds(10), Duration.ofSeconds(30));
            try (OutputStream out = channel.output(DataStream.MAIN)) {
                out.write(bytes); // blocks when the other side does not read; closing sends EOF
            }
            byte[] back = channel.input(DataStream.MAIN).readAllBytes();
            connection.disconnect(DisconnectReason.DONE, "");
            login.awaitEnd(Duration.ofSeconds(5));
            return back;
        }
    }
    // end client

    // begin server
    /** Serves one connection: silence for whoever does not know the host key, "echo" channels for the one user key. */
    static void serve(SocketChannel socket, KemKeyPair hostKey, PublicKey userKey, Set<String> seen, Loop loop, SlotThread slots)
            throws IOException, ProtocolException {
        HostKeyOps host = hostKeyOps(hostKey);
        byte[] frames = new byte[ServerOpening.DECISION_BYTES];
        new DataInputStream(Channels.newInputStream(socket)).readFully(frames);
        var accepted = new ServerOpening(host, false, 3_600_000_000L).examine(frames, List.of(), Link.clockMicros());
        if (accepted.isEmpty() || !seen.add(HexFormat.of().formatHex(accepted.get().replayId()))) {
            return; // H-26, H-28: not a byte; a real server keeps the ids on disk and drains the socket
        }
        KemKeyPair decoy = KemKeyPair.generate(RandomSource.system()); // for keys that may not log in (H-14)
        var handshake = new ServerHandshake(new ServerHandshake.Settings(host, decoy, false, CoverPolicy.DEFAULT), accepted.get(), RandomSource.system());
        Connection connection = new Connection(false, Budget.UNLIMITED, new Connection.Listener() {
            @Override
            public void peerOpened(Connection from, int id, String type, byte[] body) { // on the loop: must not block
                Channel channel = from.accept(id, Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
                Thread.ofPlatform().daemon().start(() -> echo(channel));
            }
        });
        Link link = new Link(loop, slots, Wire.of(socket), false, Cover.NORMAL, RandomSource.system(), connection,
                handshaker(handshake), new Link.Owner() {
            @Override
            public void asked(Link asking, Action.Question question) { // whose keys are these? answered 15 ms after the question (H-14)
                List<PublicKey> found = ((Action.FindKeys) question).entries().stream()
                        .map(entry -> Arrays.equals(entry.keyHash(), userKey.fingerprint()) ? userKey : null).toList();
                loop.at(System.nanoTime() + 15_000_000, () -> asking.proceed(() -> handshake.onKeysFound(found, null)));
            }

            @Override
            public void established(Link of, Action.Established result) {}

            @Override
            public void denied(Link of, Action.Denied denial) {}

            @Override
            public void ended(Link of, IOException cause) {}
        });
        List<Action> begin = handshake.begin();
        byte[] third = Arrays.copyOfRange(frames, ServerOpening.OPENING_BYTES, ServerOpening.DECISION_BYTES);
        loop.execute(() -> link.start(begin, third));
    }
    // end server

    private static void echo(Channel channel) {
        try (InputStream in = channel.input(DataStream.MAIN); OutputStream out = channel.output(DataStream.MAIN)) {
            in.transferTo(out);
        } catch (IOException e) {
            // the connection is gone
        }
        channel.close();
    }

    private static HostKeyOps hostKeyOps(KemKeyPair key) {
        return new HostKeyOps() {
            @Override
            public List<PublicKey> publicKeys() {
                return List.of(key.publicKey());
            }

            @Override
            public Secret decapsulate(int index, byte[] ciphertext) {
                return key.decapsulate(ciphertext);
            }

            @Override
            public Secret agree(int index, byte[] ephemeral) throws GeneralSecurityException {
                return key.agree(ephemeral);
            }
        };
    }

    private static Link.Handshaker handshaker(ServerHandshake handshake) {
        return new Link.Handshaker() {
            @Override
            public int rawReplyBytes() {
                return 0;
            }

            @Override
            public List<Action> onRawReply(byte[] reply) {
                throw new IllegalStateException("a server awaits no raw reply");
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

    /** Openings that a process has seen; enough for an example, not for a server that restarts. */
    static Set<String> seenOpenings() {
        return new HashSet<>();
    }
}
