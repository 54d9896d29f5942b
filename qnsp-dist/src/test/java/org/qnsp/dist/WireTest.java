package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.client.LoginException;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.Invite;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.dist.Capture.Conversation;
import org.qnsp.dist.Capture.Packet;

/** What an observer of the wire sees: random bytes from the first one on, in frames of 768 bytes (F-1), on a schedule that begins alike whatever comes of it (C-24). */
@Timeout(120)
final class WireTest {
    private static final int FRAME = FrameLayout.FRAME_BYTES;
    private static final int OPENINGS = 2_000;
    /** Standard deviations that a statistic of random bytes keeps within, and the worst one of some thousands. */
    private static final double SIGMAS = 4.8;
    private static final double WORST_SIGMAS = 6.5;

    @TempDir
    Path scratch;

    private TestDaemon daemon;
    private TestClient client;

    @BeforeEach
    void start() throws Exception {
        client = new TestClient();
        daemon = new TestDaemon(scratch).authorize(client.key().publicKey()).start();
    }

    @AfterEach
    void stop() {
        client.close();
        daemon.close();
    }

    // ---- randomness

    /** Every test, with the values that are beyond what random bytes give. */
    private static Map<String, Double> oddities(byte[] bytes) {
        Map<String, Double> odd = new TreeMap<>();
        note(odd, "histogram", Randomness.histogram(bytes), SIGMAS);
        note(odd, "popcount", Randomness.popcount(bytes), SIGMAS);
        note(odd, "runs", Randomness.runs(bytes), SIGMAS);
        note(odd, "neighbours", Randomness.neighbours(bytes), SIGMAS);
        double compressed = Randomness.compressed(bytes);
        if (compressed < 1) {
            odd.put("compressed to", compressed);
        }
        return odd;
    }

    private static Map<String, Double> oddities(byte[][] samples, int classes) {
        Map<String, Double> odd = oddities(join(samples));
        note(odd, "position", Randomness.worstPosition(samples, classes), WORST_SIGMAS);
        note(odd, "bit", Randomness.worstBit(samples), WORST_SIGMAS);
        note(odd, "coefficients", Randomness.tenBits(samples), SIGMAS);
        return odd;
    }

    private static void note(Map<String, Double> odd, String test, double z, double limit) {
        if (Double.isNaN(z) || Math.abs(z) > limit) {
            odd.put(test, z);
        }
    }

