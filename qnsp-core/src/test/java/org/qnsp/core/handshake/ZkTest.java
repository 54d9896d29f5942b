package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.qnsp.core.VectorFile;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.KemKeyPair;

/** H-34 to H-36: each condition of soundness, and that a dishonest challenger learns nothing. */
class ZkTest {
    private static final RandomSource RANDOM = RandomSource.system();

    private final KemKeyPair user = KemKeyPair.generate(RANDOM);
    private final Identity.Kem prover = (Identity.Kem) UserAuth.identity(user, RANDOM);
    private final byte[] host = RANDOM.bytes(32);
    private final byte[] th = RANDOM.bytes(32);

    private Identity.Commitment commit(ZkChallenge challenge, byte[] host, String name, byte[] th) throws Exception {
        return prover.commit(challenge.challenge().ciphertext(), challenge.challenge().ephemeral(), host, name, th);
    }

    private static byte[] open(Identity.Commitment commitment, ZkChallenge challenge) throws Exception {
        return commitment.open(challenge.opening().message(), challenge.opening().scalar());
    }

    @Test
    void whoHasTheKeyProvesIt() throws Exception {
        try (ZkChallenge challenge = new ZkChallenge(user.publicKey(), RANDOM)) {
            Identity.Commitment made = commit(challenge, host, "alice", th);
            assertTrue(challenge.proves(made.value(), open(made, challenge), host, "alice", th));
        }
    }

    /** Who passes on the server's challenge as his own gets a commitment to another host, user or transcript; it is of no use to him. */
    @Test
    void aRelayedProofIsNone() throws Exception {
        try (ZkChallenge challenge = new ZkChallenge(user.publicKey(), RANDOM)) {
            for (Identity.Commitment made : List.of(commit(challenge, RANDOM.bytes(32), "alice", th), commit(challenge, host, "bob", th), commit(challenge, host, "alice", RANDOM.bytes(32)))) {
                assertFalse(challenge.proves(made.value(), open(made, challenge), host, "alice", th));
            }
        }
    }

    @Test
    void anotherOpeningIsNone() throws Exception {
        try (ZkChallenge challenge = new ZkChallenge(user.publicKey(), RANDOM)) {
            Identity.Commitment made = commit(challenge, host, "alice", th);
            byte[] rho = open(made, challenge);
            rho = rho.clone();
            rho[31] ^= 1;
            assertFalse(challenge.proves(made.value(), rho, host, "alice", th));
            assertFalse(challenge.proves(RANDOM.bytes(32), open(made, challenge), host, "alice", th));
        }
    }

    /** What was proved once proves nothing for the next challenge. */
    @Test
    void aReplayedProofIsNone() throws Exception {
        try (ZkChallenge first = new ZkChallenge(user.publicKey(), RANDOM); ZkChallenge second = new ZkChallenge(user.publicKey(), RANDOM)) {
            Identity.Commitment made = commit(first, host, "alice", th);
            assertFalse(second.proves(made.value(), open(made, first), host, "alice", th));
        }
    }

    /** Another key's holder commits to what is not the secret. */
    @Test
    void anotherKeyProvesNothing() throws Exception {
        try (KemKeyPair other = KemKeyPair.generate(RANDOM); ZkChallenge challenge = new ZkChallenge(user.publicKey(), RANDOM)) {
            Identity.Commitment made = ((Identity.Kem) UserAuth.identity(other, RANDOM)).commit(challenge.challenge().ciphertext(), challenge.challenge().ephemeral(), host, "alice", th);
            assertNull(open(made, challenge), "it was not made to that key");
            byte[] rho = RANDOM.bytes(32);
            byte[] forged = UserAuth.commitment(other, rho, challenge.challenge().ciphertext(), challenge.challenge().ephemeral(), host, "alice", th);
            assertFalse(challenge.proves(forged, rho, host, "alice", th));
        }
    }

