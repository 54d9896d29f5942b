package org.qnsp.core.message;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Strict reader of one body: every length is checked before it is used, and {@link #end} rejects what is left over (C-3).
 * The array is not copied; it must not change while the reader is in use. Every failure is MALFORMED.
 */
public final class BodyReader {
    private final byte[] bytes;
    private final int limit;
    private int at;

    /** Reads all of {@code bytes}. */
    public BodyReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    /** Reads {@code length} bytes from {@code offset}. */
    public BodyReader(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.at = offset;
        this.limit = offset + length;
    }

    /** An unsigned byte. */
    public int u8() throws ProtocolException {
        return bytes[advance(1)] & 0xff;
    }

    /** Two bytes, unsigned, big-endian. */
    public int u16() throws ProtocolException {
        int from = advance(2);
        return (bytes[from] & 0xff) << 8 | bytes[from + 1] & 0xff;
    }

    /** Four bytes, unsigned, big-endian. */
    public long u32() throws ProtocolException {
        int from = advance(4);
        return (bytes[from] & 0xffL) << 24 | (bytes[from + 1] & 0xff) << 16 | (bytes[from + 2] & 0xff) << 8 | bytes[from + 3] & 0xff;
    }

    /** Four bytes, unsigned, big-endian, not above 2^31-1. */
    public int u31() throws ProtocolException {
        long value = u32();
        if (value > Integer.MAX_VALUE) {
            throw malformed("number " + value);
        }
        return (int) value;
    }

    /** Eight bytes, unsigned, big-endian, as the bits of a long. */
    public long u64() throws ProtocolException {
        return u32() << 32 | u32();
    }

    /** A u8 that is 0 or 1. */
    public boolean flag() throws ProtocolException {
        int value = u8();
        if (value > 1) {
            throw malformed("flag " + value);
        }
        return value == 1;
    }

    /** The next {@code n} bytes, copied. */
    public byte[] bytes(int n) throws ProtocolException {
        int from = advance(n);
        return Arrays.copyOfRange(bytes, from, from + n);
    }

    /** S8: a u8 length and so many bytes. */
    public byte[] s8() throws ProtocolException {
        return bytes(u8());
    }

    /** S16: a u16 length and so many bytes. */
    public byte[] s16() throws ProtocolException {
        return bytes(u16());
    }

    /** S32, LP: a u32 length and so many bytes. */
    public byte[] s32() throws ProtocolException {
        return bytes(u31());
    }

    /** S8 of UTF-8. */
    public String text8() throws ProtocolException {
        return text(u8());
    }

    /** S16 of UTF-8. */
    public String text16() throws ProtocolException {
        return text(u16());
    }

    /** S32 of UTF-8. */
    public String text32() throws ProtocolException {
        return text(u31());
    }

    /** Everything that is left, copied. */
    public byte[] rest() throws ProtocolException {
        return bytes(remaining());
    }

    /** Bytes not yet read. */
    public int remaining() {
        return limit - at;
    }

    /** C-3: bytes left over are a fault. */
    public void end() throws ProtocolException {
        if (at != limit) {
            throw malformed(remaining() + " bytes left over");
        }
    }

    private String text(int n) throws ProtocolException {
        int from = advance(n);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, n)).toString();
        } catch (CharacterCodingException e) {
            throw malformed("text is not UTF-8");
        }
    }

    private int advance(int n) throws ProtocolException {
        if (n > limit - at) {
            throw malformed(n + " bytes wanted, " + remaining() + " there");
        }
        int from = at;
        at += n;
        return from;
    }

    private static ProtocolException malformed(String detail) {
        return new ProtocolException(ProtocolException.Reason.MALFORMED, detail);
    }
}
