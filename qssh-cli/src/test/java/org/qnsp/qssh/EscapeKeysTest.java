package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.qssh.EscapeKeys.Action;

final class EscapeKeysTest {
    /** What is sent, with commands in brackets. */
    private static String typed(int escape, String keys) {
        EscapeKeys escapes = new EscapeKeys(escape);
        StringBuilder out = new StringBuilder();
        for (byte key : keys.getBytes(StandardCharsets.ISO_8859_1)) {
            Action action = escapes.next(key);
            switch (action) {
                case SEND -> out.append((char) (key & 0xff));
                case SEND_BOTH -> out.append((char) escape).append((char) (key & 0xff));
                case HOLD -> {}
                default -> out.append('<').append(action).append('>');
            }
        }
        return out.toString().replace('\r', '/').replace('\n', '/');
    }

    @ParameterizedTest
    @CsvSource({
        "abc,       abc",
        "~.,        <TERMINATE>",
        "a~.,       a~.",
        "a/~.,      a/<TERMINATE>",
        "~~,        ~",
        "~~.,       ~.",
        "/~~/~.,    /~/<TERMINATE>",
        "~x,        ~x",
        "~/~.,      ~/<TERMINATE>",
        "~?~.,      <HELP><TERMINATE>",
        "~#x~.,     <LIST>x~.",
        "~v~V~R~B~C~&, <LOUDER><QUIETER><REKEY><UNSUPPORTED><COMMAND_LINE><UNSUPPORTED>",
        "ls/~,      ls/",
    })
    void keysAreCommandsAfterALineEndOnly(String keys, String sent) {
        assertEquals(sent, typed('~', keys.replace('/', '\r')));
        assertEquals(sent, typed('~', keys.replace('/', '\n')));
    }

    @Test
    void ctrlZSuspends() {
        assertEquals("<SUSPEND>", typed('~', "~\032"));
    }

    @Test
    void anotherCharacterAndNone() {
        assertEquals("<TERMINATE>", typed(1, "\001."));
        assertEquals("~.", typed(1, "~."));
        assertEquals("~.\r~.".replace('\r', '/'), typed(-1, "~.\r~."));
        assertEquals("^A", new EscapeKeys(1).name());
        assertTrue(new EscapeKeys('%').help().contains(" %.   - terminate connection\n"));
    }

    @Test
    void everyByteButTheEscapePassesAtTheStartOfALine() {
        for (int i = 0; i < 256; i++) {
            if (i != '~') {
                assertEquals(Action.SEND, new EscapeKeys('~').next((byte) i));
            }
        }
    }
}
