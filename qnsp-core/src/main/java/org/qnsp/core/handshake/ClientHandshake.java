package org.qnsp.core.handshake;

import static org.qnsp.crypto.Encoding.concat;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.handshake.Action.Agreed;
import org.qnsp.core.handshake.Action.Denied;
import org.qnsp.core.handshake.Action.Established;
import org.qnsp.core.handshake.Action.GetQuantumKeys;
import org.qnsp.core.handshake.Action.JudgeHostKey;
import org.qnsp.core.handshake.Action.NextReadingStage;
import org.qnsp.core.handshake.Action.NextSendingStage;
import org.qnsp.core.handshake.Action.Secrets;
import org.qnsp.core.handshake.Action.Send;
import org.qnsp.core.handshake.Action.SendRaw;
import org.qnsp.core.handshake.Action.StartReading;
import org.qnsp.core.handshake.Action.StartSending;
import org.qnsp.core.handshake.Action.UseKeys;
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
import org.qnsp.core.handshake.HandshakeMessage.ZkOpening;
import org.qnsp.core.handshake.HandshakeMessage.ZkOpenings;
import org.qnsp.core.handshake.HandshakeMessage.ZkProofs;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.Kemeleon;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;

/**
 * The client's end of the handshake (H). Each call takes what arrived and returns what to do, in order. A {@link ProtocolException} ends it; the object is
 * then only good for {@link #close()}. Owned by one thread.
 */
public final class ClientHandshake implements AutoCloseable {
    /** What the client believes of the host before it connects. */
    public sealed interface Trust {
        /** The host's key is known. */
        record Pinned(PublicKey hostKey) implements Trust {}

        /** An invite: fingerprint 32 bytes and invite key (K-8) 32 bytes. */
        record Invited(byte[] fingerprint, byte[] inviteKey) implements Trust {}

        /** Nothing: the user is shown the key that answers. */
        record Unknown() implements Trust {}
    }

    /**
     * What the client wants.
     *
     * @param user name at the host; not used in SIMPLEX
     * @param identities 1 to 4 in DUPLEX
     * @param enrol ask the host to take the first identity's key under the invite
     * @param cover asked of the host
     * @param zk prove the identities by zero knowledge; all of them then answer challenges
     * @param authKeys 0 to 2, the one that is preferred first; they stay the caller's until the login is over. In DUPLEX without identities one of them has to do alone
     * @param authKeyRequired no login with a host that knows none of them
     * @param quantum agree on quantum keys as well
     * @param suite what is spoken; identities that sign have keys of its type
     */
    public record Settings(Mode mode, String user, Trust trust, List<Identity> identities, boolean enrol, Cover cover, boolean zk, List<AuthKey> authKeys, boolean authKeyRequired, boolean quantum,
            Suite suite) {
        public Settings {
            identities = List.copyOf(identities);
            authKeys = List.copyOf(authKeys);
            zk &= !identities.isEmpty();
            if (mode == Mode.DUPLEX && (identities.isEmpty() && authKeys.isEmpty() || identities.size() > Limits.KEY_ENTRIES || authKeys.size() > Limits.AUTH_KEYS)) {
                throw new IllegalArgumentException("a login takes 1 to 4 identities, not " + identities.size() + ", and 0 to 2 auth keys, not " + authKeys.size());
            }
            if (zk && !identities.stream().allMatch(i -> i instanceof Identity.Kem)) {
                throw new IllegalArgumentException("an identity that signs proves nothing by zero knowledge");
            }
            if (!identities.stream().allMatch(i -> suite.takes(i.publicKey().type()))) {
                throw new IllegalArgumentException("an identity whose signatures are of another suite");
            }
        }

        /** Without zero knowledge, auth keys, quantum keys; of the suite that all have. */
        public Settings(Mode mode, String user, Trust trust, List<Identity> identities, boolean enrol, Cover cover) {
            this(mode, user, trust, identities, enrol, cover, false, List.of(), false, false, Suite.DEFAULT);
        }
    }

    private sealed interface State {
        record Start() implements State {}

        record AwaitReply(MlKem768 e, byte[] opening) implements State {}

        record AwaitHostKey() implements State {}

        record AwaitJudgement(PublicKey hostKey) implements State {}

