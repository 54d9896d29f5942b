package org.qnsp.qsshd.session;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The terminal modes of RFC 4254 section 8: an opcode byte and a 32-bit argument each, opcode 0 ends. Opcodes Linux does not have are
 * ignored; from opcode 160 on the arguments are undefined, so reading stops there, as the RFC asks.
 *
 * <pre>
 * struct termios   0 iflag  4 oflag  8 cflag  12 lflag  16 line  17 cc[32]  52 ispeed  56 ospeed     60 bytes
 * </pre>
 */
public final class TerminalModes {
    /** No wish: the kernel's defaults stay. */
    public static final TerminalModes DEFAULTS = new TerminalModes(new byte[0]);

    static final int TERMIOS_BYTES = 60;

    private static final int ENCODED_MAX = 1024;
    private static final int IFLAG = 0;
    private static final int OFLAG = 4;
    private static final int CFLAG = 8;
    private static final int LFLAG = 12;
    private static final int CC = 17;
    private static final int OP_END = 0;
    private static final int OP_ISPEED = 128;
    private static final int OP_OSPEED = 129;
    private static final int OP_UNDEFINED = 160;
    private static final int NO_CHARACTER = 255;

    /** Opcode 1 to 18 is the index: the control character's place in cc, -1 where Linux has none (DSUSP, FLUSH, STATUS). */
    private static final int[] CHARACTERS = {-1, 0, 1, 2, 3, 4, 11, 16, 8, 9, 10, -1, 12, 14, 15, -1, 7, -1, 13};

    /** {opcode, field, bits}. */
    private static final int[][] FLAGS = {
        {30, IFLAG, 0x4}, {31, IFLAG, 0x8}, {32, IFLAG, 0x10}, {33, IFLAG, 0x20}, {34, IFLAG, 0x40}, {35, IFLAG, 0x80},
        {36, IFLAG, 0x100}, {37, IFLAG, 0x200}, {38, IFLAG, 0x400}, {39, IFLAG, 0x800}, {40, IFLAG, 0x1000}, {41, IFLAG, 0x2000},
        {42, IFLAG, 0x4000},
        {50, LFLAG, 0x1}, {51, LFLAG, 0x2}, {52, LFLAG, 0x4}, {53, LFLAG, 0x8}, {54, LFLAG, 0x10}, {55, LFLAG, 0x20},
        {56, LFLAG, 0x40}, {57, LFLAG, 0x80}, {58, LFLAG, 0x100}, {59, LFLAG, 0x8000}, {60, LFLAG, 0x200}, {61, LFLAG, 0x800},
        {62, LFLAG, 0x4000},
        {70, OFLAG, 0x1}, {71, OFLAG, 0x2}, {72, OFLAG, 0x4}, {73, OFLAG, 0x8}, {74, OFLAG, 0x10}, {75, OFLAG, 0x20},
        {90, CFLAG, 0x20}, {91, CFLAG, 0x30}, {92, CFLAG, 0x100}, {93, CFLAG, 0x200}};

    /** {baud, speed constant}. */
    private static final int[][] SPEEDS = {
        {0, 0}, {50, 1}, {75, 2}, {110, 3}, {134, 4}, {150, 5}, {200, 6}, {300, 7}, {600, 8}, {1200, 9}, {1800, 10}, {2400, 11},
        {4800, 12}, {9600, 13}, {19200, 14}, {38400, 15}, {57600, 0x1001}, {115200, 0x1002}, {230400, 0x1003}};

    private final byte[] encoded;

    private TerminalModes(byte[] encoded) {
        this.encoded = encoded;
    }

    /**
     * The modes of an encoded list.
     *
     * @throws IllegalArgumentException when it is over 1024 bytes or an argument is cut off
     */
    public static TerminalModes decode(byte[] encoded) {
        if (encoded.length > ENCODED_MAX) {
            throw new IllegalArgumentException("terminal modes of " + encoded.length + " bytes");
        }
        TerminalModes modes = new TerminalModes(encoded.clone());
        modes.forEach((opcode, argument) -> { });
        return modes;
    }

    /** Changes a {@code struct termios} in native byte order; speeds are set apart because libc owns their encoding. */
    void applyTo(ByteBuffer termios) {
        forEach((opcode, argument) -> {
            if (opcode < CHARACTERS.length) {
                if (CHARACTERS[opcode] >= 0) {
                    termios.put(CC + CHARACTERS[opcode], (byte) (argument == NO_CHARACTER ? 0 : argument));
                }
                return;
            }
            for (int[] flag : FLAGS) {
                if (flag[0] == opcode) {
                    int bits = termios.getInt(flag[1]);
                    termios.putInt(flag[1], argument != 0 ? bits | flag[2] : bits & ~flag[2]);
                }
            }
        });
    }

    /** The constant for the input speed, when one was asked for that Linux knows. */
    OptionalInt inputSpeed() {
        return speed(OP_ISPEED);
    }

    /** The constant for the output speed, likewise. */
    OptionalInt outputSpeed() {
        return speed(OP_OSPEED);
    }

    private OptionalInt speed(int wanted) {
        int[] found = {-1};
        forEach((opcode, argument) -> {
            if (opcode == wanted) {
                found[0] = Arrays.stream(SPEEDS).filter(s -> s[0] == argument).mapToInt(s -> s[1]).findFirst().orElse(found[0]);
            }
        });
        return found[0] < 0 ? OptionalInt.empty() : OptionalInt.of(found[0]);
    }

    private interface Mode {
        void accept(int opcode, int argument);
    }

    private void forEach(Mode mode) {
        ByteBuffer in = ByteBuffer.wrap(encoded);
        while (in.hasRemaining()) {
            int opcode = Byte.toUnsignedInt(in.get());
            if (opcode == OP_END || opcode >= OP_UNDEFINED) {
                return;
            }
            if (in.remaining() < Integer.BYTES) {
                throw new IllegalArgumentException("terminal mode " + opcode + " without its argument");
            }
            mode.accept(opcode, in.getInt());
        }
    }
}
