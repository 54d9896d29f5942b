package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code qssh-copy-id} of the distribution: a user with one key lets another one in, over shells of several kinds, and by an invite. */
final class CopyIdTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static Path own;
    private static int tests;

    private Path home;
    private Path key;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(dir, "AuthorizedKeysFile=.qssh/authorized_keys elsewhere");
        own = Files.copy(anna.keyFile(), dir.resolve("own"));
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rw-------"));
    }

    @AfterAll
    static void moveOut() {
        if (house != null) {
            house.close();
        }
        if (anna != null) {
            anna.close();
        }
    }

    /** A new user here, with a new key, who knows the host; anna's file holds her own key alone. */
    @BeforeEach
    void newcomer() throws Exception {
        home = Files.createDirectory(dir.resolve("home " + tests++));
        key = Files.createDirectory(home.resolve(".qssh")).resolve("id_kyber768");
        Command.of(House.program("qssh-keygen"), "-q", "-N", "", "-t", "kyber768", "-C", "a \\new key's \"comment\"", "-f", key.toString()).run().expect(0);
        Files.copy(house.knownHosts(), home.resolve(".qssh/known_hosts"));
        anna.write(anna.authorizedKeys(), anna.key().line("own") + "\n", "rw-------");
    }

    private Command copyId(String... words) {
        return Command.of(House.program("qssh-copy-id")).with(words).env("HOME", home.toString()).env("SSH_AUTH_SOCK", null).env("QSSH_AUTH_SOCK", null).in(home);
    }

    /** By way of anna's own key. */
    private Command byKey(String... words) {
        return copyId("-F", "none", "-o", "UserKnownHostsFile=\"" + home + "/.qssh/known_hosts\"", "-o", "IdentityFile=" + own, "-p", "" + house.daemon().port()).with(words);
    }

    private Command.Result login() throws Exception {
        return house.client("qssh", key, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes").with(House.at(anna), "echo in").run();
    }

    private static List<String> authorized() throws Exception {
        return Files.readAllLines(anna.authorizedKeys());
    }

    @Test
    void aKeyIsAddedOnceAndLogsIn() throws Exception {
        login().expect(255);
        Command.Result result = byKey("-i", key + ".pub", House.at(anna)).run().expect(0);
        assertTrue(result.out().contains("\nNumber of key(s) added: 1\n"), result.toString());
        assertTrue(result.out().contains("\nNow try logging into the machine, with: \"qssh -F 'none' -p '" + house.daemon().port() + "' '" + House.at(anna) + "'\"\n"), result.toString());
        assertEquals("in\n", login().expect(0).out());
        assertEquals(List.of(anna.key().line("own"), Files.readString(Path.of(key + ".pub")).strip()), authorized());
        // again: found out by a login, or with -f by the host
        result = byKey("-i", key.toString(), House.at(anna)).run().expect(0);
        assertTrue(result.err().contains("already") && result.out().isEmpty(), result.toString());
        result = byKey("-f", "-i", key.toString(), House.at(anna)).run().expect(0);
        assertTrue(result.err().contains("already") && result.out().isEmpty(), result.toString());
        assertEquals(2, authorized().size());
    }

    @Test
    void aFileWithoutItsLastNewlineIsMendedAndNothingElseTouched() throws Exception {
        String before = "# a remark\n#" + Files.readString(Path.of(key + ".pub")) + anna.key().line("own");
        anna.write(anna.authorizedKeys(), before, "rw-------");
        byKey("-i", key.toString(), House.at(anna)).run().expect(0);
        assertEquals(before + "\n" + Files.readString(Path.of(key + ".pub")), Files.readString(anna.authorizedKeys()));
        assertEquals("in\n", login().expect(0).out());
    }

    @Test
    void theDirectoryIsMadeForTheUserAlone() throws Exception {
        anna.write(anna.home().resolve("elsewhere"), anna.key().line("own") + "\n", "rw-------");
        Command.of("mv", anna.home() + "/.qssh", anna.home() + "/away").run().expect(0);
        try {
            byKey("-i", key.toString(), House.at(anna)).run().expect(0);
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(anna.home().resolve(".qssh"))));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(anna.authorizedKeys())));
            assertEquals(anna.name(), Files.getOwner(anna.authorizedKeys()).getName());
            assertEquals("in\n", login().expect(0).out());
        } finally {
            Command.script("cd " + anna.home() + " && rm -rf .qssh elsewhere && mv away .qssh").run().expect(0);
        }
    }

    @Test
    void anyShellWillDo() throws Exception {
        List<String> shells = Stream.of("dash", "bash", "zsh", "fish").map(name -> "/usr/bin/" + name).toList();
        try {
            for (String shell : shells) {
                anna.modify("-s", shell);
                anna.write(anna.authorizedKeys(), anna.key().line("own") + "\n", "rw-------");
                byKey("-f", "-i", key.toString(), House.at(anna)).run().expect(0);
                assertEquals(List.of(anna.key().line("own"), Files.readString(Path.of(key + ".pub")).strip()), authorized(), shell);
            }
        } finally {
            anna.modify("-s", "/bin/sh");
        }
    }

    @Test
    void aDryRunChangesNothing() throws Exception {
        Command.Result result = byKey("-n", "-i", key.toString(), House.at(anna)).run().expect(0);
        assertTrue(result.out().contains(Files.readString(Path.of(key + ".pub"))), result.toString());
        assertEquals(1, authorized().size());
    }

    /** The newest key is taken where none is named, and the host may be an alias of the configuration. */
    @Test
    void withoutAFileTheNewestKeyIsTaken() throws Exception {
        Files.writeString(home.resolve("cfg"), "Host there\n HostName 127.0.0.1\n Port " + house.daemon().port() + "\n User " + anna.name()
                + "\n UserKnownHostsFile \"" + home + "/.qssh/known_hosts\"\n IdentityFile " + own + "\n");
        copyId("there", "-Fcfg").run().expect(0);
        assertEquals("in\n", login().expect(0).out());
    }

    @Test
    void anInviteOpensTheDoor() throws Exception {
        Path second = home.resolve("second");
        Command.of(House.program("qssh-keygen"), "-q", "-N", "", "-t", "kyber768", "-f", second.toString()).run().expect(0);
        for (Path each : List.of(key, second)) {
            String invite = house.daemon().invite(anna.name());
            Command.Result result = copyId("-i", each.toString(), "-o", "UserKnownHostsFile=none", "-F", "none", invite).run().expect(0);
            assertTrue(result.out().contains("\nNumber of key(s) added: 1\n"), result.toString());
            assertFalse(result.out().contains("invite="), result.toString());
            assertTrue(result.out().contains("'qssh://" + anna.name() + "@127.0.0.1:" + house.daemon().port() + "'\""), result.toString());
        }
        for (Path each : List.of(key, second)) {
            String material = Files.readString(Path.of(each + ".pub")).split(" ")[1];
            // the daemon enrols the key that an invite was used with, at the same time
            assertTrue(authorized().stream().anyMatch(line -> line.contains(material)), each.toString());
        }
        assertEquals("in\n", login().expect(0).out());
    }

    @Test
    void whatCannotBeIsSaid() throws Exception {
        Command.Result result = byKey("-i", home + "/missing", House.at(anna)).run().expect(1);
        assertTrue(result.err().contains("cannot read the public key " + home + "/missing.pub"), result.toString());
        Files.writeString(home.resolve("private.pub"), Files.readString(key));
        result = byKey("-i", home + "/private.pub", House.at(anna)).run().expect(1);
        assertTrue(result.err().contains("is not a public key"), result.toString());
        assertTrue(copyId().run().expect(1).err().startsWith("usage: qssh-copy-id "));
        assertTrue(copyId("-Z", "host").run().expect(1).err().contains("unknown option -Z\nusage: "));
        result = copyId("-i", key.toString(), "-p", "1", "-F", "none", "127.0.0.1").run().expect(1);
        assertTrue(result.err().contains("qssh-copy-id: ERROR: qssh: connect to host 127.0.0.1 port 1: Connection refused"), result.toString());
        // nobody is let in who has no way in already
        result = copyId("-i", key.toString(), "-p", "" + house.daemon().port(), "-F", "none", "-o", "UserKnownHostsFile=" + house.knownHosts(), "-o", "BatchMode=yes", "-o", "IdentityFile=\"" + key + "\"", House.at(anna)).run().expect(1);
        assertTrue(result.err().contains("Permission denied (publickey)") && result.err().endsWith("could not be installed\n"), result.toString());
        assertEquals(1, authorized().size());
        // a home that cannot be written to
        Files.setPosixFilePermissions(anna.authorizedKeys(), PosixFilePermissions.fromString("r--------"));
        result = byKey("-i", key.toString(), House.at(anna)).run().expect(1);
        assertTrue(result.err().contains("ermission denied") && result.err().endsWith("could not be installed\n"), result.toString());
    }
}
