package org.qnsp.crypto.keys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.Vectors;
import org.qnsp.crypto.X25519;

/** K-1 to K-4: key pairs, public key encodings, lines, fingerprints. */
class KeysTest {
    private final RandomSource random = Vectors.random(50);

    @ParameterizedTest
    @EnumSource(KeyType.class)
    void publicKeysEncodeAsK1AndBack(KeyType type) throws Exception { // K-1, K-3
        try (PrivateKey pair = PrivateKey.generate(type, random)) {
            PublicKey key = pair.publicKey();
            byte[] encoded = Encoding.concat(Encoding.lp(Encoding.ascii(type.typeName())),
                    Encoding.lp(key.first()), Encoding.lp(key.second()));
            assertArrayEquals(encoded, key.encoded());
            assertArrayEquals(Sha3.hash(encoded), key.fingerprint());
            PublicKey again = PublicKey.decode(encoded);
            assertEquals(key, again);
            assertEquals(key.hashCode(), again.hashCode());
            assertEquals(type, again.type());
            assertNotEquals(key, PrivateKey.generate(type, random).publicKey());
            for (int n = 0; n < encoded.length; n++) {
                byte[] cut = Arrays.copyOf(encoded, n);
                assertThrows(InvalidKeyEncodingException.class, () -> PublicKey.decode(cut));
            }
            assertThrows(InvalidKeyEncodingException.class, () -> PublicKey.decode(Arrays.copyOf(encoded, encoded.length + 1)));
        }
    }

    @Test
    void keysThatAreNotValidAreRefused() { // K-1
        PublicKey kem = PrivateKey.generate(KeyType.KEM, random).publicKey();
        PublicKey sig = PrivateKey.generate(KeyType.SIG, random).publicKey();
        byte[] largeCoefficient = kem.first();
        largeCoefficient[0] = (byte) 0xff;
        largeCoefficient[1] = (byte) 0xff;
        assertRefused("mlkem768-x25519", largeCoefficient, kem.second());
        assertRefused("mldsa65-ed25519", sig.first(), Vectors.filled(32, 0xff));
        assertRefused("mldsa65-ed25519", kem.first(), kem.second());
        assertRefused("mlkem768-x25519", kem.first(), new byte[31]);
        assertRefused("mlkem768-X25519", kem.first(), kem.second());
        assertRefused("", kem.first(), kem.second());
    }

    private static void assertRefused(String type, byte[] first, byte[] second) {
        byte[] encoded = Encoding.lpAll(Encoding.ascii(type), first, second);
        assertThrows(InvalidKeyEncodingException.class, () -> PublicKey.decode(encoded));
    }

    @Test
    void linesAreTypeBase64AndComment() throws Exception { // K-2
        PublicKey key = PrivateKey.generate(KeyType.KEM, random).publicKey();
        String base64 = Base64.getEncoder().encodeToString(key.encoded());
        assertEquals("mlkem768-x25519 " + base64, key.line(""));
        assertEquals("mlkem768-x25519 " + base64 + " alice's key", key.line("alice's key"));
        assertEquals(new PublicKey.PublicKeyLine(key, "alice's key"), PublicKey.parseLine(key.line("alice's key")));
        assertEquals(new PublicKey.PublicKeyLine(key, ""), PublicKey.parseLine(key.line("")));
        assertThrows(IllegalArgumentException.class, () -> key.line("two\nlines"));
        for (String bad : new String[] {"", "mlkem768-x25519", "mlkem768-x25519 ", " " + key.line(""), "mldsa65-ed25519 " + base64,
            "mlkem768-x25519  " + base64, "mlkem768-x25519 " + base64.substring(1), "mlkem768-x25519 " + base64.replace("=", ""),
            "mlkem768-x25519\t" + base64, "mlkem768-x25519 " + base64 + "\n", "mlkem768-x25519 " + base64 + " a\u001bb",
            "mlkem768-x25519 " + base64 + "=", "x".repeat(20_000)}) {
            assertThrows(InvalidKeyEncodingException.class, () -> PublicKey.parseLine(bad), bad);
        }
    }

    @Test
    void base64HasOneForm() throws Exception { // K-2: the bits after the last byte are zero
        PublicKey key = PrivateKey.generate(KeyType.SIG, random).publicKey();
        String line = key.line("");
        int padding = line.length() - line.replace("=", "").length();
        if (padding > 0) {
            int last = line.length() - padding - 1;
            char next = (char) (line.charAt(last) + 1);
            String other = line.substring(0, last) + next + "=".repeat(padding);
            assertThrows(InvalidKeyEncodingException.class, () -> PublicKey.parseLine(other));
        }
    }

    @Test
    void fingerprintsAreWrittenInBase64() throws Exception { // K-3
        PublicKey key = PrivateKey.generate(KeyType.KEM, random).publicKey();
        String text = Fingerprint.text(key);
        assertEquals("SHA3-256:" + Base64.getEncoder().withoutPadding().encodeToString(key.fingerprint()), text);
        assertEquals(52, text.length());
        assertArrayEquals(key.fingerprint(), Fingerprint.parse(text));
        assertEquals("mlkem768-x25519 " + text, key.toString());
        for (String bad : new String[] {"", text + "=", text.substring(1), text.substring(0, 51), "SHA256:" + text.substring(9),
            "SHA3-256:" + "A".repeat(42) + "B"}) {
            assertThrows(InvalidKeyEncodingException.class, () -> Fingerprint.parse(bad), bad);
        }
    }

