package org.qnsp.crypto;

import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.pqc.crypto.hqc.HQCKEMExtractor;
import org.bouncycastle.pqc.crypto.hqc.HQCKEMGenerator;
import org.bouncycastle.pqc.crypto.hqc.HQCKeyGenerationParameters;
import org.bouncycastle.pqc.crypto.hqc.HQCKeyPairGenerator;
import org.bouncycastle.pqc.crypto.hqc.HQCParameters;
import org.bouncycastle.pqc.crypto.hqc.HQCPrivateKeyParameters;
import org.bouncycastle.pqc.crypto.hqc.HQCPublicKeyParameters;

/**
 * A key pair of HQC-192, HQC-3 of the specification of 2025-08-22 (S-4); for one use. Bouncy Castle keeps copies of it that cannot be wiped (docs/adr/0105); ours is.
 */
final class Hqc192 implements Kem.Pair {
    static final int EK_BYTES = 4514;
    static final int CT_BYTES = 8978;
    private static final int SEED_BYTES = 32;
    private static final int MESSAGE_BYTES = 24;
    private static final int SALT_BYTES = 16;
    /** Bits of the last byte of ek and of u that stand for nothing: n is 35851. */
    private static final int PADDING = 0xff & -1 << 35_851 % 8;

    private final byte[] encapsulationKey;
    private final Secret key;

    Hqc192(RandomSource random) {
        HQCKeyPairGenerator generator = new HQCKeyPairGenerator();
        generator.init(new HQCKeyGenerationParameters(new Draws(random::keyBytes, SEED_BYTES), HQCParameters.hqc192));
        AsymmetricCipherKeyPair pair = generator.generateKeyPair();
        encapsulationKey = ((HQCPublicKeyParameters) pair.getPublic()).getPublicKey();
        key = Secret.owning(((HQCPrivateKeyParameters) pair.getPrivate()).getPrivateKey());
    }

    @Override
    public byte[] encapsulationKey() {
        return encapsulationKey.clone();
    }

    @Override
    public Secret decapsulate(byte[] ciphertext) {
        MlKem768.requireLength("HQC-192 ciphertext", ciphertext, CT_BYTES);
        return Secret.owning(new HQCKEMExtractor(new HQCPrivateKeyParameters(HQCParameters.hqc192, key.bytes())).extractSecret(ciphertext));
    }

    @Override
    public void close() {
        key.close();
    }

    static Kem.Encapsulation encapsulate(byte[] ek, RandomSource random) throws InvalidKeyEncodingException {
        if (ek.length != EK_BYTES || (ek[EK_BYTES - 1] & PADDING) != 0) {
            throw new InvalidKeyEncodingException("not an HQC-192 encapsulation key");
        }
        Draws draws = new Draws(random::keyBytes, MESSAGE_BYTES, SALT_BYTES);
        SecretWithEncapsulation made = new HQCKEMGenerator(draws).generateEncapsulated(new HQCPublicKeyParameters(HQCParameters.hqc192, ek));
        return new Kem.Encapsulation(made.getEncapsulation(), Secret.owning(made.getSecret()));
    }
}
