package org.qnsp.qsshd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;

/** authorized_keys (K-2). */
class AuthorizedKeysTest {
    private static final ZoneId TWO_HOURS_EAST = ZoneOffset.ofHours(2);

    private static PublicKey kem;
    private static PublicKey sig;

    @BeforeAll
    static void makeKeys() {
        try (KemKeyPair a = KemKeyPair.generate(RandomSource.system()); SigKeyPair b = SigKeyPair.generate(RandomSource.system())) {
            kem = a.publicKey();
            sig = b.publicKey();
        }
    }

    private static AuthorizedKeys parse(String text) {
        return AuthorizedKeys.parse(text, TWO_HOURS_EAST);
    }

    private static KeyOptions options(String options) {
        AuthorizedKeys keys = parse(options + " " + kem.line("me@here") + "\n");
        assertEquals(List.of(), keys.ignored(), options);
        assertEquals("me@here", keys.lines().getFirst().comment());
        return keys.lines().getFirst().options();
    }

    @Test
    void linesWithoutOptions() {
        AuthorizedKeys keys = parse("# c\n\n  " + kem.line("a b") + "\r\n" + sig.line("") + "\n" + kem.line("x").replace(" ", " \t ") + "\n");
        assertEquals(List.of(), keys.ignored());
        assertEquals(List.of(3, 4, 5), keys.lines().stream().map(AuthorizedKeys.Line::number).toList());
        assertEquals(KeyOptions.NONE, keys.lines().getFirst().options());
        assertEquals("a b", keys.lines().getFirst().comment());
        assertEquals(sig, keys.lines().get(1).key());
    }

    @Test
    void permissions() {
        KeyOptions none = options("restrict");
        assertFalse(none.pty() || none.portForwarding() || none.agentForwarding() || none.x11Forwarding() || none.userRc());
        KeyOptions some = options("restrict,pty,Port-Forwarding");
        assertTrue(some.pty() && some.portForwarding() && !some.agentForwarding());
        KeyOptions less = options("no-pty,NO-X11-forwarding,no-agent-forwarding,no-user-rc,no-port-forwarding");
        assertFalse(less.pty() || less.portForwarding() || less.agentForwarding() || less.x11Forwarding() || less.userRc());
        assertTrue(options("no-pty,pty").pty(), "the last one counts");
        assertFalse(options("pty,restrict").pty(), "the last one counts");
    }

    @Test
    void values() {
        KeyOptions all = options("command=\"echo \\\"a, b\\\" # c\",environment=\"A=b c\",environment=\"A=second\",permitopen=\"h:80\",permitopen=\"[::1]:*\","
            + "permitlisten=\"8080\",permitlisten=\"localhost:1\",tunnel=\"0\"");
        assertEquals("echo \"a, b\" # c", all.command());
        assertEquals(List.of("A=b c"), all.environment());
        assertEquals(List.of("h:80", "[::1]:*"), all.permitOpen());
        assertEquals(List.of("8080", "localhost:1"), all.permitListen());
        assertNull(all.from());
    }

    @Test
    void from() {
        KeyOptions from = options("from=\"10.0.0.0/8,!10.1.0.0/16,*.example.com,!bad.example.com\"");
        assertTrue(from.allowsFrom("10.2.0.1", "10.2.0.1"));
        assertFalse(from.allowsFrom("10.1.0.1", "10.1.0.1"));
        assertTrue(from.allowsFrom("a.example.com", "1.2.3.4"));
        assertFalse(from.allowsFrom("bad.example.com", "10.2.0.1"));
        assertFalse(from.allowsFrom("a.example.com", "10.1.0.1"));
        assertFalse(from.allowsFrom("x", "1.2.3.4"));
    }

    @Test
    void expiry() {
        assertEquals(1_767_225_600, options("expiry-time=\"20260101Z\"").expiresAtSeconds());
        assertEquals(1_767_225_600 - 7200, options("expiry-time=\"20260101\"").expiresAtSeconds());
        assertEquals(1_767_225_600 + 3720, options("expiry-time=\"202601010102Z\"").expiresAtSeconds());
        assertEquals(1_767_225_600 + 3723, options("expiry-time=\"20260101010203Z\",expiry-time=\"20300101Z\"").expiresAtSeconds(), "the earliest counts");
        KeyOptions options = options("expiry-time=\"20260101Z\"");
        assertFalse(options.expired(1_767_225_599));
        assertTrue(options.expired(1_767_225_600));
    }

