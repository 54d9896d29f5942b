package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.KEM;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The KEMs of ephemeral keys (S-1). */
class KemTest {
    @ParameterizedTest
    @CsvSource({"MLKEM768,1184,1088", "MLKEM1024,1568,1568", "HQC192,4514,8978"})
    void sizesAreThoseOfTheSpecification(Kem kem, int ek, int ct) throws Exception {
        assertEquals(List.of(ek, ct), List.of(kem.ekBytes(), kem.ctBytes()));
        RandomSource random = Vectors.random(1);
        Kem.Pair pair = kem.generate(random);
        assertEquals(ek, pair.encapsulationKey().length);
        Kem.Encapsulation made = kem.encapsulate(pair.encapsulationKey(), random);
        assertEquals(ct, made.ciphertext().length);
        assertEquals(32, made.shared().length());
        assertTrue(pair.decapsulate(made.ciphertext()).matches(made.shared().bytes()));
        for (int at : new int[] {0, ct / 2, ct - 1}) {
            byte[] changed = made.ciphertext().clone();
            changed[at] ^= 1;
            assertFalse(pair.decapsulate(changed).matches(made.shared().bytes()));
            assertTrue(pair.decapsulate(changed).matches(pair.decapsulate(changed).bytes()));
        }
        assertThrows(IllegalArgumentException.class, () -> pair.decapsulate(new byte[ct - 1]));
        for (int length : new int[] {0, ek - 1, ek + 1}) {
            assertThrows(InvalidKeyEncodingException.class, () -> kem.encapsulate(Arrays.copyOf(pair.encapsulationKey(), length), random));
        }
        pair.close();
        assertThrows(IllegalStateException.class, () -> pair.decapsulate(made.ciphertext()));
    }

    @ParameterizedTest
    @EnumSource(Kem.class)
    void theDrawsAreWhatVectorsRelyOn(Kem kem) throws Exception {
        List<Integer> drawn = new ArrayList<>();
        RandomSource random = Vectors.random(2);
        RandomSource watched = out -> {
            drawn.add(out.length);
            random.fill(out);
        };
        try (Kem.Pair pair = kem.generate(watched)) {
            kem.encapsulate(pair.encapsulationKey(), watched);
        }
        assertEquals(kem == Kem.HQC192 ? List.of(32, 24, 16) : List.of(64, 32), drawn);
        RandomSource again = Vectors.random(2);
        RandomSource once = Vectors.random(2);
        try (Kem.Pair a = kem.generate(again); Kem.Pair b = kem.generate(once)) {
            assertArrayEquals(a.encapsulationKey(), b.encapsulationKey());
            assertArrayEquals(kem.encapsulate(a.encapsulationKey(), again).ciphertext(), kem.encapsulate(b.encapsulationKey(), once).ciphertext());
        }
    }

    @Test
    void whatIsNoKeyIsRefused() { // S-4
        RandomSource random = Vectors.random(3);
        for (int i = 0; i < 8; i++) {
            byte[] ek = Kem.HQC192.generate(random).encapsulationKey();
            ek[ek.length - 1] |= (byte) (1 << i);
            if (i < 3) { // n is 35851, so that three bits of the last byte are used
                assertTrue(encapsulates(Kem.HQC192, ek), "bit " + i);
            } else {
                assertFalse(encapsulates(Kem.HQC192, ek), "bit " + i);
            }
        }
        byte[] ek = Kem.MLKEM1024.generate(random).encapsulationKey();
        ek[1535] = (byte) 0xff; // the last coefficient, 12 bits
        ek[1534] |= (byte) 0xf0;
        assertFalse(encapsulates(Kem.MLKEM1024, ek));
    }

    private static boolean encapsulates(Kem kem, byte[] ek) {
        try {
            return kem.encapsulate(ek, Vectors.random(4)) != null;
        } catch (InvalidKeyEncodingException e) {
            return false;
        }
    }

    @Test
    void theJdkDecapsulatesMlKem1024AndTheOtherWayRound() throws Exception {
        RandomSource random = Vectors.random(5);
        KEM jdk = KEM.getInstance("ML-KEM");
        AlgorithmIdentifier algorithm = new AlgorithmIdentifier(NISTObjectIdentifiers.id_alg_ml_kem_1024);
        for (int i = 0; i < 10; i++) {
            KeyPair theirs = KeyPairGenerator.getInstance("ML-KEM-1024").generateKeyPair();
            byte[] spki = theirs.getPublic().getEncoded();
            Kem.Encapsulation made = Kem.MLKEM1024.encapsulate(Arrays.copyOfRange(spki, spki.length - 1568, spki.length), random);
            assertTrue(made.shared().matches(jdk.newDecapsulator(theirs.getPrivate()).decapsulate(made.ciphertext()).getEncoded()));
            try (Kem.Pair ours = Kem.MLKEM1024.generate(random)) {
                KEM.Encapsulated sent = jdk.newEncapsulator(KeyFactory.getInstance("ML-KEM").generatePublic(
                        new X509EncodedKeySpec(new SubjectPublicKeyInfo(algorithm, ours.encapsulationKey()).getEncoded()))).encapsulate();
                assertTrue(ours.decapsulate(sent.encapsulation()).matches(sent.key().getEncoded()));
            }
        }
    }
}
