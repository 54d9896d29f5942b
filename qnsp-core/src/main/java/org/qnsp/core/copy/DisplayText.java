package org.qnsp.core.copy;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Names and texts for people: what a peer or a file system chose must not steer a terminal (P-26). */
public final class DisplayText {
    private DisplayText() {}

    /**
     * The bytes as UTF-8, with control characters and bytes that are no UTF-8 written as {@code \ooo} in octal,
     * and directional overrides too, which would let a name pose as another.
     */
    public static String of(byte[] raw) {
        ByteBuffer in = ByteBuffer.wrap(raw);
        CharBuffer out = CharBuffer.allocate(raw.length);
        StringBuilder text = new StringBuilder(raw.length);
        var decoder = StandardCharsets.UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            append(text, out.flip());
            out.clear();
            if (!result.isError()) {
                return text.toString();
            }
            for (int i = 0; i < result.length(); i++) {
                octal(text, in.get() & 0xff);
            }
            decoder.reset();
        }
    }

    /** A text safe to print, by the same rules. */
    public static String of(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        append(safe, text);
        return safe.toString();
    }

    /** The text cut to what fits a message: at most {@link CopyLimits#TEXT_BYTES} bytes of UTF-8, no half characters. */
    public static String bounded(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length <= CopyLimits.TEXT_BYTES) {
            return text;
        }
        ByteBuffer room = ByteBuffer.allocate(CopyLimits.TEXT_BYTES);
        CharBuffer in = CharBuffer.wrap(text);
        StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE).encode(in, room, true);
        return text.substring(0, in.position());
    }

    private static void append(StringBuilder out, CharSequence text) {
        text.codePoints().forEach(c -> {
            int type = Character.getType(c);
            if (c < 0x80 && (c < 0x20 || c == 0x7f)) {
                octal(out, c);
            } else if (type == Character.CONTROL || type == Character.FORMAT || type == Character.SURROGATE
                    || type == Character.LINE_SEPARATOR || type == Character.PARAGRAPH_SEPARATOR) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
    }

    private static void octal(StringBuilder out, int value) {
        out.append('\\').append((char) ('0' + (value >> 6))).append((char) ('0' + (value >> 3 & 7)))
                .append((char) ('0' + (value & 7)));
    }
}
