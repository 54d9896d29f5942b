package org.qnsp.core.handshake;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.qnsp.core.VectorFile;
import org.qnsp.core.VectorRandom;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** Both ends of a handshake back to back, without a network: frames go over as soon as they are built. */
final class HandshakePair {
    private static final StageWriter.Records NOTHING = new StageWriter.Records() {
        @Override
        public int fill(byte[] frame, int offset, int room) {
            return 0;
        }

        @Override
        public FrameType type() {
            return FrameType.NOISE;
        }
    };

    private final long time;
    private final VectorRandom clientRandom;
    private final VectorRandom serverRandom;
    private final StageWriter clientWriter;
    private final StageWriter serverWriter;
    private final StageReader clientReader = new StageReader(1);
    private final StageReader serverReader = new StageReader(0);
    private final ClientHandshake client;
    private final ServerOpening opening;
    private final ServerHandshake.Settings serverSettings;
    private final List<ServerOpening.ActiveInvite> invites;
    private final List<PublicKey> known;
    private final List<byte[]> c2s = new ArrayList<>();
    private final List<byte[]> s2c = new ArrayList<>();
    private final Deque<byte[]> toClient = new ArrayDeque<>();
    private final java.io.ByteArrayOutputStream first = new java.io.ByteArrayOutputStream();
    private ServerHandshake server;
    private int keysUsed;
    private Action.Roots clientRoots;
    private Action.Roots serverRoots;
    private int earlyAuthKey;
    private AuthKey earlyNext;
    private Action.Established clientResult;
    private Action.Established serverResult;
    private Action.Denied clientDenial;
    private boolean serverDenied;
    private byte[] replayId;

    private final List<Cover> agreed = new ArrayList<>();
    private final List<AuthKey> authKeysKnown = new ArrayList<>();
    private final List<Offered> quantum = new ArrayList<>();
    private final java.util.Map<List<String>, byte[]> keyServer = new java.util.HashMap<>();

    /** What becomes of a message on its way to the server: itself, others, nothing. */
    interface Way {
        List<byte[]> of(byte[] whole);
    }

    private Way way = List::of;

    void way(Way of) {
        way = of;
    }

    private Way back = List::of;

    /** The same for messages on their way to the client. */
    void back(Way of) {
        back = of;
    }

    private record Offered(QuantumOffer offer, byte[] keys) {}

    private HandshakePair(ClientHandshake.Settings settings, long time, VectorRandom clientRandom, VectorRandom serverRandom, HostKeyOps host,
            KemKeyPair decoy, List<ServerOpening.ActiveInvite> invites, boolean open, List<PublicKey> known, CoverPolicy cover, List<Suite> allowed) {
        this.time = time;
        this.clientRandom = clientRandom;
        this.serverRandom = serverRandom;
        this.clientWriter = new StageWriter(0, clientRandom);
        this.serverWriter = new StageWriter(1, serverRandom);
        this.client = new ClientHandshake(settings, clientRandom);
        client.onAnswered((used, next) -> {
            earlyAuthKey = used;
            earlyNext = next;
        });
        this.opening = new ServerOpening(host, open, 3_600_000_000L, allowed);
        this.serverSettings = new ServerHandshake.Settings(host, decoy, true, cover, allowed);
        this.invites = invites;
        this.known = known;
    }

    static HandshakePair of(VectorFile v) throws Exception {
        return of(v, CoverPolicy.DEFAULT);
    }

    static HandshakePair of(VectorFile v, CoverPolicy cover) throws Exception {
        Suite suite = Arrays.stream(Suite.values()).filter(s -> s.text().equals(v.text("suite"))).findFirst().orElseThrow();
        return of(v, cover, suite, List.of(Suite.values()));
    }

