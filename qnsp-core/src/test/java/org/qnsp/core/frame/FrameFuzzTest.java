package org.qnsp.core.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.FrameKeyChain;
import org.qnsp.crypto.Secret;

/** Frames of strangers, and of a peer who has the keys and fills in what it likes (F-8). {@code -Dqnsp.fuzz=N} sets their number. */
final class FrameFuzzTest {
    private static final int FRAMES = Integer.getInteger("qnsp.fuzz", 5_000);

    private final SplittableRandom random = new SplittableRandom(Long.getLong("qnsp.seed", 1));
    private final FrameCipher cipher = new FrameCipher();
    private final byte[] frame = new byte[FrameLayout.FRAME_BYTES];
    private final byte[] encryptionKey = new byte[32];
    private final byte[] macKey = new byte[32];

    @Test
    void aFrameIsOpenedOrEndsTheReading() throws ProtocolException { // F-5, F-6, F-7, F-8
        int faults = 0;
        FrameKeyChain keys = null;
        FrameOpener opener = null;
        long micros = 0;
        for (int i = 0; i < FRAMES; i++) {
            if (opener == null) {
                byte[] chainKey = new byte[32];
                random.nextBytes(chainKey);
                keys = new FrameKeyChain(Secret.copyOf(chainKey));
                opener = new FrameOpener(Secret.copyOf(chainKey), 2, 0);
                micros = 0;
            }
            micros += random.nextInt(3);
            long sequence = opener.opened();
            int length = header(sequence, micros);
            keys.next(encryptionKey, macKey);
            cipher.seal(frame, 0, encryptionKey, macKey, 2, 0, sequence);
            if (random.nextInt(50) == 0) {
                frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                opener.open(frame, 0);
                assertEquals(sequence + 1, opener.opened());
                assertEquals(length, opener.recordBytes());
                assertTrue(opener.recordBytes() <= FrameLayout.PAYLOAD_BYTES && (opener.recordBytes() == 0) == (opener.type() == FrameType.NOISE));
            } catch (ProtocolException e) {
                faults++;
                FrameOpener broken = opener;
                assertThrows(ProtocolException.class, () -> broken.open(frame, 0));
                broken.close();
                keys.close();
                opener = null;
            }
        }
        assertTrue(faults > 0 && faults < FRAMES, faults + " of " + FRAMES);
    }

    /** A header that is right most of the time; returns the length that it says. */
    private int header(long sequence, long micros) {
        random.nextBytes(frame);
        int type = random.nextInt(5);
        int length = type == 0 ? 0 : random.nextInt(1, FrameLayout.PAYLOAD_BYTES + 1);
        switch (random.nextInt(40)) {
            case 0 -> sequence = random.nextBoolean() ? sequence + random.nextInt(-2, 3) : random.nextLong();
            case 1 -> micros = random.nextBoolean() ? micros - random.nextInt(3) : random.nextLong();
            case 2 -> type = random.nextInt(256);
            case 3 -> length = random.nextBoolean() ? random.nextInt(65_536) : 716 + random.nextInt(4);
            default -> {
                // right
            }
        }
        FrameSealer.U64.set(frame, FrameLayout.SEQUENCE, sequence);
        FrameSealer.U64.set(frame, FrameLayout.TIME, micros);
        frame[FrameLayout.TYPE] = (byte) type;
        FrameSealer.U16.set(frame, FrameLayout.LENGTH, (short) length);
        return length;
    }
}
