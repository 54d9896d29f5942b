package org.qnsp.crypto;

import java.util.Arrays;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;

/**
 * An ML-KEM key pair (FIPS 203) of either parameter set, kept as its 64-byte seed and expanded once. A seed cannot be an expanded key whose parts disagree, so
 * decapsulation binds the shared secret to the ciphertext.
 */
final class MlKem implements Kem.Pair {
    static final int SEED_BYTES = 64;
    static final int MESSAGE_BYTES = 32;
    private static final int RHO_BYTES = 32;

    private final Secret seed;
    private final MLKEMPrivateKeyParameters key;
    private final byte[] encapsulationKey;

    /** The key pair of a seed d | z (FIPS 203 algorithm 16), taken over. */
    MlKem(MLKEMParameters set, Secret seed) {
        this.seed = seed;
        this.key = new MLKEMPrivateKeyParameters(set, seed.bytes());
        this.encapsulationKey = key.getPublicKey();
    }

    @Override
    public byte[] encapsulationKey() {
        return encapsulationKey.clone();
    }

    /** FIPS 203 algorithm 21. */
    @Override
    public Secret decapsulate(byte[] ciphertext) {
        MlKem768.requireLength("ML-KEM ciphertext", ciphertext, key.getParameters().getEncapsulationLength());
        seed.bytes();
        return Secret.owning(new MLKEMExtractor(key).extractSecret(ciphertext));
    }

    /** A copy that the caller wipes. */
    byte[] seed() {
        return seed.bytes().clone();
    }

    /** Wipes the seed and the expanded key. */
    @Override
    public void close() {
        seed.close();
        key.destroy();
    }

    /** FIPS 203 algorithm 20; draws m at once. */
    static Kem.Encapsulation encapsulate(MLKEMParameters set, byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
        check(set == MLKEMParameters.ml_kem_768 ? Kem.MLKEM768 : Kem.MLKEM1024, ek);
        byte[] message = random.keyBytes(MESSAGE_BYTES);
        try {
            return encapsulate(set, ek, message);
        } finally {
            Arrays.fill(message, (byte) 0);
        }
    }

    /** FIPS 203 algorithm 17. @param message m, 32 bytes; stays the caller's */
    static Kem.Encapsulation encapsulate(MLKEMParameters set, byte[] ek, byte[] message) throws InvalidKeyEncodingException {
        check(set == MLKEMParameters.ml_kem_768 ? Kem.MLKEM768 : Kem.MLKEM1024, ek);
        MlKem768.requireLength("ML-KEM message", message, MESSAGE_BYTES);
        SecretWithEncapsulation made = MLKEMGenerator.internalGenerateEncapsulated(new MLKEMPublicKeyParameters(set, ek), message);
        return new Kem.Encapsulation(made.getEncapsulation(), Secret.owning(made.getSecret()));
    }

    /** FIPS 203 section 7.2: the length, and every 12-bit coefficient below q = 3329. */
    static void check(Kem kem, byte[] ek) throws InvalidKeyEncodingException {
        if (ek.length != kem.ekBytes()) {
            throw new InvalidKeyEncodingException("an encapsulation key of " + kem + " is " + kem.ekBytes() + " bytes, not " + ek.length);
        }
        for (int i = 0; i < ek.length - RHO_BYTES; i += 3) {
            int low = ek[i] & 0xff | (ek[i + 1] & 0x0f) << 8;
            int high = (ek[i + 1] & 0xff) >>> 4 | (ek[i + 2] & 0xff) << 4;
            if (low >= Kemeleon.Q || high >= Kemeleon.Q) {
                throw new InvalidKeyEncodingException("an ML-KEM encapsulation key has a coefficient out of range");
            }
        }
    }
}
