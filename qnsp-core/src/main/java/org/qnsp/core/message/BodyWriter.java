package org.qnsp.core.message;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes one body, growing as needed; the counterpart of {@link BodyReader}. A value out of range is an IllegalArgumentException: ours. */
public final class BodyWriter {
    private byte[] bytes = new byte[64];
    private int length;

    /** An unsigned byte. */
    public BodyWriter u8(int value) {
        require(value >= 0 && value <= 0xff, value);
        grow(1);
        bytes[length++] = (byte) value;
        return this;
    }

    /** Two bytes, unsigned, big-endian. */
    public BodyWriter u16(int value) {
        require(value >= 0 && value <= 0xffff, value);
        return u8(value >>> 8).u8(value & 0xff);
    }

    /** Four bytes, unsigned, big-endian. */
    public BodyWriter u32(long value) {
        require(value >= 0 && value <= 0xffff_ffffL, value);
        return u16((int) (value >>> 16)).u16((int) (value & 0xffff));
    }

    /** Eight bytes, big-endian, from the bits of a long. */
    public BodyWriter u64(long value) {
        return u32(value >>> 32).u32(value & 0xffff_ffffL);
    }

    /** A u8 that is 0 or 1. */
    public BodyWriter flag(boolean value) {
        return u8(value ? 1 : 0);
    }

    /** These bytes as they are. */
    public BodyWriter bytes(byte[] value) {
        grow(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    /** S8: a u8 length and the bytes. */
    public BodyWriter s8(byte[] value) {
        return u8(value.length).bytes(value);
    }

    /** S16: a u16 length and the bytes. */
    public BodyWriter s16(byte[] value) {
        return u16(value.length).bytes(value);
    }

    /** S32, LP: a u32 length and the bytes. */
    public BodyWriter s32(byte[] value) {
        return u32(value.length).bytes(value);
    }

    /** S8 of UTF-8. */
    public BodyWriter text8(String value) {
        return s8(value.getBytes(StandardCharsets.UTF_8));
    }

    /** S16 of UTF-8. */
    public BodyWriter text16(String value) {
        return s16(value.getBytes(StandardCharsets.UTF_8));
    }

    /** S32 of UTF-8. */
    public BodyWriter text32(String value) {
        return s32(value.getBytes(StandardCharsets.UTF_8));
    }

    /** S16 of UTF-8, cut between characters to at most {@code maxBytes} (L-17). */
    public BodyWriter textCut16(String value, int maxBytes) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        int end = Math.min(utf8.length, maxBytes);
        while (end < utf8.length && end > 0 && (utf8[end] & 0xc0) == 0x80) {
            end--;
        }
        return s16(Arrays.copyOf(utf8, end));
    }

    /** A copy of what was written. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    private void grow(int n) {
        if (n > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, n), bytes.length * 2));
        }
    }

    private static void require(boolean inRange, long value) {
        if (!inRange) {
            throw new IllegalArgumentException("out of range: " + value);
        }
    }
}
