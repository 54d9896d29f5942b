package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.ratchet.Ratchet;
import org.qnsp.core.ratchet.RatchetHost;
import org.qnsp.core.ratchet.RatchetLimit;
import org.qnsp.core.ratchet.RatchetSecrets;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.stealth.Cover;

/**
 * in the memory of a process: two ends run over a socket in a JVM of their own and renew the keys of one direction; this test, which knows what they
 * were made from, looks for them in dumps of that JVM's heap, one with garbage. Not in the dumps, and so not tested: what a collector has moved away from, registers, stacks.
 */
final class HeapDumpTest {
    private static final RatchetLimit NEVER = new RatchetLimit(Long.MAX_VALUE, Long.MAX_VALUE);
    /** The client's early, handshake and application chains, and the root of the direction; then the server's. */
    private static final int KEYS = 4;

    @TempDir
    private Path dir;

    /** Key number n of a run; leaves no copy but the one that it returns. */
    private static byte[] key(byte[] seed, String what, int n) {
        try (Secret prk = Secret.copyOf(seed)) {
            return Kdf.expand(prk, what, Encoding.u32(n), 32);
        }
    }

    /** What an end draws while it computes a ratchet; for all else there is the system's generator. */
    private static RandomSource random(byte[] seed, String end, String thread) {
        int[] drawn = {0};
        return out -> {
            if (thread != null && !Thread.currentThread().getName().equals(thread) || out.length == Long.BYTES) {
                RandomSource.system().fill(out);
                return;
            }
            for (int at = 0; at < out.length; at += 32) {
                byte[] part = key(seed, end, drawn[0]++);
                System.arraycopy(part, 0, out, at, Math.min(32, out.length - at));
                Arrays.fill(part, (byte) 0);
            }
        };
    }

    /** The process that is looked into. */
    static final class Ends {
        private static final CountDownLatch SWITCHED = new CountDownLatch(2);

        private Ends() {}

        public static void main(String[] args) throws Exception {
            byte[] seed = HexFormat.of().parseHex(args[0]);
            try (ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                    Loop loop = new Loop("ends", bug -> bug.printStackTrace());
                    SlotThread slots = new SlotThread("slots", false)) {
                SocketChannel near = SocketChannel.open(listening.getLocalAddress());
                Link client = link(loop, slots, near, true, seed);
                Link server = link(loop, slots, listening.accept(), false, seed);
                long[] sent = new long[2];
                client.ratcheting(RatchetTerms.of(new RatchetLimit(Long.MAX_VALUE, 600_000_000L), (own, epoch) -> {
                    sent[0] = client.meter().sentFrames();
                    client.ratcheting(RatchetTerms.of(NEVER, (again, later) -> {}));
                    SWITCHED.countDown();
                }));
                server.ratcheting(RatchetTerms.of(NEVER, (own, epoch) -> SWITCHED.countDown()));
                loop.execute(() -> client.start(begin(true, seed), new byte[0]));
                loop.execute(() -> server.start(begin(false, seed), new byte[0]));
                if (!SWITCHED.await(20, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("no ratchet");
                }
                CountDownLatch enough = new CountDownLatch(1);
                awaitFrames(loop, client, sent, enough);
                enough.await();
                Thread.sleep(200); // what was sent is opened
                HotSpotDiagnosticMXBean heap = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
                heap.dumpHeap(args[1] + "/garbage-too.hprof", false);
                heap.dumpHeap(args[1] + "/live.hprof", true);
                System.out.println(sent[0] + " " + sent[1]);
            }
        }

        private static void awaitFrames(Loop loop, Link client, long[] sent, CountDownLatch enough) {
            loop.execute(() -> loop.at(System.nanoTime() + 50_000_000L, () -> {
                sent[1] = client.meter().sentFrames();
                if (sent[1] - sent[0] > 40) {
                    enough.countDown();
                } else {
                    awaitFrames(loop, client, sent, enough);
                }
            }));
        }

        private static List<Action> begin(boolean client, byte[] seed) {
            Secret[][] keys = new Secret[2][KEYS];
            for (int i = 0; i < 2 * KEYS; i++) {
                keys[i / KEYS][i % KEYS] = Secret.owning(key(seed, "keys", i));
            }
            Secret[] own = keys[client ? 0 : 1];
            Secret[] peer = keys[client ? 1 : 0];
            return List.of(new Action.StartSending(own[0]), new Action.Send(new byte[] {99, 0, 0}), new Action.NextSendingStage(own[1]), new Action.NextSendingStage(own[2]),
                new Action.StartReading(peer[0], false), new Action.NextReadingStage(peer[1]), new Action.NextReadingStage(peer[2]),
                new Action.Roots(Kem.MLKEM768, keys[0][3], keys[1][3]), new Action.Established(null, null, false, new byte[32], 0, new Action.Secrets(Secret.zeros(32), null)));
        }

        private static Link link(Loop loop, SlotThread slots, SocketChannel socket, boolean client, byte[] seed) throws IOException {
            Link.Handshaker nothing = new Link.Handshaker() {
                @Override
                public int rawReplyBytes() {
                    return 0;
                }

                @Override
                public List<Action> onRawReply(byte[] reply) {
                    throw new IllegalStateException();
                }

                @Override
                public List<Action> on(byte[] whole) {
                    return List.of();
                }

                @Override
                public void close() {}
            };
            Link.Owner owner = new Link.Owner() {
                @Override
                public void asked(Link from, Action.Question question) {}

                @Override
                public void established(Link from, Action.Established result) {}

                @Override
                public void denied(Link from, Action.Denied denial) {}

                @Override
                public void ended(Link from, IOException cause) {}
            };
            Connection connection = new Connection(client, Budget.UNLIMITED, new Connection.Listener() {});
            return new Link(loop, slots, Wire.of(socket), client, Cover.NORMAL, random(seed, client ? "client" : "server", "qnsp-ratchet"), connection, nothing, owner);
        }
    }

