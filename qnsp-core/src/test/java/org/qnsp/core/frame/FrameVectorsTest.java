package org.qnsp.core.frame;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.VectorFile;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.RecordReader;
import org.qnsp.crypto.Secret;

/** F-1 to F-9 and R-1 against vectors that an independent implementation made from the specification. */
class FrameVectorsTest {
    @ParameterizedTest
    @ValueSource(strings = {"frame-c2s.txt", "frame-s2c.txt", "frame-time.txt"})
    void framesSealAndOpenAsSpecified(String name) throws ProtocolException { // F-2, F-3, F-4, F-5, F-6, F-7, R-1, R-2
        VectorFile v = VectorFile.read(name);
        try (FrameSealer sealer = new FrameSealer(Secret.owning(v.bytes("chain")), v.number("epoch"), v.number("direction"));
                FrameOpener opener = new FrameOpener(Secret.owning(v.bytes("chain")), v.number("epoch"), v.number("direction"))) {
            for (int i = 0; i < v.number("frames"); i++) {
                byte[] payload = v.bytes("frame." + i + ".payload");
                byte[] frame = new byte[2 * FrameLayout.FRAME_BYTES];
                Arrays.fill(frame, (byte) 0x55); // what lay there before must not show
                System.arraycopy(payload, 0, frame, 7 + FrameLayout.PAYLOAD, payload.length);
                sealer.seal(frame, 7, FrameType.of(v.number("frame." + i + ".type")), payload.length, v.time("frame." + i + ".time"));
                assertArrayEquals(v.bytes("frame." + i + ".sealed"), Arrays.copyOfRange(frame, 7, 7 + FrameLayout.FRAME_BYTES), name + " frame " + i);
                opener.open(frame, 7);
                assertEquals(payload.length, opener.recordBytes());
                assertEquals(v.number("frame." + i + ".type"), opener.type().code());
                assertEquals(v.time("frame." + i + ".time"), opener.timeMicros());
                assertArrayEquals(payload, Arrays.copyOfRange(frame, 7 + FrameLayout.PAYLOAD, 7 + FrameLayout.PAYLOAD + payload.length));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"data-empty", "direction", "epoch", "length-65535", "length-718", "noise-length", "padding-bit", "replay", "seq-bit", "seq-next",
        "seq-then-time", "seq", "skip", "tag-end", "tag", "time-then-type", "time-unsigned", "time", "type-255", "type-5", "type-empty", "type-then-length"})
    void theLastFrameIsRefusedForTheNamedReasonAndForGood(String name) throws ProtocolException { // F-8
        VectorFile v = VectorFile.read("frame-bad-" + name + ".txt");
        try (FrameOpener opener = new FrameOpener(Secret.owning(v.bytes("chain")), v.number("epoch"), v.number("direction"))) {
            int last = v.number("frames") - 1;
            for (int i = 0; i < last; i++) {
                opener.open(v.bytes("frame." + i + ".sealed"), 0);
            }
            byte[] bad = v.bytes("frame." + last + ".sealed");
            ProtocolException e = assertThrows(ProtocolException.class, () -> openWhole(opener, bad));
            assertEquals(v.text("expect"), e.reason().name().toLowerCase(java.util.Locale.ROOT));
            assertThrows(ProtocolException.class, () -> opener.open(bad, 0));
        }
    }

    private static void openWhole(FrameOpener opener, byte[] frame) throws ProtocolException {
        opener.open(frame, 0);
        RecordReader.requireType(opener.type(), frame, FrameLayout.PAYLOAD, opener.recordBytes());
    }
}