        record AwaitHello(Kem.Pair e, X25519 x) implements State {}

        /** @param e null where the opening's exchange is the suite's */
        record AwaitContactReply(Kem.Pair e, X25519 x) implements State {}

        record AwaitFinished(byte[] ekE2) implements State {}

        record AwaitQuantumKeys(AwaitFinished finished) implements State {}

        record AwaitQuantumAnswer(AwaitFinished finished, QuantumOffer offer) implements State {}

        record AwaitWork(KeyWork work) implements State {}

        record AwaitChallenge(List<Entry> entries, byte[] th) implements State {}

        record AwaitOpenings(List<Identity.Commitment> commitments) implements State {}

        record AwaitAccept(PublicKey key) implements State {}

        record Over() implements State {}
    }

    private final Settings settings;
    private final RandomSource random;
    private State state = new State.Start();
    private KeySchedule schedule;
    private PublicKey hostKey;
    private final Quantum quantum = new Quantum();
    private byte[] xS;
    private int authKey;
    private Answered answered;

    /** Who wants to know early what a login in DUPLEX leaves behind. */
    @FunctionalInterface
    public interface Answered {
        /**
         * CA is made, whether or not the server will accept it; runs where the handshake does, and must not block.
         *
         * @param authKey which of the named auth keys is mixed in, from 1 on, 0 for none
         * @param next the next auth key (H-37), taken over
         */
        void answered(int authKey, AuthKey next);
    }

    public ClientHandshake(Settings settings, RandomSource random) {
        this.settings = settings;
        this.random = random;
    }

    /** Has this told of CA; before the handshake begins. */
    public void onAnswered(Answered listener) {
        answered = listener;
    }

    /**
     * The opening; all of its work is done before the connection is made, so that its duration shows nowhere.
     *
     * @param hours hours since 1970, UTC
     * @throws ProtocolException if the pinned key is not a host key
     */
    public List<Action> begin(long hours) throws ProtocolException {
        require(state instanceof State.Start);
        return switch (settings.trust) {
            case Trust.Pinned(PublicKey key) -> known(key);
            case Trust.Invited invited -> firstContact(invited, hours);
            case Trust.Unknown() -> firstContact(null, hours);
        };
    }

    private List<Action> known(PublicKey key) throws ProtocolException {
        hostKey = hostKey(key);
        schedule = KeySchedule.known(settings.suite, hostKey.fingerprint());
        Kem.Encapsulation toHost = encapsulate(Kem.MLKEM768, hostKey.first());
        byte[] opening = Kemeleon.encodeCiphertext(toHost.ciphertext(), random); // H-3
        schedule.absorb(opening);
        schedule.mix(Labels.KS, toHost.shared());
        Kem.Pair e = settings.suite.kem().generate(random);
        X25519 x = X25519.generate(random);
        List<Action> actions = new ArrayList<>();
        actions.add(new SendRaw(opening));
        startEarly(actions);
        send(actions, new ClientHello(settings.suite.hash(), settings.mode, flags(), settings.cover, random.bytes(32), e.encapsulationKey(), x.publicKey()));
        state = new State.AwaitHello(e, x);
        return actions;
    }

    private int flags() {
        return settings.quantum ? HandshakeMessage.QUANTUM : 0; // H-9
    }

    private List<Action> firstContact(Trust.Invited invited, long hours) {
        try (Secret psk = invited == null ? Secret.zeros(32) : Secret.copyOf(invited.inviteKey)) {
            schedule = KeySchedule.firstContact(psk);
        }
        MlKem768 e = MlKem768.generate(random);
        byte[] ek = Kemeleon.encodeKey(e.encapsulationKey(), random);
        byte[] nonce = random.bytes(32);
        byte[] tag = invited == null ? random.bytes(32) : inviteTag(invited.inviteKey, hours, Sha3.hash(ek, nonce));
        byte[] opening = concat(ek, nonce, tag, random.bytes(ServerOpening.OPENING_BYTES - ek.length - 64)); // H-20
        state = new State.AwaitReply(e, opening);
        return List.of(new SendRaw(opening));
    }

