package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/**
 * Both ends of a handshake with someone between them who changes, drops, repeats, swaps and invents messages: only declared exceptions come out, and no end
 * believes a handshake that was tampered with. {@code -Dqnsp.fuzz=N} delivers N/20 messages.
 */
final class HandshakeFuzzTest {
    private static final int MESSAGES = Math.max(50, Integer.getInteger("qnsp.fuzz", 10_000) / 20);
    private static final long HOUR = 500_000;

    private final SplittableRandom random = new SplittableRandom(Long.getLong("qnsp.seed", 1));
    private final RandomSource secrets = RandomSource.system();
    private final KemKeyPair host = KemKeyPair.generate(secrets);
    private final KemKeyPair decoy = KemKeyPair.generate(secrets);
    private final KemKeyPair kem = KemKeyPair.generate(secrets);
    private final SigKeyPair sig65 = SigKeyPair.generate(secrets);
    private final SigKeyPair sig87 = SigKeyPair.generate(KeyType.SIG87, secrets);
    private final byte[] inviteKey = secrets.bytes(32);
    private final List<byte[]> seen = new ArrayList<>();
    private int delivered;
    private int whole;
    private int faults;

    @Test
    void whoeverMeddlesGainsNothing() throws Exception { // H-9 to H-19, H-22, H-23, H-29
        while (delivered < MESSAGES) {
            new Play(random.nextInt(4) == 0).play();
        }
        assertTrue(whole > 0, "none came through");
        assertTrue(faults > 0, "no fault in " + delivered);
    }

    /** One handshake. */
    private final class Play {
        private final boolean honest;
        private final boolean judged = random.nextInt(10) > 0;
        private final Suite suite;
        private final ClientHandshake client;
        private final Deque<byte[]> toClient = new ArrayDeque<>();
        private final Deque<byte[]> toServer = new ArrayDeque<>();
        private ServerHandshake server;
        private byte[] rawReply;
        /** All messages both ways, as sent and as they arrived. */
        private final Map<Deque<byte[]>, ByteArrayOutputStream> sent = new IdentityHashMap<>();
        private final Map<Deque<byte[]>, ByteArrayOutputStream> arrived = new IdentityHashMap<>();
        private final List<AuthKey> authKeys = new ArrayList<>();
        private byte[] quantumKey;
        private boolean meddled;
        private boolean clientBelieves;
        private boolean serverBelieves;

        Play(boolean honest) {
            this.honest = honest;
            for (Deque<byte[]> way : List.of(toServer, toClient)) {
                sent.put(way, new ByteArrayOutputStream());
                arrived.put(way, new ByteArrayOutputStream());
            }
            Mode mode = random.nextInt(4) == 0 ? Mode.SIMPLEX : Mode.DUPLEX;
            suite = random.nextInt(3) > 0 ? Suite.DEFAULT : random.nextInt(4) > 0 ? Suite.MLKEM1024 : Suite.HQC192;
            SigKeyPair sig = suite == Suite.MLKEM1024 ? sig87 : sig65;
            List<PrivateKey> keys = random.nextBoolean() ? List.of(kem) : random.nextBoolean() ? List.of(sig) : List.of(sig, kem);
            List<Identity> identities = mode == Mode.SIMPLEX ? List.of() : keys.stream().map(k -> UserAuth.identity(k, secrets)).toList();
            ClientHandshake.Trust trust = switch (random.nextInt(4)) {
                case 0 -> new ClientHandshake.Trust.Invited(host.publicKey().fingerprint(), inviteKey);
                case 1 -> new ClientHandshake.Trust.Unknown();
                default -> new ClientHandshake.Trust.Pinned(host.publicKey());
            };
            boolean enrol = mode == Mode.DUPLEX && trust instanceof ClientHandshake.Trust.Invited && random.nextBoolean();
            boolean zk = mode == Mode.DUPLEX && keys.size() == 1 && keys.getFirst() == kem && random.nextBoolean();
            int named = mode == Mode.DUPLEX ? random.nextInt(3) : 0;
            for (int i = 0; i < named; i++) {
                authKeys.add(new AuthKey(bytes(16), Secret.owning(bytes(32))));
            }
            boolean alone = named > 0 && !enrol && random.nextInt(4) == 0;
            client = new ClientHandshake(new ClientHandshake.Settings(mode, "user", trust, alone ? List.of() : identities, enrol, Cover.NORMAL, zk, authKeys, false, random.nextInt(3) == 0, suite), secrets);
        }

        private byte[] bytes(int n) {
            byte[] bytes = new byte[n];
            random.nextBytes(bytes);
            return bytes;
        }

