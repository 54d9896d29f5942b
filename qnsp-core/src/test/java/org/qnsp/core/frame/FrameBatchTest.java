package org.qnsp.core.frame;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.Secret;

/** Frames that are sealed and verified several at a time are those that are sealed and opened one by one, and fail like them. */
class FrameBatchTest {
    private static final int FRAME = FrameLayout.FRAME_BYTES;
    private final Random random = new Random(111);

    @BeforeAll
    static void withVectors() {
        FrameCipher.warmUp();
    }

    private static Secret chainKey(int number) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        return Secret.owning(key);
    }

    private byte[] payloads(int count) {
        byte[] frames = new byte[count * FRAME];
        random.nextBytes(frames);
        return frames;
    }

    /** Frames sealed one by one, from another chain at each of the switches. */
    private static byte[] sealed(byte[] payloads, long... switches) {
        byte[] frames = payloads.clone();
        try (FrameSealer sealer = new FrameSealer(chainKey(0), 2, 1)) {
            for (int i = 0, chain = 0; i < frames.length / FRAME; i++) {
                if (chain < switches.length && (chain == 0 || switches[chain - 1] < i)) {
                    sealer.switchAt(switches[chain], chainKey(++chain));
                }
                sealer.seal(frames, i * FRAME, FrameType.DATA, 717 - i, i);
            }
        }
        return frames;
    }

    private static void assertOpened(byte[] payloads, byte[] frames, int number) {
        int from = number * FRAME + FrameLayout.PAYLOAD;
        assertArrayEquals(Arrays.copyOfRange(payloads, from, from + 717 - number), Arrays.copyOfRange(frames, from, from + 717 - number), "frame " + number);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 9, 15, 16, 17, 32, 64, 70})
    void batchesAreTheSameFrames(int batch) throws Exception { // over page edges, and a switch of chains known before
        byte[] payloads = payloads(200);
        byte[] expected = sealed(payloads, 53, 129);
        byte[] frames = payloads.clone();
        FrameCipher cipher = new FrameCipher();
        try (FrameSealer sealer = new FrameSealer(chainKey(0), 2, 1, cipher); FrameOpener opener = new FrameOpener(chainKey(0), 2, 1, cipher)) {
            sealer.switchAt(53, chainKey(1));
            for (int i = 0; i < 200; i++) {
                if (i == 60) {
                    sealer.switchAt(129, chainKey(2));
                }
                sealer.sealLater(frames, i * FRAME, FrameType.DATA, 717 - i, i);
                if (i % batch == batch - 1) {
                    cipher.finish();
                }
            }
            cipher.finish();
            assertArrayEquals(expected, frames);
            opener.switchAt(53, chainKey(1));
            for (int from = 0; from < 200; from += batch) {
                int count = Math.min(batch, 200 - from);
                for (int i = from; i < from + count; i++) {
                    opener.open(frames, i * FRAME, from + count - i);
                    assertOpened(payloads, frames, i);
                    if (i == 60) {
                        opener.switchAt(129, chainKey(2));
                    }
                }
                cipher.finish();
            }
        }
    }

    @Test
    void aSwitchThatComesInABatchHolds() throws Exception { // for each frame that may bring it, and each that it may name
        byte[] payloads = payloads(40);
        for (int in = 0; in < 20; in++) {
            for (int at = in + 1; at < 40; at += 1 + at % 3) {
                byte[] frames = sealed(payloads, at);
                try (FrameOpener opener = new FrameOpener(chainKey(0), 2, 1)) {
                    for (int i = 0; i < 40; i++) {
                        opener.open(frames, i * FRAME, 40 - i);
                        assertOpened(payloads, frames, i);
                        if (i == in) {
                            opener.switchAt(at, chainKey(1));
                        }
                    }
                }
            }
        }
    }

    @Test
    void aSwitchThatTheFramesDoNotMakeEndsThere() throws Exception {
        byte[] payloads = payloads(20);
        byte[] frames = sealed(payloads);
        byte[] before = frames.clone();
        try (FrameOpener opener = new FrameOpener(chainKey(0), 2, 1)) {
            for (int i = 0; i < 9; i++) {
                opener.open(frames, i * FRAME, 20 - i);
                if (i == 5) {
                    opener.switchAt(9, chainKey(1));
                }
            }
            assertEquals(Reason.MAC, assertThrows(ProtocolException.class, () -> opener.open(frames, 9 * FRAME, 11)).reason());
        }
        assertArrayEquals(Arrays.copyOfRange(before, 9 * FRAME, before.length), Arrays.copyOfRange(frames, 9 * FRAME, frames.length));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 15, 16, 17, 30})
    void whatIsBeforeAFaultIsGoodAndTheRestUntouched(int bad) throws Exception { // F-8
        byte[] payloads = payloads(32);
        byte[] frames = sealed(payloads);
        frames[bad * FRAME + random.nextInt(FRAME)] ^= (byte) (1 << random.nextInt(8));
        byte[] before = frames.clone();
        FrameCipher cipher = new FrameCipher();
        try (FrameOpener opener = new FrameOpener(chainKey(0), 2, 1, cipher)) {
            for (int i = 0; i < bad; i++) {
                opener.open(frames, i * FRAME, 32 - i);
                assertOpened(payloads, frames, i);
            }
            assertEquals(Reason.MAC, assertThrows(ProtocolException.class, () -> opener.open(frames, bad * FRAME, 32 - bad)).reason());
            cipher.finish();
            assertEquals(Reason.STATE, assertThrows(ProtocolException.class, () -> opener.open(frames, (bad + 1) * FRAME, 31 - bad)).reason());
        }
        assertArrayEquals(Arrays.copyOfRange(before, bad * FRAME, before.length), Arrays.copyOfRange(frames, bad * FRAME, frames.length));
    }

    @Test
    void severalConnectionsShareABatch() throws Exception {
        int connections = 5;
        FrameCipher cipher = new FrameCipher();
        FrameSealer[] sealers = new FrameSealer[connections];
        FrameOpener[] openers = new FrameOpener[connections];
        for (int i = 0; i < connections; i++) {
            sealers[i] = new FrameSealer(chainKey(i), 2, i & 1, cipher);
            openers[i] = new FrameOpener(chainKey(i), 2, i & 1, cipher);
        }
        for (int turn = 0; turn < 20; turn++) {
            byte[][] payloads = new byte[connections][];
            byte[][] frames = new byte[connections][];
            for (int i = 0; i < connections; i++) {
                payloads[i] = payloads(2);
                frames[i] = payloads[i].clone();
                sealers[i].sealLater(frames[i], 0, FrameType.DATA, 717, turn);
                sealers[i].sealLater(frames[i], FRAME, FrameType.DATA, 716, turn);
            }
            cipher.finish();
            frames[3][FRAME] ^= (byte) (turn == 19 ? 1 : 0);
            for (int i = 0; i < connections; i++) {
                openers[i].lookAhead(frames[i], 0, 2);
            }
            cipher.finish();
            for (int i = 0; i < connections; i++) {
                openers[i].open(frames[i], 0, 2);
                assertOpened(payloads[i], frames[i], 0);
                if (turn == 19 && i == 3) {
                    assertThrows(ProtocolException.class, () -> openers[3].open(frames[3], FRAME, 1));
                } else {
                    openers[i].open(frames[i], FRAME, 1);
                    assertOpened(payloads[i], frames[i], 1);
                }
            }
        }
    }

    @Test
    void whatWasNotVerifiedIsNotOpened() throws Exception {
        byte[] frames = sealed(payloads(8));
        byte[] elsewhere = frames.clone();
        try (FrameOpener opener = new FrameOpener(chainKey(0), 2, 1)) {
            opener.open(frames, 0, 8);
            assertThrows(IllegalStateException.class, () -> opener.open(elsewhere, FRAME, 7));
            assertThrows(IllegalStateException.class, () -> opener.open(frames, 2 * FRAME, 6));
            assertThrows(IllegalStateException.class, () -> opener.tryFirst(frames, FRAME));
            assertThrows(IllegalStateException.class, opener::handOver);
        }
        try (FrameOpener opener = new FrameOpener(chainKey(0), 2, 1)) {
            opener.lookAhead(elsewhere, 0, 7); // and no finish
            assertThrows(ProtocolException.class, () -> opener.open(elsewhere, 0, 7));
        }
    }
}
