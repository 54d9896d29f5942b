package org.qnsp.crypto.keys;

import java.util.Arrays;
import org.qnsp.crypto.Ed25519;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.MlDsa65;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/** A key pair of type {@code mldsa65-ed25519}: ML-DSA-65 (FIPS 204) and Ed25519 (RFC 8032), which sign together. */
public final class SigKeyPair implements PrivateKey {
    /** Both signatures, ML-DSA-65 then Ed25519, bytes (H-12). */
    public static final int SIGNATURE_BYTES = MlDsa65.SIGNATURE_BYTES + Ed25519.SIGNATURE_BYTES;

    private final MlDsa65 mlDsa;
    private final Ed25519 ed25519;
    private final PublicKey publicKey;

    private SigKeyPair(MlDsa65 mlDsa, Ed25519 ed25519) {
        this.mlDsa = mlDsa;
        this.ed25519 = ed25519;
        try {
            this.publicKey = PublicKey.of(KeyType.SIG, mlDsa.publicKey(), ed25519.publicKey());
        } catch (InvalidKeyEncodingException e) {
            throw new IllegalStateException("generated a key that is not valid", e);
        }
    }

    /** A new key pair; draws 32 bytes for ML-DSA-65, then 32 for Ed25519. */
    public static SigKeyPair generate(RandomSource random) {
        return new SigKeyPair(MlDsa65.generate(random), Ed25519.generate(random));
    }

    /** The key pair of two 32-byte seeds (K-4), both copied. */
    public static SigKeyPair fromSecrets(byte[] mlDsaSeed32, byte[] ed25519Seed32) {
        return new SigKeyPair(MlDsa65.fromSeed(mlDsaSeed32), Ed25519.fromSeed(ed25519Seed32));
    }

    @Override
    public PublicKey publicKey() {
        return publicKey;
    }

    /** ML-DSA-65 signature 3309 | Ed25519 signature 64, of the same message; draws 32 bytes. */
    public byte[] sign(byte[] message, RandomSource random) {
        return Encoding.concat(mlDsa.sign(message, random), ed25519.sign(message));
    }

    /** Whether both signatures hold (H-12); false for a wrong length and for a key that is not {@code mldsa65-ed25519}. */
    public static boolean verify(PublicKey key, byte[] message, byte[] signature) {
        if (key.type() != KeyType.SIG || signature.length != SIGNATURE_BYTES) {
            return false;
        }
        byte[] first = Arrays.copyOf(signature, MlDsa65.SIGNATURE_BYTES);
        byte[] second = Arrays.copyOfRange(signature, MlDsa65.SIGNATURE_BYTES, SIGNATURE_BYTES);
        boolean firstHolds = MlDsa65.verify(key.first(), message, first);
        boolean secondHolds = Ed25519.verify(key.second(), message, second);
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
