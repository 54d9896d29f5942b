package org.qnsp.crypto;

import org.bouncycastle.crypto.params.MLKEMParameters;

/** An ML-KEM-768 key pair (FIPS 203): the KEM of long-term keys and of what is coded by {@link Kemeleon}, and an ephemeral one too. */
public final class MlKem768 implements Kem.Pair {
    /** Encapsulation key, bytes. */
    public static final int EK_BYTES = 1184;
    /** Ciphertext, bytes. */
    public static final int CT_BYTES = 1088;
    /** Shared secret K, bytes. */
    public static final int SHARED_BYTES = 32;
    /** Seed d | z, bytes. */
    public static final int SEED_BYTES = MlKem.SEED_BYTES;
    /** The message m of an encapsulation, bytes. */
    public static final int MESSAGE_BYTES = MlKem.MESSAGE_BYTES;

    private final MlKem pair;

    private MlKem768(Secret seed) {
        this.pair = new MlKem(MLKEMParameters.ml_kem_768, seed);
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
    @Override
    public byte[] encapsulationKey() {
        return pair.encapsulationKey();
    }

    /**
     * Decapsulates (FIPS 203 algorithm 21). Any 1088 bytes give 32 bytes: a ciphertext that was not made for this key gives the
     * implicit-rejection value, in the same time.
     *
     * @throws IllegalArgumentException if the ciphertext is not 1088 bytes
     * @throws IllegalStateException after {@link #close()}
     */
    @Override
    public Secret decapsulate(byte[] ciphertext) {
        return pair.decapsulate(ciphertext);
    }

    /** The seed d | z for a key file, a copy of 64 bytes that the caller wipes. */
    public byte[] seed() {
        return pair.seed();
    }

    /** Wipes the seed and the expanded key. */
    @Override
    public void close() {
        pair.close();
    }

    /**
     * Encapsulates (FIPS 203 algorithm 20); draws the 32-byte message m at once.
     *
     * @throws InvalidKeyEncodingException if ek fails the checks of FIPS 203 section 7.2: 1184 bytes, every coefficient below q
     */
    public static Kem.Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
        return MlKem.encapsulate(MLKEMParameters.ml_kem_768, ek, random);
    }

    /**
     * Encapsulates this message (FIPS 203 algorithm 17), for an encapsulation that is opened later (H-36); never for a key that is used.
     *
     * @param message m, 32 bytes; stays the caller's
     * @throws InvalidKeyEncodingException as {@link #encapsulate(byte[], RandomSource)}
     */
    public static Kem.Encapsulation encapsulate(byte[] ek, byte[] message) throws InvalidKeyEncodingException {
        return MlKem.encapsulate(MLKEMParameters.ml_kem_768, ek, message);
    }

    /**
     * The checks of FIPS 203 section 7.2 on an encapsulation key.
     *
     * @throws InvalidKeyEncodingException if it is not 1184 bytes, or a 12-bit coefficient is not below q = 3329
     */
    public static void checkEncapsulationKey(byte[] ek) throws InvalidKeyEncodingException {
        MlKem.check(Kem.MLKEM768, ek);
    }

    static void requireLength(String what, byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new IllegalArgumentException(what + " is " + length + " bytes, not " + bytes.length);
        }
    }
}