    /** H-20: the tag of an invite, 32 bytes. @param tagged H(encoded key | nonce) */
    private static byte[] inviteTag(byte[] inviteKey, long hours, byte[] tagged) {
        return Hmac.mac(inviteKey, Encoding.lp(Encoding.ascii(Labels.INVITE)), Encoding.u64(hours), tagged);
    }

    /** Whether this is the tag of the invite at this hour; in constant time. */
    static boolean inviteTagMatches(byte[] inviteKey, long hours, byte[] tagged, byte[] tag) {
        return MessageDigest.isEqual(inviteTag(inviteKey, hours, tagged), tag);
    }

    /** Raw bytes that must be read before the first keyed frame: 1536 at first contact, else 0. */
    public int rawReplyBytes() {
        return state instanceof State.AwaitReply ? ServerOpening.OPENING_BYTES : 0;
    }

    /** The server's raw reply, {@link #rawReplyBytes()} long (H-21). */
    public List<Action> onRawReply(byte[] reply) throws ProtocolException {
        if (!(state instanceof State.AwaitReply(MlKem768 e, byte[] opening))) {
            throw new IllegalStateException("no raw reply awaited");
        }
        schedule.absorb(opening);
        schedule.absorb(reply);
        try (e) {
            schedule.mix(Labels.KE, e.decapsulate(Kemeleon.decodeCiphertext(reply)));
        }
        List<Action> actions = new ArrayList<>();
        startEarly(actions);
        state = new State.AwaitHostKey();
        return actions;
    }

    /** Whether the caller trusts the key of {@link JudgeHostKey} (H-22). */
    public List<Action> onHostKeyJudged(boolean trusted) throws ProtocolException {
        if (!(state instanceof State.AwaitJudgement(PublicKey key))) {
            throw new IllegalStateException("no judgement awaited");
        }
        if (!trusted) {
            throw new ProtocolException(Reason.CREDENTIAL, "host key not trusted");
        }
        hostKey = key;
        Kem.Encapsulation toHost = encapsulate(Kem.MLKEM768, hostKey.first());
        X25519 x = X25519.generate(random);
        Kem.Pair e = settings.suite.contactExchange() ? settings.suite.kem().generate(random) : null;
        List<Action> actions = new ArrayList<>();
        send(actions, new ContactHello(settings.suite.hash(), settings.mode, flags(), settings.cover, random.bytes(32), toHost.ciphertext(), x.publicKey(),
                e == null ? new byte[0] : e.encapsulationKey()));
        // H-23 mixes K_S after SK is absorbed; mixing does not read the transcript, so it can be done here and the secret be gone.
        schedule.mix(Labels.KS, toHost.shared());
        state = new State.AwaitContactReply(e, x);
        return actions;
    }

    /**
     * A handshake message, whole.
     *
     * @throws ProtocolException the peer's fault
     */
    public List<Action> on(byte[] whole) throws ProtocolException {
        HandshakeMessage message = HandshakeMessage.decode(whole, settings.suite, state instanceof State.AwaitChallenge s ? s.entries : List.of());
        List<Action> actions = new ArrayList<>();
        record In(State state, HandshakeMessage message) {}
        state = switch (new In(state, message)) {
            case In(State.AwaitHostKey s, HostKey m) -> onHostKey(m, whole, actions);
            case In(State.AwaitHello s, ServerHello m) -> onHello(s, m, whole, actions);
            case In(State.AwaitContactReply s, ContactReply m) -> onContactReply(s, m, whole, actions);
            case In(State.AwaitFinished s, ServerFinished m) -> onFinished(s, m, whole, actions);
            case In(State.AwaitQuantumAnswer s, QuantumAnswer m) -> quantum.answered(s, m, whole, actions);
            case In(State.AwaitOpenings s, ZkOpenings m) -> onOpenings(s, m, whole, actions);
            case In(State.AwaitChallenge s, ServerChallenge m) -> onChallenge(s, m, whole, actions);
            case In(State.AwaitAccept s, ServerAccept m) -> onAccept(s, m, actions);
            case In(State.AwaitAccept s, ServerDenial m) -> onDenial(m, actions);
            case In(State s, HandshakeMessage m) -> throw new ProtocolException(Reason.STATE, m.getClass().getSimpleName() + " in " + s.getClass().getSimpleName());
        };
        return actions;
    }

