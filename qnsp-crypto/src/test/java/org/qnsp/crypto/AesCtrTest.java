package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.modes.SICBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** F-3 against published vectors and Bouncy Castle, with round keys put into the JDK's cipher and with keys that it is told. */
class AesCtrTest {
    private static final int MOST = 736;
    private final RandomSource random = Vectors.random(129);

    @Test
    void theJdkOfTheTestsTakesRoundKeys() {
        assertTrue(new AesCtr(MOST).isDirect());
        assertFalse(new AesCtr(MOST, false).isDirect());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theZeroBlockBecomesWhatIsPublished(boolean direct) {
        AesCtr aes = new AesCtr(MOST, direct);
        String[][] keysAndBlocks = { // NIST's AESAVS: KeySbox and VarKey, for AES-256 and a plaintext of zeros
            {"c47b0294dbbbee0fec4757f22ffeee3587ca4730c3d33b691df38bab076bc558", "46f2fb342d6f0ab477476fc501242c5f"},
            {"28d46cffa158533194214a91e712fc2b45b518076675affd910edeca5f41ac64", "4bf3b0a69aeb6657794f2901b1440ad4"},
            {"8000000000000000000000000000000000000000000000000000000000000000", "e35a6dcb19b201a01ebcfa8aa22b5759"},
            {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "4bf85f1b5d54adbc307b0a048389adcb"},
        };
        for (String[] keyAndBlock : keysAndBlocks) {
            byte[] block = new byte[16];
            aes.crypt(block, 0, 16, HexFormat.of().parseHex(keyAndBlock[0]));
            assertEquals(keyAndBlock[1], HexFormat.of().formatHex(block));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eachKeyBeginsAnew(boolean direct) {
        AesCtr aes = new AesCtr(MOST, direct);
        for (int i = 0; i < 2000; i++) {
            byte[] key = i % 50 == 0 ? new byte[32] : random.bytes(32);
            byte[] kept = key.clone();
            int length = i % 3 == 0 ? MOST : 1 + i % MOST;
            int off = i % 7;
            byte[] bytes = random.bytes(MOST + 7);
            byte[] expected = bytes.clone();
            var ctr = SICBlockCipher.newInstance(AESEngine.newInstance());
            ctr.init(true, new ParametersWithIV(new KeyParameter(key), new byte[16]));
            ctr.processBytes(bytes, off, length, expected, off);
            aes.crypt(bytes, off, length, key);
            assertArrayEquals(expected, bytes, i + ": " + length);
            assertArrayEquals(kept, key);
            if (i % 11 == 0) {
                aes.forget();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneOfEachThreadDoesNotDisturbOthers(boolean direct) {
        byte[] key = random.bytes(32);
        byte[] expected = new byte[MOST];
        new AesCtr(MOST, direct).crypt(expected, 0, MOST, key);
        AesCtr first = new AesCtr(MOST, direct);
        AesCtr second = new AesCtr(MOST, direct);
        for (int i = 0; i < 100; i++) {
            byte[] bytes = new byte[MOST];
            first.crypt(bytes, 0, MOST, key);
            second.crypt(new byte[MOST], 0, MOST, random.bytes(32));
            assertTrue(Arrays.equals(expected, bytes));
        }
    }
}
