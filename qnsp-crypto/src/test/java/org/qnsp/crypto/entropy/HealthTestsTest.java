package org.qnsp.crypto.entropy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** E-6: the cut-offs against published ones, and what the tests find. */
final class HealthTestsTest {
    private final HealthTests tests = new HealthTests();

    private static byte[] chance(int n, long seed) {
        byte[] bytes = new byte[n];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** For alpha 2^-20, 2^-30 and 2^-40: the repetition count, the proportion as SP 800-90B's text has it, and as it is corrected. */
    @ParameterizedTest
    @CsvSource({
        "8,   4,  5,  6,   13,  16,  19,   14,  17,  20",
        "7,   4,  6,  7,   18,  22,  26,   18,  23,  27",
        "6,   5,  6,  8,   25,  31,  35,   26,  32,  36",
        "4,   6,  9,  11,  62,  71,  78,   63,  71,  79",
        "2,   11, 16, 21,  177, 190, 201,  178, 191, 202",
        "1,   21, 31, 41,  311, 325, 336,  311, 325, 337",
        "0.5, 41, 61, 81,  410, 422, 432,  411, 422, 432",
    })
    void theCutOffsOfBytes(double bits, int r20, int r30, int r40, int t20, int t30, int t40, int c20, int c30, int c40) {
        int[][] expected = {{20, r20, t20, c20}, {30, r30, t30, c30}, {40, r40, t40, c40}};
        for (int[] row : expected) {
            assertEquals(new CutOffs(row[1], row[3]), CutOffs.of(bits, row[0], 512), "alpha 2^-" + row[0]);
            assertEquals(row[2], 1 + CutOffs.quantile(512, Math.pow(2, -bits), row[0]), "alpha 2^-" + row[0]);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 589, 609, 625, 590, 609, 626", "0.8, 664, 683, 699, 0, 0, 0", "0.5, 793, 810, 824, 0, 0, 0"})
    void theCutOffsOfBits(double bits, int t20, int t30, int t40, int c20, int c30, int c40) {
        double p = Math.pow(2, -bits);
        int[] text = {1 + CutOffs.quantile(1024, p, 20), 1 + CutOffs.quantile(1024, p, 30), 1 + CutOffs.quantile(1024, p, 40)};
        assertTrue(Arrays.equals(new int[] {t20, t30, t40}, text), Arrays.toString(text));
        if (c20 > 0) {
            assertEquals(c20, CutOffs.of(bits, 20, 1024).proportion());
            assertEquals(c30, CutOffs.of(bits, 30, 1024).proportion());
            assertEquals(c40, CutOffs.of(bits, 40, 1024).proportion());
        }
    }

    @Test
    void oneThirdOfABitAsJitterentropyHasIt() {
        assertEquals(459, CutOffs.of(1.0 / 3, 30, 512).proportion());
    }

    @Test
    void aSoundSourcePasses() {
        for (int seed = 0; seed < 2000; seed++) {
            assertNull(tests.fault(chance(128, seed)));
        }
    }

    @Test
    void fiveInARowPassAndSixDoNot() {
        byte[] bytes = chance(64, 1);
        Arrays.fill(bytes, 10, 15, (byte) 7);
        bytes[9] = 1;
        bytes[15] = 1;
        assertNull(tests.fault(bytes));
        bytes[15] = 7;
        tests.reset();
        assertEquals("a value comes again and again (repetition count test)", tests.fault(bytes));
    }

    @Test
    void aRunGoesOnFromOneBlockToTheNext() {
        byte[] bytes = chance(64, 2);
        Arrays.fill(bytes, 61, 64, (byte) 7);
        bytes[60] = 1;
        assertNull(tests.fault(bytes));
        byte[] next = chance(64, 3);
        Arrays.fill(next, 0, 3, (byte) 7);
        assertNotNull(tests.fault(next));
    }

    /** A value that comes 32 times among 512, spread out, is found; 31 times is chance. */
    @ParameterizedTest
    @CsvSource({"31, false", "32, true"})
    void aValueThatComesTooOften(int times, boolean found) {
        byte[] window = new byte[512];
        for (int i = 0; i < window.length; i++) {
            window[i] = (byte) (1 + (i * 7 + i / 250) % 250); // neighbours differ
        }
        for (int i = 0; i < times; i++) {
            window[i * 16] = 0;
        }
        assertEquals(found ? "a value comes too often (adaptive proportion test)" : null, tests.fault(window));
    }

    @Test
    void theSecondWindowCountsFromNothing() {
        byte[] bytes = new byte[1024];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (1 + (i * 7 + i / 250) % 250);
        }
        for (int i = 0; i < 31; i++) {
            bytes[i * 16] = 0;
            bytes[512 + i * 16] = 0;
        }
        assertNull(tests.fault(bytes));
    }

    @Test
    void blocksThatRepeat() {
        byte[] bytes = chance(128, 4);
        System.arraycopy(bytes, 32, bytes, 64, 32);
        assertEquals("a block comes twice", tests.fault(bytes));
        tests.reset();
        byte[] one = chance(32, 5);
        assertNull(tests.fault(one));
        assertEquals("a block comes twice", tests.fault(one));
    }

    @ParameterizedTest
    @CsvSource({"0", "255", "170"})
    void aStuckSource(int value) {
        byte[] bytes = new byte[1024];
        Arrays.fill(bytes, (byte) value);
        assertNotNull(tests.fault(bytes));
    }
}
