package org.qnsp.core.frame;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Secret;

/** A connection that moves to another process goes on with the very frames it would have had (R-1, F-5, F-6). */
class HandOverTest {
    private static Secret chainKey() {
        return Secret.owning(new byte[32]);
    }

    private static byte[] seal(FrameSealer sealer, int i) {
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        frame[FrameLayout.PAYLOAD] = (byte) i;
        sealer.seal(frame, 0, FrameType.DATA, 1, 1_000 + i);
        return frame;
    }

    private static List<byte[]> withoutHandOver() {
        List<byte[]> frames = new ArrayList<>();
        try (FrameSealer sealer = new FrameSealer(chainKey(), 2, 1)) {
            for (int i = 0; i < 40; i++) {
                frames.add(seal(sealer, i));
            }
        }
        return frames;
    }

    @Test
    void sealerAndOpenerGoOnWhereverTheyAreHandedOver() throws ProtocolException {
        List<byte[]> expected = withoutHandOver();
        for (int at : new int[] {0, 1, 15, 16, 17, 33}) { // on both sides of the edges of pages
            FrameSealer sealer = new FrameSealer(chainKey(), 2, 1);
            FrameOpener opener = new FrameOpener(chainKey(), 2, 1);
            for (int i = 0; i < 40; i++) {
                if (i == at) {
                    sealer = FrameSealer.resume(sealer.handOver());
                    opener = FrameOpener.resume(opener.handOver());
                }
                byte[] frame = seal(sealer, i);
                assertArrayEquals(expected.get(i), frame);
                opener.open(frame, 0);
                assertEquals(1_000 + i, opener.timeMicros());
            }
        }
    }

    @Test
    void whoHandedOverHasNothingLeft() {
        FrameSealer sealer = new FrameSealer(chainKey(), 2, 1);
        sealer.handOver().close();
        assertThrows(IllegalStateException.class, () -> seal(sealer, 0));
        FrameOpener opener = new FrameOpener(chainKey(), 2, 1);
        opener.handOver().close();
        assertThrows(ProtocolException.class, () -> opener.open(new byte[FrameLayout.FRAME_BYTES], 0));
    }
}