    private static byte[] join(byte[][] samples) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] sample : samples) {
            all.writeBytes(sample);
        }
        return all.toByteArray();
    }

    private static byte[][] frames(byte[] stream) {
        byte[][] frames = new byte[stream.length / FRAME][];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = Arrays.copyOfRange(stream, i * FRAME, (i + 1) * FRAME);
        }
        return frames;
    }

    @Test
    void aSessionLooksRandomFromTheFirstByteOn() throws Exception {
        Conversation first = recordSession("first");
        Conversation second = recordSession("second");
        for (byte[] stream : List.of(first.sent(), first.received(), second.sent(), second.received())) {
            assertEquals(0, stream.length % FRAME, "a stream is whole frames");
            assertTrue(stream.length > 2_000 * FRAME, "enough to tell: " + stream.length / FRAME + " frames");
            assertEquals(Map.of(), oddities(frames(stream), 16));
        }
        assertEquals(0, Randomness.common(first.sent(), second.sent()) + Randomness.common(first.received(), second.received())
                + Randomness.common(first.sent(), first.received()));
        System.out.println("wire: " + (first.sent().length + first.received().length) / FRAME + " frames of a session full of zeros look random");
    }

    /** Zeros in both directions, more than ladders of idle slots would carry. */
    private Conversation recordSession(String name) throws Exception {
        try (Sniffer sniffer = Sniffer.start(scratch.resolve(name), daemon.port(), 0)) {
            try (TestClient.Session session = client.login(daemon)) {
                assertEquals(3_000_000, session.output("head -c 3000000 /dev/zero").readAllBytes().length);
                Channel channel = session.start(new SessionRequest.Exec("wc -c"));
                try (OutputStream out = channel.output(DataStream.MAIN)) {
                    out.write(new byte[2_000_000]);
                }
                assertEquals("2000000", new String(channel.input(DataStream.MAIN).readAllBytes()).strip());
            }
            return sniffer.stop().conversations(daemon.port()).values().iterator().next();
        }
    }

    @Test
    void aFirstContactLooksRandomFromTheFirstByteOn() throws Exception {
        List<byte[]> sent = new ArrayList<>();
        List<byte[]> received = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (Invite invite = Invite.parse(daemon.invite(daemon.user())); Secret key = invite.inviteKey(); TestClient guest = new TestClient();
                    Sniffer sniffer = Sniffer.start(scratch.resolve("contact" + i), daemon.port(), 0)) {
                try (TestClient.Session session = guest.login(daemon.address(), new Trust.Invited(invite.fingerprint(), key.bytes().clone()), daemon.user())) {
                    assertEquals("met\n", session.exec("echo met"));
                }
                Conversation seen = sniffer.stop().conversations(daemon.port()).values().iterator().next();
                sent.add(seen.sent());
                received.add(seen.received());
            }
        }
        for (byte[] stream : List.of(sent.getFirst(), sent.getLast(), received.getFirst(), received.getLast())) {
            assertEquals(0, stream.length % FRAME);
            assertEquals(Map.of(), oddities(stream));
            assertEquals(Map.of(), oddities(Arrays.copyOf(stream, 4 * FRAME)));
        }
        assertEquals(0, Randomness.common(sent.getFirst(), sent.getLast()) + Randomness.common(received.getFirst(), received.getLast()));
    }

    private interface Maker {
        byte[] make() throws Exception;
    }

    private static byte[][] many(Maker maker) throws Exception {
        byte[][] samples = new byte[OPENINGS][];
        for (int i = 0; i < OPENINGS; i++) {
            samples[i] = maker.make();
        }
        return samples;
    }

    @Test
    void openingsLookRandomAtEveryPosition() throws Exception {
        Trust known = new Trust.Pinned(daemon.hostKey());
        assertEquals(Map.of(), oddities(many(() -> Opening.frames(known, 4)), 16));
        Trust invited = new Trust.Invited(daemon.hostKey().fingerprint(), RandomSource.system().bytes(32));
        assertEquals(Map.of(), oddities(many(() -> Opening.frames(invited, 3)), 16));
        System.out.println("wire: " + 2 * OPENINGS + " openings look random at every position");
    }

    /** The tests see what they should: none of these would pass. */
    @Test
    void planted() throws Exception {
        KemKeyPair key = KemKeyPair.generate(RandomSource.system());
        byte[][] ciphertexts = many(() -> MlKem768.encapsulate(key.publicKey().first(), RandomSource.system()).ciphertext());
        assertTrue(oddities(ciphertexts, 16).containsKey("coefficients"), "bare ciphertexts");
        byte[][] keys = many(() -> KemKeyPair.generate(RandomSource.system()).publicKey().first());
        assertTrue(oddities(keys, 16).keySet().containsAll(List.of("position", "bit", "histogram")), "bare keys");
        long[] counter = {0};
        byte[][] counted = many(() -> ByteBuffer.wrap(RandomSource.system().bytes(FRAME)).putLong(0, counter[0]++).array());
        assertTrue(oddities(counted, 16).containsKey("position"), "a plain counter in front");
        byte[][] oneBit = many(() -> {
            byte[] bytes = RandomSource.system().bytes(FRAME);
            bytes[384] &= 0x7f;
            return bytes;
        });
        assertTrue(oddities(oneBit, 16).containsKey("bit"), "one bit that is always zero");
        byte[] text = "all work and no play ".repeat(2_000).getBytes();
        assertTrue(oddities(text).keySet().containsAll(List.of("histogram", "popcount", "compressed to")), "text");
        assertEquals(Map.of(), oddities(many(() -> RandomSource.system().bytes(FRAME)), 16), "random bytes");
        byte[] some = RandomSource.system().bytes(5_000);
        assertEquals(1, Randomness.common(some, Arrays.copyOfRange(some, 100, 116)));
    }

    // ---- shape

    @Test
    @Tag("alone")
    void everyLoginBeginsAlike() throws Exception {
        try (TestClient stranger = new TestClient(); Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 0)) {
            Trust trust = new Trust.Pinned(daemon.hostKey());
            int rounds = 3;
            for (int round = 0; round < rounds; round++) {
                try (TestClient.Session session = client.login(daemon)) {
                    session.exec("sleep 0.7");
                }
                try (TestClient.Session session = client.login(daemon)) {
                    Channel channel = session.start(new SessionRequest.Pty("vt100", new SessionRequest.Window(80, 24, 0, 0), new byte[0]), new SessionRequest.Shell());
                    Thread.sleep(700);
                    channel.close();
                }
                assertDenied(stranger, trust, daemon.user());
                assertDenied(client, trust, "nobody-of-that-name");
            }
            Thread.sleep(700);
            List<Conversation> seen = List.copyOf(sniffer.stop().conversations(daemon.port()).values());
            assertEquals(4 * rounds, seen.size());
            for (int i = 0; i < seen.size(); i++) {
                String what = List.of("a command", "a shell", "a wrong key", "a wrong user").get(i % 4);
                assertPrologue(what + ", client", seen.get(i).toServer());
                assertPrologue(what + ", daemon", seen.get(i).toClient());
            }
            System.out.printf("wire: frames in the prologue (of 200) of client and daemon: %s%n", seen.stream().map(c -> inPrologue(c.toServer()) + "/" + inPrologue(c.toClient())).toList());
        }
    }

    private void assertDenied(TestClient who, Trust trust, String user) {
        LoginException denied = assertThrows(LoginException.class, () -> who.login(daemon.address(), trust, user));
        assertEquals(LoginException.Kind.DENIED, denied.kind());
    }

    private static List<Packet> payload(List<Packet> direction) {
        return direction.stream().filter(p -> p.length() > 0).toList();
    }

    private static long inPrologue(List<Packet> direction) {
        return framesBetween(payload(direction), 0, 498);
    }

    private static long framesBetween(List<Packet> sent, long fromMillis, long toMillis) {
        long start = sent.getFirst().nanos();
        return sent.stream().filter(p -> p.nanos() - start >= fromMillis * 1_000_000 && p.nanos() - start < toMillis * 1_000_000).mapToLong(Packet::length).sum() / FRAME;
    }

    /** Two frames every 5 ms for 500 ms, as far as a busy machine keeps to it; and nothing ends before. */
    private static void assertPrologue(String what, List<Packet> direction) {
        List<Packet> sent = payload(direction);
        long start = sent.getFirst().nanos();
        assertTrue(sent.stream().allMatch(p -> p.length() % FRAME == 0), what + ": segments of whole frames");
        long all = inPrologue(direction);
        assertTrue(all >= 60 && all <= 204, what + ": " + all + " frames in the prologue");
        for (int from = 0; from < 450; from += 50) {
            long frames = framesBetween(sent, from, from + 50);
            assertTrue(frames >= 2 && frames <= 26, what + ": " + frames + " frames from " + from + " ms on");
        }
        assertTrue(direction.stream().filter(Packet::fin).allMatch(p -> p.nanos() - start >= 490_000_000), what + ": ends in the prologue");
        assertTrue(direction.stream().noneMatch(Packet::rst), what + ": reset");
    }
}
