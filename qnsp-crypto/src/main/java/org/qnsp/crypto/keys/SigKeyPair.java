package org.qnsp.crypto.keys;

import java.util.Arrays;
import org.qnsp.crypto.Ed25519;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.MlDsa;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/** A key pair of a type that signs: ML-DSA (FIPS 204) and Ed25519 (RFC 8032), which sign together. */
public final class SigKeyPair implements PrivateKey {
    private final MlDsa mlDsa;
    private final Ed25519 ed25519;
    private final PublicKey publicKey;

    private SigKeyPair(KeyType type, MlDsa mlDsa, Ed25519 ed25519) {
        this.mlDsa = mlDsa;
        this.ed25519 = ed25519;
        try {
            this.publicKey = PublicKey.of(type, mlDsa.publicKey(), ed25519.publicKey());
        } catch (InvalidKeyEncodingException e) {
            throw new IllegalStateException("generated a key that is not valid", e);
        }
    }

    /** A new key pair of this type; draws 32 bytes for ML-DSA, then 32 for Ed25519. */
    public static SigKeyPair generate(KeyType type, RandomSource random) {
        return new SigKeyPair(type, MlDsa.generate(type.set(), random), Ed25519.generate(random));
    }

    /** A new key pair of type {@code mldsa65-ed25519}. */
    public static SigKeyPair generate(RandomSource random) {
        return generate(KeyType.SIG, random);
    }

    /** The key pair of two 32-byte seeds (K-4), both copied. */
    public static SigKeyPair fromSecrets(KeyType type, byte[] mlDsaSeed32, byte[] ed25519Seed32) {
        return new SigKeyPair(type, MlDsa.fromSeed(type.set(), mlDsaSeed32), Ed25519.fromSeed(ed25519Seed32));
    }

    @Override
    public PublicKey publicKey() {
        return publicKey;
    }

    /** ML-DSA signature | Ed25519 signature, of the same message; draws 32 bytes. */
    public byte[] sign(byte[] message, RandomSource random) {
        return Encoding.concat(mlDsa.sign(message, random), ed25519.sign(message));
    }

    /** Whether both signatures hold (H-12); false for a wrong length and for a key that does not sign. */
    public static boolean verify(PublicKey key, byte[] message, byte[] signature) {
        if (!key.type().signs() || signature.length != key.type().signatureBytes()) {
            return false;
        }
        int first = key.type().set().signatureBytes();
        boolean firstHolds = MlDsa.verify(key.type().set(), key.first(), message, Arrays.copyOf(signature, first));
        boolean secondHolds = Ed25519.verify(key.second(), message, Arrays.copyOfRange(signature, first, signature.length));
        return firstHolds & secondHolds;
    }

    @Override
    public Secret firstSecret() {
        return Secret.owning(mlDsa.seed());
    }

    @Override
    public Secret secondSecret() {
        return Secret.owning(ed25519.seed());
    }

    @Override
    public void close() {
        mlDsa.close();
        ed25519.close();
    }
}