    /** What a vector describes, but with this suite. @param allowed what the server takes */
    static HandshakePair of(VectorFile v, CoverPolicy cover, Suite suite, List<Suite> allowed) throws Exception {
        VectorRandom clientRandom = new VectorRandom(v.bytes("stream-seed.client"));
        KemKeyPair host = KemKeyPair.fromSecrets(v.bytes("host.first"), v.bytes("host.second"));
        List<Identity> identities = new ArrayList<>();
        List<PublicKey> known = new ArrayList<>();
        for (int i = 0; i < v.number("identities"); i++) {
            String name = "identity." + i;
            boolean kem = v.text(name + ".type").startsWith("mlkem");
            Identity identity = UserAuth.identity(kem
                    ? KemKeyPair.fromSecrets(v.bytes(name + ".first"), v.bytes(name + ".second"))
                    : SigKeyPair.fromSecrets(suite.signatures(), v.bytes(name + ".first"), v.bytes(name + ".second")), clientRandom);
            identities.add(identity);
            if (v.text(name + ".known").equals("yes")) {
                known.add(identity.publicKey());
            }
        }
        ClientHandshake.Trust trust = switch (v.text("first-contact")) {
            case "no" -> new ClientHandshake.Trust.Pinned(host.publicKey());
            case "invite" -> new ClientHandshake.Trust.Invited(host.publicKey().fingerprint(), v.bytes("invite.key"));
            default -> new ClientHandshake.Trust.Unknown();
        };
        Mode mode = v.number("mode") == 1 ? Mode.SIMPLEX : Mode.DUPLEX;
        List<AuthKey> authKeys = new ArrayList<>();
        List<AuthKey> authKeysKnown = new ArrayList<>();
        for (int i = 0; i < v.number("auth-keys"); i++) {
            authKeys.add(authKey(v, i));
            if (v.text("auth-key." + i + ".known").equals("yes")) {
                authKeysKnown.add(authKey(v, i));
            }
        }
        var settings = new ClientHandshake.Settings(mode, v.text("user"), trust, identities, !v.text("enrol").equals("none"),
                new Cover(PaddingMode.of(v.number("padding")).orElseThrow(), new RateClass(v.number("rate"))), v.text("zk").equals("yes"), authKeys, false,
                !v.text("quantum-offers").equals("none"), suite);
        var invites = v.has("invite.key") ? List.of(new ServerOpening.ActiveInvite("1", v.bytes("invite.key"))) : List.<ServerOpening.ActiveInvite>of();
        HandshakePair pair = new HandshakePair(settings, v.time("time"), clientRandom, new VectorRandom(v.bytes("stream-seed.server")), ops(host),
                KemKeyPair.fromSecrets(v.bytes("decoy.first"), v.bytes("decoy.second")), invites, v.text("first-contact").equals("open"), known, cover, allowed);
        pair.authKeysKnown.addAll(authKeysKnown);
        pair.quantum(v);
        return pair;
    }

    private static AuthKey authKey(VectorFile v, int i) {
        return new AuthKey(v.bytes("auth-key." + i + ".id"), Secret.copyOf(v.bytes("auth-key." + i + ".key")));
    }

    private void quantum(VectorFile v) {
        for (int i = 0; !v.text("quantum-offers").equals("none") && i < v.number("quantum-offers"); i++) {
            String name = "quantum." + i + ".";
            List<QuantumOffer.KeyName> names = new ArrayList<>();
            java.io.ByteArrayOutputStream keys = new java.io.ByteArrayOutputStream();
            for (int j = 0; j < v.number(name + "keys"); j++) {
                names.add(new QuantumOffer.KeyName(v.text(name + j + ".id"), v.number(name + j + ".bits")));
                byte[] key = v.bytes(name + j + ".key");
                keys.writeBytes(key);
                if (v.text(name + j + ".known").equals("yes")) {
                    keyServer.put(List.of(v.text(name + "client"), v.text(name + "server"), v.text(name + j + ".id")), key);
                }
            }
            quantum.add(new Offered(new QuantumOffer(v.text(name + "client"), v.text(name + "server"), names), keys.toByteArray()));
        }
    }

    private List<Action> offer() throws ProtocolException {
        if (quantum.isEmpty()) {
            return client.onQuantumKeys(QuantumOffer.none(), null);
        }
        Offered next = quantum.removeFirst();
        return client.onQuantumKeys(next.offer, Secret.copyOf(next.keys));
    }

    private List<Action> fetch(QuantumOffer offer) {
        java.io.ByteArrayOutputStream keys = new java.io.ByteArrayOutputStream();
        for (QuantumOffer.KeyName name : offer.keys()) {
            byte[] key = keyServer.get(List.of(offer.clientSae(), offer.serverSae(), name.id()));
            if (key == null) {
                return server.onQuantumKeys(null, QuantumRefusal.UNKNOWN);
            }
            keys.writeBytes(key);
        }
        return server.onQuantumKeys(Secret.owning(keys.toByteArray()), null);
    }

