package org.qnsp.core.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.client.KnownHosts.Answer;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;

/** Known hosts (K-6). */
class KnownHostsTest {
    private static final Path FILE = Path.of("/kh");

    private static PublicKey one;
    private static PublicKey two;
    private static PublicKey signing;

    @TempDir
    Path dir;

    @BeforeAll
    static void makeKeys() {
        one = kem();
        two = kem();
        try (SigKeyPair pair = SigKeyPair.generate(RandomSource.system())) {
            signing = pair.publicKey();
        }
    }

    private static PublicKey kem() {
        try (KemKeyPair pair = KemKeyPair.generate(RandomSource.system())) {
            return pair.publicKey();
        }
    }

    private static Answer check(String text, String name, PublicKey key) {
        return KnownHosts.parse(FILE, text).check(name, key);
    }

    private static void assertKnown(String names, String name, boolean expected) {
        assertEquals(expected, check(names + " " + one.line("") + "\n", name, one) instanceof Answer.Known, names + " / " + name);
    }

    @Test
    void names() {
        assertEquals("host", KnownHosts.name("HOST", ClientConfig.DEFAULT_PORT));
        assertEquals("[host]:22", KnownHosts.name("Host", 22));
        assertEquals("[::1]:22", KnownHosts.name("::1", 22));
        assertKnown("host", "host", true);
        assertKnown("HOST", "host", true);
        assertKnown("a,host,b", "host", true);
        assertKnown("host", "hos", false);
        assertKnown("[host]:22", "[host]:22", true);
        assertKnown("host", "[host]:22", false);
        assertKnown("*.example.com", "a.example.com", true);
        assertKnown("*.example.com,!b.example.com", "b.example.com", false);
        assertKnown("h?st", "host", true);
        assertKnown("!host", "host", false);
    }

    @Test
    void namesHashedByOpenSsh() {
        // ssh-keygen -H of OpenSSH 9.2 on a line for "foo".
        assertKnown("|1|AvS4nPbBE0T0TQj2nkREFngnNY8=|Sr06VX5WW96xfgZk3JkeMcewSHQ=", "foo", true);
        assertKnown("|1|AvS4nPbBE0T0TQj2nkREFngnNY8=|Sr06VX5WW96xfgZk3JkeMcewSHQ=", "bar", false);
        assertKnown("|1|AvS4nPbBE0T0TQj2nkREFngnNY8=|", "foo", false);
        assertKnown("|1|!|?", "foo", false);
        assertKnown("|1|", "foo", false);
    }

    @Test
    void aKeyIsKnownChangedUnknownOrRevoked() {
        String known = "# comment\n\nhost " + one.line("c") + "\n";
        assertEquals(3, assertInstanceOf(Answer.Known.class, check(known, "host", one)).line().number());
        Answer.Changed changed = assertInstanceOf(Answer.Changed.class, check(known, "host", two));
        assertEquals(3, changed.lines().getFirst().number());
        assertEquals(FILE, changed.lines().getFirst().file());
        Answer.Unknown unknown = assertInstanceOf(Answer.Unknown.class, check(known, "other", one));
        assertEquals("host", unknown.otherNames().getFirst().names());
        assertEquals(List.of(), assertInstanceOf(Answer.Unknown.class, check(known, "other", two)).otherNames());
        assertInstanceOf(Answer.Revoked.class, check(known + "@revoked * " + one.line("") + "\n", "host", one));
        assertInstanceOf(Answer.Known.class, check(known + "@revoked * " + two.line("") + "\n", "host", one));
        assertInstanceOf(Answer.Unknown.class, check("host " + signing.line("") + "\n", "host", one), "another type is no change");
    }

    @Test
    void aHostMayHaveSomeKeys() {
        String text = "host " + one.line("") + "\nhost " + two.line("") + "\nhost " + signing.line("") + "\n@revoked host " + two.line("");
        assertInstanceOf(Answer.Known.class, check("host " + one.line("") + "\nhost " + two.line(""), "host", two));
        assertEquals(List.of(one), KnownHosts.parse(FILE, text).keysOf("host", KeyType.KEM));
    }

    @Test
    void linesThatAreNoneArePassedOver() {
        String text = "host\nhost mlkem768-x25519\nhost mlkem768-x25519 AAAA\n@cert-authority host " + one.line("") + "\n@revoked\nhost "
            + one.line("").substring(0, 900) + "\nhost ssh-ed25519 AAAA\n" + "x".repeat(20_000) + "\n\thost\t" + one.line("").replace(' ', '\t') + "\r\n";
        Answer.Known known = assertInstanceOf(Answer.Known.class, check(text, "host", one));
        assertEquals(9, known.line().number());
        assertInstanceOf(Answer.Changed.class, check(text, "host", two));
    }

    @Test
    void severalFilesKeepTheirLineNumbers() throws IOException {
        Path a = Files.writeString(dir.resolve("a"), "\nx " + one.line("") + "\n");
        Path b = Files.writeString(dir.resolve("b"), "host " + two.line("") + "\n");
        Answer.Changed changed = assertInstanceOf(Answer.Changed.class,
            KnownHosts.read(List.of(a, dir.resolve("none"), b)).check("host", one));
        assertEquals(b, changed.lines().getFirst().file());
        assertEquals(1, changed.lines().getFirst().number());
        assertEquals(2, KnownHosts.read(List.of(a, b)).linesOf("x").getFirst().number());
    }

