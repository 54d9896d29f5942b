package org.qnsp.crypto.keys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
import org.qnsp.crypto.Vectors;

/** K-7 and K-8: invites. */
class InviteTest {
    private static final String F = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    private static final String T = "_____________________________________________".substring(0, 42) + "8";

    @Test
    void invitesAreWrittenAndRead() throws Exception { // K-7
        String uri = "qssh://alice@example.org:2222?fp=" + F + "&invite=" + T;
        try (Invite invite = Invite.parse(uri)) {
            assertEquals(Optional.of("alice"), invite.user());
            assertEquals("example.org", invite.host());
            assertEquals(2222, invite.port());
            assertEquals("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", Vectors.hex(invite.fingerprint()));
            assertEquals(uri, invite.uri());
            assertFalse(invite.toString().contains(T));
        }
    }

    @Test
    void theInviteKeyIsExpandedFromTheToken() throws Exception { // K-8: HKDF-Expand's first block
        try (Invite invite = Invite.parse("qssh://h?fp=" + F + "&invite=" + T)) {
            byte[] info = Encoding.lpAll(Encoding.ascii("qnsp1 invite key"), new byte[0]);
            assertTrue(invite.inviteKey().matches(Hmac.mac(Vectors.filled(32, 0xff), info, new byte[] {1})));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"qssh://h", "qssh://a.b-c.example", "qssh://u@h", "qssh://[::1]", "qssh://[fe80::1%25eth0]:1", "qssh://10.0.0.1:65535",
        "qssh://J%C3%BCrgen%40home@h"})
    void theseComeBack(String place) throws Exception { // K-7
        String uri = place + "?fp=" + F + "&invite=" + T;
        try (Invite invite = Invite.parse(uri)) {
            assertEquals(uri, invite.uri());
        }
    }

    @Test
    void createdInvitesComeBack() throws Exception {
        byte[] fingerprint = Vectors.random(70).bytes(32);
        try (Invite made = Invite.create(Optional.of("J\u00fcrgen@home"), "h", 22768, fingerprint, Vectors.random(71));
                Invite read = Invite.parse(made.uri())) {
            assertTrue(made.uri().startsWith("qssh://J%C3%BCrgen%40home@h?fp="));
            assertEquals(made.user(), read.user());
            assertEquals(22768, read.port());
            assertArrayEquals(fingerprint, read.fingerprint());
            assertTrue(made.inviteKey().matches(read.inviteKey().bytes()));
        }
        assertThrows(InvalidInviteException.class, () -> Invite.create(Optional.empty(), "a b", 1, fingerprint, Vectors.random(1)));
        assertThrows(InvalidInviteException.class, () -> Invite.create(Optional.empty(), "h", 0, fingerprint, Vectors.random(1)));
        assertThrows(InvalidInviteException.class, () -> Invite.create(Optional.of(""), "h", 1, fingerprint, Vectors.random(1)));
        assertThrows(InvalidInviteException.class, () -> Invite.create(Optional.of("x".repeat(256)), "h", 1, fingerprint, Vectors.random(1)));
        assertThrows(InvalidInviteException.class, () -> Invite.create(Optional.empty(), "h", 1, new byte[31], Vectors.random(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "qssh://h", "ssh://h?fp=F&invite=T", "QSSH://h?fp=F&invite=T", "qssh://h?invite=T&fp=F", "qssh://h/?fp=F&invite=T",
        "qssh://?fp=F&invite=T", "qssh://@h?fp=F&invite=T", "qssh://h:0?fp=F&invite=T", "qssh://h:65536?fp=F&invite=T",
        "qssh://h:022?fp=F&invite=T", "qssh://h:?fp=F&invite=T", "qssh://h?fp=F&invite=T#x", "qssh://h?fp=F&invite=T ",
        "qssh://h?fp=F&invite=T&x=y", "qssh://h?fp=F=&invite=T", "qssh://h?fp=&invite=T", "qssh://-h?fp=F&invite=T",
        "qssh://a%2?b@h?fp=F&invite=T", "qssh://%61@h?fp=F&invite=T", "qssh://a%2@h?fp=F&invite=T", "qssh://%FF@h?fp=F&invite=T",
        "qssh://%0A@h?fp=F&invite=T", "qssh://u:p@h?fp=F&invite=T", "qssh://a@b@h?fp=F&invite=T", "qssh://[::1?fp=F&invite=T",
        "qssh://::1?fp=F&invite=T", "qssh://h?fp=F&invite=TA", "qssh://%c3%bc@h?fp=F&invite=T"})
    void anythingElseIsRefused(String text) { // K-7
        String uri = text.replace("fp=F", "fp=" + F).replace("invite=T", "invite=" + T);
        InvalidInviteException refused = assertThrows(InvalidInviteException.class, () -> Invite.parse(uri));
        assertFalse(refused.getMessage().contains(T));
    }

    @Test
    void base64HasOneForm() { // K-7: the two bits after the last byte are zero
        String loose = F.substring(0, 42) + "9";
        assertThrows(InvalidInviteException.class, () -> Invite.parse("qssh://h?fp=" + loose + "&invite=" + T));
        assertThrows(InvalidInviteException.class, () -> Invite.parse("qssh://h?fp=" + F + "&invite=" + loose));
    }
}
