package org.qnsp.core.qkd;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A JSON value (RFC 8259). Texts stay in the array they were read from until they are asked for, so that a key in one becomes bytes without ever being a String:
 * who owns that array wipes it, and the values are dead from then on.
 */
public sealed interface Json {
    /** Members by name, in their order. */
    record Obj(Map<String, Json> members) implements Json {
        /** A member, or null. */
        public Json get(String name) {
            return members.get(name);
        }
    }

    /** Elements. */
    record Arr(List<Json> elements) implements Json {}

    /** A number as it was written. */
    record Num(String digits) implements Json {}

    /** A value without content. */
    enum Literal implements Json { TRUE, FALSE, NULL }

    /** A text: a range of the array that was read, with escapes. */
    final class Text implements Json {
        private final byte[] source;
        private final int from;
        private final int to;

        Text(byte[] source, int from, int to) {
            this.source = source;
            this.from = from;
            this.to = to;
        }

        /** The text. @throws JsonException if it is longer than {@code most} bytes, or no text */
        public String string(int most) throws JsonException {
            byte[] bytes = bytes();
            try {
                if (bytes.length > most) {
                    throw new JsonException("a text is too long");
                }
                return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            } catch (CharacterCodingException e) {
                throw new JsonException("a text is not in UTF-8");
            } finally {
                Arrays.fill(bytes, (byte) 0);
            }
        }

        /** What the text holds in base64, with padding. The caller wipes it. */
        public byte[] base64() throws JsonException {
            byte[] bytes = bytes();
            try {
                if (bytes.length % 4 != 0) {
                    throw new JsonException("a text is not base64");
                }
                return Base64.getDecoder().decode(bytes);
            } catch (IllegalArgumentException e) {
                throw new JsonException("a text is not base64"); // its own message would quote it
            } finally {
                Arrays.fill(bytes, (byte) 0);
            }
        }

        private byte[] bytes() throws JsonException {
            return JsonParser.unescaped(source, from, to);
        }

        @Override
        public String toString() {
            return "Text";
        }
    }

    /** Reads a document, all of the array. @throws JsonException for what is none, and for names that occur twice */
    static Json parse(byte[] document) throws JsonException {
        return new JsonParser(document).document();
    }

    /** A text in quotes, as a document has it. */
    static String quote(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