    @Test
    void randomartIsTheDrunkenBishopsWalk() { // as OpenSSH's fingerprint_randomart, on 17 x 9 fields
        PublicKey key = PrivateKey.generate(KeyType.KEM, Vectors.random(51)).publicKey();
        String[] lines = Fingerprint.randomart(key).split("\n");
        assertEquals(11, lines.length);
        assertEquals("+[MLKEM768 X25519]+", lines[0]);
        assertEquals("+---[SHA3-256]----+", lines[10]);
        for (int i = 1; i <= 9; i++) {
            assertEquals(19, lines[i].length());
        }
        PublicKey sig = PrivateKey.generate(KeyType.SIG, random).publicKey();
        assertTrue(Fingerprint.randomart(sig).startsWith("+[MLDSA65 ED25519]+\n"));
    }

    /** The example of Loss, Limmer and von Gernler, "The drunken bishop", 2009. */
    @Test
    void theBishopWalksAsInTheLiterature() {
        assertEquals("""
                |       .=o.  .   |
                |     . *+*. o    |
                |      =.*..o     |
                |       o + ..    |
                |        S o.     |
                |         o  .    |
                |          .  . . |
                |              o .|
                |               E.|
                """, Fingerprint.walk(Vectors.hex("fc94b0c1e5b0987c5843997697ee9fb7")));
    }

    @Test
    void typesHaveTheNamesThatUsersWrite() {
        for (String name : new String[] {"kyber768", "mlkem768", "mlkem768-x25519"}) {
            assertEquals(Optional.of(KeyType.KEM), KeyType.named(name));
        }
        for (String name : new String[] {"dilithium3", "mldsa65", "ed25519", "mldsa65-ed25519"}) {
            assertEquals(Optional.of(KeyType.SIG), KeyType.named(name));
        }
        for (String name : new String[] {"dilithium5", "mldsa87", "mldsa87-ed25519"}) {
            assertEquals(Optional.of(KeyType.SIG87), KeyType.named(name));
        }
        assertEquals(Optional.empty(), KeyType.named("rsa"));
        assertEquals(Optional.empty(), KeyType.ofTypeName("mlkem768"));
    }

    @ParameterizedTest
    @EnumSource(KeyType.class)
    void pairsComeBackFromTheirSecrets(KeyType type) throws Exception { // K-4
        PrivateKey pair = PrivateKey.generate(type, random);
        try (Secret first = pair.firstSecret(); Secret second = pair.secondSecret()) {
            assertEquals(pair.publicKey(), PrivateKey.fromSecrets(type, first.bytes(), second.bytes()).publicKey());
            assertThrows(GeneralSecurityException.class, () -> PrivateKey.fromSecrets(type, new byte[31], second.bytes()));
            assertThrows(GeneralSecurityException.class, () -> PrivateKey.fromSecrets(type, first.bytes(), new byte[33]));
        }
        pair.close();
        pair.close();
        assertThrows(IllegalStateException.class, pair::firstSecret);
        assertThrows(IllegalStateException.class, pair::secondSecret);
        assertEquals(type, pair.type(), "the public half stays");
    }

    @Test
    void kemPairsDecapsulateAndAgree() throws Exception {
        try (KemKeyPair pair = KemKeyPair.generate(random); X25519 peer = X25519.generate(random)) {
            Kem.Encapsulation made = MlKem768.encapsulate(pair.publicKey().first(), random);
            assertTrue(pair.decapsulate(made.ciphertext()).matches(made.shared().bytes()));
            assertTrue(pair.agree(peer.publicKey()).matches(peer.agree(pair.publicKey().second()).bytes()));
        }
    }

    @ParameterizedTest
    @CsvSource({"SIG,3309", "SIG87,4627"})
    void bothSignaturesMustVerify(KeyType type, int first) { // H-12
        SigKeyPair pair = SigKeyPair.generate(type, random);
        SigKeyPair other = SigKeyPair.generate(type, random);
        byte[] message = random.bytes(200);
        byte[] signature = pair.sign(message, random);
        assertEquals(first + 64, signature.length);
        assertEquals(first + 64, type.signatureBytes());
        assertTrue(SigKeyPair.verify(pair.publicKey(), message, signature));
        byte[] mixed = other.sign(message, random);
        System.arraycopy(signature, 0, mixed, 0, first);
        assertFalse(SigKeyPair.verify(pair.publicKey(), message, mixed), "ML-DSA alone");
        assertFalse(SigKeyPair.verify(other.publicKey(), message, mixed), "Ed25519 alone");
        assertFalse(SigKeyPair.verify(other.publicKey(), message, signature));
        assertFalse(SigKeyPair.verify(pair.publicKey(), new byte[200], signature));
        assertFalse(SigKeyPair.verify(pair.publicKey(), message, Arrays.copyOf(signature, first + 63)));
        assertFalse(SigKeyPair.verify(SigKeyPair.generate(type == KeyType.SIG ? KeyType.SIG87 : KeyType.SIG, random).publicKey(), message, signature));
        assertFalse(SigKeyPair.verify(KemKeyPair.generate(random).publicKey(), message, signature));
    }
}