    private State onHostKey(HostKey m, byte[] whole, List<Action> actions) throws ProtocolException {
        PublicKey key = hostKey(ServerHandshake.decodeKey(m.encoded()));
        if (settings.trust instanceof Trust.Invited invited && !MessageDigest.isEqual(key.fingerprint(), invited.fingerprint)) {
            throw new ProtocolException(Reason.CREDENTIAL, "host key is not the invite's");
        }
        schedule.absorb(whole);
        actions.add(new JudgeHostKey(key));
        return new State.AwaitJudgement(key);
    }

    private State onHello(State.AwaitHello s, ServerHello m, byte[] whole, List<Action> actions) throws ProtocolException {
        schedule.absorb(whole);
        try (Kem.Pair e = s.e) {
            schedule.mix(Labels.KE, e.decapsulate(m.ctE()));
        }
        return agreed(m.cover(), s.x, m.xS(), m.ekE2(), actions);
    }

    private State onContactReply(State.AwaitContactReply s, ContactReply m, byte[] whole, List<Action> actions) throws ProtocolException {
        schedule.absorb(whole);
        if (s.e != null) {
            try (Kem.Pair e = s.e) {
                schedule.mix(Labels.KE, e.decapsulate(m.ctF()));
            }
        }
        return agreed(m.cover(), s.x, m.xS(), m.ekE2(), actions);
    }

