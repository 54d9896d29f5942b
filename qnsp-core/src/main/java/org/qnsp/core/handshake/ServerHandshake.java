package org.qnsp.core.handshake;

import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.handshake.Action.Agreed;
import org.qnsp.core.handshake.Action.Denied;
import org.qnsp.core.handshake.Action.Established;
import org.qnsp.core.handshake.Action.FetchQuantumKeys;
import org.qnsp.core.handshake.Action.FindKeys;
import org.qnsp.core.handshake.Action.NextReadingStage;
import org.qnsp.core.handshake.Action.NextSendingStage;
import org.qnsp.core.handshake.Action.Secrets;
import org.qnsp.core.handshake.Action.Send;
import org.qnsp.core.handshake.Action.SendRaw;
import org.qnsp.core.handshake.Action.StartReading;
import org.qnsp.core.handshake.Action.StartSending;
import org.qnsp.core.handshake.HandshakeMessage.Challenge;
import org.qnsp.core.handshake.HandshakeMessage.ClientAnswer;
import org.qnsp.core.handshake.HandshakeMessage.ClientFinished;
import org.qnsp.core.handshake.HandshakeMessage.ClientHello;
import org.qnsp.core.handshake.HandshakeMessage.ClientIdentity;
import org.qnsp.core.handshake.HandshakeMessage.ContactHello;
import org.qnsp.core.handshake.HandshakeMessage.ContactReply;
import org.qnsp.core.handshake.HandshakeMessage.Entry;
import org.qnsp.core.handshake.HandshakeMessage.HostKey;
import org.qnsp.core.handshake.HandshakeMessage.Method;
import org.qnsp.core.handshake.HandshakeMessage.QuantumAnswer;
import org.qnsp.core.handshake.HandshakeMessage.QuantumConfirm;
import org.qnsp.core.handshake.HandshakeMessage.QuantumKeys;
import org.qnsp.core.handshake.HandshakeMessage.ServerAccept;
import org.qnsp.core.handshake.HandshakeMessage.ServerChallenge;
import org.qnsp.core.handshake.HandshakeMessage.ServerDenial;
import org.qnsp.core.handshake.HandshakeMessage.ServerFinished;
import org.qnsp.core.handshake.HandshakeMessage.ServerHello;
import org.qnsp.core.handshake.HandshakeMessage.ZkCommitments;
import org.qnsp.core.handshake.HandshakeMessage.ZkOpenings;
import org.qnsp.core.handshake.HandshakeMessage.ZkProofs;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.Kemeleon;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/**
 * The server's end of the handshake (H), from an opening that holds. Each call takes what arrived and returns what to do, in order. A
 * {@link ProtocolException} ends it. Until {@link Established} nothing in steps, sizes or time depends on whether user or key are known. Owned by one thread.
 */
public final class ServerHandshake implements AutoCloseable {
    /**
     * What the server allows.
     *
     * @param decoy a key that no one holds, for challenges to unknown users and keys
     * @param simplex whether SIMPLEX is allowed
     * @param suites at first contact; else the opening has judged it
     */
    public record Settings(HostKeyOps host, KemKeyPair decoy, boolean simplex, CoverPolicy cover, List<Suite> suites) {
        public Settings {
            suites = List.copyOf(suites);
        }

        /** With the suites of {@link Suite#STANDARD}. */
        public Settings(HostKeyOps host, KemKeyPair decoy, boolean simplex, CoverPolicy cover) {
            this(host, decoy, simplex, cover, Suite.STANDARD);
        }
    }

    private sealed interface State {
        record Start() implements State {}

        record AwaitHello() implements State {}

        record AwaitContactHello() implements State {}

        record AwaitQuantumKeys() implements State {}

        record AwaitQuantumFetch(QuantumOffer offer) implements State {}

        record AwaitQuantumConfirm(QuantumOffer offer, Secret confirmation) implements State {}

        record AwaitFinished() implements State {}

        record AwaitIdentity() implements State {}

        record AwaitKeys(ClientIdentity identity, byte[] signed) implements State {}

