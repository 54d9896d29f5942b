package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.KEM;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** ML-KEM-768 (FIPS 203) against NIST's and other published vectors, and against the JDK's implementation. */
class MlKem768Test {
    private static final AlgorithmIdentifier ALGORITHM = new AlgorithmIdentifier(NISTObjectIdentifiers.id_alg_ml_kem_768);

    @Test
    void keyGenerationAgreesWithAcvp() {
        Vectors.resource("mlkem768-acvp.txt").lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String[] words = line.split(" ");
            byte[] seed = Encoding.concat(Vectors.hex(words[1]), Vectors.hex(words[2]));
            try (MlKem768 key = MlKem768.fromSeed(seed)) {
                assertArrayEquals(Vectors.hex(words[3]), Sha3.hash(key.encapsulationKey()), "tcId " + words[0]);
                assertArrayEquals(seed, key.seed());
            }
        });
    }

    /**
     * The accumulated test of Go's crypto/mlkem (src/crypto/mlkem/mlkem_test.go, TestAccumulated): key generation, encapsulation,
     * decapsulation and implicit rejection, 100 and 10,000 times from one SHAKE128 stream, all outputs in another.
     */
    @Test
    void accumulatedVectorsAgree() throws Exception {
        assertEquals("1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415", accumulated(100));
    }

    @Test
    @Tag("long")
    void moreAccumulatedVectorsAgree() throws Exception {
        assertEquals("8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc", accumulated(10_000));
    }

    private static String accumulated(int times) throws Exception {
        RandomSource stream = Vectors.shake128();
        SHAKEDigest outputs = new SHAKEDigest(128);
        for (int i = 0; i < times; i++) {
            try (MlKem768 key = MlKem768.generate(stream)) {
                byte[] ek = key.encapsulationKey();
                outputs.update(ek, 0, ek.length);
                Kem.Encapsulation made = MlKem768.encapsulate(ek, stream);
                outputs.update(made.ciphertext(), 0, MlKem768.CT_BYTES);
                outputs.update(made.shared().bytes(), 0, MlKem768.SHARED_BYTES);
                assertTrue(key.decapsulate(made.ciphertext()).matches(made.shared().bytes()));
                Secret rejected = key.decapsulate(stream.bytes(MlKem768.CT_BYTES));
                outputs.update(rejected.bytes(), 0, MlKem768.SHARED_BYTES);
            }
        }
        byte[] out = new byte[32];
        outputs.doFinal(out, 0, 32);
        return Vectors.hex(out);
    }

    @Test
    void theKeyOfTheKemeleonVectorDecapsulatesItsCiphertext() {
        String json = Vectors.resource("kemeleon768.json");
        byte[] dk = field(json, "dk");
        byte[] shared = new MLKEMExtractor(new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_768, dk))
                .extractSecret(Kemeleon.decodeCiphertext(field(json, "ec")));
        assertArrayEquals(field(json, "K"), shared);
    }

    private static byte[] field(String json, String name) {
        String key = "\"" + name + "\": \"";
        int from = json.indexOf(key) + key.length();
        return Vectors.hex(json.substring(from, json.indexOf('"', from)));
    }

    @Test
    void theJdkDecapsulatesWhatWeEncapsulateAndTheOtherWayRound() throws Exception {
        RandomSource random = Vectors.random(4);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("ML-KEM-768");
        KEM kem = KEM.getInstance("ML-KEM");
        for (int i = 0; i < 50; i++) {
            KeyPair theirs = generator.generateKeyPair();
            byte[] spki = theirs.getPublic().getEncoded();
            byte[] ek = Arrays.copyOfRange(spki, spki.length - MlKem768.EK_BYTES, spki.length);
            Kem.Encapsulation made = MlKem768.encapsulate(ek, random);
            byte[] shared = kem.newDecapsulator(theirs.getPrivate()).decapsulate(made.ciphertext()).getEncoded();
            assertTrue(made.shared().matches(shared));

            try (MlKem768 ours = MlKem768.generate(random)) {
                PublicKey pub = KeyFactory.getInstance("ML-KEM").generatePublic(new X509EncodedKeySpec(
                        new SubjectPublicKeyInfo(ALGORITHM, ours.encapsulationKey()).getEncoded()));
                KEM.Encapsulated sent = kem.newEncapsulator(pub).encapsulate();
                assertTrue(ours.decapsulate(sent.encapsulation()).matches(sent.key().getEncoded()));

                byte[] expanded = new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_768, ours.seed())
                        .withPreferredFormat(MLKEMPrivateKeyParameters.EXPANDED_KEY).getEncoded();
                PrivateKey priv = KeyFactory.getInstance("ML-KEM").generatePrivate(new PKCS8EncodedKeySpec(
                        new PrivateKeyInfo(ALGORITHM, new DEROctetString(expanded)).getEncoded()));
                byte[] junk = random.bytes(MlKem768.CT_BYTES); // implicit rejection is the same on both sides
                assertTrue(ours.decapsulate(junk).matches(kem.newDecapsulator(priv).decapsulate(junk).getEncoded()));
            }
        }
    }

    @Test
    void anotherCiphertextGivesAnotherSecretButNoError() throws Exception {
        RandomSource random = Vectors.random(5);
        try (MlKem768 key = MlKem768.generate(random)) {
            Kem.Encapsulation made = MlKem768.encapsulate(key.encapsulationKey(), random);
            byte[] changed = made.ciphertext().clone();
            changed[500] ^= 1;
            assertFalse(key.decapsulate(changed).matches(made.shared().bytes()));
            assertTrue(key.decapsulate(changed).matches(key.decapsulate(changed).bytes()));
        }
    }

    @Test
    void keysThatFailTheChecksOfSection72AreRefused() {
        byte[] ek;
        try (MlKem768 key = MlKem768.generate(Vectors.random(6))) {
            ek = key.encapsulationKey();
        }
        RandomSource none = out -> {
            throw new AssertionError("drew randomness for a bad key");
        };
        assertThrows(InvalidKeyEncodingException.class, () -> MlKem768.encapsulate(Arrays.copyOf(ek, 1183), none));
        assertThrows(InvalidKeyEncodingException.class, () -> MlKem768.encapsulate(Arrays.copyOf(ek, 1185), none));
        for (int value : new int[] {3329, 3330, 4095}) {
            for (int coefficient = 0; coefficient < 768; coefficient++) {
                byte[] bad = ek.clone();
                int at = coefficient / 2 * 3;
                if (coefficient % 2 == 0) {
                    bad[at] = (byte) value;
                    bad[at + 1] = (byte) (bad[at + 1] & 0xf0 | value >>> 8);
                } else {
                    bad[at + 1] = (byte) (bad[at + 1] & 0x0f | value << 4);
                    bad[at + 2] = (byte) (value >>> 4);
                }
                assertThrows(InvalidKeyEncodingException.class, () -> MlKem768.encapsulate(bad, none));
            }
        }
    }

    @Test
    void wrongLengthsAreOurBug() {
        try (MlKem768 key = MlKem768.generate(Vectors.random(7))) {
            assertThrows(IllegalArgumentException.class, () -> key.decapsulate(new byte[1087]));
        }
        assertThrows(IllegalArgumentException.class, () -> MlKem768.fromSeed(new byte[63]));
    }

    @Test
    void aClosedKeyIsGone() {
        MlKem768 key = MlKem768.generate(Vectors.random(8));
        key.close();
        key.close();
        assertThrows(IllegalStateException.class, () -> key.decapsulate(new byte[MlKem768.CT_BYTES]));
        assertThrows(IllegalStateException.class, key::seed);
    }
}
