package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.crypto.RandomSource;
import org.qnsp.dist.Capture.Conversation;
import org.qnsp.dist.Capture.Packet;

/** Silence has to be paid for: how the daemon stays silent when there are many, when something fails, and when time is over (H-28 to H-30, L-14). */
@Timeout(120)
final class SilenceLimitsTest {
    @TempDir
    Path scratch;

    private TestDaemon daemon;
    private TestClient client;
    private Trust trust;
    private int ownSockets;

    @BeforeEach
    void makeClient() throws Exception {
        client = new TestClient();
    }

    private void start(String... options) throws Exception {
        daemon = new TestDaemon(scratch, options).authorize(client.key().publicKey()).start();
        trust = new Trust.Pinned(daemon.hostKey());
        ownSockets = daemon.sockets();
    }

    @AfterEach
    void stop() {
        client.close();
        daemon.close();
    }

    private Prober garbage(int length) throws Exception {
        return Prober.send(daemon.address(), new Probe("random " + length, RandomSource.system().bytes(length), Probe.How.WHOLE));
    }

    private Prober hello() throws Exception {
        return Prober.send(daemon.address(), new Probe("a whole hello", Opening.frames(trust, 4), Probe.How.WHOLE));
    }

    private void assertLogsIn() throws Exception {
        try (TestClient.Session session = client.login(daemon)) {
            assertEquals("in\n", session.exec("echo in"));
        }
    }

