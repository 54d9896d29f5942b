package org.qnsp.crypto;

import org.bouncycastle.crypto.params.MLKEMParameters;

/** The KEMs of ephemeral keys, by suite (S-1). Each gives a shared secret of 32 bytes. */
public enum Kem {
    /** ML-KEM-768 (FIPS 203). */
    MLKEM768(MlKem768.EK_BYTES, MlKem768.CT_BYTES) {
        @Override
        public Pair generate(RandomSource random) {
            return MlKem768.generate(random);
        }

        @Override
        public Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
            return MlKem768.encapsulate(ek, random);
        }
    },
    /** ML-KEM-1024 (FIPS 203). */
    MLKEM1024(1568, 1568) {
        @Override
        public Pair generate(RandomSource random) {
            return new MlKem(MLKEMParameters.ml_kem_1024, Secret.owning(random.keyBytes(MlKem.SEED_BYTES)));
        }

        @Override
        public Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
            return MlKem.encapsulate(MLKEMParameters.ml_kem_1024, ek, random);
        }
    },
    /** HQC-192 (HQC-3) of the specification of 2025-08-22. */
    HQC192(Hqc192.EK_BYTES, Hqc192.CT_BYTES) {
        @Override
        public Pair generate(RandomSource random) {
            return new Hqc192(random);
        }

        @Override
        public Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
            return Hqc192.encapsulate(ek, random);
        }
    };

    /** A key pair; closing wipes it. */
    public interface Pair extends AutoCloseable {
        /** ek, a copy. */
        byte[] encapsulationKey();

        /**
         * The shared secret, 32 bytes; a ciphertext that was not made for this key gives the implicit-rejection value, in the same time.
         *
         * @throws IllegalArgumentException for a ciphertext of another length
         * @throws IllegalStateException after {@link #close()}
         */
        Secret decapsulate(byte[] ciphertext);

        @Override
        void close();
    }

    /** What encapsulation yields: the ciphertext (public) and the shared secret (32 bytes, the caller closes it). */
    public record Encapsulation(byte[] ciphertext, Secret shared) {
        @Override
        public String toString() {
            return "Encapsulation[" + ciphertext.length + " bytes]";
        }
    }

    private final int ekBytes;
    private final int ctBytes;

    Kem(int ekBytes, int ctBytes) {
        this.ekBytes = ekBytes;
        this.ctBytes = ctBytes;
    }

    /** Encapsulation key, bytes. */
    public int ekBytes() {
        return ekBytes;
    }

    /** Ciphertext, bytes. */
    public int ctBytes() {
        return ctBytes;
    }

    /** A new key pair; draws 64 bytes at once (d | z of ML-KEM), or 32 (seedKEM of HQC). */
    public abstract Pair generate(RandomSource random);

    /**
     * Encapsulates; draws m of 32 bytes (ML-KEM), or m of 24 and then the salt of 16 (HQC).
     *
     * @throws InvalidKeyEncodingException if ek has another length, or is no key's encoding: for ML-KEM the checks of FIPS 203 section 7.2
     */
    public abstract Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException;
}
