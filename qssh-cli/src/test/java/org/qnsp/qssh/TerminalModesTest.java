package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TerminalModesTest {
    private static final String GNU = """
        speed 9600 baud; rows 24; columns 80; line = 0;
        intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = M-^?; eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S;
        susp = ^Z; rprnt = ^R; werase = ^W; lnext = ^V; discard = ^O; min = 1; time = 0;
        -parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts
        -ignbrk brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl ixon -ixoff -iuclc ixany imaxbel iutf8
        opost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0
        isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt echoctl echoke -flusho -extproc
        """;

    private static Map<Integer, Integer> decoded(TerminalModes modes) {
        Map<Integer, Integer> all = new TreeMap<>();
        ByteBuffer in = ByteBuffer.wrap(modes.encoded());
        for (int opcode = in.get() & 0xff; opcode != 0; opcode = in.get() & 0xff) {
            all.put(opcode, in.getInt());
        }
        assertEquals(0, in.remaining());
        return all;
    }

    @Test
    void theWordsOfGnuStty() {
        TerminalModes modes = TerminalModes.parse(GNU);
        assertEquals(24, modes.rows());
        assertEquals(80, modes.columns());
        Map<Integer, Integer> all = decoded(modes);
        Map<Integer, Integer> some = Map.ofEntries(Map.entry(1, 3), Map.entry(2, 28), Map.entry(3, 127), Map.entry(4, 21), Map.entry(5, 4), Map.entry(6, 255), Map.entry(7, 255),
            Map.entry(10, 26), Map.entry(18, 15), Map.entry(36, 1), Map.entry(38, 1), Map.entry(40, 0), Map.entry(42, 1), Map.entry(51, 1), Map.entry(53, 1), Map.entry(56, 0),
            Map.entry(59, 1), Map.entry(70, 1), Map.entry(72, 1), Map.entry(91, 1), Map.entry(128, 9600), Map.entry(129, 9600));
        some.forEach((opcode, argument) -> assertEquals(argument, all.get(opcode), "opcode " + opcode));
    }

    @Test
    void theWordsOfBsdStty() {
        TerminalModes modes = TerminalModes.parse("speed 9600 baud; 30 rows; 90 columns;\nlflags: icanon isig -echo\ncchars: intr = ^C; erase = ^?;\n");
        assertEquals(30, modes.rows());
        assertEquals(90, modes.columns());
        assertEquals(0, decoded(modes).get(53));
        assertEquals(127, decoded(modes).get(3));
    }

    @Test
    void nothingSaidIsNothingSent() {
        assertEquals(Map.of(), decoded(TerminalModes.NONE));
    }
}
