package org.qnsp.crypto;

import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;

/** An ML-DSA key pair (FIPS 204) of either parameter set, pure, with the empty context, hedged; kept as its 32-byte seed xi. */
public final class MlDsa implements AutoCloseable {
    /** Seed xi, bytes. */
    public static final int SEED_BYTES = 32;
    private static final int HEDGE_BYTES = 32;

    /** A parameter set. */
    public enum Set {
        /** ML-DSA-65. */
        ML_DSA_65(MLDSAParameters.ml_dsa_65, 1952, 3309),
        /** ML-DSA-87. */
        ML_DSA_87(MLDSAParameters.ml_dsa_87, 2592, 4627);

        private final MLDSAParameters parameters;
        private final int publicBytes;
        private final int signatureBytes;

        Set(MLDSAParameters parameters, int publicBytes, int signatureBytes) {
            this.parameters = parameters;
            this.publicBytes = publicBytes;
            this.signatureBytes = signatureBytes;
        }

        /** Public key, bytes. */
        public int publicBytes() {
            return publicBytes;
        }

        /** Signature, bytes. */
        public int signatureBytes() {
            return signatureBytes;
        }
    }

    private final Secret seed;
    private final MLDSAPrivateKeyParameters key;
    private final byte[] publicKey;

    private MlDsa(Set set, Secret seed) {
        this.seed = seed;
        this.key = new MLDSAPrivateKeyParameters(set.parameters, seed.bytes());
        this.publicKey = key.getPublicKeyParameters().getEncoded();
    }

    /** A new key pair (FIPS 204 algorithm 1); draws the 32-byte seed xi at once. */
    public static MlDsa generate(Set set, RandomSource random) {
        return new MlDsa(set, Secret.owning(random.keyBytes(SEED_BYTES)));
    }

    /** The key pair of a 32-byte seed xi (FIPS 204 algorithm 6); the array is copied. */
    public static MlDsa fromSeed(Set set, byte[] seed) {
        MlKem768.requireLength("ML-DSA seed", seed, SEED_BYTES);
        return new MlDsa(set, Secret.copyOf(seed));
    }

    /** The public key, a copy. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** The seed xi for a key file, a copy of 32 bytes that the caller wipes. */
    public byte[] seed() {
        return seed.bytes().clone();
    }

    /**
     * The signature of the message (FIPS 204 algorithm 2, empty context); draws the 32 bytes rnd at once. With 32 zero
     * bytes for rnd this is the deterministic variant.
     */
    public byte[] sign(byte[] message, RandomSource random) {
        seed.bytes();
        MLDSASigner signer = new MLDSASigner();
        signer.init(true, new ParametersWithRandom(key, new Draws(random::bytes, HEDGE_BYTES)));
        signer.update(message, 0, message.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException e) {
            throw new IllegalStateException("ML-DSA signing failed", e);
        }
    }

    /** Whether it is a signature of the message (FIPS 204 algorithm 3, empty context); false for wrong lengths. */
    public static boolean verify(Set set, byte[] publicKey, byte[] message, byte[] signature) {
        if (publicKey.length != set.publicBytes || signature.length != set.signatureBytes) {
            return false;
        }
        MLDSASigner signer = new MLDSASigner();
        signer.init(false, new MLDSAPublicKeyParameters(set.parameters, publicKey));
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    /** Wipes the seed and the expanded key. */
    @Override
    public void close() {
        seed.close();
        key.destroy();
    }
}
