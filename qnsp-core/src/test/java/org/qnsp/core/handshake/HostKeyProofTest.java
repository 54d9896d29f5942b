package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.GeneralSecurityException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.ConnectionRequest.ProveHostKeys;
import org.qnsp.core.message.ConnectionRequest.ProveHostKeys.Challenge;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;

/** C-33: only who has a host key can prove it, and only for the connection that it was asked in. */
class HostKeyProofTest {
    private static final byte[] HERE = new byte[32];
    private static final byte[] ELSEWHERE = new byte[32];

    static {
        ELSEWHERE[0] = 1;
    }

    private final KemKeyPair own = KemKeyPair.generate(RandomSource.system());
    private final KemKeyPair others = KemKeyPair.generate(RandomSource.system());

    @AfterEach
    void end() {
        own.close();
        others.close();
    }

    private static HostKeyOps host(KemKeyPair... keys) {
        return new HostKeyOps() {
            @Override
            public List<PublicKey> publicKeys() {
                return List.of(keys).stream().map(KemKeyPair::publicKey).toList();
            }

            @Override
            public Secret decapsulate(int key, byte[] ciphertext) {
                return keys[key].decapsulate(ciphertext);
            }

            @Override
            public Secret agree(int key, byte[] ephemeral) throws GeneralSecurityException {
                return keys[key].agree(ephemeral);
            }
        };
    }

    private static boolean proves(HostKeyOps host, HostKeyProof.Asked asked, Challenge challenge, byte[] connection) {
        try (Secret answer = HostKeyProof.answer(host, challenge, connection)) {
            return answer != null && asked.proof().matches(answer.bytes());
        }
    }

    @Test
    void theOwnerProvesEachOfItsKeys() throws Exception {
        HostKeyOps host = host(others, own);
        for (KemKeyPair key : List.of(own, others)) {
            HostKeyProof.Asked asked = HostKeyProof.ask(key.publicKey(), HERE, RandomSource.system());
            assertTrue(proves(host, asked, asked.challenge(), HERE));
        }
    }

    @Test
    void aHostCannotProveSomebodyElsesKey() throws Exception {
        HostKeyProof.Asked asked = HostKeyProof.ask(others.publicKey(), HERE, RandomSource.system());
        assertNull(HostKeyProof.answer(host(own), asked.challenge(), HERE), "it does not have the key");
        Challenge renamed = new Challenge(own.publicKey().fingerprint(), asked.challenge().ciphertext(), asked.challenge().ephemeral());
        assertFalse(proves(host(own), asked, renamed, HERE), "its own key answers something else");
        assertFalse(proves(host(others), asked, asked.challenge(), ELSEWHERE), "the owner's answer to the same question in another connection is of no use");
    }

    @Test
    void whatWasTamperedWithIsNotProved() throws Exception {
        HostKeyProof.Asked asked = HostKeyProof.ask(own.publicKey(), HERE, RandomSource.system());
        Challenge c = asked.challenge();
        byte[] ciphertext = c.ciphertext().clone();
        ciphertext[500] ^= 1;
        assertFalse(proves(host(own), asked, new Challenge(c.fingerprint(), ciphertext, c.ephemeral()), HERE));
        byte[] ephemeral = c.ephemeral().clone();
        ephemeral[5] ^= 1;
        assertFalse(proves(host(own), asked, new Challenge(c.fingerprint(), c.ciphertext(), ephemeral), HERE));
        assertNull(HostKeyProof.answer(host(own), new Challenge(c.fingerprint(), c.ciphertext(), new byte[32]), HERE), "a shared point of zero");
    }

    @Test
    void requestsAreReadAsTheyWereWritten() throws Exception {
        Challenge c = HostKeyProof.ask(own.publicKey(), HERE, RandomSource.system()).challenge();
        byte[] body = new ProveHostKeys(List.of(c, c)).encode();
        ProveHostKeys read = (ProveHostKeys) ConnectionRequest.decode(ProveHostKeys.NAME, body).orElseThrow();
        assertEquals(2, read.challenges().size());
        assertArrayEquals(c.ciphertext(), read.challenges().get(1).ciphertext());
        byte[] keys = new ConnectionRequest.HostKeys(List.of(own.publicKey().encoded())).encode();
        assertArrayEquals(own.publicKey().encoded(), ((ConnectionRequest.HostKeys) ConnectionRequest.decode("host-keys", keys).orElseThrow()).keys().getFirst());
        keys[0] = 4;
        assertThrows(ProtocolException.class, () -> ConnectionRequest.decode("host-keys", keys), "more than L-3 allows");
        assertThrows(ProtocolException.class, () -> ConnectionRequest.decode("prove-host-keys", new byte[] {0}));
    }
}
