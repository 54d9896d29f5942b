package org.qnsp.crypto.keys;

import java.security.GeneralSecurityException;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;

/** A key pair of type {@code mlkem768-x25519}: ML-KEM-768 (FIPS 203) and X25519 (RFC 7748). */
public final class KemKeyPair implements PrivateKey {
    private final MlKem768 kem;
    private final X25519 dh;
    private final PublicKey publicKey;

    private KemKeyPair(MlKem768 kem, X25519 dh) {
        this.kem = kem;
        this.dh = dh;
        try {
            this.publicKey = PublicKey.of(KeyType.KEM, kem.encapsulationKey(), dh.publicKey());
        } catch (InvalidKeyEncodingException e) {
            throw new IllegalStateException("generated a key that is not valid", e);
        }
    }

    /** A new key pair; draws 64 bytes for ML-KEM-768, then 32 for X25519. */
    public static KemKeyPair generate(RandomSource random) {
        return new KemKeyPair(MlKem768.generate(random), X25519.generate(random));
    }

    /** The key pair of a 64-byte seed d | z and a 32-byte scalar (K-4), both copied. */
    public static KemKeyPair fromSecrets(byte[] seed64, byte[] scalar32) {
        return new KemKeyPair(MlKem768.fromSeed(seed64), X25519.fromScalar(scalar32));
    }

    @Override
    public PublicKey publicKey() {
        return publicKey;
    }

    /** K of an ML-KEM-768 ciphertext of 1088 bytes, 32 bytes; never fails for a ciphertext of that length (implicit rejection). */
    public Secret decapsulate(byte[] ct) {
        return kem.decapsulate(ct);
    }

    /**
     * The X25519 shared point, 32 bytes.
     *
     * @throws GeneralSecurityException if it is all zero, or the peer's key is not 32 bytes
     */
    public Secret agree(byte[] x25519Public) throws GeneralSecurityException {
        return dh.agree(x25519Public);
    }

    @Override
    public Secret firstSecret() {
        return Secret.owning(kem.seed());
    }

    @Override
    public Secret secondSecret() {
        return Secret.owning(dh.scalar());
    }

    @Override
    public void close() {
        kem.close();
        dh.close();
    }
}
