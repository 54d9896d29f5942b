package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Suite;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.Invite;
import org.qnsp.dist.Capture.Conversation;
import org.qnsp.dist.Capture.Packet;

/** Whoever does not hold what opens the door learns nothing from the daemon: no byte, no end of the connection, no reset, no delay (H-24 to H-29). */
@Timeout(120)
final class SilenceTest {
    private static final Duration CLOCK_WINDOW = Duration.ofHours(1);
    private static final long QUICK_MILLIS = 3_000;
    private static final long LONG_MILLIS = 600_000;
    /** What must pass between the prober's FIN and the daemon's at most, on a busy machine. */
    private static final long FIN_NANOS = 1_500_000_000L;

    @TempDir
    Path scratch;

    private TestDaemon daemon;
    private TestClient client;
    private Trust trust;
    private int ownSockets;

    @BeforeEach
    void start() throws Exception {
        client = new TestClient();
        daemon = new TestDaemon(scratch, "LogLevel=DEBUG").authorize(client.key().publicKey()).start();
        trust = new Trust.Pinned(daemon.hostKey());
        ownSockets = daemon.sockets();
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        daemon.close();
        assertFalse(daemon.logText().contains("ERROR"), daemon.logText());
    }

    @Test
    void everyProbeMeetsSilenceForSeconds() throws Exception {
        everyProbeMeetsSilence(QUICK_MILLIS);
    }

    @Test
    @Tag("long")
    @Timeout(900)
    void everyProbeMeetsSilenceForTenMinutes() throws Exception {
        everyProbeMeetsSilence(LONG_MILLIS);
    }