        record AwaitAnonymousJudgement() implements State {}

        record AwaitAnswer(Answered answered) implements State {}

        record AwaitCommitments(Answered answered) implements State {}

        record AwaitZkProofs(Answered answered, List<byte[]> commitments) implements State {}

        record Over() implements State {}
    }

    /** An entry of CI as the server sees it: holds is whether it may log in, key its key; a is the secret that its answer must fit, zk its challenge where it is such a one. */
    private record Offer(boolean holds, PublicKey key, Secret a, ZkChallenge zk) {
        static Offer of(PublicKey key, Secret a) {
            return new Offer(key != null, key, a, null);
        }

        void close() {
            a.close();
            if (zk != null) {
                zk.close();
            }
        }
    }

    /** A login that was challenged. th is the transcript after SC. */
    private record Answered(String user, List<Offer> offers, String accountDenial, byte[] enrol, byte[] th) {}

    /**
     * The answer to {@link FindKeys}.
     *
     * @param keys for each entry the key that may log in, or null; null too for an entry that is an auth key; empty in SIMPLEX
     * @param accountDenial null, or why the account may not be used now though the key is right
     * @param authKey which of the named auth keys is known, from 1 on, or 0
     * @param shared that auth key, taken over; null where there is none
     * @param alone whether it may log in by itself
     */
    public record Found(List<PublicKey> keys, String accountDenial, int authKey, AuthKey shared, boolean alone) {
        /** Without an auth key. */
        public Found(List<PublicKey> keys, String accountDenial) {
            this(keys, accountDenial, 0, null, false);
        }
    }

    private final Settings settings;
    private final ServerOpening.Accepted opening;
    private final RandomSource random;
    private KeySchedule schedule;
    private int hostKey;
    private Mode mode;
    private Suite suite = Suite.DEFAULT;
    private Kem.Pair e2;
    private X25519 x;
    private int quantumOffers;
    private QuantumOffer quantum;
    private Secret quantumKeys;
    private int authKey;
    private State state = new State.Start();

    public ServerHandshake(Settings settings, ServerOpening.Accepted opening, RandomSource random) {
        this.settings = settings;
        this.opening = opening;
        this.random = random;
    }

    /** Answers the opening; call only after its replay id was inserted (H-26). */
    public List<Action> begin() throws ProtocolException {
        if (!(state instanceof State.Start)) {
            throw new IllegalStateException("out of order");
        }
        List<Action> actions = new ArrayList<>();
        switch (opening) {
            case ServerOpening.Accepted.Known known -> {
                hostKey = known.hostKey();
                suite = known.suite();
                schedule = known.schedule();
                startEarly(actions, false);
                state = new State.AwaitHello();
            }
            case ServerOpening.Accepted.First first -> {
                hostKey = 0;
                reply(first, actions);
                startEarly(actions, true);
                send(actions, new HostKey(hostPublicKey().encoded()));
                state = new State.AwaitContactHello();
            }
        }
        return actions;
    }

    /** H-21. */
    private void reply(ServerOpening.Accepted.First first, List<Action> actions) throws ProtocolException {
        try (Secret psk = first.invite() == null ? Secret.zeros(32) : Secret.copyOf(first.invite().key())) {
            schedule = KeySchedule.firstContact(psk);
        }
        byte[] ekE = Kemeleon.decodeKey(Arrays.copyOf(first.opening(), MlKem768.EK_BYTES));
        Kem.Encapsulation toClient = encapsulate(Kem.MLKEM768, ekE);
        byte[] reply = Kemeleon.encodeCiphertext(toClient.ciphertext(), random);
        schedule.absorb(first.opening());
        schedule.absorb(reply);
        schedule.mix(Labels.KE, toClient.shared());
        actions.add(new SendRaw(reply));
    }

    private void startEarly(List<Action> actions, boolean skip) {
        actions.add(new StartReading(schedule.stage(Labels.EARLY_C2S), skip));
        actions.add(new StartSending(schedule.stage(Labels.EARLY_S2C)));
    }