    private void awaitSockets(int more) throws Exception {
        TestDaemon.await("the daemon holds " + more + " connections", () -> {
            try {
                return daemon.sockets() == ownSockets + more;
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** Whether the other end has said nothing, and has not ended. */
    private static boolean open(Prober prober) throws IOException {
        prober.socket().setSoTimeout(50);
        try {
            prober.socket().getInputStream().read();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        }
    }

    @Test
    void aboveDrainMaxTheOldestIsEmptiedAndEnded() throws Exception {
        start("DrainMax=20");
        try (Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 96)) {
            List<Prober> probers = new ArrayList<>();
            int[] lengths = {0, 1, 2303, 2304, 2305, 5000, 200_000};
            for (int i = 0; i < 40; i++) {
                probers.add(garbage(lengths[i % lengths.length]));
            }
            awaitSockets(20);
            for (int i = 0; i < 20; i++) {
                probers.get(i).socket().setSoTimeout(5_000);
                assertEquals(-1, probers.get(i).socket().getInputStream().read(), "prober " + i);
                assertTrue(open(probers.get(20 + i)), "prober " + (20 + i));
            }
            Map<InetSocketAddress, Conversation> seen = sniffer.stop().conversations(daemon.port());
            assertTrue(seen.values().stream().flatMap(c -> c.toClient().stream()).noneMatch(p -> p.rst() || p.length() > 0), "no reset, no byte");
            assertLogsIn();
            for (Prober prober : probers) {
                prober.close();
            }
        }
    }

    @Test
    void twoThousandStrangersHinderNoOne() throws Exception {
        start("LogLevel=INFO");
        List<Prober> probers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            probers.add(garbage(i % 3 == 0 ? 3072 : i % 5000));
        }
        awaitSockets(2_000);
        assertLogsIn();
        for (int i = 0; i < 2_000; i += 97) {
            assertEquals(0, probers.get(i).finish());
        }
        for (Prober prober : probers) {
            prober.close();
        }
        awaitSockets(0);
    }

    @Test
    void whereOpeningsCannotBeWrittenDownNobodyIsAnswered() throws Exception {
        start("LogLevel=INFO");
        assertLogsIn();
        Files.delete(daemon.openings());
        Files.createDirectory(daemon.openings()); // root could write to a file whatever its mode
        try (Prober prober = hello()) {
            assertFalse(prober.answered(1_000));
            assertEquals(0, prober.finish());
        }
        assertTrue(daemon.logText().contains("ERROR"), "the administrator is told");
        Files.delete(daemon.openings());
        assertLogsIn();
    }

    @Test
    void aboveMaxStartupsThereIsSilence() throws Exception {
        start("MaxStartups=2:100:2");
        try (Prober first = hello(); Prober second = hello()) {
            assertTrue(first.answered(5_000) && second.answered(5_000));
            try (Prober third = hello()) {
                assertFalse(third.answered(1_500));
                assertEquals(0, third.finish());
            }
            first.socket().close();
            awaitSockets(1);
            assertLogsIn();
        }
    }

    @Test
    void theTimeForALoginCountsFromTheFirstFrameThatVerifies() throws Exception {
        start("LoginGraceTime=2");
        byte[] opening = Opening.frames(trust, 4);
        try (Prober empty = garbage(0); Prober stranger = garbage(4000); Prober slow = Prober.send(daemon.address(), new Probe("slow", Opening.cut(opening, 2300), Probe.How.WHOLE))) {
            assertFalse(slow.answered(3_500));
            slow.socket().getOutputStream().write(opening, 2300, opening.length - 2300);
            assertTrue(slow.answered(10_000));
            long answered = System.nanoTime();
            slow.socket().setSoTimeout(15_000);
            slow.socket().getInputStream().readAllBytes();
            double seconds = (System.nanoTime() - answered) / 1e9;
            assertTrue(seconds > 1 && seconds < 10, "ended after " + seconds + " s");
            assertTrue(open(empty) && open(stranger));
        }
    }

    /** Its frames pile up in the kernel, and the end of its time must end it all the same. */
    @Test
    void aPeerThatReadsNothingIsLetGoOf() throws Exception {
        start("LoginGraceTime=4");
        List<Socket> deaf = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Socket socket = new Socket();
            socket.setReceiveBufferSize(2048);
            socket.connect(daemon.address());
            socket.getOutputStream().write(Opening.frames(trust, 4));
            deaf.add(socket);
        }
        awaitSockets(5);
        awaitSockets(0);
        for (Socket socket : deaf) {
            socket.close();
        }
    }

    @Test
    void memoryStaysFlatUnderGarbage() throws Exception {
        memoryStaysFlat(5_000, 1_000);
    }

    @Test
    @Tag("long")
    @Timeout(900)
    void memoryStaysFlatUnderAHundredThousandConnectionsOfGarbage() throws Exception {
        memoryStaysFlat(100_000, 8_000);
    }

    /** @param held connections that are held open at once, after the others */
    private void memoryStaysFlat(int connections, int held) throws Exception {
        start("LogLevel=INFO");
        int descriptors = daemon.descriptors();
        flood(connections / 2);
        awaitSockets(0);
        long half = daemon.residentKiB();
        flood(connections / 2);
        awaitSockets(0);
        long whole = daemon.residentKiB();
        List<Prober> probers = new ArrayList<>();
        for (int i = 0; i < held; i++) {
            probers.add(Prober.send("127.0.0." + (1 + i / 10_000), daemon.address(), new Probe("held", RandomSource.system().bytes(i % 2 == 0 ? 2303 : 1), Probe.How.WHOLE)));
        }
        awaitSockets(held);
        long holding = daemon.residentKiB();
        assertLogsIn();
        for (Prober prober : probers) {
            prober.close();
        }
        awaitSockets(0);
        System.out.printf("limits: resident after %d connections of garbage %d MiB, after %d %d MiB; while it holds %d %d MiB (%.1f KiB each)%n", connections / 2, half >> 10, connections,
                whole >> 10, held, holding >> 10, (double) (holding - whole) / held);
        assertTrue(whole < half + (64 << 10), "resident memory went from " + half + " to " + whole + " KiB");
        assertTrue(holding < whole + (64 << 10) + 12L * held, "resident memory went from " + whole + " to " + holding + " KiB with " + held + " connections");
        assertTrue(daemon.descriptors() <= descriptors + 8, "descriptors went from " + descriptors + " to " + daemon.descriptors());
    }

    private void flood(int connections) throws Exception {
        int threads = 8;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                Random random = new Random(t);
                String from = "127.0.1." + (1 + t); // enough ports for all
                all.add(pool.submit(() -> {
                    for (int i = 0; i < connections / threads; i++) {
                        byte[] bytes = new byte[random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(3_100)];
                        random.nextBytes(bytes);
                        try (Prober prober = Prober.send(from, daemon.address(), new Probe("garbage", bytes, Probe.How.WHOLE))) {
                            if (random.nextBoolean()) {
                                prober.finish();
                            }
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }
}