    /** What the ends come to, computed again here. */
    private static final class Replay implements RatchetHost {
        private byte[] chain;

        static byte[] chain(byte[] seed) throws ProtocolException {
            Replay replay = new Replay();
            Ratchet client = new Ratchet(true, Kem.MLKEM768, Secret.owning(key(seed, "keys", 3)), Secret.owning(key(seed, "keys", 7)), random(seed, "client", null), replay, 0);
            Ratchet server = new Ratchet(false, Kem.MLKEM768, Secret.owning(key(seed, "keys", 3)), Secret.owning(key(seed, "keys", 7)), random(seed, "server", null), replay, 0);
            server.terms(NEVER, RatchetSecrets.NONE);
            client.tick(200_000_000_000L, 0);
            byte[] payload = new byte[4_096];
            server.receive(payload, 0, client.write(payload, 0, payload.length, 0), 0);
            server.tick(200_000_000_000L, 0);
            client.receive(payload, 0, server.write(payload, 0, payload.length, 0), 0);
            client.write(payload, 0, payload.length, 0);
            return replay.chain;
        }

        @Override
        public void work(Runnable elsewhere, Then then) {
            elsewhere.run();
            try {
                then.run();
            } catch (ProtocolException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void sends(long fromFrame, int epoch, Secret chainKey) {
            chain = chainKey.bytes();
        }

        @Override
        public void reads(long fromFrame, int epoch, Secret chainKey) {}

        @Override
        public void without(String why) {}
    }

    /** the keys of so many pages and the chain keys that lead to them, in order: 33 a page. */
    private static List<byte[]> pages(byte[] chain, int count) {
        List<byte[]> keys = new ArrayList<>();
        byte[] next = chain;
        for (int page = 0; page < count; page++) {
            byte[] out = new byte[1056];
            for (byte part = 0; part < 8; part++) {
                var shake = new org.bouncycastle.crypto.digests.SHAKEDigest(256);
                byte[] input = Encoding.concat(Encoding.lpAll(Encoding.ascii("qnsp1 page"), next), new byte[] {part});
                shake.update(input, 0, input.length);
                shake.doFinal(out, part * 132, 132);
            }
            keys.add(next);
            for (int i = 0; i < 32; i++) {
                keys.add(Arrays.copyOfRange(out, 32 * i, 32 * i + 32));
            }
            next = Arrays.copyOfRange(out, 1024, 1056);
        }
        return keys;
    }

    @Test
    @Timeout(90)
    void noUsedKeyIsInTheHeap() throws Exception {
        byte[] seed = RandomSource.system().bytes(32);
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx48m", "-XX:+UseSerialGC", "-cp",
            System.getProperty("java.class.path"), Ends.class.getName(), HexFormat.of().formatHex(seed), dir.toString()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals(0, process.waitFor(), said);
        String[] frames = said.lines().reduce((a, b) -> b).orElseThrow().split(" ");
        int before = Integer.parseInt(frames[0]);
        int since = Integer.parseInt(frames[1]) - before;

        Map<String, byte[]> gone = new HashMap<>();
        for (int i = 0; i < 2 * KEYS; i++) {
            if (i != 7) { // the root of the direction that was not renewed is in use
                gone.put("key " + i, key(seed, "keys", i));
            }
        }
        name(gone, "old chain", pages(key(seed, "keys", 2), before / 16 + 2)); // what it would have come to after the switch too
        List<byte[]> renewed = pages(Replay.chain(seed), since / 16 + 60); // frames go on until the heap is written, on a busy machine many
        int usedPages = (since - 8) / 16; // some frames of a slot may have gone before the switch
        name(gone, "new chain", renewed.subList(0, 33 * usedPages + 1));
        // of these the provider makes copies that nothing refers to any more, and that no one can overwrite; that of a scalar is clamped, which one in 32 is anyway
        Map<String, byte[]> unreachable = Map.of("ML-KEM d", key(seed, "client", 0), "ML-KEM z", key(seed, "client", 1), "ML-KEM m", key(seed, "server", 0),
            "X25519, client", key(seed, "client", 2), "X25519, server", key(seed, "server", 1),
            "clamped X25519, client", clamped(key(seed, "client", 2)), "clamped X25519, server", clamped(key(seed, "server", 1)));
        Map<String, byte[]> live = new HashMap<>();
        name(live, "new chain", renewed.subList(33 * usedPages + 1, renewed.size()));
        live.put("key 7", key(seed, "keys", 7));

        byte[] heap = Files.readAllBytes(dir.resolve("garbage-too.hprof"));
        assertTrue(found(heap, live).contains("key 7"), "a secret that is in use is found");
        assertTrue(found(heap, live).size() > 1, "keys that are yet to be used are found"); // at the end of a page it is the next one alone
        assertEquals(new TreeSet<>(), found(heap, gone));
        gone.putAll(unreachable);
        assertEquals(new TreeSet<>(), found(Files.readAllBytes(dir.resolve("live.hprof")), gone));
    }

    /** RFC 7748, section 5: as it is used. */
    private static byte[] clamped(byte[] scalar) {
        scalar[0] &= (byte) 0xf8;
        scalar[31] = (byte) (scalar[31] & 0x7f | 0x40);
        return scalar;
    }

    private static void name(Map<String, byte[]> all, String what, List<byte[]> keys) {
        for (int i = 0; i < keys.size(); i++) {
            all.put(what + ", page " + i / 33 + (i % 33 == 0 ? ", chain key" : ", key " + (i % 33 - 1)), keys.get(i));
        }
    }

    /** The names of those that are somewhere in the heap. */
    private static TreeSet<String> found(byte[] heap, Map<String, byte[]> keys) {
        Map<Long, List<String>> byBeginning = new HashMap<>();
        boolean[] begins = new boolean[1 << 16];
        keys.forEach((name, key) -> {
            byBeginning.computeIfAbsent(ByteBuffer.wrap(key).getLong(), k -> new ArrayList<>()).add(name);
            begins[(key[0] & 0xff) << 8 | key[1] & 0xff] = true;
        });
        TreeSet<String> found = new TreeSet<>();
        ByteBuffer all = ByteBuffer.wrap(heap);
        for (int at = 0; at <= heap.length - 32; at++) {
            if (begins[(heap[at] & 0xff) << 8 | heap[at + 1] & 0xff]) {
                for (String name : byBeginning.getOrDefault(all.getLong(at), List.of())) {
                    if (Arrays.equals(heap, at, at + 32, keys.get(name), 0, 32)) {
                        found.add(name);
                    }
                }
            }
        }
        return found;
    }
}
