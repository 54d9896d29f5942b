package org.qnsp.core.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.core.agent.Agent.Caller;
import org.qnsp.core.agent.Agent.Step;
import org.qnsp.core.agent.AgentMessage.Answer;
import org.qnsp.core.agent.AgentMessage.Answered;
import org.qnsp.core.agent.AgentMessage.Failure;
import org.qnsp.core.agent.AgentMessage.Listed;
import org.qnsp.core.agent.AgentMessage.Reply;
import org.qnsp.core.agent.AgentMessage.Request;
import org.qnsp.core.agent.AgentMessage.Signed;
import org.qnsp.core.agent.AgentMessage.Success;
import org.qnsp.core.agent.KeyTerms.Destination;
import org.qnsp.core.agent.KeyTerms.Host;
import org.qnsp.core.handshake.Identity;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PassphraseLock;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;

/** What an agent answers to whom, and what it never does. */
final class AgentTest {
    private static final RandomSource RANDOM = RandomSource.system();
    private static final long SECOND = 1_000_000_000L;
    private static final PassphraseCost CHEAP = new PassphraseCost(64, 1, 1);

    private final List<byte[]> kept = new ArrayList<>();
    private final Agent agent = new Agent(secret -> {
        byte[] slot = secret.clone();
        kept.add(slot);
        return new Vault.Slot() {
            @Override
            public Secret copy() {
                return Secret.copyOf(slot);
            }

            @Override
            public void close() {
                Arrays.fill(slot, (byte) 0);
            }
        };
    }, RANDOM, 0);
    private final Caller here = new Caller();
    private final byte[] hostA = RANDOM.bytes(32);
    private final byte[] hostB = RANDOM.bytes(32);
    private final byte[] th = RANDOM.bytes(32);
    private KemKeyPair kem;
    private SigKeyPair sig;
    private long now;

    @BeforeEach
    void makeKeys() {
        kem = KemKeyPair.generate(RANDOM);
        sig = SigKeyPair.generate(RANDOM);
    }

    private static PrivateKey copy(PrivateKey key) throws Exception {
        try (Secret first = key.firstSecret(); Secret second = key.secondSecret()) {
            return PrivateKey.fromSecrets(key.type(), first.bytes(), second.bytes());
        }
    }

    private Reply ask(Caller caller, Request request) {
        return assertInstanceOf(Step.Say.class, agent.take(caller, request, now)).reply();
    }

    private boolean does(Caller caller, Request request) {
        return ask(caller, request) instanceof Success;
    }

    private boolean add(PrivateKey key, KeyTerms terms) throws Exception {
        return does(here, new AgentMessage.Add(copy(key), "comment", terms));
    }

    private List<PublicKey> seen(Caller caller) {
        return assertInstanceOf(AgentMessage.Keys.class, ask(caller, new AgentMessage.ListKeys())).keys().stream().map(Listed::key).toList();
    }

    private Caller behind(byte[]... hops) {
        Caller caller = new Caller();
        for (byte[] hop : hops) {
            assertTrue(does(caller, new AgentMessage.Bind(hop)));
        }
        return caller;
    }

    private Answer answer(byte[] ciphertext, byte[] host, String user) {
        return new Answer(kem.publicKey().fingerprint(), ciphertext, X25519.generate(RANDOM).publicKey(), host, user, th);
    }

    private byte[] ciphertext() throws Exception {
        return MlKem768.encapsulate(kem.publicKey().first(), RANDOM).ciphertext();
    }

