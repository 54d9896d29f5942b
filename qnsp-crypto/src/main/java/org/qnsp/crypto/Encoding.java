package org.qnsp.crypto;

import java.nio.charset.StandardCharsets;

/** The byte notation of the specification: concatenation, LP, big-endian integers. */
public final class Encoding {
    private Encoding() {}

    /** LP(x): the length of x as u32, then x. */
    public static byte[] lp(byte[] x) {
        byte[] out = new byte[4 + x.length];
        putU32(out, 0, x.length);
        System.arraycopy(x, 0, out, 4, x.length);
        return out;
    }

    /** LP of each part, one after the other. */
    public static byte[] lpAll(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, 4 + part.length);
        }
        byte[] out = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            putU32(out, at, part.length);
            System.arraycopy(part, 0, out, at + 4, part.length);
            at += 4 + part.length;
        }
        return out;
    }

    /** {@code a | b | ...}. */
    public static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        byte[] out = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, out, at, part.length);
            at += part.length;
        }
        return out;
    }

    /**
     * The bytes of an ASCII string.
     *
     * @throws IllegalArgumentException if a character is not ASCII
     */
    public static byte[] ascii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) {
                throw new IllegalArgumentException("not ASCII at index " + i);
            }
        }
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** u32, big-endian. */
    public static byte[] u32(int value) {
        byte[] out = new byte[4];
        putU32(out, 0, value);
        return out;
    }

    /** u64, big-endian. */
    public static byte[] u64(long value) {
        byte[] out = new byte[8];
        putU64(out, 0, value);
        return out;
    }

    /** Writes a u32, big-endian, at {@code off}. */
    public static void putU32(byte[] out, int off, int value) {
        out[off] = (byte) (value >>> 24);
        out[off + 1] = (byte) (value >>> 16);
        out[off + 2] = (byte) (value >>> 8);
        out[off + 3] = (byte) value;
    }

    /** Writes a u64, big-endian, at {@code off}. */
    public static void putU64(byte[] out, int off, long value) {
        putU32(out, off, (int) (value >>> 32));
        putU32(out, off + 4, (int) value);
    }
}
