package org.qnsp.core.qkd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON as RFC 8259 has it, and nothing else. */
final class JsonTest {
    private static Json parse(String text) throws JsonException {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(String document) throws JsonException {
        return ((Json.Text) parse(document)).string(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "}", "[", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "1 2", "01", "-", "1.", ".5", "1e", "+1", "0x10", "NaN",
        "Infinity", "tru", "True", "nul", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"\t\"", "[1]x", "// c\n1", "\uFEFF1", "{\"a\":1,\"a\":2}",
        "[\"\\ud800\"", "{\"\\ud800\":1}", "1111111111111111111111111111111111111111111111111111111111111111111111"})
    void whatIsNoJsonIsRefused(String text) {
        assertThrows(JsonException.class, () -> parse(text));
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        for (int[] bad : new int[][] {{0x80}, {0xc0, 0x80}, {0xc3}, {0xe0, 0x80, 0x80}, {0xed, 0xa0, 0x80}, {0xf0, 0x80, 0x80, 0x80}, {0xf4, 0x90, 0x80, 0x80}, {0xf5, 0x80, 0x80, 0x80}, {0xff}}) {
            byte[] document = new byte[bad.length + 2];
            document[0] = '"';
            document[document.length - 1] = '"';
            for (int i = 0; i < bad.length; i++) {
                document[i + 1] = (byte) bad[i];
            }
            assertThrows(JsonException.class, () -> Json.parse(document));
        }
    }

    @Test
    void valuesAreRead() throws JsonException {
        Json.Obj object = (Json.Obj) parse(" {\"a\" : [1, -2.5e+3, true,false , null,{}, []],\r\n\t\"\\u0062\":\"\"} ");
        assertEquals(7, ((Json.Arr) object.get("a")).elements().size());
        assertEquals(new Json.Num("-2.5e+3"), ((Json.Arr) object.get("a")).elements().get(1));
        assertEquals(Json.Literal.TRUE, ((Json.Arr) object.get("a")).elements().get(2));
        assertEquals("", ((Json.Text) object.get("b")).string(0));
        assertEquals("a/\"\\\b\f\n\r\té€😀😀", text("\"a\\/\\\"\\\\\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00😀\""));
        assertEquals("x\"\\\u0001é", text(Json.quote("x\"\\\u0001é")));
    }

    @Test
    void base64IsTheNormalAlphabetWithPadding() throws JsonException {
        assertArrayEquals(new byte[] {-1, -17, -1}, ((Json.Text) parse("\"/+\\/\\/\"")).base64());
        assertArrayEquals(new byte[] {1}, ((Json.Text) parse("\"AQ==\"")).base64());
        for (String bad : new String[] {"\"AQ\"", "\"_-__\"", "\"AQ= \"", "\"A===\"", "\"AQ==\\n\"", "\"é\""}) {
            JsonException refused = assertThrows(JsonException.class, () -> ((Json.Text) parse(bad)).base64());
            assertEquals("a text is not base64", refused.getMessage());
        }
    }

    @Test
    void depthAndNumberHaveLimits() throws JsonException {
        int deepest = JsonParser.MOST_DEPTH;
        parse("[".repeat(deepest) + "]".repeat(deepest));
        assertThrows(JsonException.class, () -> parse("[".repeat(deepest + 1) + "]".repeat(deepest + 1)));
        assertThrows(JsonException.class, () -> parse("[".repeat(1_000_000)));
        parse("[" + "1,".repeat(JsonParser.MOST_VALUES - 2) + "1]");
        assertThrows(JsonException.class, () -> parse("[" + "1,".repeat(JsonParser.MOST_VALUES) + "1]"));
        assertThrows(JsonException.class, () -> ((Json.Text) parse("\"" + "a".repeat(1001) + "\"")).string(1000));
    }

    @Test
    void anythingElseIsAValueOrRefused() {
        byte[] seed = "{\"keys\":[{\"key_ID\":\"9e547ac9-3d28-420c-9294-70e0dc7006da\",\"key\":\"AAECAw==\",\"x\":[1e5,null,\"\\ud83d\\ude00\"]}]}".getBytes(StandardCharsets.US_ASCII);
        Random random = new Random(7);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] document = seed.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                document[random.nextInt(document.length)] = (byte) (random.nextBoolean() ? seed[random.nextInt(seed.length)] : random.nextInt());
            }
            try {
                touch(Json.parse(document));
                read++;
            } catch (JsonException e) {
                assertFalse(e.getMessage().contains("AAEC"));
            }
        }
        assertFalse(read == 0 || read == 20_000, read + " documents were read");
    }

    private static void touch(Json value) throws JsonException {
        switch (value) {
            case Json.Obj(var members) -> {
                for (Json member : members.values()) {
                    touch(member);
                }
            }
            case Json.Arr(var elements) -> {
                for (Json element : elements) {
                    touch(element);
                }
            }
            case Json.Text text -> text.string(10_000);
            case Json.Num number -> Double.parseDouble(number.digits());
            case Json.Literal literal -> { }
        }
    }
}