    private Identity viaAgent(PublicKey key) {
        return key.equals(kem.publicKey()) ? new Identity.Kem() {
            @Override
            public PublicKey publicKey() {
                return key;
            }

            @Override
            public Secret answer(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] transcript) {
                return ((Answered) ask(here, new Answer(key.fingerprint(), ciphertext, serverEphemeral, hostFingerprint, user, transcript))).a();
            }

            @Override
            public Commitment commit(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] transcript) {
                throw new IllegalStateException("not asked for");
            }
        } : new Identity.Sig() {
            @Override
            public PublicKey publicKey() {
                return key;
            }

            @Override
            public byte[] sign(byte[] t, byte[] hostFingerprint, String user) {
                return ((Signed) ask(here, new AgentMessage.Sign(key.fingerprint(), t, hostFingerprint, user))).signatures();
            }
        };
    }

    /** the agent gives the values of H-14 and H-12. */
    @Test
    void itsAnswersAreThoseOfTheKey() throws Exception {
        assertTrue(add(kem, KeyTerms.NONE) && add(sig, KeyTerms.NONE));
        assertTrue(UserAuth.isHeld(viaAgent(kem.publicKey()), hostA, "user", RANDOM));
        assertTrue(UserAuth.isHeld(viaAgent(sig.publicKey()), hostA, "user", RANDOM));
        assertEquals(List.of(kem.publicKey(), sig.publicKey()), seen(here));
    }

    /**
     * a hostile host that the agent is forwarded to gets 32 bytes for each ciphertext, good or bad, that tell nothing: other ones for each value that goes in, the
     * same for the same, never K or the shared point.
     */
    @Test
    void itIsNoOracle() throws Exception {
        add(kem, KeyTerms.NONE);
        Caller host = behind(hostA);
        try (X25519 x = X25519.generate(RANDOM)) {
            Kem.Encapsulation made = MlKem768.encapsulate(kem.publicKey().first(), RANDOM);
            byte[] shared = made.shared().bytes().clone();
            byte[] point = x.agree(kem.publicKey().second()).bytes().clone();
            List<byte[]> seen = new ArrayList<>(List.of(shared, point));
            byte[] hash = kem.publicKey().fingerprint();
            List<Answer> asked = new ArrayList<>();
            asked.add(new Answer(hash, made.ciphertext(), x.publicKey(), hostB, "user", th));
            asked.add(new Answer(hash, made.ciphertext(), x.publicKey(), hostA, "user", th)); // another host
            asked.add(new Answer(hash, made.ciphertext(), x.publicKey(), hostB, "root", th));
            asked.add(new Answer(hash, made.ciphertext(), x.publicKey(), hostB, "user", new byte[32]));
            asked.add(new Answer(hash, made.ciphertext(), X25519.generate(RANDOM).publicKey(), hostB, "user", th));
            for (int i = 0; i < made.ciphertext().length; i += 41) { // malformed at all places
                byte[] bent = made.ciphertext().clone();
                bent[i] ^= 1;
                asked.add(new Answer(hash, bent, x.publicKey(), hostB, "user", th));
            }
            asked.add(new Answer(hash, new byte[1088], x.publicKey(), hostB, "user", th));
            for (Answer each : asked) {
                byte[] a = assertInstanceOf(Answered.class, ask(host, each)).a().bytes();
                assertEquals(32, a.length);
                assertTrue(seen.stream().noneMatch(other -> Arrays.equals(other, a)), "an answer that was seen before");
                byte[] again = assertInstanceOf(Answered.class, ask(host, each)).a().bytes();
                assertTrue(Arrays.equals(a, again), "implicit rejection gives the same for the same");
                seen.add(a.clone());
            }
        }
        // an ephemeral key of small order would give a point that the asker knows
        assertInstanceOf(Failure.class, ask(host, new Answer(kem.publicKey().fingerprint(), ciphertext(), new byte[32], hostB, "user", th)));
    }

    /** a challenge is opened to who made it, whole, and no other; until then a good one and a bad one look alike. */
    @Test
    void itOpensCommitmentsToHonestChallengesOnly() throws Exception {
        add(kem, KeyTerms.NONE);
        Caller host = behind(hostA);
        byte[] m = RANDOM.bytes(32);
        try (X25519 x = X25519.generate(RANDOM)) {
            byte[] scalar = x.scalar();
            byte[] ciphertext = MlKem768.encapsulate(kem.publicKey().first(), m).ciphertext();
            var honest = new AgentMessage.Challenged(kem.publicKey().fingerprint(), ciphertext, x.publicKey(), hostB, "user", th);
            byte[] made = assertInstanceOf(AgentMessage.Committed.class, ask(host, new AgentMessage.Commit(honest))).commitment();
            assertArrayEquals(made, assertInstanceOf(AgentMessage.Committed.class, ask(host, new AgentMessage.Commit(honest))).commitment());
            byte[] rho = assertInstanceOf(AgentMessage.Opened.class, ask(host, new AgentMessage.Open(honest, m, scalar))).rho();
            assertArrayEquals(made, UserAuth.commitment(kem, rho, ciphertext, x.publicKey(), hostB, "user", th));
            assertInstanceOf(Failure.class, ask(host, new AgentMessage.Open(honest, new byte[32], scalar)));
            assertInstanceOf(Failure.class, ask(host, new AgentMessage.Open(honest, m, new byte[32])));
            for (int i = 0; i < ciphertext.length; i += 97) {
                byte[] bent = ciphertext.clone();
                bent[i] ^= 1;
                var bad = new AgentMessage.Challenged(kem.publicKey().fingerprint(), bent, x.publicKey(), hostB, "user", th);
                byte[] other = assertInstanceOf(AgentMessage.Committed.class, ask(host, new AgentMessage.Commit(bad))).commitment();
                assertFalse(Arrays.equals(made, other));
                assertInstanceOf(Failure.class, ask(host, new AgentMessage.Open(bad, m, scalar)));
            }
            assertInstanceOf(Failure.class, ask(host, new AgentMessage.Commit(new AgentMessage.Challenged(sig.publicKey().fingerprint(), ciphertext, x.publicKey(), hostB, "user", th))));
        }
    }

    /** destinations hold for a commitment and for its opening. */
    @Test
    void itCommitsToPermittedDestinationsOnly() throws Exception {
        add(kem, new KeyTerms(0, false, List.of(new Destination(null, new Host("a", List.of(hostA)), ""))));
        byte[] m = RANDOM.bytes(32);
        try (X25519 x = X25519.generate(RANDOM)) {
            byte[] ciphertext = MlKem768.encapsulate(kem.publicKey().first(), m).ciphertext();
            var elsewhere = new AgentMessage.Challenged(kem.publicKey().fingerprint(), ciphertext, x.publicKey(), hostB, "user", th);
            var permitted = new AgentMessage.Challenged(kem.publicKey().fingerprint(), ciphertext, x.publicKey(), hostA, "user", th);
            assertInstanceOf(Failure.class, ask(here, new AgentMessage.Commit(elsewhere)));
            assertInstanceOf(Failure.class, ask(here, new AgentMessage.Open(elsewhere, m, x.scalar())));
            assertInstanceOf(AgentMessage.Opened.class, ask(here, new AgentMessage.Open(permitted, m, x.scalar())));
        }
    }

    /** what is signed is always a login; the asker chooses 32 bytes, a host and a user in it. */
    @ParameterizedTest
    @EnumSource(value = KeyType.class, mode = EnumSource.Mode.EXCLUDE, names = "KEM")
    void itSignsNothingButLogins(KeyType type) throws Exception {
        sig = SigKeyPair.generate(type, RANDOM);
        add(sig, KeyTerms.NONE);
        byte[] wanted = Encoding.ascii("any bytes of the asker's choice!");
        byte[] signature = assertInstanceOf(Signed.class, ask(behind(hostA), new AgentMessage.Sign(sig.publicKey().fingerprint(), wanted, hostB, "user"))).signatures();
        assertFalse(SigKeyPair.verify(sig.publicKey(), wanted, signature));
        byte[] login = Encoding.lpAll(Encoding.ascii("QNSP-auth"), wanted, Encoding.ascii("client"), hostB, Encoding.ascii("user"));
        assertTrue(SigKeyPair.verify(sig.publicKey(), login, signature));
        // a key of one type does not do the other's work
        assertInstanceOf(Failure.class, ask(here, new Answer(sig.publicKey().fingerprint(), new byte[1088], hostA, hostB, "user", th)));
        add(kem, KeyTerms.NONE);
        assertInstanceOf(Failure.class, ask(here, new AgentMessage.Sign(kem.publicKey().fingerprint(), th, hostB, "user")));
    }

    /** */
    @Test
    void whoeverComesThroughAHostUsesWhatIsMeantForItAndChangesNothing() throws Exception {
        Host a = new Host("a", List.of(hostA));
        Host b = new Host("b", List.of(hostB));
        add(kem, new KeyTerms(0, false, List.of(new Destination(null, a, ""), new Destination(a, b, "user"))));
        add(sig, new KeyTerms(0, false, List.of(new Destination(null, b, ""))));
        assertEquals(2, seen(here).size());
        Caller throughA = behind(hostA);
        assertEquals(List.of(kem.publicKey()), seen(throughA));
        assertInstanceOf(Answered.class, ask(throughA, answer(ciphertext(), hostB, "user")));
        assertInstanceOf(Failure.class, ask(throughA, answer(ciphertext(), hostB, "root")));
        assertInstanceOf(Failure.class, ask(throughA, answer(ciphertext(), hostA, "user")));
        assertInstanceOf(Failure.class, ask(throughA, new AgentMessage.Sign(sig.publicKey().fingerprint(), th, hostB, "user")));
        assertEquals(List.of(), seen(behind(hostA, hostB)));
        assertInstanceOf(Failure.class, ask(behind(hostB), answer(ciphertext(), hostB, "user")));
        // another claim does not take the first one back
        assertTrue(does(throughA, new AgentMessage.Bind(hostB)));
        assertInstanceOf(Failure.class, ask(throughA, answer(ciphertext(), hostB, "user")));
        for (Request change : List.of(new AgentMessage.Add(KemKeyPair.generate(RANDOM), "", KeyTerms.NONE), new AgentMessage.Remove(kem.publicKey().fingerprint()),
                new AgentMessage.RemoveAll(), new AgentMessage.Lock(Secret.zeros(3)), new AgentMessage.Unlock(Secret.zeros(3)))) {
            assertInstanceOf(Failure.class, ask(behind(hostA), change), change.toString());
        }
        assertEquals(2, seen(here).size());
    }

    /** */
    @Test
    void aBindingIsRecordedAlsoWhileLockedAndOneTooManySpoilsTheConnection() throws Exception {
        Host a = new Host("a", List.of(hostA));
        add(kem, new KeyTerms(0, false, List.of(new Destination(null, a, ""))));
        PassphraseLock lock = lock("pw");
        Caller throughA = behind(hostA);
        assertInstanceOf(Step.Say.class, agent.unlocked(lock));
        assertInstanceOf(Failure.class, ask(throughA, answer(ciphertext(), hostA, "user")), "forgot where it came from");
        add(sig, KeyTerms.NONE);
        Caller far = new Caller();
        for (int i = 0; i < AgentLimits.HOPS; i++) {
            assertTrue(does(far, new AgentMessage.Bind(RANDOM.bytes(32))));
        }
        assertEquals(List.of(sig.publicKey()), seen(far));
        assertFalse(does(far, new AgentMessage.Bind(hostA)));
        assertInstanceOf(Failure.class, ask(far, new AgentMessage.ListKeys()));
        Caller broken = new Caller();
        broken.spoil();
        assertInstanceOf(Failure.class, ask(broken, new AgentMessage.ListKeys()));
    }

    private PassphraseLock lock(String passphrase) {
        Step.MakeLock step = assertInstanceOf(Step.MakeLock.class, agent.take(here, new AgentMessage.Lock(Secret.copyOf(passphrase.getBytes())), now));
        PassphraseLock lock = PassphraseLock.with(step.passphrase(), CHEAP, RANDOM);
        agent.locked(lock);
        return lock;
    }

    /** */
    @Test
    void aLockedAgentKnowsNothing() throws Exception {
        add(kem, KeyTerms.NONE);
        PassphraseLock lock = lock("open sesame");
        assertEquals(List.of(), seen(here));
        assertInstanceOf(Failure.class, ask(here, answer(ciphertext(), hostA, "user")));
        assertFalse(does(here, new AgentMessage.Remove(kem.publicKey().fingerprint())));
        assertFalse(does(here, new AgentMessage.RemoveAll()));
        assertFalse(add(sig, KeyTerms.NONE));
        assertFalse(does(here, new AgentMessage.Lock(Secret.zeros(1))));
        Step.TryLock tried = assertInstanceOf(Step.TryLock.class, agent.take(here, new AgentMessage.Unlock(Secret.copyOf("open says me".getBytes())), now));
        assertFalse(tried.lock().opensWith(tried.passphrase()));
        tried = assertInstanceOf(Step.TryLock.class, agent.take(here, new AgentMessage.Unlock(Secret.copyOf("open sesame".getBytes())), now));
        assertTrue(tried.lock() == lock && lock.opensWith(tried.passphrase()));
        agent.unlocked(lock);
        assertEquals(List.of(kem.publicKey()), seen(here));
        assertFalse(does(here, new AgentMessage.Unlock(Secret.zeros(1))));
    }

    /** */
    @Test
    void aKeyEndsWithItsLifetimeAndIsWiped() throws Exception {
        add(kem, new KeyTerms(10, false, List.of()));
        add(sig, KeyTerms.NONE);
        assertEquals(10 * SECOND, agent.nextExpiryNanos().orElseThrow());
        now = 10 * SECOND - 1;
        assertEquals(2, seen(here).size());
        now = 10 * SECOND;
        assertEquals(List.of(sig.publicKey()), seen(here));
        assertTrue(agent.nextExpiryNanos().isEmpty());
        assertTrue(Arrays.equals(new byte[96], kept.getFirst()), "not wiped");
        // adding again gives new terms
        add(sig, new KeyTerms(5, true, List.of()));
        assertEquals(1, seen(here).size());
        now += 5 * SECOND;
        assertEquals(0, seen(here).size());
        assertTrue(kept.stream().allMatch(slot -> Arrays.equals(slot, new byte[slot.length])));
        Agent shortly = new Agent(secret -> new Vault.Slot() {
            @Override
            public Secret copy() {
                return Secret.copyOf(secret);
            }

            @Override
            public void close() {}
        }, RANDOM, 7);
        shortly.take(here, new AgentMessage.Add(copy(kem), "", KeyTerms.NONE), 0);
        assertEquals(7 * SECOND, shortly.nextExpiryNanos().orElseThrow());
    }

    /** */
    @Test
    void aKeyThatWantsAYesWaitsForIt() throws Exception {
        Host a = new Host("myhost", List.of(hostA));
        add(kem, new KeyTerms(10, true, List.of(new Destination(null, a, ""))));
        Answer asked = answer(ciphertext(), hostA, "eve\u001b[2Jil");
        Step.Confirm question = assertInstanceOf(Step.Confirm.class, agent.take(here, asked, now));
        assertTrue(question.question().contains("Allow use of key comment?") && question.question().contains("as eve?[2Jil at myhost"), question.question());
        assertInstanceOf(Answered.class, assertInstanceOf(Step.Say.class, agent.confirmed(here, asked, now)).reply());
        // where the key is not meant to go the user is not even asked
        assertInstanceOf(Failure.class, ask(here, answer(ciphertext(), hostB, "x")));
        now = 11 * SECOND;
        assertInstanceOf(Failure.class, assertInstanceOf(Step.Say.class, agent.confirmed(here, asked, now)).reply(), "the key is gone since");
    }

    /** */
    @Test
    void itHoldsSoManyKeysAndNoMore() throws Exception {
        for (int i = 0; i < AgentLimits.KEYS; i++) {
            assertTrue(does(here, new AgentMessage.Add(KemKeyPair.generate(RANDOM), "", KeyTerms.NONE)));
        }
        assertFalse(add(kem, KeyTerms.NONE));
        assertTrue(does(here, new AgentMessage.RemoveAll()));
        assertTrue(add(kem, KeyTerms.NONE));
        agent.close();
        assertEquals(List.of(), seen(here));
    }
}
