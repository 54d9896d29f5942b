package org.qnsp.core.copy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.copy.CopyMessage.Begin;
import org.qnsp.core.copy.CopyMessage.Content;
import org.qnsp.core.copy.CopyMessage.End;
import org.qnsp.core.copy.CopyMessage.Enter;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileFailed;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.From;
import org.qnsp.core.copy.CopyMessage.Get;
import org.qnsp.core.copy.CopyMessage.Held;
import org.qnsp.core.copy.CopyMessage.Leave;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyMessage.Put;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyMessage.Report;
import org.qnsp.core.copy.CopyMessage.Skipped;
import org.qnsp.core.copy.CopyMessage.Summary;

/** P-1, P-2, P-3, P-4, P-8, P-9, P-10, P-26: one encoding for each value, and nothing else decodes. */
final class CopyCodecTest {
    private static final int ROUNDS = Integer.getInteger("qnsp.fuzz", 20_000);
    private static final FileTimes TIMES = new FileTimes(1_700_000_000L, 123_456_789, -5, 999_999_999);

    private static List<CopyMessage> samples() throws CopyProtocolException {
        EntryName name = EntryName.of("né w\n.txt".getBytes(StandardCharsets.UTF_8));
        return List.of(new Put(true, false, true, true, "dir/x".getBytes(StandardCharsets.UTF_8)),
                new Get(false, true, false, List.of(new byte[] {(byte) 0xff}, new byte[0])), new Get(false, false, true, List.of(new byte[] {'a'})), new Begin(3),
                new FileStart(name, 0644, 1L << 40, Optional.of(TIMES), true), new FileStart(name, 0, 0, Optional.empty(), false), new From(1L << 39),
                new FileEnd(new byte[32]), new FileFailed("gone"), new Enter(EntryName.TARGET, 0755, Optional.empty()),
                new Enter(name, 0777, Optional.of(TIMES)), new Leave(), new Skipped("é"), new End(7),
                new Held(77, new byte[32]), new Report(5, "no"), new Summary(9, 1), new Refused(""));
    }

    @Test
    void everyMessageComesBack() throws Exception {
        for (CopyMessage message : samples()) {
            byte[] wire = CopyCodec.encode(message);
            assertEquals(wire.length, CopyCodec.encodedBytes(message));
            CopyDecoder decoder = opened();
            CopyMessage back = decoder.next(ByteBuffer.wrap(wire));
            assertEquals(message.getClass(), back.getClass());
            assertArrayEquals(wire, CopyCodec.encode(back), message::toString);
            assertFalse(decoder.midMessage());
        }
    }

    /** The layout, byte for byte, so that a change of it does not go unseen. */
    @Test
    void layoutIsTheOneWritten() throws Exception {
        FileStart file = new FileStart(EntryName.of(new byte[] {'a'}), 0640, 3, Optional.of(new FileTimes(1, 2, 3, 4)), false);
        assertEquals("110000002501" + "01a0" + "0000000000000003" + "000000000000000100000002" + "000000000000000300000004"
                + "0161", HexFormat.of().formatHex(CopyCodec.encode(file)));
        assertEquals("716e73702d636f707901", HexFormat.of().formatHex(CopyCodec.encode(new Opening(1))));
        assertEquals("010000000507" + "00027e2f", HexFormat.of().formatHex(
                CopyCodec.encode(new Put(true, true, true, false, new byte[] {'~', '/'}))));
        assertEquals("010000000408" + "000161", HexFormat.of().formatHex(CopyCodec.encode(new Put(false, false, false, true, new byte[] {'a'})))); // P-28
        assertEquals("110000000d" + "02" + "01a0" + "0000000000000003" + "0161", HexFormat.of().formatHex(
                CopyCodec.encode(new FileStart(EntryName.of(new byte[] {'a'}), 0640, 3, Optional.empty(), true))));
        assertEquals("1900000008" + "0000000000000102", HexFormat.of().formatHex(CopyCodec.encode(new From(258))));
        assertEquals("2300000028" + "0000000000000003" + "07".repeat(32), HexFormat.of().formatHex(CopyCodec.encode(new Held(3, seven()))));
    }

    private static byte[] seven() {
        byte[] digest = new byte[32];
        java.util.Arrays.fill(digest, (byte) 7);
        return digest;
    }

    @Test
    void piecesOfAnySizeDecodeAlike() throws Exception {
        byte[] stream = stream(new Random(1));
        List<String> whole = decode(stream, new Random(2), stream.length);
        for (int max : new int[] {1, 2, 7, 100}) {
            assertEquals(whole, decode(stream, new Random(max), max));
        }
    }

    @Test
    void illegalNamesAreFaults() {
        for (String name : new String[] {".", "..", "/", "a/b", "/etc/passwd", "a\0b", "../x", ""}) {
            assertThrows(CopyProtocolException.class, () -> EntryName.of(name.getBytes(StandardCharsets.UTF_8)), name);
        }
        assertThrows(CopyProtocolException.class, () -> EntryName.of(new byte[256]));
        for (String name : new String[] {"...", ".a", "a.", " ", "\n", "-rf", "é", "\\"}) {
            assertTrue(EntryName.legal(name.getBytes(StandardCharsets.UTF_8)), name);
        }
    }

