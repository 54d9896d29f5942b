package org.qnsp.core.handshake;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.PublicKey;

/** The server's side of the zero-knowledge identification for one key (H-34 to H-36). Its secrets are used for nothing else, and opened. Owned by one thread. */
final class ZkChallenge implements AutoCloseable {
    private final PublicKey key;
    private final Secret message;
    private final X25519 ephemeral;
    private final byte[] ciphertext;
    private final Secret kemShared;
    private final Secret dhShared;

    /** @throws GeneralSecurityException if the key is none that can be challenged */
    ZkChallenge(PublicKey key, RandomSource random) throws GeneralSecurityException {
        this.key = key;
        message = Secret.owning(random.keyBytes(MlKem768.MESSAGE_BYTES));
        ephemeral = X25519.generate(random);
        Kem.Encapsulation made = MlKem768.encapsulate(key.first(), message.bytes());
        ciphertext = made.ciphertext();
        kemShared = made.shared();
        dhShared = ephemeral.agree(key.second());
    }

    PublicKey key() {
        return key;
    }

    /** For SC: 1088 and 32 bytes. */
    HandshakeMessage.Challenge.Zk challenge() {
        return new HandshakeMessage.Challenge.Zk(ciphertext, ephemeral.publicKey());
    }

    /** For SO; sent only after the commitment arrived. */
    HandshakeMessage.ZkOpening opening() {
        return new HandshakeMessage.ZkOpening(message.bytes().clone(), ephemeral.scalar());
    }

    /** Whether the commitment was made with the private key's two secrets; in constant time. */
    boolean proves(byte[] commitment, byte[] rho, byte[] hostFingerprint, String user, byte[] th) {
        return MessageDigest.isEqual(commitment, UserAuth.commitment(rho, hostFingerprint, user, th, ciphertext, ephemeral.publicKey(), kemShared, dhShared));
    }

    @Override
    public void close() {
        message.close();
        ephemeral.close();
        kemShared.close();
        dhShared.close();
    }
}