    static HostKeyOps ops(KemKeyPair key) {
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
            public Secret agree(int index, byte[] ephemeral) throws java.security.GeneralSecurityException {
                return key.agree(ephemeral);
            }
        };
    }

    /** Runs until neither side has anything of the handshake left to say, then one frame of Noise from the client. */
    void run() throws Exception {
        clientDo(client.begin(time / 3_600_000_000L));
        do {
            while (clientWriter.pending()) {
                clientSends();
            }
            while (serverWriter.pending()) {
                serverSends();
            }
            while (!toClient.isEmpty()) {
                clientReads(toClient.remove());
            }
        } while (clientWriter.pending() || serverWriter.pending());
        clientSends();
    }

    private void clientSends() throws Exception {
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        clientWriter.build(frame, 0, time, NOTHING);
        c2s.add(frame.clone());
        if (server == null) {
            first.write(frame);
            if (first.size() == ServerOpening.DECISION_BYTES) {
                examine(first.toByteArray());
            } else if (!clientWriter.pending() && client.rawReplyBytes() > 0) {
                first.write(new byte[FrameLayout.FRAME_BYTES]); // stands for the raw noise that the vectors leave out
                examine(first.toByteArray());
            }
        } else {
            serverReads(frame);
        }
    }

    private void examine(byte[] frames) throws Exception {
        ServerOpening.Accepted accepted = opening.examine(frames, invites, time).orElseThrow(() -> new ProtocolException(ProtocolException.Reason.CREDENTIAL, "silence"));
        replayId = accepted.replayId();
        server = new ServerHandshake(serverSettings, accepted, serverRandom);
        serverDo(server.begin());
        if (accepted instanceof ServerOpening.Accepted.Known) {
            serverReads(Arrays.copyOfRange(frames, ServerOpening.OPENING_BYTES, ServerOpening.DECISION_BYTES));
        }
    }

    private void serverReads(byte[] frame) throws Exception {
        if (serverDenied) {
            return; // H-19
        }
        int length = serverReader.open(frame, 0);
        if (length > 0) {
            serverReader.handshakeRecords(frame, 0, length, whole -> {
                for (byte[] each : way.of(whole)) {
                    serverDo(server.on(each));
                }
            });
        }
    }

    private void serverSends() {
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        serverWriter.build(frame, 0, time, NOTHING);
        s2c.add(frame.clone());
        toClient.add(frame);
    }

    private void clientReads(byte[] frame) throws Exception {
        if (client.rawReplyBytes() > 0) {
            first.reset();
            first.write(frame);
            first.write(toClient.remove());
            clientDo(client.onRawReply(first.toByteArray()));
            return;
        }
        int length = clientReader.open(frame, 0);
        if (length > 0) {
            clientReader.handshakeRecords(frame, 0, length, whole -> {
                for (byte[] each : back.of(whole)) {
                    clientDo(client.on(each));
                }
            });
        }
    }

    private void clientDo(List<Action> actions) throws ProtocolException {
        for (Action action : actions) {
            clientWriter.on(action);
            clientReader.on(action);
            switch (action) {
                case Action.JudgeHostKey judge -> clientDo(client.onHostKeyJudged(true));
                case Action.UseKeys use -> {
                    use.work().run();
                    keysUsed++;
                    clientDo(client.onKeysUsed());
                }
                case Action.GetQuantumKeys ask -> clientDo(offer());
                case Action.Agreed(Cover cover) -> agreed.add(cover);
                case Action.Roots roots -> clientRoots = roots;
                case Action.Established established -> clientResult = established;
                case Action.Denied denied -> clientDenial = denied;
                default -> {}
            }
        }
    }

    private void serverDo(List<Action> actions) throws ProtocolException {
        for (Action action : actions) {
            serverWriter.on(action);
            serverReader.on(action);
            switch (action) {
                case Action.FetchQuantumKeys ask -> serverDo(fetch(ask.offer()));
                case Action.FindKeys ask -> serverDo(server.onKeysFound(found(ask)));
                case Action.Agreed(Cover cover) -> agreed.add(cover);
                case Action.Roots roots -> serverRoots = roots;
                case Action.Established established -> serverResult = established;
                case Action.Denied denied -> serverDenied = true;
                default -> {}
            }
        }
    }

    private ServerHandshake.Found found(Action.FindKeys ask) {
        for (int i = 0; i < ask.authKeyIds().size(); i++) {
            for (AuthKey known : authKeysKnown) {
                if (Arrays.equals(known.id(), ask.authKeyIds().get(i))) {
                    return new ServerHandshake.Found(find(ask), null, i + 1, known, true);
                }
            }
        }
        return new ServerHandshake.Found(find(ask), null);
    }

    private List<PublicKey> find(Action.FindKeys ask) {
        List<PublicKey> found = new ArrayList<>();
        for (HandshakeMessage.Entry entry : ask.entries()) {
            found.add(known.stream().filter(k -> Arrays.equals(k.fingerprint(), entry.keyHash())).findFirst().orElse(ServerHandshake.broughtKey(ask, entry)));
        }
        return found;
    }

    /** What the server said that both obey, and then what the client heard. */
    List<Cover> agreed() {
        return agreed;
    }

    Action.Roots clientRoots() {
        return clientRoots;
    }

    Action.Roots serverRoots() {
        return serverRoots;
    }

    /** How often the machine waited for keys. */
    int keysUsed() {
        return keysUsed;
    }

    List<byte[]> sentByClient() {
        return c2s;
    }

    List<byte[]> sentByServer() {
        return s2c;
    }

    VectorRandom clientRandom() {
        return clientRandom;
    }

    VectorRandom serverRandom() {
        return serverRandom;
    }

    /** Which auth key the client knew to be mixed in when it made CA. */
    int earlyAuthKey() {
        return earlyAuthKey;
    }

    /** The next one, as the client knew it then; null in SIMPLEX. */
    AuthKey earlyNext() {
        return earlyNext;
    }

    Action.Established clientResult() {
        return clientResult;
    }

    Action.Established serverResult() {
        return serverResult;
    }

    Action.Denied clientDenial() {
        return clientDenial;
    }

    /** What client and server agreed on, null without. */
    List<QuantumOffer> quantumKeys() {
        return java.util.Collections.unmodifiableList(Arrays.asList(client.quantumKeys(), server.quantumKeys()));
    }

    byte[] replayId() {
        return replayId;
    }
}
