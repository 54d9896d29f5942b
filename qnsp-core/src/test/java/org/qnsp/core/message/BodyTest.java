package org.qnsp.core.message;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.qnsp.core.message.ProtocolException.Reason;

final class BodyTest {
    @Test
    void readsWhatWasWritten() throws ProtocolException {
        byte[] bytes = new BodyWriter().u8(255).u16(65_535).u32(0xffff_ffffL).u64(-2).flag(true).s8(new byte[] {1}).s16(new byte[300])
                .s32(new byte[70_000]).text8("a").text16("ü").text32("漢").bytes(new byte[] {7, 8}).toBytes();
        BodyReader in = new BodyReader(bytes);
        assertEquals(255, in.u8());
        assertEquals(65_535, in.u16());
        assertEquals(0xffff_ffffL, in.u32());
        assertEquals(-2, in.u64());
        assertTrue(in.flag());
        assertArrayEquals(new byte[] {1}, in.s8());
        assertEquals(300, in.s16().length);
        assertEquals(70_000, in.s32().length);
        assertEquals("a", in.text8());
        assertEquals("ü", in.text16());
        assertEquals("漢", in.text32());
        assertArrayEquals(new byte[] {7, 8}, in.rest());
        in.end();
    }

    @Test
    void leftOverBytesAreAFault() {                                               // C-3
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[1]).end());
    }

    @Test
    void lengthsBeyondTheEndAreAFault() {                                         // C-3
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[0]).u8());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[1]).u16());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[3]).u32());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[7]).u64());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {2, 0}).s8());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0}).s32());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0}).s32());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {9, 9, 9}, 1, 1).u16());
    }

    @Test
    void valuesHaveOneEncoding() {                                                // C-3
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {2}).flag());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {1, (byte) 0xff}).text8());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {2, (byte) 0xc0, (byte) 0x80}).text8());
        fault(Reason.MALFORMED, () -> new BodyReader(new byte[] {(byte) 0x80, 0, 0, 0}).u31());
    }

    @Test
    void ourOwnMistakesAreNoFaultOfThePeer() {
        assertThrows(IllegalArgumentException.class, () -> new BodyWriter().u8(256));
        assertThrows(IllegalArgumentException.class, () -> new BodyWriter().u16(-1));
        assertThrows(IllegalArgumentException.class, () -> new BodyWriter().u32(1L << 32));
        assertThrows(IllegalArgumentException.class, () -> new BodyWriter().s8(new byte[256]));
    }

    @Test
    void textIsCutBetweenCharacters() throws ProtocolException {                  // L-17
        assertEquals("aü", new BodyReader(new BodyWriter().textCut16("aüü", 4).toBytes()).text16());
        assertEquals("aüü", new BodyReader(new BodyWriter().textCut16("aüü", 5).toBytes()).text16());
        assertEquals("", new BodyReader(new BodyWriter().textCut16("漢", 2).toBytes()).text16());
    }

    @Test
    void kindsAndTypesAreThoseOfTheTable() throws ProtocolException {             // C-2, F-7
        int[] codes = {1, 2, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 48};
        assertEquals(codes.length, RecordKind.values().length);
        for (int i = 0; i < codes.length; i++) {
            RecordKind kind = RecordKind.of(codes[i]);
            assertEquals(RecordKind.values()[i], kind);
            FrameType type = codes[i] < 16 ? FrameType.HANDSHAKE : codes[i] == 19 || codes[i] == 20 ? FrameType.DATA : codes[i] < 48 ? FrameType.CONTROL : FrameType.QUANTUM;
            assertEquals(type, kind.frameType());
        }
        for (int code : new int[] {0, 3, 15, 28, 47, 49, 63, 255}) {
            fault(Reason.KIND, () -> RecordKind.of(code));                        // C-3, R-3
        }
        for (FrameType type : FrameType.values()) {
            assertEquals(type, FrameType.of(type.ordinal()));
            assertEquals(type.ordinal(), type.code());
        }
        fault(Reason.TYPE, () -> FrameType.of(5));
        fault(Reason.MALFORMED, () -> OpenFailure.of(0));
        fault(Reason.MALFORMED, () -> DisconnectReason.of(5));
    }

    @Test
    void recordsFillThePayloadExactly() throws ProtocolException {                // F-9
        byte[] payload = new byte[Limits.PAYLOAD_BYTES];
        RecordWriter out = new RecordWriter();
        out.start(payload, 0, payload.length);
        assertEquals(FrameType.NOISE, out.type());
        out.put(0xffff_ffff, RecordKind.EOF, payload, 0, 0);
        out.put(5, RecordKind.DATA, new byte[] {1, 2, 3}, 1, 2);
        assertEquals(7 + 9, out.length());
        assertEquals(FrameType.CONTROL, out.type());
        assertThrows(IllegalStateException.class, () -> out.begin(1, RecordKind.DATA, out.room() + 1));

        RecordReader in = new RecordReader();
        in.start(payload, 0, 16);
        assertTrue(in.next());
        assertEquals(0xffff_ffff, in.channel());
        assertEquals(RecordKind.EOF, in.kind());
        assertTrue(in.next());
        assertEquals(5, in.channel());
        assertEquals(2, in.bodyLength());
        assertEquals(3, payload[in.bodyOffset() + 1]);
        assertFalse(in.next());
        assertEquals(16, in.position());
        for (int length : new int[] {1, 6, 8, 15}) {
            fault(Reason.LENGTH, () -> {
                in.start(payload, 0, length);
                while (in.next()) {
                    assertTrue(in.position() <= length);
                }
            });
        }
    }

    @Test
    void frameTypeIsThatOfItsFirstRecord() throws ProtocolException {             // F-7, F-8, F-9
        byte[] payload = new byte[16];
        RecordWriter out = new RecordWriter();
        out.start(payload, 0, payload.length);
        out.begin(1, RecordKind.DATA, 2);
        RecordReader.requireType(FrameType.DATA, payload, 0, 9);
        RecordReader.requireType(FrameType.NOISE, payload, 0, 0);
        fault(Reason.TYPE, () -> RecordReader.requireType(FrameType.CONTROL, payload, 0, 9));
        fault(Reason.TYPE, () -> RecordReader.requireType(FrameType.NOISE, payload, 0, 9));
        fault(Reason.LENGTH, () -> RecordReader.requireType(FrameType.DATA, payload, 0, 0));
        fault(Reason.LENGTH, () -> RecordReader.requireType(FrameType.NOISE, payload, 0, 6));
    }

    /** A step that a hostile peer can make us take. */
    interface Step {
        void run() throws ProtocolException;
    }

    static void fault(Reason reason, Step step) {
        assertEquals(reason, assertThrows(ProtocolException.class, step::run).reason());
    }
}