    @Test
    void oddBodiesAreFaults() throws Exception {
        for (String wire : new String[] {
                "00" + "00000000", "63" + "00000000",                   // unknown types
                "16" + "00000001" + "00", "18" + "00000009" + "000000000000000000", // left over
                "12" + "00000000", "12" + "00040001", "12" + "ffffffff", // DATA empty, too long
                "10" + "00000004" + "000186a1", "10" + "00000004" + "ffffffff", // too many entries
                "15" + "00000005" + "00" + "0200" + "0161",             // mode over 0777
                "15" + "00000005" + "02" + "01ff" + "0161",             // unknown flag
                "15" + "00000006" + "00" + "01ff" + "022e2e",           // ..
                "15" + "00000005" + "01" + "01ff" + "0161",             // times missing
                "11" + "0000000c" + "00" + "01ff" + "0000000000000000" + "00", // a file without name
                "11" + "0000000d" + "00" + "01ff" + "8000000000000000" + "0161", // size below zero
                "11" + "0000000d" + "04" + "01ff" + "0000000000000003" + "0161", // a file's unknown flag
                "15" + "00000005" + "02" + "01ff" + "0161",             // a directory cannot be resumed
                "19" + "00000008" + "8000000000000000", "19" + "00000007" + "00000000000000", // offset below zero, too short
                "23" + "00000028" + "8000000000000000" + "00".repeat(32), "23" + "00000027" + "00".repeat(39),
                "17" + "00000003" + "0001ff", "17" + "00000003" + "0002ff", // text: not UTF-8, too short
                "01" + "00000004" + "00000100", "01" + "00000004" + "10000161", "02" + "00000006" + "04" + "0001000161", "02" + "00000003" + "000000"}) {
            CopyDecoder decoder = opened();
            assertThrows(CopyProtocolException.class,
                    () -> decoder.next(ByteBuffer.wrap(HexFormat.of().parseHex(wire))), wire);
        }
    }

    @Test
    void requestsHaveTheirPlace() throws Exception {
        CopyDecoder client = new CopyDecoder(false);
        client.next(ByteBuffer.wrap(CopyCodec.encode(new Opening(1))));
        byte[] put = CopyCodec.encode(new Put(false, false, false, false, new byte[0]));
        assertThrows(CopyProtocolException.class, () -> client.next(ByteBuffer.wrap(put)));
        CopyDecoder server = opened();
        server.next(ByteBuffer.wrap(put));
        server.requestsDone();
        assertThrows(CopyProtocolException.class, () -> server.next(ByteBuffer.wrap(put)));
        assertThrows(CopyProtocolException.class,
                () -> new CopyDecoder(true).next(ByteBuffer.wrap("Last login: x".getBytes(StandardCharsets.US_ASCII))));
    }

    @Test
    void longTextsAreCut() throws Exception {
        CopyMessage back = opened().next(ByteBuffer.wrap(CopyCodec.encode(new Skipped("é€😀".repeat(1000)))));
        int bytes = ((Skipped) back).text().getBytes(StandardCharsets.UTF_8).length;
        assertTrue(bytes <= CopyLimits.TEXT_BYTES && bytes > CopyLimits.TEXT_BYTES - 4);
    }

    @Test
    void fuzzedBytesNeverDoMoreThanFault() throws Exception {
        Random random = new Random(Long.getLong("qnsp.seed", 20260101));
        byte[] stream = stream(random);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = stream.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[CopyCodec.OPENING_BYTES + random.nextInt(bytes.length - CopyCodec.OPENING_BYTES)] = (byte) random.nextInt();
            }
            try {
                decode(bytes, random, 1 + random.nextInt(400));
            } catch (CopyProtocolException expected) {
                // what bytes of a peer may cause
            }
        }
    }

    @Test
    void textsForPeopleAreTame() {
        assertEquals("a\\033[31m\\012b", DisplayText.of("a\033[31m\nb".getBytes(StandardCharsets.UTF_8)));
        assertEquals("é\\377x", DisplayText.of(new byte[] {(byte) 0xc3, (byte) 0xa9, (byte) 0xff, 'x'}));
        assertEquals("x\\u202egpj.exe", DisplayText.of("x\u202egpj.exe"));
        assertEquals("\\302", DisplayText.of(new byte[] {(byte) 0xc2}));
    }

    /** All samples twice, DATA between, encoded. */
    private static byte[] stream(Random random) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(CopyCodec.encode(new Opening(1)));
        for (int i = 0; i < 2; i++) {
            for (CopyMessage message : samples()) {
                out.write(CopyCodec.encode(message));
                byte[] data = new byte[1 + random.nextInt(50)];
                random.nextBytes(data);
                ByteBuffer header = ByteBuffer.allocate(CopyLimits.HEADER_BYTES);
                CopyCodec.encodeDataHeader(data.length, header);
                out.write(header.array());
                out.write(data);
            }
        }
        return out.toByteArray();
    }

    /** Feeds pieces of up to {@code max} bytes; messages as hex, content joined. */
    private static List<String> decode(byte[] stream, Random random, int max) throws CopyProtocolException {
        CopyDecoder decoder = new CopyDecoder(true);
        List<String> found = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        int at = 0;
        while (at < stream.length) {
            int length = Math.min(stream.length - at, 1 + random.nextInt(max));
            ByteBuffer in = ByteBuffer.wrap(stream, at, length);
            for (CopyMessage m = decoder.next(in); m != null; m = decoder.next(in)) {
                if (m instanceof Content(int offset, int size)) {
                    content.append(HexFormat.of().formatHex(stream, offset, offset + size));
                } else {
                    found.add(content + " " + HexFormat.of().formatHex(CopyCodec.encode(m)));
                    content.setLength(0);
                }
            }
            at += length;
        }
        return found;
    }

    private static CopyDecoder opened() throws CopyProtocolException {
        CopyDecoder decoder = new CopyDecoder(true);
        assertNull(decoder.next(ByteBuffer.allocate(0)));
        decoder.next(ByteBuffer.wrap(CopyCodec.encode(new Opening(1))));
        return decoder;
    }
}
