package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.client.LoginException;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.crypto.RandomSource;
import org.qnsp.dist.Capture.Conversation;
import org.qnsp.dist.Capture.Packet;
import org.qnsp.dist.Relay.Manner;

/** Sessions over paths that are slow, lumpy, halting, broken or hostile (C-22, H-29). */
@Timeout(120)
final class PathTest {
    private static final int FRAME = 768;
    private static final long PROLOGUE_NANOS = 500_000_000L;
    private static final long GRID_NANOS = 2_000_000_000L;

    @TempDir
    Path scratch;

    private TestDaemon daemon;
    private TestClient client;
    private int ownSockets;

    @BeforeEach
    void start() throws Exception {
        client = new TestClient();
        daemon = new TestDaemon(scratch).authorize(client.key().publicKey()).start();
        ownSockets = daemon.sockets();
    }

    @AfterEach
    void stop() {
        client.close();
        daemon.close();
        assertEquals(false, daemon.logText().contains("ERROR"), daemon.logText());
    }

    private void assertNothingLeft() throws Exception {
        TestDaemon.await("the daemon has let go of everything", () -> {
            try {
                return daemon.sockets() == ownSockets && daemon.children().isEmpty();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private TestClient.Session login(Relay relay) throws IOException {
        return client.login(relay.address(), new Trust.Pinned(daemon.hostKey()), daemon.user());
    }

    // ---- what a path may do

    @Test
    void sessionsSurviveWhatAPathMayDo() throws Exception {
        Map<String, Manner> manners = Map.of(
                "late by 120 ms", Manner.PLAIN.delayed(120),
                "in pieces of 1 to 777 bytes", Manner.PLAIN.chunked(777),
                "in pieces of 1 to 5 bytes", Manner.PLAIN.chunked(5).stalled(3 * FRAME + 1, 300),
                "400 kB/s", Manner.PLAIN.throttled(400_000),
                "halting for three seconds in the handshake", Manner.PLAIN.stalled(4_000, 3_000),
                "halting for three seconds in the session", Manner.PLAIN.chunked(3_001).stalled(200_000, 3_000));
        List<Future<Void>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            manners.forEach((what, manner) -> all.add(threads.submit((Callable<Void>) () -> {
                roundTrip(what, manner);
                return null;
            })));
        }
        for (Future<Void> one : all) {
            one.get();
        }
        assertNothingLeft();
    }

    private void roundTrip(String what, Manner manner) throws Exception {
        byte[] data = RandomSource.system().bytes(what.contains("5 bytes") ? 20_000 : 300_000);
        try (Relay relay = new Relay(daemon.address(), manner, manner); TestClient.Session session = login(relay)) {
            Channel channel = session.start(new SessionRequest.Exec("cat"));
            Thread.ofVirtual().start(() -> {
                try (OutputStream out = channel.output(DataStream.MAIN)) {
                    out.write(data);
                } catch (IOException e) {
                    // what comes back is too short
                }
            });
            assertEquals(hash(data), hash(channel.input(DataStream.MAIN).readAllBytes()), what);
        }
    }

    private static String hash(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    /** The host's no must come through a path on which the login takes longer than the prologue. */
    @Test
    void aDenialArrivesOverASlowPath() throws Exception {
        try (TestClient stranger = new TestClient(); Relay relay = new Relay(daemon.address(), Manner.PLAIN.delayed(250), Manner.PLAIN.delayed(250))) {
            LoginException denied = org.junit.jupiter.api.Assertions.assertThrows(LoginException.class,
                    () -> stranger.login(relay.address(), new Trust.Pinned(daemon.hostKey()), daemon.user()));
            assertEquals(LoginException.Kind.DENIED, denied.kind(), denied.getMessage());
        }
        assertNothingLeft();
    }

    /** The host ends what only its command was for, and nobody waits a round trip; a connection that others may use the client ends (C-40). */
    @Test
    void whoEndsAConnectionFirst() throws Exception {
        Manner far = Manner.PLAIN.delayed(40);
        for (boolean forwards : new boolean[] {false, true}) {
            try (Relay relay = new Relay(daemon.address(), far, far)) {
                List<String> words = new ArrayList<>(forwards ? List.of("-L" + scratch.resolve("socket") + ":127.0.0.1:9") : List.of());
                words.add("head -c 100000 /dev/zero; echo last >&2; exit 3");
                Outcome outcome = qssh(relay.address().getPort(), words.toArray(String[]::new));
                assertEquals(3, outcome.status());
                assertEquals("last", outcome.error());
                assertEquals(!forwards, relay.daemonEndedFirst());
            }
            assertNothingLeft();
        }
    }

    // ---- what an attacker does

    @Test
    void aCutEndsBothSidesWithAMessage() throws Exception {
        for (int at : new int[] {0, 4 * FRAME + 5, 100 * FRAME, 300 * FRAME + 301}) {
            Manner cut = Manner.PLAIN.cut(at);
            boolean fromClient = at % 2 == 0;
            try (Relay relay = new Relay(daemon.address(), fromClient ? cut : Manner.PLAIN, fromClient ? Manner.PLAIN : cut)) {
                Outcome outcome = qssh(relay.address().getPort(), "cat");
                assertEquals(255, outcome.status(), "cut at " + at);
                assertMessage("cut at " + at, outcome.error());
            }
            assertNothingLeft();
        }
    }

    private static void assertMessage(String what, String error) {
        assertTrue(error.startsWith("qssh: error: ") || error.contains("closed") || error.contains("lost"), what + ": " + error);
        assertTrue(error.lines().count() <= 3 && !error.contains("Exception"), what + ": " + error);
    }

    private record Outcome(int status, String error) {}

    /** Runs the program, whose input stays open until it ends. */
    private Outcome qssh(int port, String... words) throws Exception {
        Process process = daemon.qssh(client.key(), port, words).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "qssh ends");
            return new Outcome(process.exitValue(), new String(process.getErrorStream().readAllBytes()).strip());
        } finally {
            process.destroyForcibly();
        }
    }

    /** A changed bit in the session: whoever received it goes on sending as before, and ends at a time that tells nothing of when it was. */
    @Test
    void aFlippedBitInTheSessionEndsItOnTheGrid() throws Exception {
        int frame = 300;
        long[] places = {(long) frame * FRAME, frame * FRAME + 17L, frame * FRAME + 400L, frame * FRAME + 767L};
        for (long at : places) {
            for (boolean fromClient : at == places[0] ? new boolean[] {true, false} : new boolean[] {at % 2 == 0}) {
                String what = "bit at " + at + (fromClient ? " from the client" : " from the daemon");
                Manner flip = Manner.PLAIN.flipped(at);
                try (Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 96);
                        Relay relay = new Relay(daemon.address(), fromClient ? flip : Manner.PLAIN, fromClient ? Manner.PLAIN : flip)) {
                    Outcome outcome = qssh(relay.address().getPort(), "cat");
                    assertEquals(255, outcome.status(), what);
                    assertMessage(what, outcome.error());
                    assertNothingLeft();
                    Conversation seen = sniffer.stop().conversations(daemon.port()).values().iterator().next();
                    assertEndsOnTheGrid(what, fromClient ? seen.toClient() : seen.toServer(), relay.doneNanos());
                }
            }
        }
    }

    private static void assertEndsOnTheGrid(String what, List<Packet> direction, long flippedNanos) {
        List<Packet> sent = direction.stream().filter(p -> p.length() > 0).toList();
        long start = sent.getFirst().nanos();
        long fin = direction.stream().filter(Packet::fin).mapToLong(Packet::nanos).findFirst().orElseThrow(() -> new AssertionError(what + ": no FIN"));
        long before = flippedNanos;
        for (Packet packet : sent) {
            if (packet.nanos() > flippedNanos) {
                assertTrue(packet.nanos() - before < 300_000_000L, what + ": a gap of " + (packet.nanos() - before) / 1_000_000 + " ms after it");
                before = packet.nanos();
            }
        }
        assertTrue(fin - before < 300_000_000L, what + ": silent before the end");
        long off = (fin - start - PROLOGUE_NANOS + GRID_NANOS / 2) % GRID_NANOS - GRID_NANOS / 2;
        assertTrue(Math.abs(off) < 100_000_000L, what + ": ended " + off / 1_000_000 + " ms off the grid");
        assertTrue(direction.stream().noneMatch(Packet::rst), what + ": reset");
    }

    @Test
    void aFlippedBitInTheOpeningIsDrained() throws Exception {
        loginIsDrained(2 * FRAME + 5, 3 * FRAME + 100);
    }

    /** Long only because the client waits long for the rest of a login. */
    @Test
    @Tag("long")
    @Timeout(300)
    void aFlippedBitInTheLoginIsDrained() throws Exception {
        loginIsDrained(40 * FRAME, 60 * FRAME + 700);
    }

    /** A changed bit in the login: the daemon goes on to the end of the prologue and then drains; the client gives up with a message. */
    private void loginIsDrained(long... places) throws Exception {
        for (long at : places) {
            String what = "bit at " + at;
            Manner late = Manner.PLAIN.delayed(60); // so that 60 frames are not enough for a login
            try (Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 96); Relay relay = new Relay(daemon.address(), late.flipped(at), late)) {
                Process process = daemon.qssh(client.key(), relay.address().getPort(), "-o", "ConnectTimeout=3", "cat").start();
                assertTrue(process.waitFor(40, TimeUnit.SECONDS), what + ": qssh ends");
                assertEquals(255, process.exitValue(), what);
                assertMessage(what, new String(process.getErrorStream().readAllBytes()).strip());
                assertNothingLeft();
                Conversation seen = sniffer.stop().conversations(daemon.port()).values().iterator().next();
                assertDrained(what, seen);
            }
        }
    }

    private static void assertDrained(String what, Conversation seen) {
        List<Packet> sent = seen.toClient().stream().filter(p -> p.length() > 0).toList();
        long clientFin = seen.toServer().stream().filter(p -> p.fin() || p.rst()).mapToLong(Packet::nanos).findFirst().orElseThrow();
        assertTrue(seen.toClient().stream().filter(Packet::fin).allMatch(p -> p.nanos() > clientFin), what + ": the daemon ended first");
        assertTrue(seen.toClient().stream().noneMatch(Packet::rst), what + ": reset");
        if (!sent.isEmpty()) { // on a busy machine the fault may be there before the first slot, and then there is none
            long span = sent.getLast().nanos() - sent.getFirst().nanos();
            assertTrue(span > 480_000_000L && span < 540_000_000L, what + ": sent for " + span / 1_000_000 + " ms");
        }
    }
}
