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
import org.junit.jupiter.api.Test;

/** ML-DSA-65 (FIPS 204) against published vectors and the JDK's implementation. */
class MlDsa65Test {
    private static final RandomSource DETERMINISTIC = out -> {
        assertEquals(32, out.length);
        Arrays.fill(out, (byte) 0);
    };

    /** C2SP/CCTV, ML-DSA/accumulated: key generation and the deterministic signature of the empty message, 100 times. */
    @Test
    void accumulatedVectorsAgree() {
        RandomSource stream = Vectors.shake128();
        SHAKEDigest outputs = new SHAKEDigest(128);
        for (int i = 0; i < 100; i++) {
            try (MlDsa65 key = MlDsa65.generate(stream)) {
                byte[] publicKey = key.publicKey();
                byte[] signature = key.sign(new byte[0], DETERMINISTIC);
                assertTrue(MlDsa65.verify(publicKey, new byte[0], signature));
                outputs.update(publicKey, 0, publicKey.length);
                outputs.update(signature, 0, signature.length);
            }
        }
        byte[] out = new byte[32];
        outputs.doFinal(out, 0, 32);
        assertEquals("8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199", Vectors.hex(out));
    }

    @Test
    void theJdkVerifiesWhatWeSignAndTheOtherWayRound() throws Exception {
        RandomSource random = Vectors.random(10);
        KeyPair theirs = KeyPairGenerator.getInstance("ML-DSA-65").generateKeyPair();
        byte[] spki = theirs.getPublic().getEncoded();
        byte[] theirPublic = Arrays.copyOfRange(spki, spki.length - MlDsa65.PUBLIC_BYTES, spki.length);
        for (int i = 0; i < 20; i++) {
            byte[] message = random.bytes(10 * i);
            Signature signer = Signature.getInstance("ML-DSA");
            signer.initSign(theirs.getPrivate());
            signer.update(message);
            assertTrue(MlDsa65.verify(theirPublic, message, signer.sign()));

            try (MlDsa65 ours = MlDsa65.generate(random)) {
                byte[] signature = ours.sign(message, random);
                assertEquals(MlDsa65.SIGNATURE_BYTES, signature.length);
                Signature verifier = Signature.getInstance("ML-DSA");
                verifier.initVerify(KeyFactory.getInstance("ML-DSA").generatePublic(new X509EncodedKeySpec(
                        new SubjectPublicKeyInfo(new AlgorithmIdentifier(NISTObjectIdentifiers.id_ml_dsa_65), ours.publicKey())
                                .getEncoded())));
                verifier.update(message);
                assertTrue(verifier.verify(signature));
            }
        }
    }

    @Test
    void whatWasChangedDoesNotVerify() {
        RandomSource random = Vectors.random(11);
        try (MlDsa65 key = MlDsa65.generate(random)) {
            byte[] message = random.bytes(100);
            byte[] signature = key.sign(message, random);
            byte[] publicKey = key.publicKey();
            assertTrue(MlDsa65.verify(publicKey, message, signature));
            for (int i = 0; i < signature.length; i += 97) {
                byte[] changed = signature.clone();
                changed[i] ^= 1;
                assertFalse(MlDsa65.verify(publicKey, message, changed), "signature byte " + i);
            }
            message[99] ^= 1;
            assertFalse(MlDsa65.verify(publicKey, message, signature));
            message[99] ^= 1;
            publicKey[1000] ^= 1;
            assertFalse(MlDsa65.verify(publicKey, message, signature));
            assertFalse(MlDsa65.verify(publicKey, message, Arrays.copyOf(signature, 3308)));
            assertFalse(MlDsa65.verify(publicKey, message, Arrays.copyOf(signature, 3310)));
            assertFalse(MlDsa65.verify(new byte[1951], message, signature));
            assertFalse(MlDsa65.verify(key.publicKey(), message, random.bytes(3309)));
        }
    }

    @Test
    void signaturesAreHedged() {
        RandomSource random = Vectors.random(12);
        try (MlDsa65 key = MlDsa65.generate(random)) {
            byte[] message = {1};
            assertFalse(Arrays.equals(key.sign(message, random), key.sign(message, random)));
            assertArrayEquals(key.sign(message, DETERMINISTIC), key.sign(message, DETERMINISTIC));
            try (MlDsa65 again = MlDsa65.fromSeed(key.seed())) {
                assertArrayEquals(key.publicKey(), again.publicKey());
                assertArrayEquals(key.sign(message, DETERMINISTIC), again.sign(message, DETERMINISTIC));
            }
        }
    }

    @Test
    void aClosedKeyIsGone() {
        MlDsa65 key = MlDsa65.generate(Vectors.random(13));
        key.close();
        assertThrows(IllegalStateException.class, () -> key.sign(new byte[1], DETERMINISTIC));
        assertThrows(IllegalStateException.class, key::seed);
    }
}
