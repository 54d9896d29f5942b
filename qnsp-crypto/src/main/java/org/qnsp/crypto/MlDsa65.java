package org.qnsp.crypto;

import java.io.Serial;
import java.security.SecureRandom;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;

/** An ML-DSA-65 key pair (FIPS 204), pure, with the empty context, hedged; kept as its 32-byte seed xi. */
public final class MlDsa65 implements AutoCloseable {
    /** Seed xi, bytes. */
    public static final int SEED_BYTES = 32;
    /** Public key, bytes. */
    public static final int PUBLIC_BYTES = 1952;
    /** Signature, bytes. */
    public static final int SIGNATURE_BYTES = 3309;

    private static final int HEDGE_BYTES = 32;

    private final Secret seed;
    private final MLDSAPrivateKeyParameters key;
    private final byte[] publicKey;

    private MlDsa65(Secret seed) {
        this.seed = seed;
        this.key = new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_65, seed.bytes());
        this.publicKey = key.getPublicKeyParameters().getEncoded();
    }

    /** A new key pair (FIPS 204 algorithm 1); draws the 32-byte seed xi at once. */
    public static MlDsa65 generate(RandomSource random) {
        return new MlDsa65(Secret.owning(random.keyBytes(SEED_BYTES)));
    }

    /** The key pair of a 32-byte seed xi (FIPS 204 algorithm 6); the array is copied. */
    public static MlDsa65 fromSeed(byte[] seed) {
        MlKem768.requireLength("ML-DSA-65 seed", seed, SEED_BYTES);
        return new MlDsa65(Secret.copyOf(seed));
    }

    /** The public key, a copy of 1952 bytes. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** The seed xi for a key file, a copy of 32 bytes that the caller wipes. */
    public byte[] seed() {
        return seed.bytes().clone();
    }

    /**
     * The 3309-byte signature of the message (FIPS 204 algorithm 2, empty context); draws the 32 bytes rnd at once. With 32 zero
     * bytes for rnd this is the deterministic variant.
     */
    public byte[] sign(byte[] message, RandomSource random) {
        seed.bytes();
        MLDSASigner signer = new MLDSASigner();
        signer.init(true, new ParametersWithRandom(key, new Hedge(random)));
        signer.update(message, 0, message.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException e) {
            throw new IllegalStateException("ML-DSA-65 signing failed", e);
        }
    }

    /** Whether it is a signature of the message (FIPS 204 algorithm 3, empty context); false for wrong lengths. */
    public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        if (publicKey.length != PUBLIC_BYTES || signature.length != SIGNATURE_BYTES) {
            return false;
        }
        MLDSASigner signer = new MLDSASigner();
        signer.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_65, publicKey));
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    /** Wipes the seed and the expanded key. */
    @Override
    public void close() {
        seed.close();
        key.destroy();
    }

    /** Hands Bouncy Castle the 32 bytes rnd from our source; anything else it might ask for is a bug. */
    private static final class Hedge extends SecureRandom {
        @Serial
        private static final long serialVersionUID = 1L;

        private final transient RandomSource source;

        Hedge(RandomSource source) {
            this.source = source;
        }

        @Override
        public void nextBytes(byte[] out) {
            if (out.length != HEDGE_BYTES) {
                throw new IllegalStateException("ML-DSA-65 draws 32 bytes, not " + out.length);
            }
            source.fill(out);
        }
    }
}
