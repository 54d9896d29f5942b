package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenSSH's sftp and scp, and sshfs, unmodified, over qssh; the names are those of OpenSSH's own tests of the same things. */
final class SftpTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static Path wrapper;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(Files.createDirectories(dir.resolve("house")));
        Path config = Files.writeString(dir.resolve("config"), String.join("\n", "Host there", "HostName 127.0.0.1", "Port " + house.daemon().port(),
                "User " + anna.name(), "IdentityFile " + anna.keyFile(), "UserKnownHostsFile " + house.knownHosts(), "BatchMode yes", ""));
        wrapper = Files.writeString(dir.resolve("ssh"), "#!/bin/sh\nexec " + House.program("qssh") + " -F " + config + " \"$@\"\n");
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
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

    private static Path work(String name) throws Exception {
        return Files.createDirectories(dir.resolve("work").resolve(name));
    }

    /** Commands of sftp's batch mode, which ends at the first that fails. */
    private static Command.Result sftp(Path where, String... lines) throws Exception {
        return Command.of("sftp", "-q", "-b", "-", "-S", wrapper.toString(), "there").in(where).input(String.join("\n", lines) + "\n").run();
    }

    private static Command.Result scp(Path where, String... words) throws Exception {
        return Command.of("scp", "-q", "-S", wrapper.toString()).with(words).in(where).run();
    }

    private static Path noise(Path file, int bytes) throws Exception {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return Files.write(file, content);
    }

    private static void assertSame(Path a, Path b) throws Exception {
        assertArrayEquals(Files.readAllBytes(a), Files.readAllBytes(b), a + " and " + b);
    }

    @Test
    @DisplayName("sftp")
    void filesGoBothWaysInBlocksOfAnySize() throws Exception {
        Path here = work("sftp");
        noise(here.resolve("file"), 3_000_000);
        for (String options : List.of("-B 5 -R 1", "-B 1000 -R 10", "-B 32000 -R 64", "-B 261120 -R 64")) {
            boolean small = options.matches("-B (5|1000) .*"); // each request waits for its slot
            Path sent = small ? noise(here.resolve("small"), options.startsWith("-B 5 ") ? 200 : 50_000) : here.resolve("file");
            Command.script("sftp -q " + options + " -S " + wrapper + " -b - there").in(here).input("put " + sent.getFileName() + " copy\nget copy back\nrm copy\n").run().expect(0);
            assertSame(sent, here.resolve("back"));
        }
    }

    @Test
    @DisplayName("sftp-cmds")
    void everyCommandDoesWhatItSays() throws Exception {
        Path here = work("cmds");
        noise(here.resolve("a"), 10_000);
        Path there = anna.home().resolve("cmds");
        sftp(here, "mkdir cmds", "cd cmds", "put a", "put -p a kept", "mkdir d", "rename a b", "symlink b s", "ln b hard", "chmod 640 b", "put a d/a").expect(0);
        assertSame(here.resolve("a"), there.resolve("b"));
        assertEquals(Files.getAttribute(there.resolve("b"), "unix:ino"), Files.getAttribute(there.resolve("hard"), "unix:ino"));
        assertEquals(Path.of("b"), Files.readSymbolicLink(there.resolve("s")));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(there.resolve("b"))));
        assertEquals(anna.name(), Files.getOwner(there.resolve("b")).getName());
        assertEquals(Files.getLastModifiedTime(here.resolve("a")).toMillis() / 1000, Files.getLastModifiedTime(there.resolve("kept")).toMillis() / 1000);
        String listing = sftp(here, "ls -la cmds", "pwd", "df cmds", "version").expect(0).out();
        assertTrue(listing.matches("(?s).*-rw-r----- .* " + anna.name() + " +" + anna.name() + " +10000 \\w{3} [ \\d]\\d .*cmds/b\n.*"), listing);
        assertTrue(listing.contains("Remote working directory: " + anna.home()), listing);
        assertTrue(listing.contains("%Capacity"), listing);
        assertTrue(listing.contains("SFTP protocol version 3"), listing);
        sftp(here, "rm cmds/hard", "rm cmds/s", "rm cmds/b", "rm cmds/kept", "rm cmds/d/a", "rmdir cmds/d", "rmdir cmds").expect(0);
        assertFalse(Files.exists(there));
    }

    @Test
    @DisplayName("sftp-badcmds")
    void whatCannotBeDoneIsSaidAndChangesNothing() throws Exception {
        Path here = work("badcmds");
        Files.writeString(here.resolve("a"), "a");
        sftp(here, "mkdir bad", "put a bad/a", "put a bad/b", "mkdir bad/d", "put a a").expect(0);
        for (String command : List.of("get bad/none", "rm bad/none", "rmdir bad/a", "rmdir bad", "mkdir bad/d", "cd bad/a", "ls bad/none", "chmod 600 bad/none", "ln bad/none bad/x",
                "put a bad/none/a", "symlink a bad/b", "get /etc/shadow", "put a /etc/qnsp-sftp", "chown 0 bad/a")) {
            Command.Result result = anna.runs("sftp", "-q", "-b", "-", "-D", House.program("qsftp-server")).input(command + "\n").run();
            assertEquals(1, result.status(), command + ": " + result);
            assertFalse(result.err().isEmpty(), command + ": " + result);
        }
        assertEquals("bad/a\nbad/b\nbad/d\n", sftp(here, "ls -1 bad").expect(0).out().replaceAll("(?m)^sftp> .*\n", "").replaceAll(" +\n", "\n"));
        assertFalse(Files.exists(Path.of("/etc/qnsp-sftp")));
    }

    @Test
    @DisplayName("sftp-batch")
    void aBatchEndsAtTheFirstFailureThatIsNotForgiven() throws Exception {
        Path here = work("batch");
        Files.writeString(here.resolve("a"), "a");
        assertEquals(1, sftp(here, "put a batch-1", "get none", "put a batch-2").status());
        assertTrue(Files.exists(anna.home().resolve("batch-1")));
        assertFalse(Files.exists(anna.home().resolve("batch-2")));
        sftp(here, "-get none", "@put a batch-2").expect(0);
        assertTrue(Files.exists(anna.home().resolve("batch-2")));
    }

    @Test
    @DisplayName("sftp-glob")
    void patternsFindWhatTheyShould() throws Exception {
        Path here = work("glob");
        for (String name : List.of("g-one", "g-two", "g \"quoted\"", "g'single'", "g[brackets]", "g*star", "g\\back", "h-three")) {
            Files.writeString(here.resolve(name), name);
        }
        sftp(here, "mkdir glob", "put g* glob", "put h-three glob").expect(0);
        try (Stream<Path> there = Files.list(anna.home().resolve("glob"))) {
            assertEquals(8, there.count());
        }
        Path back = work("glob-back");
        sftp(back, "get glob/g*", "get glob/h-t?ree", "get glob/g\\*star literal").expect(0);
        try (Stream<Path> here2 = Files.list(back)) {
            assertEquals(9, here2.count());
        }
        assertEquals("g*star", Files.readString(back.resolve("literal")));
    }

    @Test
    @DisplayName("sftp-perm")
    void whatTheServerIsToldToRefuseItRefuses() throws Exception {
        Path here = work("perm");
        String server = House.program("qsftp-server");
        record Case(String options, String command, boolean works) {}
        List<Case> cases = List.of(
                new Case("-R", "put f new", false), new Case("-R", "get old got", true), new Case("-R", "rm old", false), new Case("-R", "mkdir d", false),
                new Case("-R", "rename old new", false), new Case("-R", "ln old new", false), new Case("-R", "symlink old new", false), new Case("-R", "chmod 600 old", false),
                new Case("-R", "ls -l", true), new Case("-P remove", "rm old", false), new Case("-P remove", "rename old new", true), new Case("-P posix-rename,rename", "rename old new", false),
                new Case("-P posix-rename", "rename old new", true), new Case("-p realpath,stat,lstat,opendir,readdir,close", "ls -l", true),
                new Case("-P setstat", "chmod 600 old", false), new Case("-P hardlink", "ln old new", false),
                new Case("-P open", "get old got", false), new Case("-P statvfs", "df", false));
        for (Case c : cases) {
            Path place = work("perm/" + cases.indexOf(c));
            Files.writeString(place.resolve("f"), "f");
            Files.writeString(place.resolve("old"), "old");
            Command.Result result = Command.of("sftp", "-q", "-b", "-", "-D", server + " " + c.options).in(place).input(c.command + "\n").run();
            assertEquals(c.works, result.status() == 0, c + ": " + result);
            if (!c.works) {
                assertEquals("old", Files.readString(place.resolve("old")), c.toString());
                assertFalse(Files.exists(place.resolve("new")) || Files.exists(place.resolve("d")), c.toString());
            }
        }
        Command.script("umask 0; exec sftp -q -b - -D '" + server + " -u 0077'").in(here).input("mkdir masked\n").run().expect(0);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(here.resolve("masked"))));
        assertTrue(Command.of(server, "-Q", "requests").run().expect(0).out().contains("posix-rename\n"));
        assertEquals(1, Command.of(server, "-P", "nonsense").run().status());
    }

    @Test
    @DisplayName("sftp-resume")
    void aTransferThatWasCutGoesOn() throws Exception {
        Path here = work("resume");
        byte[] whole = Files.readAllBytes(noise(here.resolve("whole"), 500_000));
        Files.write(anna.home().resolve("resumed"), Arrays.copyOf(whole, 200_000));
        Command.of("chown", anna.name(), anna.home().resolve("resumed").toString()).run().expect(0);
        sftp(here, "reput whole resumed").expect(0);
        assertSame(here.resolve("whole"), anna.home().resolve("resumed"));
        Files.write(here.resolve("part"), Arrays.copyOf(whole, 1));
        sftp(here, "reget resumed part").expect(0);
        assertSame(here.resolve("whole"), here.resolve("part"));
    }

    @Test
    @DisplayName("sftp-uri")
    void uriNamesHostAndPath() throws Exception {
        Path here = work("uri");
        Files.writeString(anna.home().resolve("of-uri"), "u");
        Command.of("sftp", "-q", "-S", wrapper.toString(), "sftp://" + anna.name() + "@there:" + house.daemon().port() + "/of-uri").in(here).run().expect(0);
        assertEquals("u", Files.readString(here.resolve("of-uri")));
    }

    @Test
    @DisplayName("scp")
    void scpCopiesInBothOfItsModes() throws Exception {
        for (String mode : List.of("-s", "-O")) {
            Path here = work("scp" + mode);
            String there = "scp" + mode + "-";
            noise(here.resolve("big"), 2_000_000);
            scp(here, mode, "-p", "big", "there:" + there + "big").expect(0);
            assertSame(here.resolve("big"), anna.home().resolve(there + "big"));
            scp(here, mode, "there:" + there + "big", "back").expect(0);
            assertSame(here.resolve("big"), here.resolve("back"));
            Path tree = Files.createDirectories(here.resolve("tree with blanks/sub"));
            List<String> odd = List.of("plain", "a b", "q'u\"o`te", "new\nline", "$(id);&", "\u00e4\u4e2d", "-dash", "glob*?[x]");
            for (String name : odd) {
                if (mode.equals("-O") && name.contains("\n")) {
                    continue; // scp itself writes such a name otherwise in that mode
                }
                Files.writeString(tree.resolve(name), name);
            }
            Files.setPosixFilePermissions(tree.resolve("plain"), PosixFilePermissions.fromString("rwxr-----"));
            scp(here, mode, "-r", "-p", "tree with blanks", "there:" + there + "tree").expect(0);
            scp(here, mode, "-r", "-p", "there:" + there + "tree", "tree2").expect(0);
            Command.of("diff", "-r", "tree with blanks", "tree2").in(here).run().expect(0);
            assertEquals("rwxr-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(here.resolve("tree2/sub/plain"))));
            scp(here, mode, "there:" + there + "tree/sub/p*n", "globbed").expect(0);
            assertEquals("plain", Files.readString(here.resolve("globbed")));
            assertEquals(1, scp(here, mode, "there:none", "x").status());
            assertEquals(1, scp(here, mode, "big", "there:/etc/qnsp-scp").status());
        }
    }

    @Test
    @DisplayName("scp3")
    void scpCopiesFromOneHostToAnother() throws Exception {
        Path here = work("scp3");
        noise(here.resolve("f"), 300_000);
        scp(here, "f", "there:three-a").expect(0);
        for (String mode : List.of("-s", "-O")) {
            scp(here, mode, "-3", "-p", "there:three-a", "there:three" + mode).expect(0);
            assertSame(here.resolve("f"), anna.home().resolve("three" + mode));
        }
    }

    @Test
    @DisplayName("scp-uri")
    void scpTakesUris() throws Exception {
        Path here = work("scp-uri");
        Files.writeString(here.resolve("f"), "f");
        scp(here, "f", "scp://" + anna.name() + "@there:" + house.daemon().port() + "/uri-copy").expect(0);
        assertEquals("f", Files.readString(anna.home().resolve("uri-copy")));
    }

    @Test
    void namesMayHaveAnyBytes() throws Exception {
        Path here = work("bytes");
        Command.script("printf x >\"$(printf 'a\\377\\376b')\"").in(here).run().expect(0);
        scp(here, "-r", ".", "there:bytes").expect(0);
        Command.script("cd " + anna.home() + "/bytes && cat \"$(printf 'a\\377\\376b')\"").run().expect(0);
    }

    @Test
    void aDirectoryOfThousandsIsListed() throws Exception {
        Path big = Files.createDirectories(anna.home().resolve("many"));
        for (int i = 0; i < 3_000; i++) {
            Files.createFile(big.resolve("file-number-" + i));
        }
        String listing = sftp(work("many"), "ls -1 many").expect(0).out();
        assertEquals(3_000, listing.lines().filter(l -> l.contains("file-number-")).count());
    }

    @Test
    void theServerOfTheSystemServesToo() throws Exception {
        house.configure("Subsystem sftp /usr/lib/openssh/sftp-server");
        try {
            Path here = work("system");
            noise(here.resolve("f"), 100_000);
            sftp(here, "put f system", "get system g").expect(0);
            assertSame(here.resolve("f"), here.resolve("g"));
        } finally {
            house.configure();
        }
    }

    @Test
    void whatIsNoRequestEndsTheServer() throws Exception {
        for (byte[] nonsense : List.of("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII), new byte[] {0, 0, 0, 0}, new byte[] {0, 0, 0, 1, 3},
                new byte[] {0, 0, 0, 5, 1, 0, 0, 0, 3, 0, 0, 0, 9, 17, 0, 0, 0, 1, 0, 0, 0, 99})) {
            Command.Result result = Command.of(House.program("qsftp-server")).input(nonsense).run();
            assertEquals(255, result.status(), result.toString());
            assertTrue(result.err().startsWith("qsftp-server: error: bad request"), result.err());
        }
    }

    @Test
    void sshfsMountsIt() throws Exception {
        Path mount = work("mount");
        Files.createDirectories(anna.home().resolve("mounted"));
        Command.of("chown", anna.name(), anna.home().resolve("mounted").toString()).run().expect(0);
        Command.of("sshfs", "-o", "ssh_command=" + wrapper, "there:mounted", mount.toString()).run().expect(0);
        try {
            byte[] content = Files.readAllBytes(noise(work("fuse").resolve("f"), 5_000_000));
            Command.script("""
                    set -e
                    cp ../fuse/f f; cmp ../fuse/f f; mkdir d; mv f d/g; ln -s g d/l; cmp d/l ../fuse/f; chmod 640 d/g; touch -d 2001-02-03 d/g
                    ln d/g d/h; rm d/h; truncate -s 7 d/g
                    exec 3>gone; rm gone; echo still open >&3; exec 3>&-
                    echo more >>d/g; df . | grep -q mount
                    mkdir many; for i in $(seq 40); do echo $i >many/$i; done; test $(ls many | wc -l) = 40; rm -r many
                    """).in(mount).run().expect(0);
            Path file = anna.home().resolve("mounted/d/g");
            assertEquals(new String(content, 0, 7, StandardCharsets.ISO_8859_1) + "more\n", Files.readString(file, StandardCharsets.ISO_8859_1));
            assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        } finally {
            Command.of("fusermount", "-u", mount.toString()).run().expect(0);
        }
    }
}
