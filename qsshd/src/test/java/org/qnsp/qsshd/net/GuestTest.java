package org.qnsp.qsshd.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.Login;
import org.qnsp.core.client.LoginException;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.core.handshake.Action.FindKeys;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.core.transport.Wire;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.entropy.EntropyFeed;
import org.qnsp.crypto.entropy.EntropySettings;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.qsshd.auth.Gatekeeper.Findings;
import org.qnsp.qsshd.auth.Gatekeeper.Origin;
import org.qnsp.qsshd.auth.HostKeys;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.auth.ReplayFile;
import org.qnsp.qsshd.config.KeyOptions;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.forward.GuestForwarding;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/**
 * A login as the daemon conducts it, with a house that answers as the test wants: when the challenge leaves, when patience ends, and who
 * pays for an invite.
 */
@Timeout(30)
final class GuestTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final int DRAIN_MAX = 4;

    @TempDir
    Path directory;
    private final KemKeyPair hostKey = KemKeyPair.generate(RandomSource.system());
    private final KemKeyPair userKey = KemKeyPair.generate(RandomSource.system());
    private final byte[] inviteKey = RandomSource.system().bytes(32);
    private final BlockingQueue<String> returned = new LinkedBlockingQueue<>();
    private final AtomicInteger gone = new AtomicInteger();
    private final List<RuntimeException> bugs = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService judges = Executors.newSingleThreadExecutor();
    private ServerSocketChannel listening;
    private Loop loop;
    private SlotThread slots;
    private Connector connector;
    private Policy policy;
    private volatile long findingMillis;
    private volatile boolean known = true;
    private volatile boolean useTaken = true;
    private volatile long askedNanos;

    /** The house of the test. */
    private final class TestHouse implements Hospitality {
        @Override
        public java.util.concurrent.CompletableFuture<Void> banner(Findings findings, java.util.function.Consumer<String> banner) {
            return java.util.concurrent.CompletableFuture.completedFuture(null);
        }

        @Override
        public void findKeys(FindKeys ask, Policy by, Origin origin, InviteFile.Entry invite, Consumer<Findings> answer) {
            askedNanos = System.nanoTime();
            List<PublicKey> keys = new ArrayList<>(Collections.nCopies(ask.entries().size(), known ? userKey.publicKey() : null));
            List<KeyOptions> options = new ArrayList<>(Collections.nCopies(ask.entries().size(), known ? KeyOptions.NONE : null));
            Findings findings = new Findings(keys, options, null, by.config(), null, null, null, 0, useTaken);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    Thread.sleep(findingMillis);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                answer.accept(findings);
            });
        }

        @Override
        public void enrol(Findings findings, PublicKey key, InviteFile.Entry invite, Policy by) {}

        @Override
        public void fetchQuantumKeys(Policy by, Origin origin, org.qnsp.core.handshake.QuantumOffer offer,
                java.util.function.BiConsumer<org.qnsp.crypto.Secret, org.qnsp.core.handshake.QuantumRefusal> answer) {
            answer.accept(null, org.qnsp.core.handshake.QuantumRefusal.NOT_CONFIGURED);
        }

        @Override
        public void authKeyUsed(Policy by, Findings findings, byte[] id) {}

        @Override
        public void keepAuthKey(Policy by, Findings findings, org.qnsp.core.handshake.AuthKey authKey, byte[] after, Consumer<Boolean> kept) {
            kept.accept(false);
        }

        @Override
        public void giveBack(Policy by, InviteFile.Entry invite) {
            returned.add(invite.id());
        }

        @Override
        public void proveHostKeys(HostKeyOps host, ConnectionRequest.ProveHostKeys asked, byte[] connection, Consumer<byte[]> proofs) {
            proofs.accept(null);
        }

        @Override
        public void guestGone(Guest guest) {
            gone.incrementAndGet();
        }

        @Override
        public GuestForwarding forwarding(Guest guest, Connection connection) {
            throw new IllegalStateException("no forwarding here");
        }

        @Override
        public Session session(Guest guest, Connection connection) {
            throw new IllegalStateException("no sessions here");
        }
    }

    @BeforeEach
    void start() throws Exception {
        Path file = directory.resolve("host");
        KeyFile.write(file, KeyFile.encode(hostKey, "host", null, PassphraseCost.STANDARD, RandomSource.system()), false);
        InviteFile invites = new InviteFile(directory.resolve("invites"));
        long now = System.currentTimeMillis() / 1000;
        invites.add(new InviteFile.Entry("one", inviteKey, Optional.empty(), now + 100, 5), now);
        policy = Policy.of(ServerConfig.load(null, List.of("LoginGraceTime 1"), new ConfigFiles(0)), HostKeys.read(List.of(file), fault -> { }),
                new ReplayFile(directory.resolve("openings"), 3600), invites, new org.qnsp.qsshd.auth.AuthKeyDirectory(file.resolveSibling("authkeys")), EntropyFeed.begin(EntropySettings.SYSTEM, text -> { }), null);
        loop = new Loop("test-loop", bugs::add);
        slots = new SlotThread("test-slot", false);
        Reception reception = new Reception(loop, slots, () -> policy, judges, new TestHouse(), Budget.UNLIMITED, DRAIN_MAX);
        listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    Wire wire = Wire.of(listening.accept());
                    loop.execute(() -> reception.arrived(wire, null, null));
                }
            } catch (IOException e) {
                // the test is over
            }
        });
        connector = new Connector(bugs::add);
    }

    @AfterEach
    void stop() throws Exception {
        connector.close();
        listening.close();
        loop.close();
        slots.close();
        judges.shutdownNow();
        policy.host().close();
        assertTrue(Files.exists(directory.resolve("openings")));
        assertEquals(List.of(), bugs);
    }

    private Login login(ClientHandshake.Trust trust, Connection connection) throws IOException {
        return login(trust, connection, Cover.NORMAL);
    }

    private Login login(ClientHandshake.Trust trust, Connection connection, Cover cover) throws IOException {
        var settings = new ClientHandshake.Settings(Mode.DUPLEX, "someone", trust, List.of(UserAuth.identity(userKey, RandomSource.system())), false, cover);
        return connector.login(settings, connection, key -> true,
                Connector.tcp(List.of(InetAddress.getLoopbackAddress()), listening.socket().getLocalPort(), null, LONG));
    }

    private static Connection connection() {
        return Connector.connection(new Connection.Listener() {});
    }

    private ClientHandshake.Trust invited() {
        return new ClientHandshake.Trust.Invited(hostKey.publicKey().fingerprint(), inviteKey);
    }

    @ParameterizedTest
    @CsvSource({"0, true, 15", "0, false, 15", "20, true, 30", "20, false, 30"})
    void theChallengeLeavesAtAMultipleOfItsDelay(long finding, boolean mayLogIn, long leastMillis) throws Exception { // H-14, L-15
        assertEquals(15, Limits.CHALLENGE_DELAY_MILLIS);
        findingMillis = finding;
        known = mayLogIn;
        Login login = login(new ClientHandshake.Trust.Pinned(hostKey.publicKey()), connection());
        if (mayLogIn) {
            login.await(LONG, LONG);
        } else {
            assertEquals(LoginException.Kind.DENIED, assertThrows(LoginException.class, () -> login.await(LONG, LONG)).kind());
        }
        long took = System.nanoTime() - askedNanos;
        assertTrue(took >= leastMillis * 1_000_000, "the challenge came after " + took + " ns");
    }

    @Test
    void aLoginThatTakesTooLongIsEnded() throws Exception { // H-30
        findingMillis = 8000;
        long start = System.nanoTime();
        Login login = login(new ClientHandshake.Trust.Pinned(hostKey.publicKey()), connection());
        assertEquals(LoginException.Kind.BROKEN, assertThrows(LoginException.class, () -> login.await(LONG, LONG)).kind());
        long took = (System.nanoTime() - start) / 1_000_000;
        assertTrue(took >= 900 && took < 6000, "ended after " + took + " ms");
    }

    /** C-26: a refused login of mode max lasts to the end of the minute, and must not be for nothing to whoever makes many. */
    @Test
    void aRefusedLoginCountsAsLongAsItLasts() throws Exception {
        policy = new Policy(ServerConfig.load(null, List.of("MaxStartups 1"), new ConfigFiles(0)), policy.host(), policy.decoy(), policy.replays(), policy.invites(), policy.authKeys(), policy.entropy(), null);
        ClientHandshake.Trust pinned = new ClientHandshake.Trust.Pinned(hostKey.publicKey());
        known = false;
        useTaken = false;
        for (Cover cover : List.of(Cover.NORMAL, new Cover(PaddingMode.MAX, RateClass.LEAST))) {
            Login refused = login(pinned, connection(), cover);
            assertEquals(LoginException.Kind.DENIED, assertThrows(LoginException.class, () -> refused.await(LONG, LONG)).kind(), cover.toString());
        }
        known = true;
        Login shutOut = login(pinned, connection());
        assertEquals(LoginException.Kind.SILENCE, assertThrows(LoginException.class, () -> shutOut.await(Duration.ofSeconds(2), LONG)).kind());
    }

    @Test
    void withoutARequiredSourceNobodyNewIsAnswered() throws Exception { // E-9
        policy = new Policy(ServerConfig.load(null, List.of(), new ConfigFiles(0)), policy.host(), policy.decoy(), policy.replays(), policy.invites(), policy.authKeys(), policy.entropy(), null);
        Login there = login(new ClientHandshake.Trust.Pinned(hostKey.publicKey()), connection());
        there.await(LONG, LONG);
        EntropySettings settings = EntropySettings.of("qrng-only", "/dev/zero", false, null);
        try (EntropyFeed stuck = EntropyFeed.begin(settings, text -> { }).await(LONG)) {
            policy = new Policy(policy.config(), policy.host(), policy.decoy(), policy.replays(), policy.invites(), policy.authKeys(), stuck, null);
            Login shutOut = login(new ClientHandshake.Trust.Pinned(hostKey.publicKey()), connection());
            assertEquals(LoginException.Kind.SILENCE, assertThrows(LoginException.class, () -> shutOut.await(Duration.ofSeconds(1), LONG)).kind());
            assertEquals(0, gone.get(), "who is there stays");
        }
    }

    @Test
    void aClientOfWhichNothingIsHeardIsGone() throws Exception { // ClientAliveInterval, ClientAliveCountMax
        ServerConfig config = ServerConfig.load(null, List.of("ClientAliveInterval 1", "ClientAliveCountMax 2"), new ConfigFiles(0));
        policy = new Policy(config, policy.host(), policy.decoy(), policy.replays(), policy.invites(), policy.authKeys(), policy.entropy(), null);
        login(new ClientHandshake.Trust.Pinned(hostKey.publicKey()), connection()).await(LONG, LONG);
        Thread.sleep(3000);
        assertEquals(0, gone.get(), "a client that says nothing but Noise is there");
        connector.close(); // its sockets stay open
        for (int i = 0; i < 100 && gone.get() == 0; i++) {
            Thread.sleep(50);
        }
        assertEquals(1, gone.get());
    }

    @Test
    void theOldestOfTooManyStrangersIsClosed() throws Exception { // H-28, L-14
        List<Socket> strangers = new ArrayList<>();
        try {
            for (int i = 0; i <= DRAIN_MAX; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), listening.socket().getLocalPort());
                socket.setSoTimeout(300);
                socket.getOutputStream().write(new byte[3000]);
                strangers.add(socket);
                Thread.sleep(50); // so that they arrive in this order
            }
            assertEquals(-1, strangers.getFirst().getInputStream().read());
            for (Socket other : strangers.subList(1, strangers.size())) {
                assertThrows(SocketTimeoutException.class, () -> other.getInputStream().read());
            }
        } finally {
            for (Socket socket : strangers) {
                socket.close();
            }
        }
    }

    @Test
    void aLoginKeepsTheUseOfItsInvite() throws Exception {
        Connection connection = connection();
        Login login = login(invited(), connection);
        login.await(LONG, LONG);
        connection.disconnect(DisconnectReason.DONE, "");
        assertTrue(login.awaitEnd(LONG));
        assertNull(returned.poll(300, TimeUnit.MILLISECONDS));
    }

    @Test
    void aUseThatCameToNothingIsGivenBackOnce() throws Exception {
        known = false;
        Login login = login(invited(), connection());
        assertThrows(LoginException.class, () -> login.await(LONG, LONG));
        assertTrue(login.awaitEnd(LONG));
        assertEquals("one", returned.poll(5, TimeUnit.SECONDS));
        assertNull(returned.poll(300, TimeUnit.MILLISECONDS));
    }

    @Test
    void aUseThatWasNotTakenIsNotGivenBack() throws Exception { // else every refused login would add one
        known = false;
        useTaken = false;
        Login login = login(invited(), connection());
        assertThrows(LoginException.class, () -> login.await(LONG, LONG));
        assertTrue(login.awaitEnd(LONG));
        assertNull(returned.poll(500, TimeUnit.MILLISECONDS));
    }
}