    private void everyProbeMeetsSilence(long millis) throws Exception {
        byte[] overheard = Opening.frames(trust, 4);
        List<byte[]> twins = Opening.twins(trust);
        assertAccepted("127.0.0.1", overheard);
        assertAccepted("127.0.0.1", twins.getFirst());
        List<Probe> probes = new ArrayList<>(Probe.ofStrangers());
        probes.addAll(Probe.ofThoseWhoKnowTheKey(trust, CLOCK_WINDOW));
        probes.add(new Probe("opening, heard and sent again", overheard, Probe.How.WHOLE));
        probes.add(new Probe("opening, heard, cut to three frames and sent again", Opening.cut(overheard, 2304), Probe.How.WHOLE));
        probes.add(new Probe("opening, heard, sent again and half-closed", overheard, Probe.How.HALF_CLOSED));
        probes.add(new Probe("opening with a ciphertext that was seen", twins.getLast(), Probe.How.WHOLE));
        assertAccepted("127.0.0.1", Opening.frames(trust, 5, Suite.MLKEM1024));
        probes.add(new Probe("a suite that is not allowed", Opening.frames(trust, 24, Suite.HQC192), Probe.How.WHOLE)); // S-3
        probes.addAll(invites());
        TestDaemon.await("the daemon has let go of those before", () -> sockets() == ownSockets);
        try (Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 0)) {
            List<Prober> probers = sendAll(probes);
            probers.add(Prober.send("127.0.0.2", daemon.address(), new Probe("opening sent again from elsewhere", overheard, Probe.How.WHOLE)));
            int halfClosed = (int) probes.stream().filter(p -> p.how() == Probe.How.HALF_CLOSED).count();
            Thread.sleep(millis);
            assertEquals(probers.size() - halfClosed + ownSockets, sockets(), "sockets that the daemon holds");
            for (Prober prober : probers) {
                assertEquals(0, prober.finish(), "bytes sent to " + prober.what());
            }
            assertSilent(sniffer.stop(), probers);
        }
        TestDaemon.await("the daemon has let go of all", () -> sockets() == ownSockets);
        try (TestClient.Session session = client.login(daemon)) {
            assertEquals("in\n", session.exec("echo in"));
        }
        System.out.println("silence: " + (probes.size() + 1) + " kinds of probes, each held for " + millis / 1000 + " s");
    }

    private int sockets() {
        try {
            return daemon.sockets();
        } catch (IOException e) {
            return -1;
        }
    }

    private List<Prober> sendAll(List<Probe> probes) throws Exception {
        List<Prober> probers = new ArrayList<>();
        for (Probe probe : probes) {
            probers.add(Prober.send(daemon.address(), probe));
        }
        return probers;
    }

    /** Invites that hold no more, and one at the wrong hour. */
    private List<Probe> invites() throws Exception {
        String[] user = {daemon.user()};
        Trust good = invited(daemon.invite(user));
        String revoked = daemon.invite(user);
        String id = listed().getLast();
        daemon.invite("-r", id);
        String expired = daemon.invite("-t", "1s", daemon.user());
        Thread.sleep(1_100);
        byte[] heard = Opening.frames(good, 4);
        assertAccepted("127.0.0.1", heard);
        Instant now = Instant.now();
        List<Probe> all = new ArrayList<>(List.of(
                new Probe("invite revoked", Opening.frames(invited(revoked), 4), Probe.How.WHOLE),
                new Probe("invite expired", Opening.frames(invited(expired), 4), Probe.How.WHOLE),
                new Probe("invite, heard and sent again", heard, Probe.How.WHOLE),
                new Probe("invite, tag flipped", Opening.flipped(Opening.frames(good, 4), 1184 + 32, 0), Probe.How.WHOLE),
                new Probe("invite, key flipped", Opening.flipped(Opening.frames(good, 4), 5, 0), Probe.How.WHOLE),
                new Probe("invite that never was", Opening.frames(new Trust.Invited(daemon.hostKey().fingerprint(), RandomSource.system().bytes(32)), 4), Probe.How.WHOLE)));
        for (int hours : new int[] {-1000, -3, -2, 2, 3, 1000}) {
            all.add(new Probe("invite, " + hours + " hours off", Opening.frames(good, 4, now, now.plusSeconds(hours * 3600L), RandomSource.system()), Probe.How.WHOLE));
        }
        return all;
    }

    private List<String> listed() throws Exception {
        return daemon.invite("-l").lines().map(line -> line.split(" ")[0]).toList();
    }

    private static Trust invited(String uri) throws Exception {
        try (Invite invite = Invite.parse(uri); Secret key = invite.inviteKey()) {
            return new Trust.Invited(invite.fingerprint(), key.bytes().clone());
        }
    }

    private void assertAccepted(String from, byte[] opening) throws Exception {
        try (Prober prober = Prober.send(from, daemon.address(), new Probe("good opening", opening, Probe.How.WHOLE))) {
            assertTrue(prober.answered(5_000), "a good opening is answered");
        }
    }

    private void assertRefused(String why, byte[] opening) throws Exception {
        try (Prober prober = Prober.send(daemon.address(), new Probe(why, opening, Probe.How.WHOLE))) {
            assertFalse(prober.answered(700), why);
            assertEquals(0, prober.finish(), why);
        }
    }

    /** As the observer saw it. */
    private void assertSilent(Capture capture, List<Prober> probers) {
        Map<InetSocketAddress, Conversation> seen = capture.conversations(daemon.port());
        List<String> faults = new ArrayList<>();
        for (Prober prober : probers) {
            faultOf(seen.get(prober.end())).ifPresent(fault -> faults.add(prober.what() + ": " + fault));
        }
        assertEquals(List.of(), faults);
    }

    private static java.util.Optional<String> faultOf(Conversation conversation) {
        if (conversation == null) {
            return java.util.Optional.of("not seen");
        }
        long proberFin = conversation.toServer().stream().filter(Packet::fin).mapToLong(Packet::nanos).findFirst().orElse(Long.MAX_VALUE);
        long daemonFin = conversation.toClient().stream().filter(Packet::fin).mapToLong(Packet::nanos).findFirst().orElse(0);
        if (conversation.toClient().stream().anyMatch(p -> p.length() > 0)) {
            return java.util.Optional.of("the daemon sent bytes");
        }
        if (conversation.toClient().stream().anyMatch(Packet::rst)) {
            return java.util.Optional.of("the daemon sent a reset");
        }
        if (daemonFin == 0 || daemonFin < proberFin) {
            return java.util.Optional.of("the daemon ended first, or not at all");
        }
        return daemonFin - proberFin > FIN_NANOS ? java.util.Optional.of("the daemon ended " + (daemonFin - proberFin) / 1_000_000 + " ms later") : java.util.Optional.empty();
    }

    @Test
    void theEdgesOfTheClockWindow() throws Exception {
        Instant now = Instant.now();
        assertAccepted("127.0.0.1", Opening.frames(trust, 4, now.minus(CLOCK_WINDOW).plusSeconds(20), now, RandomSource.system()));
        assertAccepted("127.0.0.1", Opening.frames(trust, 4, now.plus(CLOCK_WINDOW).minusSeconds(20), now, RandomSource.system()));
        assertRefused("an hour and a second ago", Opening.frames(trust, 4, now.minus(CLOCK_WINDOW).minusSeconds(1), now, RandomSource.system()));
        assertRefused("an hour and a while ahead", Opening.frames(trust, 4, now.plus(CLOCK_WINDOW).plusSeconds(20), now, RandomSource.system()));
        Trust good = invited(daemon.invite("-n", "5", daemon.user()));
        for (int hours = -1; hours <= 1; hours++) {
            assertAccepted("127.0.0.1", Opening.frames(good, 4, now, now.plusSeconds(hours * 3600L), RandomSource.system()));
        }
    }

    @Test
    void anOpeningIsGoodOnceEvenAcrossARestartAndASecondProcess() throws Exception {
        byte[] first = Opening.frames(trust, 4);
        byte[] second = Opening.frames(trust, 4);
        assertAccepted("127.0.0.1", first);
        assertAccepted("127.0.0.1", second);
        assertEquals(0, overStreams(first, 5), "answered by a second process");
        assertTrue(overStreams(Opening.frames(trust, 4), 30) > 0, "a good opening is answered over streams");
        daemon.kill();
        daemon.start();
        assertRefused("heard before the daemon was killed", first);
        daemon.stop();
        daemon.start();
        assertRefused("heard before the daemon was stopped", second);
        byte[] elsewhere = Opening.frames(trust, 4);
        assertTrue(overStreams(elsewhere, 30) > 0);
        assertRefused("accepted by the other process", elsewhere);
    }

    /** Runs {@code qsshd -i}, so long at most, until it answers. @return bytes that it answered */
    private int overStreams(byte[] bytes, int seconds) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("-i", "-E", scratch.resolve("streams.log").toString()));
        arguments.addAll(daemon.configuration());
        Process process = daemon.program("qsshd", arguments.toArray(String[]::new)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(bytes);
            in.flush();
            for (int i = 0; i < 100 * seconds && process.getInputStream().available() == 0; i++) {
                Thread.sleep(10);
            }
        }
        int answered = process.getInputStream().readAllBytes().length;
        assertTrue(process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS), "qsshd -i ends with its peer");
        return answered;
    }

    /** Who knows the key is answered once its hello is whole, and not before: so a fault in the hello is silence too. */
    @Test
    @Tag("alone")
    void garbageBehindAFrameThatVerifiedMeetsSilence() throws Exception {
        byte[] garbage = Opening.frames(trust, 4);
        System.arraycopy(RandomSource.system().bytes(768), 0, garbage, 3 * 768, 768);
        List<Probe> faulty = List.of(new Probe("fourth frame random", garbage, Probe.How.WHOLE),
                new Probe("fourth frame flipped", Opening.flipped(Opening.frames(trust, 4), 3 * 768 + 100, 3), Probe.How.WHOLE),
                new Probe("fourth frame is the third", twice(Opening.frames(trust, 3)), Probe.How.WHOLE),
                new Probe("three frames, then nothing", Opening.frames(trust, 3), Probe.How.WHOLE));
        try (Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 0)) {
            List<Prober> probers = sendAll(faulty);
            Prober silent = Prober.send(daemon.address(), new Probe("a whole hello, then nothing", Opening.frames(trust, 4), Probe.How.WHOLE));
            Thread.sleep(QUICK_MILLIS);
            for (Prober prober : probers) {
                assertEquals(0, prober.finish(), prober.what());
            }
            silent.finish();
            Capture capture = sniffer.stop();
            assertSilent(capture, probers);
            assertFullPrologue(silent.what(), capture.conversations(daemon.port()).get(silent.end()), false);
        }
    }

    private static byte[] twice(byte[] threeFrames) {
        byte[] all = Arrays.copyOf(threeFrames, 4 * 768);
        System.arraycopy(threeFrames, 2 * 768, all, 3 * 768, 768);
        return all;
    }

    private static void assertFullPrologue(String what, Conversation conversation, boolean ends) {
        List<Packet> sent = conversation.toClient().stream().filter(p -> p.length() > 0).toList();
        long start = sent.getFirst().nanos();
        long frames = sent.stream().filter(p -> p.nanos() - start < 490_000_000).mapToLong(Packet::length).sum() / 768;
        long after = sent.stream().filter(p -> p.nanos() - start > 550_000_000).mapToLong(Packet::length).sum() / 768;
        assertTrue(frames > 120, what + ": " + frames + " frames in the prologue");
        assertEquals(ends, after == 0, what + ": " + after + " frames after it");
        assertTrue(conversation.toClient().stream().noneMatch(Packet::rst), what);
        long proberFin = conversation.toServer().stream().filter(Packet::fin).mapToLong(Packet::nanos).findFirst().orElse(0);
        assertTrue(conversation.toClient().stream().filter(Packet::fin).allMatch(p -> p.nanos() > proberFin), what + ": the daemon ended first");
    }

    /** Neither the number of bytes at which the daemon decides nor what it decides shows in the time that it takes to answer the end of a connection. */
    @Test
    @Tag("alone")
    void theAnswerToAnEndTellsNothing() throws Exception {
        byte[] heard = Opening.frames(trust, 4);
        assertAccepted("127.0.0.1", heard);
        List<Probe> kinds = List.of(new Probe("2303", RandomSource.system().bytes(2303), Probe.How.HALF_CLOSED), new Probe("2304", RandomSource.system().bytes(2304), Probe.How.HALF_CLOSED),
                new Probe("replay", heard, Probe.How.HALF_CLOSED),
                new Probe("stale", Opening.frames(trust, 4, Instant.EPOCH, Instant.now(), RandomSource.system()), Probe.How.HALF_CLOSED));
        int rounds = 60;
        List<List<InetSocketAddress>> ends = new ArrayList<>();
        kinds.forEach(kind -> ends.add(new ArrayList<>()));
        double[][] nanos = new double[kinds.size()][rounds];
        try (Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 96)) {
            for (int round = 0; round < rounds + 20; round++) { // the first ones warm the daemon up
                for (int kind = 0; kind < kinds.size(); kind++) {
                    Prober prober = Prober.send(daemon.address(), kinds.get(kind));
                    assertEquals(0, prober.finish());
                    ends.get(kind).add(prober.end());
                }
            }
            Map<InetSocketAddress, Conversation> seen = sniffer.stop().conversations(daemon.port());
            for (int kind = 0; kind < kinds.size(); kind++) {
                for (int round = 0; round < rounds; round++) {
                    nanos[kind][round] = finNanos(seen.get(ends.get(kind).get(round + 20)));
                }
            }
        }
        for (int kind = 1; kind < kinds.size(); kind++) {
            double auc = Randomness.auc(nanos[0], nanos[kind]);
            System.out.printf("silence: FIN after %s against %s: medians %.0f and %.0f us, AUC %.2f%n", kinds.get(kind).name(), kinds.getFirst().name(), Randomness.median(nanos[kind]) / 1e3,
                    Randomness.median(nanos[0]) / 1e3, auc);
            assertTrue(auc > 0.3 && auc < 0.7, kinds.get(kind).name() + " can be told from " + kinds.getFirst().name() + ": AUC " + auc);
        }
    }

    private static double finNanos(Conversation conversation) {
        long proberFin = conversation.toServer().stream().filter(Packet::fin).mapToLong(Packet::nanos).findFirst().orElseThrow();
        return conversation.toClient().stream().filter(Packet::fin).mapToLong(Packet::nanos).findFirst().orElseThrow() - proberFin;
    }

    /** A prober that resets its connection, or sends without end, is let go of and leaves nothing behind. */
    @Test
    void resetsAndFloodsLeaveNothingBehind() throws Exception {
        int before = daemon.descriptors();
        List<Prober> probers = sendAll(Probe.ofStrangers());
        for (Prober prober : probers) {
            prober.socket().setSoLinger(true, 0);
            prober.close();
        }
        try (Socket flood = new Socket(daemon.address().getAddress(), daemon.port())) {
            byte[] chunk = RandomSource.system().bytes(1 << 20);
            for (int i = 0; i < 200; i++) {
                flood.getOutputStream().write(chunk);
            }
            flood.shutdownOutput();
            assertEquals(-1, flood.getInputStream().read());
        }
        TestDaemon.await("descriptors are as before", () -> {
            try {
                return daemon.descriptors() <= before;
            } catch (IOException e) {
                return false;
            }
        });
    }
}
