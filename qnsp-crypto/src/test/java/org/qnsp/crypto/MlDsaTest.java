package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.crypto.MlDsa.Set;

/** ML-DSA-65 and ML-DSA-87 (FIPS 204) against published vectors and the JDK's implementation. */
class MlDsaTest {
    private static final RandomSource DETERMINISTIC = out -> {
        assertEquals(32, out.length);
        Arrays.fill(out, (byte) 0);
    };

    /** C2SP/CCTV, ML-DSA/accumulated: key generation and the deterministic signature of the empty message, 100 times. */
    @ParameterizedTest
    @CsvSource({"ML_DSA_65,8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199", "ML_DSA_87,8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b"})
    void accumulatedVectorsAgree(Set set, String expected) {
        RandomSource stream = Vectors.shake128();
        SHAKEDigest outputs = new SHAKEDigest(128);
        for (int i = 0; i < 100; i++) {
            try (MlDsa key = MlDsa.generate(set, stream)) {
                byte[] publicKey = key.publicKey();
                byte[] signature = key.sign(new byte[0], DETERMINISTIC);
                assertTrue(MlDsa.verify(set, publicKey, new byte[0], signature));
                outputs.update(publicKey, 0, publicKey.length);
                outputs.update(signature, 0, signature.length);
            }
        }
        byte[] out = new byte[32];
        outputs.doFinal(out, 0, 32);
        assertEquals(expected, Vectors.hex(out));
    }

    @ParameterizedTest
    @EnumSource(Set.class)
    void theJdkVerifiesWhatWeSignAndTheOtherWayRound(Set set) throws Exception {
        RandomSource random = Vectors.random(10);
        KeyPair theirs = KeyPairGenerator.getInstance(set.name().replace('_', '-')).generateKeyPair();
        byte[] spki = theirs.getPublic().getEncoded();
        byte[] theirPublic = Arrays.copyOfRange(spki, spki.length - set.publicBytes(), spki.length);
        for (int i = 0; i < 20; i++) {
            byte[] message = random.bytes(10 * i);
            Signature signer = Signature.getInstance("ML-DSA");
            signer.initSign(theirs.getPrivate());
            signer.update(message);
            assertTrue(MlDsa.verify(set, theirPublic, message, signer.sign()));

            try (MlDsa ours = MlDsa.generate(set, random)) {
                byte[] signature = ours.sign(message, random);
                assertEquals(set.signatureBytes(), signature.length);
                Signature verifier = Signature.getInstance("ML-DSA");
                verifier.initVerify(KeyFactory.getInstance("ML-DSA").generatePublic(new X509EncodedKeySpec(
                        new SubjectPublicKeyInfo(new AlgorithmIdentifier(set == Set.ML_DSA_65 ? NISTObjectIdentifiers.id_ml_dsa_65 : NISTObjectIdentifiers.id_ml_dsa_87), ours.publicKey())
                                .getEncoded())));
                verifier.update(message);
                assertTrue(verifier.verify(signature));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Set.class)
    void whatWasChangedDoesNotVerify(Set set) {
        RandomSource random = Vectors.random(11);
        try (MlDsa key = MlDsa.generate(set, random)) {
            byte[] message = random.bytes(100);
            byte[] signature = key.sign(message, random);
            byte[] publicKey = key.publicKey();
            assertTrue(MlDsa.verify(set, publicKey, message, signature));
            for (int i = 0; i < signature.length; i += 97) {
                byte[] changed = signature.clone();
                changed[i] ^= 1;
                assertFalse(MlDsa.verify(set, publicKey, message, changed), "signature byte " + i);
            }
            message[99] ^= 1;
            assertFalse(MlDsa.verify(set, publicKey, message, signature));
            message[99] ^= 1;
            publicKey[1000] ^= 1;
            assertFalse(MlDsa.verify(set, publicKey, message, signature));
            assertFalse(MlDsa.verify(set, publicKey, message, Arrays.copyOf(signature, signature.length - 1)));
            assertFalse(MlDsa.verify(set, publicKey, message, Arrays.copyOf(signature, signature.length + 1)));
            assertFalse(MlDsa.verify(set, new byte[set.publicBytes() - 1], message, signature));
            assertFalse(MlDsa.verify(set, key.publicKey(), message, random.bytes(set.signatureBytes())));
        }
    }

    @ParameterizedTest
    @EnumSource(Set.class)
    void signaturesAreHedged(Set set) {
        RandomSource random = Vectors.random(12);
        try (MlDsa key = MlDsa.generate(set, random)) {
            byte[] message = {1};
            assertFalse(Arrays.equals(key.sign(message, random), key.sign(message, random)));
            assertArrayEquals(key.sign(message, DETERMINISTIC), key.sign(message, DETERMINISTIC));
            try (MlDsa again = MlDsa.fromSeed(set, key.seed())) {
                assertArrayEquals(key.publicKey(), again.publicKey());
                assertArrayEquals(key.sign(message, DETERMINISTIC), again.sign(message, DETERMINISTIC));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Set.class)
    void aClosedKeyIsGone(Set set) {
        MlDsa key = MlDsa.generate(set, Vectors.random(13));
        key.close();
        assertThrows(IllegalStateException.class, () -> key.sign(new byte[1], DETERMINISTIC));
        assertThrows(IllegalStateException.class, key::seed);
    }
}