        private List<Action> offer() throws ProtocolException {
            if (client.quantumOffersLeft() == 0 || random.nextInt(4) == 0) {
                return client.onQuantumKeys(QuantumOffer.none(), null);
            }
            quantumKey = bytes(32);
            return client.onQuantumKeys(new QuantumOffer("one", "other", List.of(new QuantumOffer.KeyName("id" + random.nextInt(), 256))), Secret.copyOf(quantumKey));
        }

        private List<Action> fetch() {
            if (random.nextInt(3) == 0) {
                return server.onQuantumKeys(null, QuantumRefusal.values()[random.nextInt(QuantumRefusal.values().length)]);
            }
            byte[] key = quantumKey == null ? bytes(32) : quantumKey.clone();
            if (!honest && random.nextInt(4) == 0) {
                key[random.nextInt(32)] ^= 1; // the key servers do not agree
                meddled = true;
            }
            return server.onQuantumKeys(Secret.owning(key), null);
        }

        private ServerHandshake.Found found(Action.FindKeys ask) throws ProtocolException {
            List<PublicKey> keys = find(ask);
            String denial = random.nextInt(8) == 0 ? "not now" : null;
            for (int i = 0; i < ask.authKeyIds().size(); i++) {
                for (AuthKey each : authKeys) {
                    if (Arrays.equals(each.id(), ask.authKeyIds().get(i)) && random.nextInt(4) > 0) {
                        return new ServerHandshake.Found(keys, denial, i + 1, new AuthKey(each.id(), Secret.copyOf(each.key().bytes())), random.nextInt(4) > 0);
                    }
                }
            }
            return new ServerHandshake.Found(keys, denial);
        }

        void play() throws IOException {
            try (client) {
                begin();
                while (!toServer.isEmpty() || !toClient.isEmpty()) {
                    boolean up = !toServer.isEmpty() && (toClient.isEmpty() || random.nextBoolean());
                    Deque<byte[]> way = up ? toServer : toClient;
                    byte[] message = onTheWay(way);
                    if (message != null) {
                        delivered++;
                        arrived.get(way).writeBytes(message);
                        if (up) {
                            serverDo(server.on(message));
                        } else {
                            clientDo(client.on(message));
                        }
                    }
                }
            } catch (ProtocolException e) {
                faults++;
                assertFalse(honest && judged, () -> "an honest handshake failed: " + e.getMessage());
            } finally {
                if (server != null) {
                    server.close();
                }
            }
            assertTrue(!clientBelieves || serverBelieves, "the client is further than the server");
            whole += clientBelieves ? 1 : 0;
        }

        private void begin() throws ProtocolException {
            List<Action> begin = client.begin(HOUR);
            byte[] opening = ((Action.SendRaw) begin.getFirst()).bytes();
            ServerOpening.Accepted accepted;
            if (client.rawReplyBytes() > 0) {
                ServerOpening.ActiveInvite invite = new ServerOpening.ActiveInvite("i", inviteKey);
                accepted = new ServerOpening(HandshakePair.ops(host), true, 0).examine(Arrays.copyOf(opening, ServerOpening.DECISION_BYTES),
                        List.of(invite), HOUR * 3_600_000_000L).orElseThrow();
                if (!honest && random.nextBoolean() && accepted instanceof ServerOpening.Accepted.First f && f.invite() == null) {
                    accepted = new ServerOpening.Accepted.First(invite, f.opening(), new byte[16]); // a server that mixes in what the client does not have
                    meddled = true;
                }
            } else {
                KeySchedule schedule = KeySchedule.known(suite, host.publicKey().fingerprint());
                schedule.absorb(opening);
                schedule.mix(org.qnsp.crypto.Labels.KS, host.decapsulate(org.qnsp.crypto.Kemeleon.decodeCiphertext(opening)));
                accepted = new ServerOpening.Accepted.Known(0, suite, schedule, new byte[16]);
            }
            server = new ServerHandshake(new ServerHandshake.Settings(HandshakePair.ops(host), decoy, random.nextInt(4) > 0, CoverPolicy.DEFAULT, List.of(Suite.values())), accepted, secrets);
            clientDo(begin);
            serverDo(server.begin());
            if (client.rawReplyBytes() > 0) {
                if (!honest && random.nextInt(10) == 0) {
                    rawReply[random.nextInt(rawReply.length)] ^= (byte) (1 << random.nextInt(8));
                    meddled = true;
                }
                clientDo(client.onRawReply(rawReply));
            }
        }

