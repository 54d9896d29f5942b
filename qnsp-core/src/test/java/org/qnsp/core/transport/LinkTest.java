package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.Login;
import org.qnsp.core.client.LoginException;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Identity;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.mux.DataStream;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** Client and server over real sockets: what C and H promise when bytes come in pieces, late, wrong, or no more. */
@Timeout(60)
final class LinkTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Connection.Listener NOTHING = new Connection.Listener() {};

    private final KemKeyPair kem = KemKeyPair.generate(RandomSource.system());
    private final SigKeyPair sig = SigKeyPair.generate(RandomSource.system());
    private final ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
    private final List<RuntimeException> bugs = new ArrayList<>();
    private LoopbackServer server;
    private Connector connector;

    @BeforeEach
    void start() throws IOException {
        server = new LoopbackServer(() -> new Echo()).user(kem.publicKey());
        connector = new Connector(bugs::add);
    }

    @AfterEach
    void stop() throws IOException {
        connector.close();
        server.close();
        assertEquals(List.of(), bugs);
        assertEquals(List.of(), List.copyOf(server.bugs()));
    }

    /** Channel "echo" gives back what comes; "sink" takes nothing until asked to; "late" closes the input first and then speaks. */
    private final class Echo implements Connection.Listener {
        @Override
        public void peerOpened(Connection connection, int id, String type, byte[] body) {
            if (!type.equals("echo") && !type.equals("hash") && !type.equals("late")) {
                connection.refuse(id, OpenFailure.UNKNOWN_TYPE, "no " + type + " here");
                return;
            }
            Channel channel = connection.accept(id, Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
            threads.submit(() -> {
                switch (type) {
                    case "echo" -> copy(channel.input(DataStream.MAIN), channel.output(DataStream.MAIN));
                    case "hash" -> channel.output(DataStream.MAIN).write(hash(channel.input(DataStream.MAIN)));
                    default -> {
                        channel.input(DataStream.MAIN).readAllBytes();
                        channel.output(DataStream.EXTENDED).write("late".getBytes(StandardCharsets.UTF_8));
                    }
                }
                channel.eof();
                channel.close();
                return null;
            });
        }
    }

    private static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[32768];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            out.write(buffer, 0, n);
        }
    }

    private static byte[] hash(InputStream in) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] buffer = new byte[65536];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
        }
        return digest.digest();
    }

    private Login login(Trust trust, Mode mode, Login.HostKeyJudge judge, int port, List<Identity> identities, Connection connection, boolean enrol) throws IOException {
        Connector.Dial dial = Connector.tcp(List.of(InetAddress.getLoopbackAddress()), port, null, Duration.ofSeconds(5));
        return connector.login(new ClientHandshake.Settings(mode, "someone", trust, identities, enrol, Cover.NORMAL), connection, judge, dial);
    }

    /** C-22, C-36: while the user decides about a host key both sides send as their schedules say, and what comes is read. */
    @ParameterizedTest
    @EnumSource(PaddingMode.class)
    void aQuestionToTheUserDoesNotShow(PaddingMode mode) throws Exception {
        server.open().start();
        AtomicLong sent = new AtomicLong();
        AtomicLong received = new AtomicLong();
        WireObserver counter = new WireObserver() {
            @Override
            public void sent(int frames, int said) {
                sent.addAndGet(frames);
            }

            @Override
            public void received(int frames, int said) {
                received.addAndGet(frames);
            }
        };
        long[] counted = new long[4];
        Login.HostKeyJudge thinker = key -> {
            try {
                Thread.sleep(1_000);
                counted[0] = sent.get();
                counted[1] = received.get();
                Thread.sleep(2_000);
                counted[2] = sent.get() - counted[0];
                counted[3] = received.get() - counted[1];
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return true;
        };
        Connection connection = Connector.connection(NOTHING);
        connection.open("session", new byte[0], 1 << 20, new ChannelListener() {}); // waits to be sent
        Cover cover = new Cover(mode, mode == PaddingMode.MAX ? RateClass.LEAST : RateClass.UNBOUNDED);
        connector.login(new ClientHandshake.Settings(Mode.DUPLEX, "someone", new Trust.Unknown(), identities(), false, cover), connection, thinker,
            Connector.tcp(List.of(InetAddress.getLoopbackAddress()), server.port(), null, Duration.ofSeconds(5)), counter, RatchetTerms.DEFAULT).await(LONG, LONG);
        int up = mode == PaddingMode.MAX ? 200 : mode == PaddingMode.NORMAL ? 100 : 2;
        assertTrue(counted[2] <= up + 5 && counted[2] >= up / 3, counted[2] + " frames sent in 2 s");
        assertTrue(counted[3] >= 60 && counted[3] <= 220, counted[3] + " frames received in 2 s");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inModeMaxWhatFollowsALoginBeginsAfterThePrologue(boolean known) throws Exception { // C-24
        server.start();
        KemKeyPair key = known ? kem : KemKeyPair.generate(RandomSource.system());
        Cover cover = new Cover(PaddingMode.MAX, RateClass.LEAST);
        long start = System.nanoTime();
        Login login = connector.login(new ClientHandshake.Settings(Mode.DUPLEX, "someone", new Trust.Pinned(server.hostKey()),
                List.of(UserAuth.identity(key, RandomSource.system())), false, cover), Connector.connection(NOTHING), host -> false,
            Connector.tcp(List.of(InetAddress.getLoopbackAddress()), server.port(), null, Duration.ofSeconds(5)));
        if (known) {
            login.await(LONG, LONG);
        } else {
            assertEquals(LoginException.Kind.DENIED, assertThrows(LoginException.class, () -> login.await(LONG, LONG)).kind());
        }
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(millis >= 490, millis + " ms");
    }

    private Connection connect() throws IOException {
        server.start();
        return connect(server.port());
    }

    private Connection connect(int port) throws IOException {
        Connection connection = Connector.connection(NOTHING);
        login(new Trust.Pinned(server.hostKey()), Mode.DUPLEX, key -> false, port, identities(), connection, false).await(LONG, LONG);
        return connection;
    }

    private List<Identity> identities() {
        return List.of(UserAuth.identity(kem, RandomSource.system()));
    }

    private static Channel open(Connection connection, String type) throws IOException {
        return connection.open(type, new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
    }

    private byte[] roundTrip(Connection connection, byte[] data) throws Exception {
        Channel channel = open(connection, "echo");
        Future<byte[]> back = threads.submit((Callable<byte[]>) () -> channel.input(DataStream.MAIN).readAllBytes());
        channel.output(DataStream.MAIN).write(data);
        channel.eof();
        return back.get(30, TimeUnit.SECONDS);
    }

    private static byte[] noise(int seed, int length) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    @Test
    void anEchoComesBack() throws Exception {
        assertArrayEquals("hello".getBytes(StandardCharsets.UTF_8), roundTrip(connect(), "hello".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void whatIsAskedBeforeTheLoginRidesBehindIt() throws Exception {
        server.start();
        Connection connection = Connector.connection(NOTHING);
        Channel channel = open(connection, "echo");
        channel.output(DataStream.MAIN).write("early".getBytes(StandardCharsets.UTF_8));
        channel.eof();
        Login login = login(new Trust.Pinned(server.hostKey()), Mode.DUPLEX, key -> false, server.port(), identities(), connection, false);
        login.await(LONG, LONG);
        assertEquals("early", new String(channel.input(DataStream.MAIN).readAllBytes(), StandardCharsets.UTF_8));
        connection.disconnect(DisconnectReason.DONE, "");
        assertTrue(login.awaitEnd(LONG));
        assertNull(login.endCause());
        assertNull(server.ends().poll(5, TimeUnit.SECONDS).cause());
    }

    @RepeatedTest(8)
    void aGoodbyeWithTheEndRightBehindItIsNoLoss() throws Exception {
        server.start();
        Connection connection = Connector.connection(NOTHING);
        Login login = login(new Trust.Pinned(server.hostKey()), Mode.DUPLEX, key -> false, server.port(), identities(), connection, false);
        login.await(LONG, LONG);
        connection.disconnect(DisconnectReason.DONE, "");
        assertTrue(login.awaitEnd(LONG));
        assertNull(login.endCause());
        assertNull(server.ends().poll(5, TimeUnit.SECONDS).cause());
    }

    @Test
    void aSigningKeyLogsInToo() throws Exception {
        server.user(sig.publicKey()).start();
        Connection connection = Connector.connection(NOTHING);
        List<Identity> both = List.of(UserAuth.identity(KemKeyPair.generate(RandomSource.system()), RandomSource.system()),
                UserAuth.identity(sig, RandomSource.system()));
        login(new Trust.Pinned(server.hostKey()), Mode.DUPLEX, key -> false, server.port(), both, connection, false).await(LONG, LONG);
        assertEquals(100, roundTrip(connection, new byte[100]).length);
    }

    @Test
    void anAnonymousSessionNeedsNoKey() throws Exception {
        server.simplex().start();
        Connection connection = Connector.connection(NOTHING);
        login(new Trust.Pinned(server.hostKey()), Mode.SIMPLEX, key -> false, server.port(), List.of(), connection, false).await(LONG, LONG);
        assertEquals(100, roundTrip(connection, new byte[100]).length);
    }

    @Test
    void twentyChannelsAtOnce() throws Exception {
        Connection connection = connect();
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            byte[] data = noise(i, 200_000 + i);
            all.add(threads.submit(() -> java.util.Arrays.equals(data, roundTrip(connection, data))));
        }
        for (Future<Boolean> one : all) {
            assertTrue(one.get(30, TimeUnit.SECONDS));
        }
        for (int i = 0; i < 100 && connection.channelCount() > 0; i++) {
            Thread.sleep(20);
        }
    }

    @Test
    void fiftyMegabytesEachWay() throws Exception {
        byte[] data = noise(7, 50 << 20);
        Connection connection = connect();
        byte[] back = roundTrip(connection, data);
        assertArrayEquals(MessageDigest.getInstance("SHA-256").digest(data), MessageDigest.getInstance("SHA-256").digest(back));
    }

    @Test
    void aSlowReaderHoldsBackItsChannelAndNoOther() throws Exception {
        Connection connection = connect();
        Channel slow = open(connection, "echo");
        byte[] data = noise(3, 12 << 20);
        Future<?> writing = threads.submit(() -> {
            slow.output(DataStream.MAIN).write(data);
            slow.eof();
            return null;
        });
        assertArrayEquals(noise(4, 300_000), roundTrip(connection, noise(4, 300_000)));
        assertThrows(java.util.concurrent.TimeoutException.class, () -> writing.get(1500, TimeUnit.MILLISECONDS));
        assertArrayEquals(data, slow.input(DataStream.MAIN).readAllBytes());
        writing.get(5, TimeUnit.SECONDS);
    }

    @Test
    void afterEofTheOtherDirectionGoesOn() throws Exception {
        Connection connection = connect();
        Channel channel = open(connection, "late");
        channel.eof();
        assertEquals("late", new String(channel.input(DataStream.EXTENDED).readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(0, channel.input(DataStream.MAIN).readAllBytes().length);
        channel.awaitClosed();
    }

    @Test
    void whatWasAskedOnAChannelThatIsRefusedIsAnswered() throws Exception { // C-10
        Connection connection = connect();
        for (boolean refused : new boolean[] {true, false}) {
            Channel channel = open(connection, refused ? "tunnel" : "echo");
            Channel.Request asked = channel.ask("something", new byte[0]);
            if (!refused) {
                channel.close(); // and so is what was asked on one that we close ourselves
            }
            assertEquals(false, threads.submit(asked::await).get(5, TimeUnit.SECONDS).ok());
        }
    }

    @Test
    void aRefusedChannelSaysWhy() throws Exception {
        Channel channel = open(connect(), "tunnel");
        assertEquals("no tunnel here", assertThrows(IOException.class, channel::awaitOpened).getMessage());
    }

    @Test
    void aReaderLearnsThatThePeerVanished() throws Exception {
        Connection connection = connect();
        Channel channel = open(connection, "echo");
        channel.awaitOpened();
        server.cut();
        assertThrows(IOException.class, () -> channel.input(DataStream.MAIN).read());
        assertThrows(IOException.class, () -> open(connection, "echo"));
    }

    @Test
    void theServerSaysThatTheClientVanished() throws Exception {
        server.start();
        try (Connector other = new Connector(bugs::add)) {
            SocketChannel[] kept = new SocketChannel[1];
            Connector.Dial keeping = () -> {
                kept[0] = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
                return Wire.of(kept[0]);
            };
            other.login(new ClientHandshake.Settings(Mode.DUPLEX, "someone", new Trust.Pinned(server.hostKey()), identities(), false, Cover.NORMAL),
                    Connector.connection(NOTHING), key -> false, keeping).await(LONG, LONG);
            kept[0].close();
            assertNotNull(server.ends().poll(5, TimeUnit.SECONDS).cause());
        }
    }

    @Test
    void aChangedBitIsAFaultAndSaysSo() throws Exception {
        server.start();
        try (Relay relay = new Relay(server.port())) {
            Connection connection = connect(relay.port());
            Channel channel = open(connection, "echo");
            channel.awaitOpened();
            relay.flipNextToClient();
            IOException e = assertThrows(IOException.class, () -> channel.input(DataStream.MAIN).read());
            assertTrue(e.getMessage().contains("does not verify"), e.getMessage());
        }
    }

    @Test
    void aPeerThatDidNotReadForAWhileIsTalkedToAgain() throws Exception {
        server.start();
        try (Relay relay = new Relay(server.port())) {
            relay.pause(); // until all buffers between are full: the prologue sends 300 kB a second
            Connection connection = Connector.connection(NOTHING);
            Connector.Dial narrow = () -> {
                SocketChannel socket = SocketChannel.open();
                socket.setOption(StandardSocketOptions.SO_SNDBUF, 4096);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port()));
                return Wire.of(socket);
            };
            Login login = connector.login(new ClientHandshake.Settings(Mode.DUPLEX, "someone", new Trust.Pinned(server.hostKey()), identities(), false, Cover.NORMAL),
                    connection, key -> false, narrow);
            Thread.sleep(1500);
            relay.resume();
            login.await(LONG, LONG);
            assertEquals(10, roundTrip(connection, new byte[10]).length);
        }
    }

    @Test
    void aFrameDoesNotWaitInTheBufferOfAStream() throws Exception {
        var written = new java.io.ByteArrayOutputStream();
        Wire wire = Wire.of(InputStream.nullInputStream(), new java.io.BufferedOutputStream(written), "stream");
        wire.write(java.nio.ByteBuffer.allocate(768));
        for (int i = 0; i < 200 && written.size() == 0; i++) {
            Thread.sleep(10);
        }
        assertEquals(768, written.size());
        wire.close();
    }

    @Test
    void aKeyThatIsNotKnownIsDenied() throws Exception { // H-19, C-26: and not before the end of the prologue
        server.start();
        long start = System.nanoTime();
        Connection connection = Connector.connection(NOTHING);
        List<Identity> stranger = List.of(UserAuth.identity(KemKeyPair.generate(RandomSource.system()), RandomSource.system()));
        Login login = login(new Trust.Pinned(server.hostKey()), Mode.DUPLEX, key -> false, server.port(), stranger, connection, false);
        LoginException e = assertThrows(LoginException.class, () -> login.await(LONG, LONG));
        assertEquals(LoginException.Kind.DENIED, e.kind());
        assertEquals("Permission denied", e.getMessage());
        assertTrue(login.awaitEnd(LONG));
        assertTrue(System.nanoTime() - start >= 500_000_000, "the end came before the prologue's");
    }

    @Test
    void anAccountThatMayNotLogInIsDeniedInItsOwnWords() throws Exception {
        server.denyingAccounts("Your account has expired.").start();
        Login login = login(new Trust.Pinned(server.hostKey()), Mode.DUPLEX, key -> false, server.port(), identities(), Connector.connection(NOTHING), false);
        assertEquals("Your account has expired.", assertThrows(LoginException.class, () -> login.await(LONG, LONG)).getMessage());
    }

    @Test
    void toAWrongKeyTheHostIsSilent() throws Exception {
        server.start();
        PublicKey other = KemKeyPair.generate(RandomSource.system()).publicKey();
        Login login = login(new Trust.Pinned(other), Mode.DUPLEX, key -> false, server.port(), identities(), Connector.connection(NOTHING), false);
        LoginException e = assertThrows(LoginException.class, () -> login.await(Duration.ofMillis(800), LONG));
        assertEquals(LoginException.Kind.SILENCE, e.kind());
    }

    @Test
    void anInviteOpensTheDoorAndEnrolsTheKey() throws Exception {
        byte[] inviteKey = RandomSource.system().bytes(32);
        KemKeyPair newcomer = KemKeyPair.generate(RandomSource.system());
        server.invite(inviteKey).start();
        Connection connection = Connector.connection(NOTHING);
        Trust trust = new Trust.Invited(server.hostKey().fingerprint(), inviteKey);
        login(trust, Mode.DUPLEX, key -> key.equals(server.hostKey()), server.port(), List.of(UserAuth.identity(newcomer, RandomSource.system())), connection, true).await(LONG, LONG);
        assertTrue(server.enrolled());
        assertEquals(10, roundTrip(connection, new byte[10]).length);
    }

    @Test
    void openContactShowsTheKeyWhileTheScheduleGoesOn() throws Exception {
        server.open().start();
        Connection connection = Connector.connection(NOTHING);
        PublicKey[] seen = new PublicKey[1];
        Login.HostKeyJudge slowUser = key -> {
            seen[0] = key;
            try {
                Thread.sleep(1500); // longer than the silence that is allowed
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return true;
        };
        login(new Trust.Unknown(), Mode.DUPLEX, slowUser, server.port(), identities(), connection, false).await(Duration.ofMillis(1000), LONG);
        assertEquals(server.hostKey(), seen[0]);
        assertEquals(10, roundTrip(connection, new byte[10]).length);
    }

    @Test
    void aHostKeyThatIsNotTrustedEndsIt() throws Exception {
        server.open().start();
        Login login = login(new Trust.Unknown(), Mode.DUPLEX, key -> false, server.port(), identities(), Connector.connection(NOTHING), false);
        LoginException e = assertThrows(LoginException.class, () -> login.await(LONG, LONG));
        assertEquals(LoginException.Kind.HOST_KEY, e.kind());
    }

    /** Passes bytes on, and can change one. */
    private static final class Relay implements AutoCloseable {
        private final ServerSocket listening = new ServerSocket();
        private final java.util.concurrent.Semaphore going = new java.util.concurrent.Semaphore(1);
        private volatile boolean flip;
        private Socket near;
        private Socket far;

        Relay(int port) throws IOException {
            listening.setReceiveBufferSize(4096);
            listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    near = listening.accept();
                    far = new Socket(InetAddress.getLoopbackAddress(), port);
                    Thread.ofPlatform().daemon().start(() -> pass(near, far, false));
                    pass(far, near, true);
                } catch (IOException e) {
                    // closed
                }
            });
        }

        int port() {
            return listening.getLocalPort();
        }

        void pause() {
            going.acquireUninterruptibly();
        }

        void resume() {
            going.release();
        }

        void flipNextToClient() {
            flip = true;
        }

        private void pass(Socket from, Socket to, boolean flipping) {
            byte[] buffer = new byte[65536];
            try {
                InputStream in = from.getInputStream();
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    going.acquireUninterruptibly();
                    going.release();
                    if (flipping && flip) {
                        flip = false;
                        buffer[n / 2] ^= 4;
                    }
                    to.getOutputStream().write(buffer, 0, n);
                }
                to.shutdownOutput();
            } catch (IOException e) {
                // closed
            }
        }

        @Override
        public void close() throws IOException {
            listening.close();
            near.close();
            far.close();
        }
    }
}