    /**
     * A handshake message, whole.
     *
     * @throws ProtocolException the peer's fault
     */
    public List<Action> on(byte[] whole) throws ProtocolException {
        if (state instanceof State.AwaitContactHello) {
            byte[] hash = HandshakeMessage.suiteHash(whole);
            suite = settings.suites.stream().filter(s -> Arrays.equals(s.hash(), hash)).findFirst().orElseThrow(() -> new ProtocolException(Reason.MALFORMED, "suite")); // S-3
        }
        HandshakeMessage message = HandshakeMessage.decode(whole, suite, List.of());
        List<Action> actions = new ArrayList<>();
        record In(State state, HandshakeMessage message) {}
        state = switch (new In(state, message)) {
            case In(State.AwaitHello s, ClientHello m) -> onHello(m, whole, actions);
            case In(State.AwaitContactHello s, ContactHello m) -> onContactHello(m, whole, actions);
            case In(State.AwaitQuantumKeys s, QuantumKeys m) -> onQuantumKeys(m, whole, actions);
            case In(State.AwaitQuantumConfirm s, QuantumConfirm m) -> onQuantumConfirm(s, m, whole);
            case In(State.AwaitFinished s, ClientFinished m) -> onFinished(m, whole, actions);
            case In(State.AwaitIdentity s, ClientIdentity m) -> onIdentity(m, whole, actions);
            case In(State.AwaitCommitments s, ZkCommitments m) -> onCommitments(s.answered, m, whole, actions);
            case In(State.AwaitZkProofs s, ZkProofs m) -> onProofs(s, m, whole);
            case In(State.AwaitAnswer s, ClientAnswer m) -> onAnswer(s.answered, m, whole, actions);
            case In(State s, HandshakeMessage m) -> throw new ProtocolException(Reason.STATE, m.getClass().getSimpleName() + " in " + s.getClass().getSimpleName());
        };
        return actions;
    }

    private State onHello(ClientHello m, byte[] whole, List<Action> actions) throws ProtocolException {
        checkTerms(m.suiteHash(), m.flags());
        mode = m.mode();
        Kem.Encapsulation toClient = encapsulate(suite.kem(), m.ekE());
        byte[] rand = ephemerals();
        schedule.absorb(whole);
        send(actions, new HandshakeMessage.ServerHello(agree(m.cover(), actions), rand, toClient.ciphertext(), x.publicKey(), e2 == null ? new byte[0] : e2.encapsulationKey()));
        schedule.mix(Labels.KE, toClient.shared());
        return agreed(m.xC(), m.flags(), actions);
    }

    /** Makes the server's ephemeral keys, and SH's rand in between. */
    private byte[] ephemerals() {
        x = X25519.generate(random);
        byte[] rand = random.bytes(32);
        e2 = mode == Mode.DUPLEX ? suite.kem().generate(random) : null;
        return rand;
    }

    private State onContactHello(ContactHello m, byte[] whole, List<Action> actions) throws ProtocolException {
        checkTerms(m.suiteHash(), m.flags());
        mode = m.mode();
        Kem.Encapsulation toClient = suite.contactExchange() ? encapsulate(suite.kem(), m.ekF()) : null;
        byte[] rand = ephemerals();
        schedule.absorb(whole);
        send(actions, new ContactReply(agree(m.cover(), actions), rand, x.publicKey(), toClient == null ? new byte[0] : toClient.ciphertext(), e2 == null ? new byte[0] : e2.encapsulationKey()));
        schedule.mix(Labels.KS, settings.host.decapsulate(hostKey, m.ctS()));
        if (toClient != null) {
            schedule.mix(Labels.KE, toClient.shared());
        }
        return agreed(m.xC(), m.flags(), actions);
    }

    /** C-34. */
    private Cover agree(Cover asked, List<Action> actions) {
        Cover cover = settings.cover.judge(asked);
        actions.add(new Agreed(cover));
        return cover;
    }

