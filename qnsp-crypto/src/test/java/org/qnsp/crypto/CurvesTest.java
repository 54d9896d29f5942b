package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** X25519 (RFC 7748) and Ed25519 (RFC 8032) against the vectors of their RFCs. */
class CurvesTest {
    @Test
    void x25519AgreesWithRfc7748Section61() throws Exception {
        byte[] shared = Vectors.hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        try (X25519 alice = X25519.fromScalar(Vectors.hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
                X25519 bob = X25519.fromScalar(Vectors.hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))) {
            assertEquals("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", Vectors.hex(alice.publicKey()));
            assertEquals("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", Vectors.hex(bob.publicKey()));
            assertTrue(alice.agree(bob.publicKey()).matches(shared));
            assertTrue(bob.agree(alice.publicKey()).matches(shared));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4,"
                + "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c,"
                + "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d,"
                + "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493,"
                + "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
    })
    void x25519AgreesWithRfc7748Section52(String scalar, String point, String result) throws Exception {
        try (X25519 key = X25519.fromScalar(Vectors.hex(scalar))) {
            assertTrue(key.agree(Vectors.hex(point)).matches(Vectors.hex(result)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { // points of order 1, 2, 4 and 8, also in the encodings above p
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
    })
    void aSharedPointThatIsZeroIsRefused(String point) { // H-10
        try (X25519 key = X25519.generate(Vectors.random(20))) {
            assertThrows(GeneralSecurityException.class, () -> key.agree(Vectors.hex(point)));
        }
    }

    @Test
    void x25519RefusesWrongLengths() {
        assertThrows(IllegalArgumentException.class, () -> X25519.fromScalar(new byte[31]));
        X25519 key = X25519.generate(Vectors.random(21));
        assertThrows(InvalidKeyEncodingException.class, () -> key.agree(new byte[33]));
        byte[] scalar = key.scalar();
        assertArrayEquals(key.publicKey(), X25519.fromScalar(scalar).publicKey());
        key.close();
        assertThrows(IllegalStateException.class, () -> key.agree(new byte[32]));
    }

    @ParameterizedTest
    @CsvSource({
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
                + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',"
                + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
                + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,"
                + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
                + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,"
                + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    })
    void ed25519AgreesWithRfc8032Section71(String seed, String publicKey, String message, String signature) {
        try (Ed25519 key = Ed25519.fromSeed(Vectors.hex(seed))) {
            byte[] signed = Vectors.hex(message);
            assertEquals(publicKey, Vectors.hex(key.publicKey()));
            assertEquals(signature, Vectors.hex(key.sign(signed)));
            assertTrue(Ed25519.verify(key.publicKey(), signed, Vectors.hex(signature)));
            for (int i = 0; i < Ed25519.SIGNATURE_BYTES; i++) {
                byte[] changed = Vectors.hex(signature);
                changed[i] ^= 1;
                assertFalse(Ed25519.verify(key.publicKey(), signed, changed));
            }
            assertFalse(Ed25519.verify(key.publicKey(), Arrays.copyOf(signed, signed.length + 1), Vectors.hex(signature)));
            assertFalse(Ed25519.verify(key.publicKey(), signed, new byte[63]));
            assertFalse(Ed25519.verify(new byte[31], signed, Vectors.hex(signature)));
        }
    }

    @Test
    void ed25519KnowsWhatIsNoPublicKey() {
        assertTrue(Ed25519.isPublicKey(Vectors.hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")));
        assertFalse(Ed25519.isPublicKey(new byte[32])); // y = 0, order 4
        assertFalse(Ed25519.isPublicKey(Vectors.filled(32, 0xff)));
        assertFalse(Ed25519.isPublicKey(new byte[31]));
        byte[] neutral = new byte[32];
        neutral[0] = 1;
        assertFalse(Ed25519.isPublicKey(neutral));
    }

    @Test
    void aClosedEd25519KeyIsGone() {
        Ed25519 key = Ed25519.generate(Vectors.random(22));
        assertArrayEquals(key.publicKey(), Ed25519.fromSeed(key.seed()).publicKey());
        key.close();
        assertThrows(IllegalStateException.class, () -> key.sign(new byte[1]));
    }
}
