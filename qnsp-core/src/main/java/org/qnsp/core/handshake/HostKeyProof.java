package org.qnsp.core.handshake;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.message.ConnectionRequest.ProveHostKeys.Challenge;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.PublicKey;

/** How a host proves, within a connection and for that connection alone, that it has a host key which the login did not use (C-33). */
public final class HostKeyProof {
    /** A challenge, and the proof that only the owner of the key can give; the caller closes that. */
    public record Asked(Challenge challenge, Secret proof) {
        @Override
        public String toString() {
            return "Asked";
        }
    }

    private HostKeyProof() {}

    /**
     * Asks the owner of a key.
     *
     * @param id the connection's, 32 bytes
     * @throws InvalidKeyEncodingException if the key cannot be used
     */
    public static Asked ask(PublicKey key, byte[] id, RandomSource random) throws InvalidKeyEncodingException {
        Kem.Encapsulation toHost = MlKem768.encapsulate(key.first(), random);
        try (Secret shared = toHost.shared(); X25519 ephemeral = X25519.generate(random); Secret agreed = ephemeral.agree(key.second())) {
            Challenge challenge = new Challenge(key.fingerprint(), toHost.ciphertext(), ephemeral.publicKey());
            return new Asked(challenge, proof(shared, agreed, challenge, id));
        } catch (GeneralSecurityException e) {
            throw new InvalidKeyEncodingException("X25519 public key");
        }
    }

    /**
     * Answers for a host.
     *
     * @return the proof, or null where the host does not have the key, or the challenge is none
     */
    public static Secret answer(HostKeyOps host, Challenge challenge, byte[] id) {
        List<PublicKey> keys = host.publicKeys();
        for (int key = 0; key < keys.size(); key++) {
            if (Arrays.equals(keys.get(key).fingerprint(), challenge.fingerprint())) {
                try (Secret shared = host.decapsulate(key, challenge.ciphertext()); Secret agreed = host.agree(key, challenge.ephemeral())) {
                    return proof(shared, agreed, challenge, id);
                } catch (GeneralSecurityException e) {
                    return null;
                }
            }
        }
        return null;
    }

    /** C-33: bound to the connection, so that a host cannot have another one answer for it. */
    private static Secret proof(Secret shared, Secret agreed, Challenge challenge, byte[] id) {
        try (Secret zeros = Secret.zeros(32); Secret key = Kdf.extract(zeros, Labels.HOST_KEY, shared.bytes(), agreed.bytes(), challenge.fingerprint())) {
            return Kdf.expand(key, Labels.HOST_KEY, Encoding.lpAll(challenge.ciphertext(), challenge.ephemeral(), id));
        }
    }
}