    private void checkTerms(byte[] suiteHash, int flags) throws ProtocolException {
        if (!Arrays.equals(suiteHash, suite.hash()) || (flags & ~HandshakeMessage.QUANTUM) != 0) {
            throw new ProtocolException(Reason.MALFORMED, "terms"); // H-9
        }
    }

    /** H-10, H-11: the stage of the handshake begins in both directions, and the server proves its key. */
    private State agreed(byte[] xC, int flags, List<Action> actions) throws ProtocolException {
        try {
            schedule.mix(Labels.EE, x.agree(xC));
            schedule.mix(Labels.ES, settings.host.agree(hostKey, xC));
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "key agreement");
        }
        actions.add(new NextSendingStage(schedule.stage(Labels.HANDSHAKE_S2C)));
        actions.add(new NextReadingStage(schedule.stage(Labels.HANDSHAKE_C2S)));
        send(actions, new ServerFinished(schedule.finished(Labels.FIN_S)));
        return (flags & HandshakeMessage.QUANTUM) != 0 ? new State.AwaitQuantumKeys() : identity();
    }

    private State identity() {
        return mode == Mode.SIMPLEX ? new State.AwaitFinished() : new State.AwaitIdentity();
    }

    /** H-31. */
    private State onQuantumKeys(QuantumKeys m, byte[] whole, List<Action> actions) throws ProtocolException {
        schedule.absorb(whole);
        if (m.offer().keys().isEmpty()) {
            return identity();
        }
        if (++quantumOffers > Limits.QUANTUM_OFFERS) {
            throw new ProtocolException(Reason.LIMIT, "offers of quantum keys"); // L-24
        }
        actions.add(new FetchQuantumKeys(m.offer()));
        return new State.AwaitQuantumFetch(m.offer());
    }

    /**
     * The answer to {@link FetchQuantumKeys} (H-32): one of both.
     *
     * @param keys the keys, one after the other, taken over; or null
     * @param refusal why there are none
     */
    public List<Action> onQuantumKeys(Secret keys, QuantumRefusal refusal) {
        if (!(state instanceof State.AwaitQuantumFetch(QuantumOffer offer))) {
            throw new IllegalStateException("no quantum keys asked for");
        }
        List<Action> actions = new ArrayList<>();
        if (keys == null || keys.length() != offer.bytes()) {
            send(actions, new QuantumAnswer((keys == null ? refusal : QuantumRefusal.FAULTY).code, random.bytes(32)));
            state = new State.AwaitQuantumKeys();
            return actions;
        }
        quantumKeys = keys;
        Secret confirmation = offer.confirmation(schedule, keys);
        send(actions, new QuantumAnswer(0, schedule.finished(confirmation, Labels.FIN_QS)));
        state = new State.AwaitQuantumConfirm(offer, confirmation);
        return actions;
    }

    /** H-33. */
    private State onQuantumConfirm(State.AwaitQuantumConfirm s, QuantumConfirm m, byte[] whole) throws ProtocolException {
        try (Secret confirmation = s.confirmation) {
            if (!schedule.verifies(confirmation, Labels.FIN_QC, m.mac())) {
                throw new ProtocolException(Reason.QUANTUM, "the client's quantum keys are other ones under the same names");
            }
        }
        schedule.absorb(whole);
        quantum = s.offer;
        return identity();
    }

    /** The quantum keys that both ends have confirmed, null without. */
    public QuantumOffer quantumKeys() {
        return quantum;
    }

    /** H-16. */
    private void mixShared(AuthKey shared) {
        schedule.mixShared(shared, quantum, quantumKeys);
        if (quantumKeys != null) {
            quantumKeys.close();
        }
    }

    private State onFinished(ClientFinished m, byte[] whole, List<Action> actions) throws ProtocolException {
        if (!schedule.verifies(Labels.FIN_C, m.mac())) {
            throw new ProtocolException(Reason.CREDENTIAL, "the client's last word does not verify");
        }
        schedule.absorb(whole);
        schedule.mix(Labels.KE2, new byte[32]);
        mixShared(null);
        schedule.mix(Labels.CA, new byte[32]);
        // The client may follow with its next stage at once, so its key must be there; what it says waits for the judgement.
        actions.add(new NextReadingStage(schedule.stage(Labels.APPLICATION_C2S)));
        if (!settings.simplex) {
            return deny(ServerDenial.MODE, "this host takes no anonymous sessions", actions);
        }
        actions.add(new FindKeys(null, List.of(), new byte[0], List.of(), quantum != null));
        return new State.AwaitAnonymousJudgement();
    }

    private State onIdentity(ClientIdentity m, byte[] whole, List<Action> actions) {
        byte[] signed = UserAuth.signed(UserAuth.toSign(schedule.th(), m.head()), hostPublicKey().fingerprint(), m.user());
        schedule.absorb(whole);
        schedule.mix(Labels.KE2, e2.decapsulate(m.ctE2()));
        e2.close();
        boolean invited = opening instanceof ServerOpening.Accepted.First first && first.invite() != null;
        actions.add(new FindKeys(m.user(), m.entries(), invited ? m.enrol() : new byte[0], m.authKeyIds(), quantum != null));
        return new State.AwaitKeys(m, signed);
    }

    /** The answer to {@link FindKeys}, without an auth key. */
    public List<Action> onKeysFound(List<PublicKey> keys, String accountDenial) throws ProtocolException {
        return onKeysFound(new Found(keys, accountDenial));
    }

    /** The answer to {@link FindKeys}, given at its fixed time (L-15). */
    public List<Action> onKeysFound(Found found) throws ProtocolException {
        List<Action> actions = new ArrayList<>();
        switch (state) {
            case State.AwaitAnonymousJudgement s -> state = found.accountDenial == null
                    ? accept(null, null, false, actions)
                    : deny(ServerDenial.ACCOUNT, found.accountDenial, actions);
            case State.AwaitKeys s -> {
                try {
                    state = challenge(s, found, actions);
                } finally {
                    if (found.shared != null) {
                        found.shared.close(); // also where a key of the client's is at fault
                    }
                }
            }
            default -> throw new IllegalStateException("no keys asked for");
        }
        return actions;
    }

    private State challenge(State.AwaitKeys s, Found found, List<Action> actions) throws ProtocolException {
        byte[] th = schedule.th();
        List<Challenge> challenges = new ArrayList<>();
        List<Offer> offers = new ArrayList<>();
        for (int i = 0; i < s.identity.entries().size(); i++) {
            Entry entry = s.identity.entries().get(i);
            PublicKey key = entry.method() == Method.AUTH_KEY ? null : found.keys.get(i);
            offers.add(switch (entry.method()) {
                case SIG -> signed(entry, key, s.signed, challenges);
                case KEM -> challenged(entry, key, s.identity.user(), th, challenges);
                case ZK -> zkChallenged(entry, key, challenges);
                case AUTH_KEY -> shared(found, challenges);
            });
        }
        x.close();
        authKey = found.authKey;
        send(actions, new ServerChallenge(found.authKey, challenges));
        mixShared(found.shared);
        Answered answered = new Answered(s.identity.user(), offers, found.accountDenial, s.identity.enrol(), schedule.th());
        return s.identity.entries().getFirst().method() == Method.ZK ? new State.AwaitCommitments(answered) : new State.AwaitAnswer(answered);
    }

    private static Offer shared(Found found, List<Challenge> challenges) {
        boolean holds = found.alone && found.shared != null;
        challenges.add(new Challenge.Shared(holds));
        return new Offer(holds, null, Secret.zeros(32), null);
    }

    /** H-34: the challenge is made to the key that the client brings, so that it is the same whether that key may log in or not. */
    private Offer zkChallenged(Entry entry, PublicKey key, List<Challenge> challenges) throws ProtocolException {
        PublicKey brought = decodeKey(entry.proof());
        if (brought.type() != KeyType.KEM || !Arrays.equals(brought.fingerprint(), entry.keyHash())) {
            throw new ProtocolException(Reason.MALFORMED, "key of an entry");
        }
        try {
            ZkChallenge challenge = new ZkChallenge(brought, random);
            challenges.add(challenge.challenge());
            return new Offer(key != null && key.type() == KeyType.KEM, key, Secret.zeros(32), challenge);
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "key of an entry");
        }
    }

    /** H-35: only now that the commitments are there. */
    private State onCommitments(Answered s, ZkCommitments m, byte[] whole, List<Action> actions) throws ProtocolException {
        if (m.commitments().size() != s.offers.size()) {
            throw new ProtocolException(Reason.MALFORMED, "commitments");
        }
        schedule.absorb(whole);
        send(actions, new ZkOpenings(s.offers.stream().map(o -> o.zk.opening()).toList()));
        return new State.AwaitZkProofs(s, m.commitments());
    }

    /** H-36: the first entry that may log in and whose commitment holds is the login's; all are looked at. */
    private State onProofs(State.AwaitZkProofs s, ZkProofs m, byte[] whole) throws ProtocolException {
        if (m.rhos().size() != s.commitments.size()) {
            throw new ProtocolException(Reason.MALFORMED, "proofs");
        }
        List<Offer> judged = new ArrayList<>();
        Answered answered = s.answered;
        for (int i = 0; i < m.rhos().size(); i++) {
            Offer offer = answered.offers.get(i);
            boolean holds = offer.zk.proves(s.commitments.get(i), m.rhos().get(i), hostPublicKey().fingerprint(), answered.user, answered.th) & offer.holds;
            judged.add(new Offer(holds, offer.key, offer.a, offer.zk));
        }
        schedule.absorb(whole);
        return new State.AwaitAnswer(new Answered(answered.user, judged, answered.accountDenial, answered.enrol, answered.th));
    }

    /** Stands for a key that may not log in, so that there is a signature to verify for it too; its private half is gone. */
    private static final class SigDecoy {
        private static final PublicKey SIG = make(KeyType.SIG);
        private static final PublicKey SIG87 = make(KeyType.SIG87);

        private static PublicKey make(KeyType type) {
            try (SigKeyPair pair = SigKeyPair.generate(type, RandomSource.system())) {
                return pair.publicKey();
            }
        }

        static PublicKey of(KeyType type) {
            return type == KeyType.SIG87 ? SIG87 : SIG;
        }
    }

    /** H-14: the same work for a key that may log in and for one that may not. */
    private static Offer signed(Entry entry, PublicKey key, byte[] signed, List<Challenge> challenges) {
        KeyType type = typeOf(entry);
        boolean real = key != null && key.type() == type;
        boolean holds = SigKeyPair.verify(real ? key : SigDecoy.of(type), signed, entry.proof()) & real;
        challenges.add(new Challenge.Sig(holds));
        return Offer.of(holds ? key : null, Secret.zeros(32));
    }

    /** H-14: the same work for a key that may log in and for one that may not. */
    private Offer challenged(Entry entry, PublicKey key, String user, byte[] th, List<Challenge> challenges) throws ProtocolException {
        boolean real = key != null && key.type() == KeyType.KEM;
        PublicKey target = real ? key : settings.decoy.publicKey();
        Kem.Encapsulation toUser = encapsulate(Kem.MLKEM768, target.first());
        try {
            Secret a = UserAuth.secret(toUser.shared(), x.agree(target.second()), hostPublicKey().fingerprint(), user, entry.keyHash(), toUser.ciphertext(), th);
            byte[] confirm = UserAuth.confirm(a, th);
            challenges.add(new Challenge.Kem(toUser.ciphertext(), real ? confirm : random.bytes(32)));
            return Offer.of(real ? key : null, a);
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "key agreement");
        }
    }

    private State onAnswer(Answered s, ClientAnswer m, byte[] whole, List<Action> actions) throws ProtocolException {
        if (m.which() >= s.offers.size()) {
            throw new ProtocolException(Reason.MALFORMED, "entry");
        }
        Offer named = s.offers.get(m.which());
        // a client that proves by zero knowledge does not learn which of its keys may log in
        Offer offer = named.zk == null ? named : s.offers.stream().filter(Offer::holds).findFirst().orElse(named);
        schedule.mix(Labels.CA, named.a.bytes());
        boolean verified = schedule.verifies(Labels.FIN_C2, m.mac(), (byte) m.which());
        s.offers.forEach(Offer::close);
        if (!verified || !offer.holds) {
            return deny(ServerDenial.PERMISSION, "Permission denied", actions);
        }
        schedule.absorb(whole);
        if (s.accountDenial != null) {
            return deny(ServerDenial.ACCOUNT, s.accountDenial, actions);
        }
        actions.add(new NextReadingStage(schedule.stage(Labels.APPLICATION_C2S)));
        boolean enrolled = offer.key != null && Arrays.equals(s.enrol, offer.key.encoded());
        return accept(s.user, offer.key, enrolled, actions);
    }

    /** H-18. */
    private State accept(String user, PublicKey key, boolean enrolled, List<Action> actions) {
        actions.add(new NextSendingStage(schedule.stage(Labels.APPLICATION_S2C)));
        actions.add(new Send(new ServerAccept(schedule.finished(Labels.FIN_S2)).encode()));
        actions.add(schedule.roots(suite));
        actions.add(new Established(user, key, enrolled, schedule.th(), authKey, new Secrets(schedule.exporter(), user == null ? null : schedule.nextAuthKey())));
        schedule.close();
        return new State.Over();
    }

    /** H-19. */
    private State deny(int reason, String text, List<Action> actions) {
        actions.add(new Send(new ServerDenial(reason, text).encode()));
        actions.add(new Denied(reason, text));
        schedule.close();
        return new State.Over();
    }

    /** Decodes a key that the peer sent. @throws ProtocolException if it is not one */
    static PublicKey decodeKey(byte[] encoded) throws ProtocolException {
        try {
            return PublicKey.decode(encoded);
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "public key");
        }
    }

    /** The key that an invited client brings, checked, or null; for the owner of {@link FindKeys}. */
    public static PublicKey broughtKey(FindKeys asked, Entry entry) {
        try {
            PublicKey key = asked.enrol().length == 0 ? null : decodeKey(asked.enrol());
            return key != null && Arrays.equals(key.fingerprint(), entry.keyHash()) && key.type() == typeOf(entry) ? key : null;
        } catch (ProtocolException e) {
            return null;
        }
    }

    /** The type that a client says its key has; of one that signs by the size of the signatures, which is the suite's. */
    public static KeyType typeOf(Entry entry) {
        return entry.method() != Method.SIG ? KeyType.KEM : entry.proof().length == KeyType.SIG87.signatureBytes() ? KeyType.SIG87 : KeyType.SIG;
    }

    private PublicKey hostPublicKey() {
        return settings.host.publicKeys().get(hostKey);
    }

    private void send(List<Action> actions, HandshakeMessage message) {
        byte[] whole = message.encode();
        schedule.absorb(whole);
        actions.add(new Send(whole));
    }

    private Kem.Encapsulation encapsulate(Kem kem, byte[] ek) throws ProtocolException {
        try {
            return kem.encapsulate(ek, random);
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "encapsulation key");
        }
    }

    /** Wipes what the handshake still holds. */
    @Override
    public void close() {
        if (schedule != null) {
            schedule.close();
        }
        if (x != null) {
            x.close();
        }
        if (e2 != null) {
            e2.close();
        }
        if (quantumKeys != null) {
            quantumKeys.close();
        }
        switch (state) {
            case State.AwaitQuantumConfirm s -> s.confirmation.close();
            case State.AwaitCommitments s -> s.answered.offers.forEach(Offer::close);
            case State.AwaitZkProofs s -> s.answered.offers.forEach(Offer::close);
            case State.AwaitAnswer s -> s.answered.offers.forEach(Offer::close);
            default -> {}
        }
        state = new State.Over();
    }
}
