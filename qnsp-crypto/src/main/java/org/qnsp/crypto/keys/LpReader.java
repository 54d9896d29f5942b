package org.qnsp.crypto.keys;

import java.util.Arrays;

/** Reads LP(x) fields, each with a bound of its own. Reading past the end or over the bound throws {@link Malformed}. */
final class LpReader {
    private final byte[] in;
    private int at;

    /** Thrown for a field that is not there; turned into the format's own exception by its one caller. */
    static final class Malformed extends Exception {
        @java.io.Serial
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    LpReader(byte[] in, int from) {
        this.in = in;
        this.at = from;
    }

    /** Where the next field begins. */
    int position() {
        return at;
    }

    /** The next field, a copy of at most {@code largest} bytes. */
    byte[] next(String what, int largest) throws Malformed {
        if (in.length - at < 4) {
            throw new Malformed(what + " is cut off");
        }
        int length = u32(in, at);
        if (length < 0 || length > largest) {
            throw new Malformed(what + " is too long");
        }
        if (length > in.length - at - 4) {
            throw new Malformed(what + " is cut off");
        }
        byte[] field = Arrays.copyOfRange(in, at + 4, at + 4 + length);
        at += 4 + length;
        return field;
    }

    void end() throws Malformed {
        if (at != in.length) {
            throw new Malformed("there are bytes left over");
        }
    }

    static int u32(byte[] in, int off) {
        return (in[off] & 0xff) << 24 | (in[off + 1] & 0xff) << 16 | (in[off + 2] & 0xff) << 8 | in[off + 3] & 0xff;
    }
}