    @ParameterizedTest
    @ValueSource(strings = {"foo", "command", "command=", "command=x", "command=\"x", "command=\"x\"y", "command=\"a\",command=\"b\"", "from=\"1.2.3.4/8\"",
        "no-pty,", ",no-pty", "no-pty,,pty", "environment=\"A\"", "environment=\"=x\"", "environment=\"A-B=x\"", "permitopen=\"h\"", "permitopen=\"h:0\"",
        "permitopen=\"::1:80\"", "permitlisten=\"x\"", "expiry-time=\"2026\"", "expiry-time=\"20261301\"", "expiry-time=\"x\"", "no-restrict", "restrict=\"x\"",
        "cert-authority", "principals=\"a\"", "verify-required", "restrict pty", "ssh-ed25519"})
    void linesWithOtherOptionsDoNotCount(String options) {
        AuthorizedKeys keys = parse(options + " " + kem.line("") + "\n" + sig.line("") + "\n");
        assertEquals(1, keys.lines().size(), options);
        assertEquals(1, keys.ignored().getFirst().number());
    }

    @Test
    void linesThatAreCutDoNotCount() {
        String line = kem.line("");
        for (int length = 0; length < line.length(); length++) {
            AuthorizedKeys keys = parse(line.substring(0, length) + "\n" + sig.line("") + "\n");
            assertEquals(1, keys.lines().size(), "cut to " + length);
        }
    }

    @Test
    void longLinesDoNotCount() {
        AuthorizedKeys keys = parse("command=\"" + "x".repeat(70_000) + "\" " + kem.line(""));
        assertEquals(List.of(), keys.lines());
    }

    @Test
    void theFirstLineThatAllowsCounts() {
        AuthorizedKeys keys = parse("from=\"1.2.3.4\" " + kem.line("one") + "\nexpiry-time=\"20200101\" " + kem.line("two") + "\n" + kem.line("three") + "\n");
        assertEquals("one", find(keys, "1.2.3.4", 1_700_000_000).orElseThrow().comment());
        assertEquals("three", find(keys, "9.9.9.9", 1_700_000_000).orElseThrow().comment());
        assertEquals("two", find(keys, "9.9.9.9", 1_500_000_000).orElseThrow().comment());
        assertEquals(Optional.empty(), keys.find(sig.fingerprint(), "h", "1.2.3.4", 0));
    }

    private static Optional<AuthorizedKeys.Line> find(AuthorizedKeys keys, String address, long now) {
        return keys.find(kem.fingerprint(), address, address, now);
    }

    @Test
    void filesThatOthersMayWriteAreNotSafe(@TempDir Path dir) throws IOException {
        int uid = (Integer) Files.getAttribute(dir, "unix:uid");
        Path home = Files.createDirectory(dir.resolve("home"));
        Path qssh = Files.createDirectory(home.resolve(".qssh"));
        Path file = Files.writeString(qssh.resolve("authorized_keys"), kem.line("") + "\n");
        assertEquals(Optional.empty(), SafePath.fault(file, home, uid));
        Files.setPosixFilePermissions(qssh, PosixFilePermissions.fromString("rwxrwxr-x"));
        assertTrue(SafePath.fault(file, home, uid).orElseThrow().contains("directory " + qssh));
        Files.setPosixFilePermissions(qssh, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertTrue(SafePath.fault(file, home, uid).orElseThrow().contains("file " + file));
        assertTrue(SafePath.fault(qssh, home, uid).isPresent(), "a directory is no file");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertEquals(uid != 0, SafePath.fault(file, home, uid + 1).isPresent(), "another user's file is a fault, root's is none");
    }

    @Test
    void readsAFile(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("k"), kem.line("x") + "\n");
        assertEquals(kem, AuthorizedKeys.read(file, TWO_HOURS_EAST).lines().getFirst().key());
    }
}
