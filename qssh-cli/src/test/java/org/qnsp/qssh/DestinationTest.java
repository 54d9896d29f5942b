package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Invite;

final class DestinationTest {
    @ParameterizedTest
    @CsvSource({
        "h,                      ,     h,    0",
        "u@h,                    u,    h,    0",
        "u@x@h,                  u@x,  h,    0",
        "::1,                    ,     ::1,  0",
        "qssh://h,               ,     h,    0",
        "qssh://h/,              ,     h,    0",
        "ssh://h:22,             ,     h,    22",
        "qssh://u@h:65535,       u,    h,    65535",
        "qssh://a%20b%40c@h,     a b@c, h,   0",
        "qssh://u%41@h,          uA,   h,    0",
        "qssh://u;fp=x@h,        u,    h,    0",
        "qssh://[::1]:22,        ,     ::1,  22",
        "qssh://u@[fe80::1],     u,    fe80::1, 0",
    })
    void isTakenApart(String text, String user, String host, int port) throws UsageException {
        assertEquals(new Destination(user, host, port, null), Destination.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"@h", "qssh://", "qssh://:22", "qssh://h:", "qssh://h:x", "qssh://h:65536", "qssh://@h", "qssh://h/path", "qssh://%4@h", "qssh://%zz@h", "qssh://%00@h"})
    void anythingElseIsRefused(String text) {
        assertThrows(UsageException.class, () -> Destination.parse(text));
    }

    @Test
    void anInviteIsOne() throws Exception {
        Invite invite = Invite.create(Optional.of("me"), "[::1]", 4444, new byte[32], RandomSource.system());
        Destination to = Destination.parse(invite.uri());
        assertEquals("me", to.user());
        assertEquals("::1", to.host());
        assertEquals(4444, to.port());
        assertNotNull(to.invite());
        assertNull(Destination.parse("qssh://me@host").invite());
        assertEquals("qssh: error: not a valid invite: it is not of the form qssh://[user@]host[:port]?fp=...&invite=...",
            assertThrows(UsageException.class, () -> Destination.parse("qssh://me@host?fp=short&invite=")).getMessage());
    }
}
