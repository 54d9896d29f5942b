package org.qnsp.core.qkd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The reader behind {@link Json#parse}. */
final class JsonParser {
    static final int MOST_DEPTH = 16;
    static final int MOST_VALUES = 20_000;
    private static final int NAME_BYTES = 256;
    private static final int DIGITS = 64;

    private final byte[] in;
    private int at;
    private int values;

    JsonParser(byte[] in) {
        this.in = in;
    }

    Json document() throws JsonException {
        Json value = value(0);
        blanks();
        if (at != in.length) {
            throw fault();
        }
        return value;
    }

    private JsonException fault() {
        return new JsonException("no JSON at byte " + at);
    }

    private int peek() {
        return at < in.length ? in[at] & 0xff : -1;
    }

    private void blanks() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
            at++;
        }
    }

    private void expect(char c) throws JsonException {
        if (peek() != c) {
            throw fault();
        }
        at++;
    }

    private Json value(int depth) throws JsonException {
        blanks();
        boolean holdsOthers = peek() == '{' || peek() == '[';
        if (holdsOthers && depth == MOST_DEPTH || ++values > MOST_VALUES) {
            throw new JsonException("JSON too deep or of too many values");
        }
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> text();
            case 't' -> literal("true", Json.Literal.TRUE);
            case 'f' -> literal("false", Json.Literal.FALSE);
            case 'n' -> literal("null", Json.Literal.NULL);
            default -> number();
        };
    }

    private Json object(int depth) throws JsonException {
        Map<String, Json> members = new LinkedHashMap<>();
        at++;
        blanks();
        if (peek() == '}') {
            at++;
            return new Json.Obj(members);
        }
        while (true) {
            blanks();
            String name = text().string(NAME_BYTES);
            blanks();
            expect(':');
            if (members.putIfAbsent(name, value(depth + 1)) != null) {
                throw new JsonException("a name occurs twice");
            }
            blanks();
            if (peek() == '}') {
                at++;
                return new Json.Obj(members);
            }
            expect(',');
        }
    }

    private Json array(int depth) throws JsonException {
        List<Json> elements = new ArrayList<>();
        at++;
        blanks();
        if (peek() == ']') {
            at++;
            return new Json.Arr(elements);
        }
        while (true) {
            elements.add(value(depth + 1));
            blanks();
            if (peek() == ']') {
                at++;
                return new Json.Arr(elements);
            }
            expect(',');
        }
    }

    private Json literal(String word, Json meaning) throws JsonException {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
        return meaning;
    }

    private Json number() throws JsonException {
        int from = at;
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        if (at - from > DIGITS) {
            throw fault();
        }
        return new Json.Num(new String(in, from, at - from, java.nio.charset.StandardCharsets.US_ASCII));
    }

    private void digits() throws JsonException {
        int from = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == from) {
            throw fault();
        }
    }

    private Json.Text text() throws JsonException {
        expect('"');
        int from = at;
        while (peek() != '"') {
            switch (peek()) {
                case -1 -> throw fault();
                case '\\' -> escape();
                default -> character();
            }
        }
        return new Json.Text(in, from, at++);
    }

    private void escape() throws JsonException {
        at++;
        int c = peek();
        if (c == 'u') {
            for (int i = 0; i < 4; i++) {
                at++;
                if (Character.digit(peek(), 16) < 0 || peek() > 'f') {
                    throw fault();
                }
            }
        } else if (c < 0 || "\"\\/bfnrt".indexOf(c) < 0) {
            throw fault();
        }
        at++;
    }

    /** One character of UTF-8, in its shortest form, no surrogate, none of control. */
    private void character() throws JsonException {
        int lead = peek();
        int more = lead < 0x80 ? 0 : lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : -1;
        if (more < 0 || lead < ' ') {
            throw fault();
        }
        at++;
        int lowest = switch (lead) {
            case 0xe0 -> 0xa0;
            case 0xf0 -> 0x90;
            default -> 0x80;
        };
        int highest = switch (lead) {
            case 0xed -> 0x9f;
            case 0xf4 -> 0x8f;
            default -> 0xbf;
        };
        for (int i = 0; i < more; i++) {
            if (peek() < lowest || peek() > highest) {
                throw fault();
            }
            lowest = 0x80;
            highest = 0xbf;
            at++;
        }
    }

    /** A text without its escapes, in an array of its own. */
    static byte[] unescaped(byte[] source, int from, int to) throws JsonException {
        byte[] out = new byte[to - from]; // an escape is never shorter than what it stands for
        int n = 0;
        for (int i = from; i < to; i++) {
            if (source[i] != '\\') {
                out[n++] = source[i];
                continue;
            }
            int c = source[++i];
            if (c != 'u') {
                out[n++] = (byte) switch (c) {
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> c;
                };
                continue;
            }
            int code = hex(source, i + 1);
            i += 4;
            if (Character.isHighSurrogate((char) code) && i + 6 <= to - 1 && source[i + 1] == '\\' && source[i + 2] == 'u' && Character.isLowSurrogate((char) hex(source, i + 3))) {
                code = Character.toCodePoint((char) code, (char) hex(source, i + 3));
                i += 6;
            } else if (Character.isSurrogate((char) code)) {
                Arrays.fill(out, (byte) 0);
                throw new JsonException("half a character");
            }
            n = encode(code, out, n);
        }
        byte[] exact = Arrays.copyOf(out, n);
        Arrays.fill(out, (byte) 0);
        return exact;
    }

    private static int hex(byte[] source, int at) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            value = value << 4 | Character.digit(source[at + i], 16);
        }
        return value;
    }

    private static int encode(int code, byte[] out, int n) {
        if (code < 0x80) {
            out[n++] = (byte) code;
        } else if (code < 0x800) {
            out[n++] = (byte) (0xc0 | code >> 6);
            out[n++] = (byte) (0x80 | code & 0x3f);
        } else if (code < 0x10000) {
            out[n++] = (byte) (0xe0 | code >> 12);
            out[n++] = (byte) (0x80 | code >> 6 & 0x3f);
            out[n++] = (byte) (0x80 | code & 0x3f);
        } else {
            out[n++] = (byte) (0xf0 | code >> 18);
            out[n++] = (byte) (0x80 | code >> 12 & 0x3f);
            out[n++] = (byte) (0x80 | code >> 6 & 0x3f);
            out[n++] = (byte) (0x80 | code & 0x3f);
        }
        return n;
    }
}
