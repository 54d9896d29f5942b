package org.qnsp.crypto;

import java.util.Arrays;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;

/**
 * An ML-KEM-768 key pair (FIPS 203), kept as its 64-byte seed and expanded once. A seed cannot be an expanded key whose
 * parts disagree, so decapsulation binds the shared secret to the ciphertext.
 */
public final class MlKem768 implements AutoCloseable {
    /** Encapsulation key, bytes. */
    public static final int EK_BYTES = 1184;
    /** Ciphertext, bytes. */
    public static final int CT_BYTES = 1088;
    /** Shared secret K, bytes. */
    public static final int SHARED_BYTES = 32;
    /** Seed d | z, bytes. */
    public static final int SEED_BYTES = 64;
    /** The message m of an encapsulation, bytes. */
    public static final int MESSAGE_BYTES = 32;
    private static final int POLYNOMIALS_BYTES = 1152;

    private final Secret seed;
    private final MLKEMPrivateKeyParameters key;
    private final byte[] encapsulationKey;

    /** What encapsulation yields: the ciphertext (1088 bytes, public) and the shared secret (32 bytes, the caller closes it). */
    public record Encapsulation(byte[] ciphertext, Secret shared) {
        @Override
        public String toString() {
            return "Encapsulation[" + ciphertext.length + " bytes]";
        }
    }

    private MlKem768(Secret seed) {
        this.seed = seed;
        this.key = new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_768, seed.bytes());
        this.encapsulationKey = key.getPublicKey();
    }

    /** A new key pair (FIPS 203 algorithm 19); draws 64 bytes at once, d | z. */
    public static MlKem768 generate(RandomSource random) {
        return new MlKem768(Secret.owning(random.keyBytes(SEED_BYTES)));
    }

    /** The key pair of a 64-byte seed d | z (FIPS 203 algorithm 16); the array is copied. */
    public static MlKem768 fromSeed(byte[] seed64) {
        requireLength("ML-KEM-768 seed", seed64, SEED_BYTES);
        return new MlKem768(Secret.copyOf(seed64));
    }

    /** The encapsulation key ek, a copy of 1184 bytes. */
    public byte[] encapsulationKey() {
        return encapsulationKey.clone();
    }

    /**
     * Decapsulates (FIPS 203 algorithm 21). Any 1088 bytes give 32 bytes: a ciphertext that was not made for this key gives the
     * implicit-rejection value, in the same time.
     *
     * @throws IllegalArgumentException if the ciphertext is not 1088 bytes
     * @throws IllegalStateException after {@link #close()}
     */
    public Secret decapsulate(byte[] ciphertext) {
        requireLength("ML-KEM-768 ciphertext", ciphertext, CT_BYTES);
        seed.bytes();
        return Secret.owning(new MLKEMExtractor(key).extractSecret(ciphertext));
    }

    /** The seed d | z for a key file, a copy of 64 bytes that the caller wipes. */
    public byte[] seed() {
        return seed.bytes().clone();
    }

    /** Wipes the seed and the expanded key. */
    @Override
    public void close() {
        seed.close();
        key.destroy();
    }

    /**
     * Encapsulates (FIPS 203 algorithm 20); draws the 32-byte message m at once.
     *
     * @throws InvalidKeyEncodingException if ek fails the checks of FIPS 203 section 7.2: 1184 bytes, every coefficient below q
     */
    public static Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
        checkEncapsulationKey(ek);
        byte[] message = random.keyBytes(MESSAGE_BYTES);
        try {
            return encapsulateChecked(ek, message);
        } finally {
            Arrays.fill(message, (byte) 0);
        }
    }

    /**
     * Encapsulates this message (FIPS 203 algorithm 17), for an encapsulation that is opened later (H-36); never for a key that is used.
     *
     * @param message m, 32 bytes; stays the caller's
     * @throws InvalidKeyEncodingException as {@link #encapsulate(byte[], RandomSource)}
     */
    public static Encapsulation encapsulate(byte[] ek, byte[] message) throws InvalidKeyEncodingException {
        checkEncapsulationKey(ek);
        requireLength("ML-KEM message", message, MESSAGE_BYTES);
        return encapsulateChecked(ek, message);
    }

    private static Encapsulation encapsulateChecked(byte[] ek, byte[] message) {
        SecretWithEncapsulation made = MLKEMGenerator.internalGenerateEncapsulated(new MLKEMPublicKeyParameters(MLKEMParameters.ml_kem_768, ek), message);
        return new Encapsulation(made.getEncapsulation(), Secret.owning(made.getSecret()));
    }

    /**
     * The checks of FIPS 203 section 7.2 on an encapsulation key.
     *
     * @throws InvalidKeyEncodingException if it is not 1184 bytes, or a 12-bit coefficient is not below q = 3329
     */
    public static void checkEncapsulationKey(byte[] ek) throws InvalidKeyEncodingException {
        if (ek.length != EK_BYTES) {
            throw new InvalidKeyEncodingException("an ML-KEM-768 encapsulation key is 1184 bytes, not " + ek.length);
        }
        for (int i = 0; i < POLYNOMIALS_BYTES; i += 3) {
            int low = ek[i] & 0xff | (ek[i + 1] & 0x0f) << 8;
            int high = (ek[i + 1] & 0xff) >>> 4 | (ek[i + 2] & 0xff) << 4;
            if (low >= Kemeleon.Q || high >= Kemeleon.Q) {
                throw new InvalidKeyEncodingException("an ML-KEM-768 encapsulation key has a coefficient out of range");
            }
        }
    }

    static void requireLength(String what, byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new IllegalArgumentException(what + " is " + length + " bytes, not " + bytes.length);
        }
    }
}
