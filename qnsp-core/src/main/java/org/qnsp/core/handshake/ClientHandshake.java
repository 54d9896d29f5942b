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
import org.qnsp.core.handshake.Action.JudgeHostKey;
import org.qnsp.core.handshake.Action.NextReadingStage;
import org.qnsp.core.handshake.Action.NextSendingStage;
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
import org.qnsp.core.handshake.HandshakeMessage.ServerAccept;
import org.qnsp.core.handshake.HandshakeMessage.ServerChallenge;
import org.qnsp.core.handshake.HandshakeMessage.ServerDenial;
import org.qnsp.core.handshake.HandshakeMessage.ServerFinished;
import org.qnsp.core.handshake.HandshakeMessage.ServerHello;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
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
     */
    public record Settings(Mode mode, String user, Trust trust, List<Identity> identities, boolean enrol, Cover cover) {
        public Settings {
            identities = List.copyOf(identities);
            if (mode == Mode.DUPLEX && (identities.isEmpty() || identities.size() > 4)) {
                throw new IllegalArgumentException("a login takes 1 to 4 identities, not " + identities.size());
            }
        }
    }

    private sealed interface State {
        record Start() implements State {}

        record AwaitReply(MlKem768 e, byte[] opening) implements State {}

        record AwaitHostKey() implements State {}

        record AwaitJudgement(PublicKey hostKey) implements State {}

        record AwaitHello(MlKem768 e, X25519 x) implements State {}

        record AwaitContactReply(X25519 x) implements State {}

        record AwaitFinished(byte[] xS, byte[] ekE2) implements State {}

        record AwaitSignatures(byte[] xS, MlKem768.Encapsulation toServer, Signing signing) implements State {}

        record AwaitChallenge(byte[] xS, List<Entry> entries, byte[] th) implements State {}

        record AwaitProof(Proving proving, byte[] challenge) implements State {}

        record AwaitAccept(PublicKey key) implements State {}

        record Over() implements State {}
    }

    private final Settings settings;
    private final RandomSource random;
    private State state = new State.Start();
    private KeySchedule schedule;
    private PublicKey hostKey;

    public ClientHandshake(Settings settings, RandomSource random) {
        this.settings = settings;
        this.random = random;
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
        schedule = KeySchedule.known(hostKey.fingerprint());
        MlKem768.Encapsulation toHost = encapsulate(hostKey.first());
        byte[] opening = Kemeleon.encodeCiphertext(toHost.ciphertext(), random); // H-3
        schedule.absorb(opening);
        schedule.mix(Labels.KS, toHost.shared());
        MlKem768 e = MlKem768.generate(random);
        X25519 x = X25519.generate(random);
        List<Action> actions = new ArrayList<>();
        actions.add(new SendRaw(opening));
        startEarly(actions);
        send(actions, new ClientHello(KeySchedule.suiteHash(), settings.mode, 0, settings.cover, random.bytes(32), e.encapsulationKey(), x.publicKey()));
        state = new State.AwaitHello(e, x);
        return actions;
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
        MlKem768.Encapsulation toHost = encapsulate(hostKey.first());
        X25519 x = X25519.generate(random);
        List<Action> actions = new ArrayList<>();
        send(actions, new ContactHello(KeySchedule.suiteHash(), settings.mode, 0, settings.cover, random.bytes(32), toHost.ciphertext(), x.publicKey()));
        // H-23 mixes K_S after SK is absorbed; mixing does not read the transcript, so it can be done here and the secret be gone.
        schedule.mix(Labels.KS, toHost.shared());
        state = new State.AwaitContactReply(x);
        return actions;
    }

    /**
     * A handshake message, whole.
     *
     * @throws ProtocolException the peer's fault
     */
    public List<Action> on(byte[] whole) throws ProtocolException {
        HandshakeMessage message = HandshakeMessage.decode(whole, state instanceof State.AwaitChallenge s ? s.entries : List.of());
        List<Action> actions = new ArrayList<>();
        record In(State state, HandshakeMessage message) {}
        state = switch (new In(state, message)) {
            case In(State.AwaitHostKey s, HostKey m) -> onHostKey(m, whole, actions);
            case In(State.AwaitHello s, ServerHello m) -> onHello(s, m, whole, actions);
            case In(State.AwaitContactReply s, ContactReply m) -> onContactReply(s, m, whole, actions);
            case In(State.AwaitFinished s, ServerFinished m) -> onFinished(s, m, whole, actions);
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
        try (MlKem768 e = s.e) {
            schedule.mix(Labels.KE, e.decapsulate(m.ctE()));
        }
        return agreed(m.cover(), s.x, m.xS(), m.ekE2(), actions);
    }

    private State onContactReply(State.AwaitContactReply s, ContactReply m, byte[] whole, List<Action> actions) throws ProtocolException {
        schedule.absorb(whole);
        return agreed(m.cover(), s.x, m.xS(), m.ekE2(), actions);
    }

    private State agreed(Cover cover, X25519 ephemeral, byte[] xS, byte[] ekE2, List<Action> actions) throws ProtocolException {
        if (!cover.serves(settings.cover)) {
            throw new ProtocolException(Reason.COVER, "less cover than was asked for"); // C-34
        }
        actions.add(new Agreed(cover));
        if (ekE2.length != (settings.mode == Mode.DUPLEX ? MlKem768.EK_BYTES : 0)) {
            throw new ProtocolException(Reason.MALFORMED, "mode of the reply");
        }
        try (X25519 x = ephemeral) {
            schedule.mix(Labels.EE, x.agree(xS));
            schedule.mix(Labels.ES, x.agree(hostKey.second()));
        } catch (GeneralSecurityException e) {
            throw new ProtocolException(Reason.MALFORMED, "key agreement"); // H-10
        }
        actions.add(new NextSendingStage(schedule.stage(Labels.HANDSHAKE_C2S)));
        actions.add(new NextReadingStage(schedule.stage(Labels.HANDSHAKE_S2C)));
        return new State.AwaitFinished(xS, ekE2);
    }

    private State onFinished(State.AwaitFinished s, ServerFinished m, byte[] whole, List<Action> actions) throws ProtocolException {
        if (!schedule.verifies(Labels.FIN_S, m.mac())) {
            throw new ProtocolException(Reason.CREDENTIAL, "the host did not prove its key"); // H-11
        }
        schedule.absorb(whole);
        if (settings.mode == Mode.SIMPLEX) {
            send(actions, new ClientFinished(schedule.finished(Labels.FIN_C)));
            schedule.mix(Labels.KE2, new byte[32]);
            schedule.mixAbsentPskAndQkd();
            schedule.mix(Labels.CA, new byte[32]);
            return application(null, actions);
        }
        MlKem768.Encapsulation toServer = encapsulate(s.ekE2);
        Signing signing = new Signing(toServer.ciphertext(), schedule.th());
        if (settings.identities.stream().anyMatch(i -> i instanceof Identity.Sig && i.waits())) {
            actions.add(new UseKeys(signing));
            return new State.AwaitSignatures(s.xS, toServer, signing);
        }
        signing.run();
        return identify(s.xS, toServer, signing.entries, actions);
    }

    private State identify(byte[] xS, MlKem768.Encapsulation toServer, List<Entry> entries, List<Action> actions) {
        send(actions, identity(toServer.ciphertext(), entries));
        schedule.mix(Labels.KE2, toServer.shared());
        schedule.mixAbsentPskAndQkd();
        return new State.AwaitChallenge(xS, entries, schedule.th());
    }

    /** H-12: makes the entries of CI, signed where the key is one that signs. It touches nothing that changes, so that it may run on another thread. */
    private final class Signing implements Runnable {
        private final byte[] ctE2;
        private final byte[] th;
        private List<Entry> entries = List.of();

        Signing(byte[] ctE2, byte[] th) {
            this.ctE2 = ctE2;
            this.th = th;
        }

        @Override
        public void run() {
            List<Entry> unsigned = settings.identities.stream()
                    .map(i -> new Entry(i instanceof Identity.Kem ? Method.KEM : Method.SIG, i.publicKey().fingerprint(), null)).toList();
            byte[] t = UserAuth.toSign(th, identity(ctE2, unsigned).head());
            List<Entry> signed = new ArrayList<>();
            for (int i = 0; i < unsigned.size(); i++) {
                Entry entry = unsigned.get(i);
                signed.add(settings.identities.get(i) instanceof Identity.Sig sig ? new Entry(entry.method(), entry.keyHash(), sign(sig, t)) : entry);
            }
            entries = signed;
        }

        /** A key whose holder does not sign is offered all the same, with what is no signature: the others go on, and the wire looks alike. */
        private byte[] sign(Identity.Sig sig, byte[] t) {
            try {
                return sig.sign(t, hostKey.fingerprint(), settings.user);
            } catch (IOException e) {
                return random.bytes(HandshakeMessage.SIGNATURE);
            }
        }
    }

    /** Goes on after {@link UseKeys}, once its work was run. */
    public List<Action> onKeysUsed() {
        List<Action> actions = new ArrayList<>();
        state = switch (state) {
            case State.AwaitSignatures s -> identify(s.xS, s.toServer, s.signing.entries, actions);
            case State.AwaitProof s -> answer(s.proving, s.challenge, actions);
            default -> throw new IllegalStateException("no keys were asked for");
        };
        return actions;
    }

    private ClientIdentity identity(byte[] ctE2, List<Entry> entries) {
        byte[] enrol = settings.enrol ? settings.identities.getFirst().publicKey().encoded() : new byte[0];
        return new ClientIdentity(ctE2, settings.user, entries, enrol, new byte[0]);
    }

    private State onChallenge(State.AwaitChallenge s, ServerChallenge m, byte[] whole, List<Action> actions) {
        Proving proving = new Proving(s, m.challenges());
        if (settings.identities.stream().anyMatch(i -> i instanceof Identity.Kem && i.waits())) {
            actions.add(new UseKeys(proving));
            return new State.AwaitProof(proving, whole);
        }
        proving.run();
        return answer(proving, whole, actions);
    }

    private State answer(Proving proving, byte[] challenge, List<Action> actions) {
        // where none holds the server will refuse; until then nothing is different
        Secret a = proving.a == null ? Secret.owning(random.bytes(32)) : proving.a;
        schedule.absorb(challenge);
        schedule.mix(Labels.CA, a);
        send(actions, new ClientAnswer(proving.which, schedule.finished(Labels.FIN_C2, (byte) proving.which)));
        return application(settings.identities.get(proving.which).publicKey(), actions);
    }

    /** H-15: finds the first entry that holds. It touches nothing that changes, so that it may run on another thread. */
    private final class Proving implements Runnable {
        private final State.AwaitChallenge asked;
        private final List<Challenge> challenges;
        private int which;
        private Secret a;
        private boolean unwanted;

        Proving(State.AwaitChallenge asked, List<Challenge> challenges) {
            this.asked = asked;
            this.challenges = challenges;
        }

        @Override
        public void run() {
            Secret found = null;
            for (int i = 0; i < challenges.size() && found == null; i++) {
                found = proof(settings.identities.get(i), challenges.get(i));
                if (found != null) {
                    found(found, i);
                }
            }
        }

        private synchronized void found(Secret proof, int entry) {
            a = proof;
            which = entry;
            if (unwanted) {
                a.close();
            }
        }

        /** The handshake is over: what was found, or will yet be, is wiped. */
        synchronized void end() {
            unwanted = true;
            if (a != null) {
                a.close();
            }
        }

        /** The secret a for this entry if the challenge shows that it may log in, else null; null too where the holder of the key does not answer. */
        private Secret proof(Identity identity, Challenge challenge) {
            record Pair(Identity identity, Challenge challenge) {}
            return switch (new Pair(identity, challenge)) {
                case Pair(Identity.Kem kem, Challenge.Kem c) -> proof(kem, c);
                case Pair(Identity.Sig sig, Challenge.Sig c) -> c.accepted() ? Secret.zeros(32) : null;
                case Pair(Identity i, Challenge c) -> throw new IllegalStateException("challenge of another method");
            };
        }

        private Secret proof(Identity.Kem kem, Challenge.Kem challenge) {
            try {
                Secret answer = kem.answer(challenge.ciphertext(), asked.xS, hostKey.fingerprint(), settings.user, asked.th);
                if (MessageDigest.isEqual(UserAuth.confirm(answer, asked.th), challenge.confirm())) {
                    return answer;
                }
                answer.close();
                return null;
            } catch (IOException e) {
                return null;
            }
        }
    }

    private State application(PublicKey key, List<Action> actions) {
        actions.add(new NextSendingStage(schedule.stage(Labels.APPLICATION_C2S))); // H-17
        actions.add(new NextReadingStage(schedule.stage(Labels.APPLICATION_S2C)));
        return new State.AwaitAccept(key);
    }

    private State onAccept(State.AwaitAccept s, ServerAccept m, List<Action> actions) throws ProtocolException {
        if (!schedule.verifies(Labels.FIN_S2, m.mac())) {
            throw new ProtocolException(Reason.CREDENTIAL, "the host's last word does not verify"); // H-18
        }
        actions.add(schedule.roots());
        actions.add(new Established(settings.mode == Mode.DUPLEX ? settings.user : null, s.key, false, schedule.th()));
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

    private MlKem768.Encapsulation encapsulate(byte[] ek) throws ProtocolException {
        try {
            return MlKem768.encapsulate(ek, random);
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
        switch (state) {
            case State.AwaitReply s -> s.e.close();
            case State.AwaitHello s -> {
                s.e.close();
                s.x.close();
            }
            case State.AwaitContactReply s -> s.x.close();
            case State.Start s -> {}
            case State.AwaitHostKey s -> {}
            case State.AwaitJudgement s -> {}
            case State.AwaitFinished s -> {}
            case State.AwaitSignatures s -> s.toServer.shared().close();
            case State.AwaitChallenge s -> {}
            case State.AwaitProof s -> s.proving.end();
            case State.AwaitAccept s -> {}
            case State.Over s -> {}
        }
        state = new State.Over();
    }
}