    private State agreed(Cover cover, X25519 ephemeral, byte[] ofServer, byte[] ekE2, List<Action> actions) throws ProtocolException {
        if (!cover.serves(settings.cover)) {
            throw new ProtocolException(Reason.COVER, "less cover than was asked for"); // C-34
        }
        actions.add(new Agreed(cover));
        if (ekE2.length != (settings.mode == Mode.DUPLEX ? settings.suite.kem().ekBytes() : 0)) {
            throw new ProtocolException(Reason.MALFORMED, "mode of the reply");
        }
        try (X25519 x = ephemeral) {
            schedule.mix(Labels.EE, x.agree(ofServer));
            schedule.mix(Labels.ES, x.agree(hostKey.second()));
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "key agreement"); // H-10
        }
        actions.add(new NextSendingStage(schedule.stage(Labels.HANDSHAKE_C2S)));
        actions.add(new NextReadingStage(schedule.stage(Labels.HANDSHAKE_S2C)));
        xS = ofServer;
        return new State.AwaitFinished(ekE2);
    }

    private State onFinished(State.AwaitFinished s, ServerFinished m, byte[] whole, List<Action> actions) throws ProtocolException {
        if (!schedule.verifies(Labels.FIN_S, m.mac())) {
            throw new ProtocolException(Reason.CREDENTIAL, "the host did not prove its key"); // H-11
        }
        schedule.absorb(whole);
        return settings.quantum ? quantum.ask(s, null, actions) : identify(s, actions);
    }

    /** H-31 to H-33: quantum keys are agreed before anything names the user. */
    private final class Quantum {
        private QuantumOffer agreed;
        private Secret joined;
        private int offers;

        State ask(State.AwaitFinished s, QuantumRefusal refusal, List<Action> actions) {
            actions.add(new GetQuantumKeys(refusal));
            return new State.AwaitQuantumKeys(s);
        }

        State offer(State.AwaitFinished s, QuantumOffer offer, Secret keys, List<Action> actions) throws ProtocolException {
            send(actions, new QuantumKeys(offer));
            if (offer.keys().isEmpty()) {
                return identify(s, actions);
            }
            if (++offers > Limits.QUANTUM_OFFERS || keys.length() != offer.bytes()) {
                throw new IllegalStateException("an offer too many, or of other sizes");
            }
            joined = keys;
            return new State.AwaitQuantumAnswer(s, offer);
        }

        State answered(State.AwaitQuantumAnswer s, QuantumAnswer m, byte[] whole, List<Action> actions) throws ProtocolException {
            if (m.result() != 0) {
                QuantumRefusal refusal = QuantumRefusal.of(m.result());
                schedule.absorb(whole);
                end();
                return ask(s.finished, refusal, actions);
            }
            try (Secret confirmation = s.offer.confirmation(schedule, joined)) {
                if (!schedule.verifies(confirmation, Labels.FIN_QS, m.mac())) {
                    throw new ProtocolException(Reason.QUANTUM, "the host's quantum keys are other ones under the same names");
                }
                schedule.absorb(whole);
                send(actions, new QuantumConfirm(schedule.finished(confirmation, Labels.FIN_QC)));
            }
            agreed = s.offer;
            return identify(s.finished, actions);
        }

        void end() {
            if (joined != null) {
                joined.close();
            }
        }
    }

    /**
     * Goes on after {@link GetQuantumKeys}.
     *
     * @param offer what was got; {@link QuantumOffer#none()} to do without
     * @param keys the keys, one after the other, taken over; null without an offer
     */
    public List<Action> onQuantumKeys(QuantumOffer offer, Secret keys) throws ProtocolException {
        if (!(state instanceof State.AwaitQuantumKeys(State.AwaitFinished finished))) {
            throw new IllegalStateException("no quantum keys awaited");
        }
        List<Action> actions = new ArrayList<>();
        state = quantum.offer(finished, offer, keys, actions);
        return actions;
    }

    /** Offers of quantum keys that may yet be made (L-24). */
    public int quantumOffersLeft() {
        return Limits.QUANTUM_OFFERS - quantum.offers;
    }

    /** The quantum keys that both ends have confirmed, null without. */
    public QuantumOffer quantumKeys() {
        return quantum.agreed;
    }

    private State identify(State.AwaitFinished s, List<Action> actions) throws ProtocolException {
        if (settings.mode == Mode.SIMPLEX) {
            send(actions, new ClientFinished(schedule.finished(Labels.FIN_C)));
            schedule.mix(Labels.KE2, new byte[32]);
            mixShared(0);
            schedule.mix(Labels.CA, new byte[32]);
            return application(null, actions);
        }
        Kem.Encapsulation toServer = encapsulate(settings.suite.kem(), s.ekE2);
        schedule.mix(Labels.KE2, toServer.shared()); // H-13 says so after CI, which changes th and not ck
        return use(new KeyWork.Signing(keys(), toServer.ciphertext(), schedule.th()), settings.identities.stream().anyMatch(Identity.Sig.class::isInstance), actions);
    }

    private KeyWork.Keys keys() {
        return new KeyWork.Keys(settings, hostKey.fingerprint(), random);
    }

    /** @param keys whether there are any that this is work for */
    private State use(KeyWork work, boolean keys, List<Action> actions) {
        if (keys) {
            actions.add(new UseKeys(work));
            return new State.AwaitWork(work);
        }
        work.run();
        return used(work, actions);
    }

    private State used(KeyWork work, List<Action> actions) {
        switch (work) {
            case KeyWork.Signing signing -> {
                ClientIdentity identity = signing.identity();
                send(actions, identity);
                return new State.AwaitChallenge(identity.entries(), schedule.th());
            }
            case KeyWork.Proving proving -> {
                return answer(proving.which(), proving.secret(), actions);
            }
            case KeyWork.Committing committing -> {
                send(actions, committing.message());
                return new State.AwaitOpenings(committing.commitments());
            }
            case KeyWork.Opening opening -> {
                send(actions, opening.message());
                return answer(opening.first(), Secret.zeros(32), actions);
            }
        }
    }

    /** Goes on after {@link UseKeys}, once its work was run. */
    public List<Action> onKeysUsed() {
        if (!(state instanceof State.AwaitWork(KeyWork work))) {
            throw new IllegalStateException("no keys were asked for");
        }
        List<Action> actions = new ArrayList<>();
        state = used(work, actions);
        return actions;
    }

    private boolean keysProve() {
        return settings.zk || settings.identities.stream().anyMatch(Identity.Kem.class::isInstance);
    }

    private State onChallenge(State.AwaitChallenge s, ServerChallenge m, byte[] whole, List<Action> actions) throws ProtocolException {
        boolean withoutTheKey = m.authKey() == 0 && m.challenges().contains(new Challenge.Shared(true)); // H-15
        if (m.authKey() > settings.authKeys.size() || withoutTheKey) {
            throw new ProtocolException(Reason.MALFORMED, "auth key");
        }
        if (settings.authKeyRequired && m.authKey() == 0) {
            throw new ProtocolException(Reason.AUTH_KEY, "the host knows no auth key of this client");
        }
        authKey = m.authKey();
        schedule.absorb(whole);
        return use(settings.zk ? new KeyWork.Committing(keys(), m.challenges(), schedule.th()) : new KeyWork.Proving(keys(), xS, s.th, m.challenges()), keysProve(), actions);
    }

    private State onOpenings(State.AwaitOpenings s, ZkOpenings m, byte[] whole, List<Action> actions) throws ProtocolException {
        if (m.openings().size() != s.commitments.size()) {
            throw new ProtocolException(Reason.MALFORMED, "openings");
        }
        schedule.absorb(whole);
        return use(new KeyWork.Opening(keys(), s.commitments, m.openings()), keysProve(), actions);
    }

    private void mixShared(int which) {
        schedule.mixShared(which == 0 ? null : settings.authKeys.get(which - 1), quantum.agreed, quantum.joined);
        quantum.end();
    }

    private State answer(int which, Secret a, List<Action> actions) {
        mixShared(authKey);
        schedule.mix(Labels.CA, a);
        send(actions, new ClientAnswer(which, schedule.finished(Labels.FIN_C2, (byte) which)));
        return application(settings.identities.isEmpty() ? null : settings.identities.get(which).publicKey(), actions);
    }

    private State application(PublicKey key, List<Action> actions) {
        actions.add(new NextSendingStage(schedule.stage(Labels.APPLICATION_C2S))); // H-17
        actions.add(new NextReadingStage(schedule.stage(Labels.APPLICATION_S2C)));
        if (answered != null && settings.mode == Mode.DUPLEX) {
            answered.answered(authKey, schedule.nextAuthKey());
        }
        return new State.AwaitAccept(key);
    }

    private State onAccept(State.AwaitAccept s, ServerAccept m, List<Action> actions) throws ProtocolException {
        if (!schedule.verifies(Labels.FIN_S2, m.mac())) {
            throw new ProtocolException(Reason.CREDENTIAL, "the host's last word does not verify"); // H-18
        }
        actions.add(schedule.roots(settings.suite));
        actions.add(new Established(settings.mode == Mode.DUPLEX ? settings.user : null, s.key, false, schedule.th(), authKey,
                new Secrets(schedule.exporter(), settings.mode == Mode.DUPLEX ? schedule.nextAuthKey() : null)));
        schedule.close();
        return new State.Over();
    }

    private State onDenial(ServerDenial m, List<Action> actions) {
        actions.add(new Denied(m.reason(), m.text()));
        return new State.Over();
    }

    /** The host's key, once it is known. */
    public PublicKey hostKey() {
        return hostKey;
    }

    private void startEarly(List<Action> actions) {
        actions.add(new StartSending(schedule.stage(Labels.EARLY_C2S)));
        actions.add(new StartReading(schedule.stage(Labels.EARLY_S2C), false));
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

    private static PublicKey hostKey(PublicKey key) throws ProtocolException {
        if (key.type() != KeyType.KEM) {
            throw new ProtocolException(Reason.CREDENTIAL, "not a host key");
        }
        return key;
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalStateException("out of order");
        }
    }

    /** Wipes what the handshake still holds. */
    @Override
    public void close() {
        if (schedule != null) {
            schedule.close();
        }
        quantum.end();
        switch (state) {
            case State.AwaitReply s -> s.e.close();
            case State.AwaitHello s -> {
                s.e.close();
                s.x.close();
            }
            case State.AwaitContactReply s -> {
                if (s.e != null) {
                    s.e.close();
                }
                s.x.close();
            }
            case State.Start s -> {}
            case State.AwaitHostKey s -> {}
            case State.AwaitJudgement s -> {}
            case State.AwaitFinished s -> {}
            case State.AwaitQuantumKeys s -> {}
            case State.AwaitQuantumAnswer s -> {}
            case State.AwaitWork s -> s.work.end();
            case State.AwaitChallenge s -> {}
            case State.AwaitOpenings s -> {}
            case State.AwaitAccept s -> {}
            case State.Over s -> {}
        }
        state = new State.Over();
    }
}
