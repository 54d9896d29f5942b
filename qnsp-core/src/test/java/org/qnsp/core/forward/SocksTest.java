package org.qnsp.core.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.OpenFailure;

final class SocksTest {
    private static final HexFormat HEX = HexFormat.of();

    private static byte[] hex(String text) {
        return HEX.parseHex(text.replace(" ", ""));
    }

    /** Feeds bytes in pieces of this length; answers replies with nothing; gives the last step. */
    private static Socks.Step feed(Socks socks, byte[] bytes, int piece, ByteBuffer left) {
        Socks.Step step = new Socks.Step.More();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.hasRemaining()) {
            ByteBuffer part = in.slice(in.position(), Math.min(piece, in.remaining()));
            step = socks.take(part);
            in.position(in.position() + part.position());
            if (step instanceof Socks.Step.Connect || step instanceof Socks.Step.Refuse) {
                left.put(in);
                break;
            }
        }
        left.flip();
        return step;
    }

    @ParameterizedTest
    @CsvSource({
        "04 01 0050 7f000001 00,                          127.0.0.1, 80",
        "04 01 0050 7f000001 726f6f74 00,                 127.0.0.1, 80",
        "04 01 01bb 00000001 00 7765622e6578 00,          web.ex, 443",
        "04 01 01bb 000000ff 75 00 78 00,                 x, 443",
        "050100 05 01 00 01 0a000001 0016,                10.0.0.1, 22",
        "0502 0200 05 01 00 03 06 7765622e6578 ffff,      web.ex, 65535",
        "050100 05 01 00 04 20010db8000000000000000000000001 0050, 2001:db8::1, 80",
    })
    void requestsInPiecesOfAnyLength(String request, String host, int port) {
        byte[] bytes = hex(request + "deadbeef");
        for (int piece = 1; piece <= bytes.length; piece++) {
            ByteBuffer left = ByteBuffer.allocate(16);
            assertEquals(new Socks.Step.Connect(new Endpoint(host, port)), feed(new Socks(), bytes, piece, left), "pieces of " + piece);
            assertEquals(4, left.remaining(), "what follows is data");
        }
    }

    @Test
    void theGreetingIsAnsweredAndOnlyNoAuthenticationIsTaken() {
        assertArrayEquals(hex("0500"), ((Socks.Step.Reply) new Socks().take(ByteBuffer.wrap(hex("0503 020100")))).bytes());
        assertArrayEquals(hex("05ff"), ((Socks.Step.Refuse) new Socks().take(ByteBuffer.wrap(hex("0502 0201")))).bytes());
        assertArrayEquals(hex("05ff"), ((Socks.Step.Refuse) new Socks().take(ByteBuffer.wrap(hex("0500")))).bytes());
    }

    @Test
    void answersSayWhatCameOfIt() {
        Socks four = new Socks();
        feed(four, hex("04 01 0050 7f000001 00"), 99, ByteBuffer.allocate(9));
        assertEquals("005a000000000000", HEX.formatHex(four.granted()));
        assertEquals("005b000000000000", HEX.formatHex(four.failed(OpenFailure.CONNECT_FAILED)));
        Socks five = new Socks();
        feed(five, hex("050100 05 01 00 01 0a000001 0016"), 99, ByteBuffer.allocate(9));
        assertEquals("05000001000000000000", HEX.formatHex(five.granted()));
        assertEquals("05050001000000000000", HEX.formatHex(five.failed(OpenFailure.CONNECT_FAILED)));
        assertEquals("05020001000000000000", HEX.formatHex(five.failed(OpenFailure.PROHIBITED)));
        assertEquals("05010001000000000000", HEX.formatHex(five.failed(OpenFailure.RESOURCES)));
    }

    @ParameterizedTest
    @CsvSource({
        "06,                                            ''", // no such version
        "47455420,                                      ''", // HTTP
        "04 02 0050 7f000001 00,                        005b", // bind
        "04 01 0000 7f000001 00,                        005b", // no port
        "04 01 0050 00000001 00 00,                     005b", // no name
        "04 01 0050 00000001 00 ff 00,                  005b", // a name that is no text
        "050100 05 02 00 01 0a000001 0016,              0507", // bind
        "050100 05 03 00 01 0a000001 0016,              0507", // UDP
        "050100 05 01 00 02 0a000001 0016,              0508", // an unknown kind of address
        "050100 05 01 00 03 00 0016,                    0505", // no name
        "050100 05 01 00 03 03 610062 0016,             0505", // a zero byte
        "050100 04 01 0050 7f000001 00,                 ''", // the version changes
    })
    void whatCannotBeDoneIsRefused(String request, String answer) {
        Socks socks = new Socks();
        ByteBuffer in = ByteBuffer.wrap(hex(request));
        Socks.Step step = socks.take(in);
        if (step instanceof Socks.Step.Reply) {
            step = socks.take(in);
        }
        assertTrue(HEX.formatHex(assertInstanceOf(Socks.Step.Refuse.class, step).bytes()).startsWith(answer), request);
    }

    @Test
    void whatNeverEndsIsCutOff() {
        byte[] endless = ("\4\1\0\120\0\0\0\1" + "u".repeat(10_000)).getBytes(StandardCharsets.ISO_8859_1);
        assertInstanceOf(Socks.Step.Refuse.class, new Socks().take(ByteBuffer.wrap(endless)));
    }

    @Test
    void anyBytesEndInAStep() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(600)];
            random.nextBytes(bytes);
            if (bytes.length > 1) {
                bytes[0] = (byte) (4 + random.nextInt(2));
                bytes[1] = 1;
            }
            Socks socks = new Socks();
            ByteBuffer in = ByteBuffer.wrap(bytes);
            for (int steps = 0; in.hasRemaining() && steps < 3; steps++) {
                if (!(socks.take(in) instanceof Socks.Step.Reply)) {
                    break;
                }
            }
        }
    }
}
