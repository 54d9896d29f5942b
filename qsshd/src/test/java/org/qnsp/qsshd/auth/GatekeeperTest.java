package org.qnsp.qsshd.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the gatekeeper says. */
final class GatekeeperTest {
    @Test
    void aNoticeIsCutToWholeCharactersThatFit() { // L-17
        assertEquals("closed", Gatekeeper.cut(" closed\n"));
        assertEquals("", Gatekeeper.cut(" "));
        assertEquals("x".repeat(512), Gatekeeper.cut("x".repeat(513)));
        assertEquals("\u00fc".repeat(256), Gatekeeper.cut("\u00fc".repeat(300)));
        assertEquals("x" + "\ud83d\ude00".repeat(127), Gatekeeper.cut("x" + "\ud83d\ude00".repeat(128)));
        assertEquals(509, Gatekeeper.cut("x" + "\ud83d\ude00".repeat(128)).getBytes(StandardCharsets.UTF_8).length);
    }
}
