package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** qscp between root's client and the homes of real users: what arrives, whose it is, and what is said when it cannot. */
final class CopyTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static Resident bert;
    private static int tests;

    private Path here;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        bert = Resident.create().authorize("");
        house = new House(dir);
    }

    @AfterAll
    static void moveOut() {
        if (house != null) {
            house.close();
        }
        Stream.of(anna, bert).filter(each -> each != null).forEach(Resident::close);
    }

    @BeforeEach
    void desk() throws Exception {
        here = Files.createDirectory(dir.resolve("desk" + tests++));
    }

    private Command qscp(String... words) {
        return house.client("qscp", anna.keyFile()).with(words).in(here);
    }

    private static String there(String path) {
        return House.at(anna) + ":" + path;
    }

    private static byte[] noise(int bytes) {
        byte[] all = new byte[bytes];
        new Random(bytes).nextBytes(all);
        return all;
    }

    @Test
    void aFileGoesHomeAndComesBack() throws Exception {
        Files.write(here.resolve("file"), noise(1_000_001));
        Command.Result result = qscp("file", there("")).run().expect(0);
        assertEquals("", result.out() + result.err());
        Path arrived = anna.home().resolve("file");
        assertEquals(anna.name(), Files.getOwner(arrived).getName());
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(arrived)));
        qscp("-q", there("file"), "back").run().expect(0);
        assertEquals(-1, Files.mismatch(here.resolve("file"), here.resolve("back")));
        Files.write(here.resolve("file"), new byte[0]);
        qscp("file", there("sub/../file")).run().expect(1);
        qscp("file", there("./file")).run().expect(0);
        assertEquals(0, Files.size(arrived));
    }

    @Test
    void namesMayHaveAnythingInThem() throws Exception {
        List<String> names = List.of("with space", "new\nline", "uni ✓ grüße", "-dash", "quote'\"$x`", "star*", "a:b");
        Files.createDirectory(here.resolve("tree"));
        for (String name : names) {
            Files.writeString(here.resolve("tree").resolve(name), name);
            qscp("--", "./" + (name.equals("star*") ? "tree/star*" : "tree/" + name), there("names-" + names.indexOf(name))).run().expect(0);
            assertEquals(name, Files.readString(anna.home().resolve("names-" + names.indexOf(name))));
        }
        Files.write(Path.of(here + "/tree/plain"), List.of("x"));
        qscp("-r", "tree", there("")).run().expect(0);
        qscp("-r", there("tree"), "back").run().expect(0);
        Command.of("diff", "-r", here + "/tree", here + "/back").run().expect(0);
        qscp(there("tree/with space"), there("tree/uni ✓ grüße"), here.toString()).run().expect(0);
        assertEquals("with space", Files.readString(here.resolve("with space")));
        assertTrue(Files.exists(here.resolve("uni ✓ grüße")));
    }

    @Test
    void timesAndModesAreKeptWhereAsked() throws Exception {
        Path tree = Files.createDirectories(here.resolve("t/sub")).getParent();
        Path file = Files.writeString(tree.resolve("sub/tool"), "x");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));
        Files.setPosixFilePermissions(tree.resolve("sub"), PosixFilePermissions.fromString("rwx------"));
        FileTime old = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));
        Files.setLastModifiedTime(file, old);
        Files.setLastModifiedTime(tree.resolve("sub"), old);
        qscp("-rp", "t", there("kept")).run().expect(0);
        Path kept = anna.home().resolve("kept/sub/tool");
        assertEquals("rwxr-x--x", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
        assertEquals(old, Files.getLastModifiedTime(kept));
        assertEquals(old, Files.getLastModifiedTime(kept.getParent()));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.getParent())));
        qscp("-r", "t", there("notkept")).run().expect(0);
        assertTrue(Files.getLastModifiedTime(anna.home().resolve("notkept/sub/tool")).toInstant().isAfter(Instant.parse("2020-01-01T00:00:00Z")));
    }

    @Test
    void aCopyHasTheRightsOfTheUserAndNoMore() throws Exception {
        bert.write(bert.home().resolve("secret"), "mine", "rw-------");
        Files.setPosixFilePermissions(bert.home(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Command.Result result = qscp(there(bert.home() + "/secret"), "got").run().expect(1);
        assertTrue(result.err().contains("Permission denied") && result.err().lines().count() == 1, result.toString());
        assertFalse(Files.exists(here.resolve("got")));
        Files.writeString(here.resolve("file"), "x");
        for (String target : List.of(bert.home() + "/planted", "/etc/planted", bert.home() + "/secret")) {
            result = qscp("file", there(target)).run().expect(1);
            assertTrue(result.err().contains("Permission denied") && result.err().lines().count() == 1, result.toString());
        }
        assertEquals("mine", Files.readString(bert.home().resolve("secret")));
        result = qscp(there("missing"), ".").run().expect(1);
        assertTrue(result.err().contains("missing: No such file or directory") && result.err().lines().count() == 1, result.toString());
        // one that fails does not keep the others back
        anna.write(anna.home().resolve("one"), "1", "rw-r--r--");
        qscp(there("missing"), there("one"), here.toString()).run().expect(1);
        assertEquals("1", Files.readString(here.resolve("one")));
        // a user who cannot log in: the client's words and 255
        result = house.client("qscp", bert.keyFile()).with("file", there("")).in(here).run().expect(255);
        assertEquals(House.at(anna) + ": Permission denied (publickey).\n", result.err().lines().findFirst().orElse("") + "\n");
    }

    @Test
    void manySmallFilesAllArrive() throws Exception {
        for (int d = 0; d < 20; d++) {
            Path each = Files.createDirectories(here.resolve("many/d" + d));
            for (int f = 0; f < 100; f++) {
                Files.write(each.resolve("f" + f), noise(d * 100 + f));
            }
        }
        qscp("-r", "many", there("")).run().expect(0);
        Command.of("diff", "-r", here + "/many", anna.home() + "/many").run().expect(0);
        qscp("-r", there("many"), "back").run().expect(0);
        Command.of("diff", "-r", here + "/many", here + "/back").run().expect(0);
    }

    @Test
    void aLimitIsKept() throws Exception {
        Files.write(here.resolve("file"), noise(400_000));
        long start = System.nanoTime();
        qscp("-l", "1600", "file", there("slow")).run().expect(0); // Kbit/s: two seconds
        assertTrue(System.nanoTime() - start > 1_500_000_000L);
        assertEquals(400_000, Files.size(anna.home().resolve("slow")));
    }

    @Test
    void aCopyThatDiesLeavesNoHalfFileUnderTheName() throws Exception {
        Files.write(here.resolve("big"), noise(30 << 20));
        Files.createDirectory(here.resolve("empty"));
        anna.directory(anna.home().resolve("dying"), "rwxr-xr-x");
        Process process = qscp("-l", "20000", "big", there("dying/big")).start();
        TestDaemon.await("it is on its way", () -> started(anna.home().resolve("dying")));
        process.destroyForcibly().waitFor();
        TestDaemon.await("the far side has noticed", () -> anna.processes().isEmpty());
        assertFalse(Files.exists(anna.home().resolve("dying/big")));

        anna.write(anna.home().resolve("large"), "", "rw-r--r--");
        Files.write(anna.home().resolve("large"), noise(30 << 20));
        process = qscp("-l", "20000", there("large"), here.resolve("empty/large").toString()).start();
        TestDaemon.await("it is on its way", () -> started(here.resolve("empty")));
        process.destroyForcibly().waitFor();
        assertFalse(Files.exists(here.resolve("empty/large")));
        TestDaemon.await("the far side has noticed", () -> anna.processes().isEmpty());
    }

    private static boolean started(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> file.toFile().length() > 100_000);
        } catch (java.io.IOException e) {
            return false;
        }
    }

    @Test
    void teleportIsAnotherNameForACopy() throws Exception {
        // it takes no options, so the files are where they are by default
        anna.write(anna.home().resolve("parcel"), "beam\n", "rw-r--r--");
        anna.write(anna.home().resolve(".qssh/config"), "Host *\n  Port " + house.daemon().port() + "\n", "rw-------");
        anna.write(anna.home().resolve(".qssh/known_hosts"), Files.readString(house.knownHosts(), StandardCharsets.UTF_8), "rw-------");
        anna.runs(House.program("qssh"), "--quantum-teleport", "parcel", House.at(anna) + ":beamed").run().expect(0);
        assertEquals("beam\n", Files.readString(anna.home().resolve("beamed")));
        anna.directory(anna.home().resolve("up"), "rwxr-xr-x");
        anna.runs(House.program("qssh"), "--quantum-teleport", "/etc/hostname", House.at(anna)).run().expect(0);
        assertEquals(Files.readString(Path.of("/etc/hostname")), Files.readString(anna.home().resolve("hostname")));
        anna.runs(House.program("qssh"), "--quantum-teleport", "missing", House.at(anna)).run().expect(1);
        anna.runs(House.program("qssh"), "--quantum-teleport", "parcel").run().expect(255);
    }
}