        /** The next message as the one between lets it through; null where it is held back. */
        private byte[] onTheWay(Deque<byte[]> way) {
            byte[] message = way.remove();
            if (honest || random.nextInt(4) > 0) {
                seen.add(message);
                if (seen.size() > 50) {
                    seen.remove(random.nextInt(seen.size()));
                }
                return message;
            }
            int how = random.nextInt(6);
            return switch (how) {
                case 0 -> {
                    way.addFirst(message); // and once more
                    yield message;
                }
                case 1 -> null;
                case 2 -> {
                    byte[] next = way.poll(); // in another order, if there is another
                    way.addLast(message);
                    yield next == null ? way.remove() : next;
                }
                case 3 -> {
                    way.addFirst(message);
                    yield seen.isEmpty() ? null : seen.get(random.nextInt(seen.size())); // of another handshake, or the other direction
                }
                case 4 -> {
                    byte[] random3 = new byte[3 + random.nextInt(64)];
                    random.nextBytes(random3);
                    random3[0] = (byte) random.nextInt(20);
                    random3[1] = 0;
                    random3[2] = (byte) (random3.length - 3);
                    yield random3;
                }
                default -> {
                    byte[] changed = message.clone();
                    changed[random.nextInt(random.nextBoolean() ? changed.length : Math.min(40, changed.length))] ^= (byte) (1 << random.nextInt(8));
                    yield changed;
                }
            };
        }

        private void send(Deque<byte[]> way, byte[] message) {
            sent.get(way).writeBytes(message);
            way.add(message);
        }

        /** Whether what arrived is not how what was sent begins: a message of another handshake may well be the same, byte for byte. */
        private boolean differs(Deque<byte[]> way) {
            byte[] came = arrived.get(way).toByteArray();
            byte[] all = sent.get(way).toByteArray();
            return came.length > all.length || !Arrays.equals(came, 0, came.length, all, 0, came.length);
        }

        private void clientDo(List<Action> actions) throws ProtocolException {
            for (Action action : actions) {
                switch (action) {
                    case Action.Send(byte[] message) -> send(toServer, message);
                    case Action.JudgeHostKey q -> clientDo(client.onHostKeyJudged(judged));
                    case Action.UseKeys use -> {
                        use.work().run();
                        clientDo(client.onKeysUsed());
                    }
                    case Action.Established e -> {
                        assertFalse(meddled || differs(toServer) || differs(toClient), "the client believes what was tampered with");
                        clientBelieves = true;
                    }
                    case Action.StartSending(var key) -> key.close();
                    case Action.StartReading(var key, boolean skip) -> key.close();
                    case Action.NextSendingStage(var key) -> key.close();
                    case Action.NextReadingStage(var key) -> key.close();
                    case Action.Roots(var kem, var c2s, var s2c) -> {
                        c2s.close();
                        s2c.close();
                    }
                    case Action.SendRaw a -> { }
                    case Action.GetQuantumKeys a -> clientDo(offer());
                    case Action.FetchQuantumKeys a -> throw new AssertionError("asked of a client");
                    case Action.FindKeys a -> throw new AssertionError("asked of a client");
                    case Action.Agreed a -> { }
                    case Action.Denied d -> { }
                }
            }
        }

        private void serverDo(List<Action> actions) throws ProtocolException {
            for (Action action : actions) {
                switch (action) {
                    case Action.Send(byte[] message) -> send(toClient, message);
                    case Action.SendRaw(byte[] bytes) -> rawReply = bytes.clone();
                    case Action.FindKeys ask -> serverDo(server.onKeysFound(found(ask)));
                    case Action.FetchQuantumKeys a -> serverDo(fetch());
                    case Action.GetQuantumKeys a -> throw new AssertionError("asked of a server");
                    case Action.Established e -> serverBelieves = true;
                    case Action.StartSending(var key) -> key.close();
                    case Action.StartReading(var key, boolean skip) -> key.close();
                    case Action.NextSendingStage(var key) -> key.close();
                    case Action.NextReadingStage(var key) -> key.close();
                    case Action.Roots(var kem, var c2s, var s2c) -> {
                        c2s.close();
                        s2c.close();
                    }
                    case Action.JudgeHostKey a -> throw new AssertionError("asked of a server");
                    case Action.UseKeys a -> throw new AssertionError("asked of a server");
                    case Action.Agreed a -> { }
                    case Action.Denied d -> { }
                }
            }
        }

        private List<PublicKey> find(Action.FindKeys ask) throws ProtocolException {
            List<PublicKey> found = new ArrayList<>();
            for (HandshakeMessage.Entry entry : ask.entries()) {
                PublicKey brought = ServerHandshake.broughtKey(ask, entry);
                PublicKey known = List.of(kem.publicKey(), sig65.publicKey(), sig87.publicKey()).stream().filter(k -> Arrays.equals(k.fingerprint(), entry.keyHash())).findFirst().orElse(null);
                found.add(random.nextInt(8) == 0 ? null : brought != null ? brought : known);
            }
            return found;
        }
    }
}
