package org.qnsp.core.frame;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.Secret;

/** Noise that is sealed ahead of its turn, and stays or is sealed otherwise: the receiver sees frames like any others. */
final class FramesAheadTest {
    private static final byte[] WORD = {1, 2, 3, 4, 5};

    private final FrameCipher cipher = new FrameCipher();
    private final FrameSealer sealer = new FrameSealer(secret(1), 2, 0, cipher);
    private final FrameOpener opener = new FrameOpener(secret(1), 2, 0);
    private final ArrayDeque<byte[]> ahead = new ArrayDeque<>();
    private long micros = 1_000_000;

    private static Secret secret(int seed) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) seed);
        return Secret.owning(key);
    }

    private static byte[] word() {
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        System.arraycopy(WORD, 0, frame, FrameLayout.PAYLOAD, WORD.length);
        return frame;
    }

    private void sealAhead() {
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        sealer.sealAhead(frame, 0, micros++);
        ahead.add(frame);
    }

    private byte[] sealWord() {
        byte[] frame = word();
        sealer.seal(frame, 0, FrameType.DATA, WORD.length, micros++);
        ahead.poll();
        return frame;
    }

    private byte[] pass() {
        cipher.finish();
        sealer.pass();
        return ahead.remove();
    }

    private void assertOpens(byte[] frame, boolean says) throws ProtocolException {
        opener.open(frame, 0);
        assertEquals(says ? WORD.length : 0, opener.recordBytes());
        if (says) {
            assertArrayEquals(WORD, Arrays.copyOfRange(frame, FrameLayout.PAYLOAD, FrameLayout.PAYLOAD + WORD.length));
        }
    }

    @Test
    void whateverBecomesOfThemFramesAreOpenedInOrder() throws ProtocolException {
        Random chance = new Random(1);
        int epochs = 0;
        long at = -1;
        for (int i = 0; i < 20_000; i++) {
            switch (chance.nextInt(5)) {
                case 0, 1 -> {
                    if (ahead.size() < 64) {
                        sealAhead();
                    }
                }
                case 2 -> assertOpens(sealWord(), true);
                case 3 -> {
                    if (!ahead.isEmpty()) {
                        assertOpens(pass(), false);
                    }
                }
                default -> {
                    if (chance.nextInt(20) == 0 && sealer.sealed() > at) { // from the frame after the one that says so
                        at = sealer.sealed() + 1;
                        opener.switchAt(at, secret(++epochs));
                        sealer.switchAt(at, secret(epochs));
                        while (ahead.size() > sealer.ahead()) {
                            ahead.removeLast();
                        }
                        assertTrue(ahead.size() <= 1, ahead.size() + " frames are good");
                        assertOpens(sealWord(), true);
                    }
                }
            }
            assertEquals(ahead.size(), sealer.ahead());
        }
        assertTrue(epochs > 100);
    }

    @Test
    void aFrameKeepsTheTimeThatItsNoiseHad() throws ProtocolException { // F-6: the one after it is older than what is said
        sealAhead();
        sealAhead();
        micros += 5_000;
        assertOpens(sealWord(), true);
        assertEquals(1_000_000, opener.timeMicros());
        assertOpens(pass(), false);
        assertEquals(1_000_001, opener.timeMicros());
        assertOpens(sealWord(), true);
        assertEquals(1_005_003, opener.timeMicros());
    }

    @Test
    void whatIsSealedIsTheSameAsWithoutNoiseBefore() {
        try (FrameSealer other = new FrameSealer(secret(1), 2, 0)) {
            byte[] plain = word();
            other.seal(plain, 0, FrameType.DATA, WORD.length, micros);
            sealAhead();
            sealAhead();
            assertArrayEquals(plain, sealWord());
            byte[] noise = new byte[FrameLayout.FRAME_BYTES];
            other.seal(noise, 0, FrameType.NOISE, 0, 1_000_001);
            assertArrayEquals(noise, pass());
        }
    }

    @Test
    void nothingIsPassedTwiceNorHandedOverHalf() {
        assertThrows(IllegalStateException.class, sealer::pass);
        sealAhead();
        assertThrows(IllegalStateException.class, sealer::handOver);
        sealer.close();
        assertEquals(0, sealer.ahead());
    }
}