    @Test
    void addingMakesFileAndDirectory() throws IOException {
        Path file = dir.resolve("q/known_hosts");
        KnownHosts.add(file, "host", one, false, RandomSource.system());
        KnownHosts.add(file, "[h]:1", two, true, RandomSource.system());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        KnownHosts hosts = KnownHosts.read(List.of(file));
        assertInstanceOf(Answer.Known.class, hosts.check("host", one));
        assertInstanceOf(Answer.Known.class, hosts.check("[h]:1", two));
        assertTrue(hosts.lines().get(1).isHashed());
    }

    @Test
    void addingToAFileWithoutALastLineEnd() throws IOException {
        Path file = Files.writeString(dir.resolve("kh"), "host " + one.line("comment"));
        KnownHosts.add(file, "other", two, false, RandomSource.system());
        assertEquals("host " + one.line("comment") + "\nother " + two.line("") + "\n", Files.readString(file));
    }

    @Test
    void removingKeepsTheRestAndABackup() throws IOException {
        String text = "# c\nhost,[host]:2 " + one.line("x") + "\nother " + one.line("") + "\n@revoked host " + two.line("") + "\n\nhost-i other-type AAAA\n";
        Path file = Files.writeString(dir.resolve("kh"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        KnownHostsFile hosts = new KnownHostsFile(file);
        assertFalse(hosts.remove("nobody").changed());
        assertFalse(Files.exists(hosts.backup()));
        assertEquals(List.of(2), hosts.remove("host").lineNumbers());
        assertEquals(text.replace("host,[host]:2 " + one.line("x") + "\n", ""), Files.readString(file));
        assertEquals(text, Files.readString(hosts.backup()));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(2, Files.list(dir).count(), "nothing else is left");
    }

    @Test
    void hashingGivesEachNameALineAndLeavesPatterns() throws IOException {
        Path file = Files.writeString(dir.resolve("kh"), "a,[b]:2 " + one.line("x") + "\n*.c " + two.line("") + "\n# c\n");
        KnownHostsFile.Edit edit = new KnownHostsFile(file).hash(RandomSource.system());
        assertEquals(List.of(1), edit.lineNumbers());
        assertEquals(2, edit.skipped().getFirst().number());
        KnownHosts hosts = KnownHosts.read(List.of(file));
        assertEquals(3, hosts.lines().size());
        assertFalse(Files.readString(file).contains("[b]"));
        assertEquals("x", hosts.linesOf("[b]:2").getFirst().comment());
        assertInstanceOf(Answer.Known.class, hosts.check("a", one));
        assertInstanceOf(Answer.Known.class, hosts.check("z.c", two));
    }

    @Test
    void aChangeGoesThroughASymbolicLink() throws IOException {
        Path real = Files.writeString(dir.resolve("real"), "host " + one.line("") + "\n");
        Path link = Files.createSymbolicLink(dir.resolve("link"), real);
        new KnownHostsFile(link).remove("host");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("", Files.readString(real));
    }

    @Test
    void theQuestionAtFirstContact() {
        assertEquals("The authenticity of host '[h]:22 ([1.2.3.4]:22)' can't be established.\n"
            + "MLKEM768-X25519 key fingerprint is " + Fingerprint.text(one) + ".\n"
            + "This key is not known by any other names.\n"
            + "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
            HostKeyTexts.unknownHost("[h]:22", "[1.2.3.4]:22", one, List.of(), false));
        List<KnownHostLine> others = KnownHosts.parse(FILE, "a " + one.line("") + "\n|1|x|y " + one.line("")).lines();
        String text = HostKeyTexts.unknownHost("h", null, one, others, true);
        assertTrue(text.contains(Fingerprint.randomart(one)));
        assertTrue(text.contains("following other names/addresses:\n    /kh:1: a\n    /kh:2: [hashed name]\nAre you"), text);
        assertTrue(text.startsWith("The authenticity of host 'h (<no hostip for proxy command>)'"));
    }

    @Test
    void answersAtFirstContact() {
        assertEquals(true, HostKeyTexts.decision(" yes ", one));
        assertEquals(true, HostKeyTexts.decision("YES", one));
        assertEquals(true, HostKeyTexts.decision(Fingerprint.text(one), one));
        assertEquals(false, HostKeyTexts.decision("no", one));
        assertNull(HostKeyTexts.decision("y", one));
        assertNull(HostKeyTexts.decision(Fingerprint.text(two), one));
    }

    @Test
    void theBoxOfAChangedKey() {
        KnownHostLine line = KnownHosts.parse(FILE, "h " + two.line("")).lines().getFirst();
        assertEquals("""
            @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
            @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
            @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
            IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
            Someone could be eavesdropping on you right now (man-in-the-middle attack)!
            It is also possible that a host key has just been changed.
            The fingerprint for the MLKEM768-X25519 key sent by the remote host is
            %s.
            Please contact your system administrator.
            Add correct host key in /home/me/.qssh/known_hosts to get rid of this message.
            Offending MLKEM768-X25519 key in /kh:1
              remove with:
              qssh-keygen -f "/kh" -R "h"
            """.formatted(Fingerprint.text(one)), HostKeyTexts.changed("h", one, line, Path.of("/home/me/.qssh/known_hosts")));
        assertTrue(HostKeyTexts.changedAndStrict("h", one).endsWith("Host key verification failed.\n"));
        assertTrue(HostKeyTexts.revoked("h", two, "/kh:1").contains("marked as revoked in /kh:1"));
        assertEquals("Warning: Permanently added 'h' (MLKEM768-X25519) to the list of known hosts.\n", HostKeyTexts.added("h", one));
        for (String box : List.of(HostKeyTexts.changed("h", one, line, null), HostKeyTexts.revoked("h", two, "/kh:1"))) {
            assertEquals(List.of(59), box.lines().limit(3).map(String::length).distinct().toList());
        }
    }
}
