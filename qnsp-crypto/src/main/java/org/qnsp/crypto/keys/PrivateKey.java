package org.qnsp.crypto.keys;

import java.security.GeneralSecurityException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * A long-term key pair, kept as its seeds (K-4). Who holds it closes it, which wipes it; until
 * then any number of threads may use it.
 */
public sealed interface PrivateKey extends AutoCloseable permits KemKeyPair, SigKeyPair {
    /** The public half. */
    PublicKey publicKey();

    /** The type, the public half's. */
    default KeyType type() {
        return publicKey().type();
    }

    /** The post-quantum seed (K-4), a copy that the caller closes: 64 bytes d | z, or 32 bytes xi. */
    Secret firstSecret();

    /** The classical secret (K-4), a copy of 32 bytes that the caller closes: X25519 scalar or Ed25519 seed. */
    Secret secondSecret();

    /** Wipes the secrets. */
    @Override
    void close();

    /** A new key pair; draws the first secret, then the second. */
    static PrivateKey generate(KeyType type, RandomSource random) {
        return switch (type) {
            case KEM -> KemKeyPair.generate(random);
            case SIG, SIG87 -> SigKeyPair.generate(type, random);
        };
    }

    /**
     * The key pair of these secrets (K-4), which are copied.
     *
     * @throws GeneralSecurityException if a secret has the wrong length
     */
    static PrivateKey fromSecrets(KeyType type, byte[] first, byte[] second) throws GeneralSecurityException {
        if (first.length != type.firstSecretBytes() || second.length != type.secondSecretBytes()) {
            throw new GeneralSecurityException("a secret of the " + type.typeName() + " key has the wrong length");
        }
        return switch (type) {
            case KEM -> KemKeyPair.fromSecrets(first, second);
            case SIG, SIG87 -> SigKeyPair.fromSecrets(type, first, second);
        };
    }
}