    /** A ciphertext that no one encapsulated gets a commitment like any other, and that is never opened: so nothing depends on what it decapsulates to. */
    @Test
    void aMalformedChallengeLearnsNothing() throws Exception {
        byte[] m = RANDOM.bytes(32);
        byte[] ciphertext = MlKem768.encapsulate(user.publicKey().first(), m).ciphertext();
        Set<String> seen = new HashSet<>();
        try (X25519 x = X25519.generate(RANDOM); X25519 y = X25519.generate(RANDOM)) {
            List<byte[]> bad = new ArrayList<>(List.of(new byte[1088], RANDOM.bytes(1088)));
            for (int i = 0; i < ciphertext.length; i += 17) {
                byte[] bent = ciphertext.clone();
                bent[i] ^= (byte) (1 << i % 8);
                bad.add(bent);
            }
            for (byte[] each : bad) {
                Identity.Commitment made = prover.commit(each, x.publicKey(), host, "alice", th);
                assertEquals(32, made.value().length);
                assertTrue(seen.add(HexFormat.of().formatHex(made.value())));
                assertNull(made.open(m, x.scalar()));
            }
            Identity.Commitment made = prover.commit(ciphertext, x.publicKey(), host, "alice", th);
            assertNull(made.open(RANDOM.bytes(32), x.scalar()), "another message");
            assertNull(made.open(m, y.scalar()), "another scalar");
            assertNull(made.open(m, new byte[32]), "a scalar of no use");
            assertEquals(32, made.open(m, x.scalar()).length);
        }
    }

    private static HandshakePair login() throws Exception {
        return HandshakePair.of(VectorFile.read("handshake-duplex-zk.txt"));
    }

    private static Reason refused(HandshakePair.Way way) throws Exception {
        HandshakePair pair = login();
        pair.way(way);
        Reason reason = assertThrows(ProtocolException.class, pair::run).reason();
        assertNull(pair.serverResult());
        return reason;
    }

    private static final int CC = 16;
    private static final int CO = 18;
    private static final int CA = 7;

    /** H-35: the server opens nothing before it holds the commitments, and takes none after. */
    @Test
    void thereIsNoCommittingAfterTheOpening() throws Exception {
        assertEquals(Reason.STATE, refused(whole -> whole[0] == CO ? List.of(message(CC), whole) : List.of(whole)), "a second commitment");
        assertEquals(Reason.STATE, refused(whole -> whole[0] == CC ? List.of(message(CO)) : List.of(whole)), "an opening in place of the commitment");
        assertEquals(Reason.STATE, refused(whole -> whole[0] == CC ? List.of(message(CA)) : List.of(whole)), "an answer in place of the commitment");
        assertEquals(Reason.STATE, refused(whole -> whole[0] == CO ? List.of() : List.of(whole)), "no opening");
    }

    /** As many of each as there are entries. */
    @Test
    void countsMustAgree() throws Exception {
        assertEquals(Reason.MALFORMED, refused(whole -> whole[0] == CC ? List.of(one(CC)) : List.of(whole)));
        assertEquals(Reason.MALFORMED, refused(whole -> whole[0] == CO ? List.of(one(CO)) : List.of(whole)));
    }

    /** A proof that does not hold is refused as every wrong key is. */
    @Test
    void aWrongProofIsDenied() throws Exception {
        HandshakePair pair = login();
        pair.way(whole -> List.of(whole[0] == CO ? message(CO) : whole));
        pair.run();
        assertNull(pair.serverResult());
        assertEquals(HandshakeMessage.ServerDenial.PERMISSION, pair.clientDenial().reason());
    }

    private static byte[] one(int type) {
        return type == CC ? new HandshakeMessage.ZkCommitments(List.of(new byte[32])).encode() : new HandshakeMessage.ZkProofs(List.of(new byte[32])).encode();
    }

    private static byte[] message(int type) {
        List<byte[]> two = List.of(new byte[32], new byte[32]);
        return switch (type) {
            case CC -> new HandshakeMessage.ZkCommitments(two).encode();
            case CO -> new HandshakeMessage.ZkProofs(two).encode();
            default -> new HandshakeMessage.ClientAnswer(0, new byte[32]).encode();
        };
    }

    /** The commitment of the vectors is the one that is made of what the vectors say; a client with two keys opens both and is let in with the one that may. */
    @Test
    void theServerChoosesAmongTheKeysThatAreProved() throws Exception {
        HandshakePair pair = login();
        pair.run();
        assertArrayEquals(VectorFile.read("handshake-duplex-zk.txt").bytes("identity.1.public"), pair.serverResult().key().encoded());
        assertFalse(Arrays.equals(pair.clientResult().key().encoded(), pair.serverResult().key().encoded()), "the client is not told");
    }
}
