package org.qnsp.qssh;

import java.io.ByteArrayOutputStream;

/**
 * What {@code stty -a} says of a terminal: its size, and its modes as RFC 4254 section 8 writes them. Pure.
 *
 * @param rows    0 where unknown
 * @param columns 0 where unknown
 * @param encoded opcodes with their arguments, and the end
 */
record TerminalModes(int rows, int columns, byte[] encoded) {
    /** Of what is no terminal: nothing but the end. */
    static final TerminalModes NONE = new TerminalModes(0, 0, new byte[] {0});

    private static final int UNDEFINED = 255;
    private static final int INPUT_SPEED = 128;
    private static final int OUTPUT_SPEED = 129;

    // Pairs of opcode and name, in GNU's words.
    private static final Object[] CHARACTERS = {1, "intr", 2, "quit", 3, "erase", 4, "kill", 5, "eof", 6, "eol", 7, "eol2", 8, "start", 9, "stop",
        10, "susp", 11, "dsusp", 12, "rprnt", 13, "werase", 14, "lnext", 16, "swtch", 17, "status", 18, "discard"};
    private static final Object[] FLAGS = {30, "ignpar", 31, "parmrk", 32, "inpck", 33, "istrip", 34, "inlcr", 35, "igncr", 36, "icrnl", 37, "iuclc",
        38, "ixon", 39, "ixany", 40, "ixoff", 41, "imaxbel", 42, "iutf8", 50, "isig", 51, "icanon", 52, "xcase", 53, "echo", 54, "echoe", 55, "echok",
        56, "echonl", 57, "noflsh", 58, "tostop", 59, "iexten", 60, "echoctl", 61, "echoke", 62, "pendin", 70, "opost", 71, "olcuc", 72, "onlcr",
        73, "ocrnl", 74, "onocr", 75, "onlret", 90, "cs7", 91, "cs8", 92, "parenb", 93, "parodd"};

    /** Reads the output of {@code stty -a}; what it does not say is left out. */
    static TerminalModes parse(String output) {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream(400);
        int rows = 0;
        int columns = 0;
        int speed = 38400;
        for (String line : output.split("\n")) {
            for (String part : line.split(";")) {
                String[] words = part.strip().split(" +");
                int equals = words.length > 1 ? index(words, "=") : -1;
                if (equals == 1) {
                    character(encoded, words[0], words.length > 2 ? words[2] : "");
                } else if (words.length >= 2 && (has(words, "rows") || has(words, "columns") || words[0].equals("speed"))) {
                    int number = number(words);
                    rows = has(words, "rows") ? number : rows;
                    columns = has(words, "columns") ? number : columns;
                    speed = words[0].equals("speed") ? number : speed;
                } else {
                    flags(encoded, words);
                }
            }
        }
        put(encoded, INPUT_SPEED, speed);
        put(encoded, OUTPUT_SPEED, speed);
        encoded.write(0);
        return new TerminalModes(rows, columns, encoded.toByteArray());
    }

    private static int index(String[] words, String word) {
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals(word)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean has(String[] words, String word) {
        return index(words, word) >= 0;
    }

    private static int number(String[] words) {
        for (String word : words) {
            if (!word.isEmpty() && Character.isDigit(word.charAt(0))) {
                try {
                    return Integer.parseInt(word);
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
        }
        return 0;
    }

    private static void flags(ByteArrayOutputStream encoded, String[] words) {
        for (String word : words) {
            boolean off = word.startsWith("-");
            int opcode = opcode(FLAGS, off ? word.substring(1) : word);
            if (opcode > 0) {
                put(encoded, opcode, off ? 0 : 1);
            }
        }
    }

    private static void character(ByteArrayOutputStream encoded, String name, String value) {
        int opcode = opcode(CHARACTERS, name);
        if (opcode > 0) {
            put(encoded, opcode, code(value));
        }
    }

    private static int opcode(Object[] table, String name) {
        for (int i = 0; i < table.length; i += 2) {
            if (table[i + 1].equals(name)) {
                return (Integer) table[i];
            }
        }
        return 0;
    }

    /** {@code ^C}, {@code ^?}, {@code M-x}, {@code <undef>} or the character itself. */
    private static int code(String value) {
        if (value.isEmpty() || value.equals("<undef>") || value.equals("undef")) {
            return UNDEFINED;
        }
        if (value.startsWith("M-") && value.length() > 2) {
            return 0x80 | code(value.substring(2));
        }
        if (value.length() == 2 && value.charAt(0) == '^') {
            return value.charAt(1) == '?' ? 0x7f : value.charAt(1) & 0x1f;
        }
        return value.charAt(0) & 0xff;
    }

    private static void put(ByteArrayOutputStream encoded, int opcode, int argument) {
        encoded.write(opcode);
        for (int shift = 24; shift >= 0; shift -= 8) {
            encoded.write(argument >>> shift);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TerminalModes m && rows == m.rows && columns == m.columns && java.util.Arrays.equals(encoded, m.encoded);
    }

    @Override
    public int hashCode() {
        return java.util.Arrays.hashCode(encoded);
    }
}
