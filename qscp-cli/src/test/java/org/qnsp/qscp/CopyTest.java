package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole copies with the service in a thread: what goes where (P-19, P-21), what is sent (P-15 to P-17), modes and times (P-23). */
final class CopyTest {
    @TempDir
    Path directory;
    private Bed bed;

    @BeforeEach
    void bed() throws IOException {
        bed = new Bed(directory);
        Bed.write(bed.here.resolve("a.txt"), "A");
        Bed.write(bed.here.resolve("b.txt"), "B");
        Bed.write(bed.here.resolve("d/e/c.txt"), "C");
        Files.createDirectories(bed.here.resolve("d/none"));
        Bed.write(bed.here.resolve("d/empty"), "");
    }

    /** Targets as scp has them; each row: sources, target, then the path that appears or the error. */
    @Test
    void targets() throws Exception {
        Bed.write(bed.home.resolve("dir/x"), "x");
        Bed.write(bed.home.resolve("file"), "old");
        String[][] table = {
            {"here/a.txt", "h:", "a.txt"}, {"here/a.txt", "h:new", "new"}, {"here/a.txt", "h:dir", "dir/a.txt"},
            {"here/a.txt", "h:dir/", "dir/a.txt"}, {"here/a.txt", "h:dir/n", "dir/n"}, {"here/a.txt", "h:file", "file"},
            {"here/a.txt", "h:~/t1", "t1"}, {"here/a.txt", "h:~", "a.txt"}, {"here/a.txt", "h:./t2", "t2"},
            {"here/a.txt", "h:nodir/", "!nodir/: No such file or directory"},
            {"here/a.txt", "h:file/", "!file/: Not a directory"},
            {"here/a.txt", "h:nodir/x", "!nodir/x: No such file or directory"},
            {"here/a.txt here/b.txt", "h:dir", "dir/b.txt"}, {"here/a.txt here/b.txt", "h:nope", "!nope: No such file or directory"},
            {"here/a.txt here/b.txt", "h:file", "!file: Not a directory"},
            {"-r here/d", "h:", "d/e/c.txt"}, {"-r here/d", "h:nd", "nd/e/c.txt"}, {"-r here/d", "h:dir", "dir/d/e/c.txt"},
            {"-r here/d", "h:slash/", "slash/e/c.txt"}, {"-r here/d", "h:file", "!file: Not a directory"},
            {"-r here/d/.", "h:dir", "dir/e/c.txt"}, {"-r here/d/.", "h:nd2", "nd2/e/c.txt"},
            {"here/d", "h:", "!d: is a directory (not copied without -r)"},
            {"-r here/d here/a.txt", "h:dir", "dir/a.txt"}, {"here/nope", "h:", "!nope: No such file or directory"},
        };
        for (String[] row : table) {
            Bed.Result result = bed.run((row[0] + " " + row[1]).split(" "));
            if (row[2].startsWith("!")) {
                assertTrue(result.errors().lines().findFirst().orElse("").endsWith(row[2].substring(1)), row[1] + " " + result);
                assertTrue(result.errors().startsWith("qscp: error: "), result.errors());
                assertEquals(1, result.status());
            } else {
                assertEquals(new Bed.Result(0, ""), result, row[0] + " " + row[1]);
                assertTrue(Files.isRegularFile(bed.home.resolve(row[2])), row[2]);
            }
        }
        assertEquals("A", Files.readString(bed.home.resolve("file")));
        assertEquals(List.of(), Bed.leftovers(directory));
    }

    @Test
    void sameTargetsTheOtherWay() throws Exception {
        Files.move(bed.here, bed.home.resolve("src"));
        Files.createDirectories(bed.here.resolve("dir"));
        bed.run("h:src/a.txt", "here/").ok();
        bed.run("h:src/a.txt", "here/new").ok();
        bed.run("-r", "h:src/d", "here/nd").ok();
        bed.run("-r", "h:src/d", "h:src/a.txt", "here/dir").ok();
        bed.run("-r", "h:src/.", "here/all").ok();
        bed.run("-r", "h:~/src/d/..", "here/all2").ok();
        assertEquals(1, bed.run("h:src/a.txt", "h:src/b.txt", "here/none").status());
        assertEquals("A", Files.readString(bed.here.resolve("new")));
        assertEquals(Bed.tree(bed.home.resolve("src/d")), Bed.tree(bed.here.resolve("nd")));
        assertEquals(Bed.tree(bed.home.resolve("src/d")), Bed.tree(bed.here.resolve("dir/d")));
        assertEquals(Bed.tree(bed.home.resolve("src")), Bed.tree(bed.here.resolve("all")));
        assertEquals(Bed.tree(bed.home.resolve("src")), Bed.tree(bed.here.resolve("all2")));
    }

    @Test
    void patternsAreExpandedAtTheServer() throws Exception {
        for (String name : new String[] {"x1.txt", "x2.txt", ".x3.txt", "x[1].txt", "d1/y.txt", "d2/y.txt", "d2/z"}) {
            Bed.write(bed.home.resolve(name), name);
        }
        Path into = Files.createDirectory(bed.here.resolve("into"));
        bed.run("h:*.txt", "here/into").ok();
        assertEquals("[, x%5B1%5D.txt, x1.txt, x2.txt]", Bed.tree(into).keySet().toString());
        bed.run("h:x[1].txt", "here/literal").ok();
        assertEquals("x[1].txt", Files.readString(bed.here.resolve("literal")));
        bed.run("-r", "h:~/d?/y*", "here/into").ok();
        assertEquals("d2/y.txt", Files.readString(into.resolve("y.txt")));
        assertEquals("qscp: error: h:q*: No such file or directory\n", bed.run("h:q*", "here/into").errors());
        Bed.Result several = bed.run("h:*.txt", "here/nodir");
        assertEquals("qscp: error: " + bed.here.resolve("nodir") + ": No such file or directory\n", several.errors());
        assertEquals(1, several.status());
        bed.run("h:$(touch pwned)*", "h:`touch pwned`", "here/into");
        assertFalse(Bed.present(bed.home.resolve("pwned")));
    }

    @Test
    void namesOfAnyBytes() throws Exception {
        Path source = Files.createDirectory(bed.here.resolve("names"));
        List<byte[]> names = List.of("with space".getBytes(), "new\nline".getBytes(), "-rf".getBytes(), "é€😀".getBytes("UTF-8"),
                new byte[] {(byte) 0xff, (byte) 0xfe}, "a:b".getBytes(), "*".getBytes(), "\\".getBytes(), "'\"".getBytes(),
                "...".getBytes(), "x".repeat(255).getBytes());
        for (byte[] name : names) {
            Files.write(source.resolve(RawPath.name(name)), name);
        }
        bed.run("-r", "here/names", "h:").ok();
        bed.run("-r", "h:names", "here/back").ok();
        assertEquals(names.size() + 1, Bed.tree(source).size());
        assertEquals(Bed.tree(source), Bed.tree(bed.here.resolve("back")));
        for (byte[] name : names) {
            assertArrayEquals(name, Files.readAllBytes(bed.here.resolve("back").resolve(RawPath.name(name))));
        }
    }

    @Test
    void rawPathsComeBack() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] name = new byte[1 + random.nextInt(20)];
            random.nextBytes(name);
            for (int j = 0; j < name.length; j++) {
                name[j] = name[j] == 0 || name[j] == '/' ? (byte) 'x' : name[j];
            }
            assertArrayEquals(name, RawPath.nameBytes(RawPath.name(name)));
        }
        assertEquals(Path.of("/b/x/y"), RawPath.resolve(Path.of("/b"), "x//y/".getBytes()));
        assertEquals(Path.of("/b/x"), RawPath.resolveFromHome(Path.of("/b"), "~//x".getBytes()));
        assertEquals(Path.of("/b/~u"), RawPath.resolveFromHome(Path.of("/b"), "~u".getBytes()));
    }

    @Test
    void linksAreFollowedAndWhatCannotBeSentIsSaid() throws Exception {
        Path source = Files.createDirectory(bed.here.resolve("l"));
        Bed.write(source.resolve("t/f"), "F");
        Files.createSymbolicLink(source.resolve("file"), Path.of("t/f"));
        Files.createSymbolicLink(source.resolve("dir"), Path.of("t"));
        Files.createSymbolicLink(source.resolve("dangling"), Path.of("nowhere"));
        Files.createSymbolicLink(source.resolve("t/loop"), Path.of(".."));
        Files.createSymbolicLink(source.resolve("self"), Path.of("self"));
        new ProcessBuilder("mkfifo", source.resolve("fifo").toString()).start().waitFor();
        Bed.Result result = bed.run("-r", "here/l", "h:");
        assertEquals(1, result.status());
        String errors = result.errors();
        assertTrue(errors.contains("l/dangling: dangling symbolic link"), errors);
        assertTrue(errors.contains("l/fifo: not a regular file"), errors);
        assertTrue(errors.contains("l/t/loop: contains itself"), errors);
        assertTrue(errors.contains("l/self: Too many levels of symbolic links"), errors);
        assertEquals("F", Files.readString(bed.home.resolve("l/dir/f")));
        assertFalse(Files.isSymbolicLink(bed.home.resolve("l/dir")) || Files.isSymbolicLink(bed.home.resolve("l/file")));
        assertEquals(6, errors.lines().count() + (errors.contains("dir/loop") ? 1 : 0), errors);
    }

    @Test
    void modesAndTimes() throws Exception {
        Path file = bed.here.resolve("d/e/c.txt");
        Instant when = Instant.parse("2001-02-03T04:05:06.123456789Z");
        mode(file, "rwxr-x-w-");
        mode(bed.here.resolve("d/e"), "r-xr-x---");
        Files.setLastModifiedTime(file, FileTime.from(when));
        Files.setLastModifiedTime(bed.here.resolve("d/e"), FileTime.from(when));
        bed.run("-rp", "here/d", "h:kept").ok();
        Path kept = bed.home.resolve("kept/e/c.txt");
        assertEquals("rwxr-x-w-", mode(kept));
        assertEquals("r-xr-x---", mode(bed.home.resolve("kept/e")));
        assertEquals(when, Files.getLastModifiedTime(kept).toInstant());
        assertEquals(when, Files.getLastModifiedTime(bed.home.resolve("kept/e")).toInstant());
        bed.run("-r", "here/d", "h:plain").ok();
        int umask = Modes.umask();
        assertEquals(PosixFilePermissions.toString(Modes.permissions(0752 & ~umask)), mode(bed.home.resolve("plain/e/c.txt")));
        assertEquals(PosixFilePermissions.toString(Modes.permissions(0550 & ~umask)), mode(bed.home.resolve("plain/e")));
        assertTrue(Files.getLastModifiedTime(bed.home.resolve("plain/e/c.txt")).toInstant().isAfter(when.plusSeconds(1_000_000)));
    }

    @Test
    void existingFilesKeepTheirMode() throws Exception {
        Path target = Bed.write(bed.home.resolve("t"), "old and longer");
        mode(target, "rw--w-r-x");
        bed.run("here/a.txt", "h:t").ok();
        assertEquals("A", Files.readString(target));
        assertEquals("rw--w-r-x", mode(target));
        bed.run("-p", "here/a.txt", "h:t").ok();
        assertEquals(mode(bed.here.resolve("a.txt")), mode(target));
    }

    @Test
    void theTargetItselfIsFollowedAndNothingBelow() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Bed.write(outside.resolve("victim"), "safe");
        Files.createSymbolicLink(bed.home.resolve("named"), outside.resolve("victim"));
        Files.createSymbolicLink(bed.home.resolve("dangling"), outside.resolve("made"));
        Files.createSymbolicLink(bed.home.resolve("linkdir"), outside);
        bed.run("here/a.txt", "h:named").ok();
        assertEquals("A", Files.readString(outside.resolve("victim")));
        assertTrue(Files.isSymbolicLink(bed.home.resolve("named")));
        assertTrue(bed.run("here/a.txt", "h:dangling").errors().contains("dangling symbolic link"));
        bed.run("here/a.txt", "h:linkdir").ok();
        assertEquals("A", Files.readString(outside.resolve("a.txt")));

        Files.createDirectories(bed.home.resolve("d"));
        Files.createSymbolicLink(bed.home.resolve("d/e"), outside);
        Files.createSymbolicLink(bed.home.resolve("d/empty"), outside.resolve("victim"));
        Bed.Result result = bed.run("-r", "here/d", "h:");
        assertEquals(1, result.status());
        assertTrue(result.errors().contains("h:d/e: is a symbolic link"), result.errors());
        assertFalse(Bed.present(outside.resolve("c.txt")) || Bed.present(outside.resolve("made")));
        assertEquals("A", Files.readString(outside.resolve("victim")));
        assertTrue(Files.isRegularFile(bed.home.resolve("d/empty"), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void whatCannotBeStoredIsReportedAndTheRestCopied() throws Exception {
        Files.createDirectories(bed.home.resolve("d/empty"));
        Bed.write(bed.home.resolve("d/e"), "a file in the way");
        Bed.Result result = bed.run("-r", "here/d", "here/a.txt", "h:");
        assertEquals(1, result.status());
        assertTrue(result.errors().contains("qscp: error: h:d/empty: Is a directory\n"), result.errors());
        assertTrue(result.errors().contains("qscp: error: h:d/e: Not a directory\n"), result.errors());
        assertEquals("A", Files.readString(bed.home.resolve("a.txt")));
        assertTrue(Files.isDirectory(bed.home.resolve("d/none")));
        Bed.Result unreadable = bed.run("/proc/self/mem", "here/b.txt", "h:");
        assertEquals(1, unreadable.status());
        assertTrue(Files.exists(bed.home.resolve("b.txt")));
    }

    @Test
    void filesWithoutASizeOfTheirOwn() throws Exception {
        bed.run("/proc/version", "h:v").ok();
        assertEquals(Files.readString(Path.of("/proc/version")), Files.readString(bed.home.resolve("v")));
        assertTrue(bed.run("/dev/zero", "h:z").errors().contains("not a regular file"));
    }

    @Test
    void specialTargetsTakeTheBytes() throws Exception {
        bed.run("here/a.txt", "h:/dev/null").ok();
        Bed.Result full = bed.run("here/a.txt", "h:/dev/full");
        assertEquals(1, full.status());
        assertTrue(full.errors().contains("h:/dev/full: No space left on device"), full.errors());
        assertFalse(Files.isRegularFile(Path.of("/dev/null")) || Files.isRegularFile(Path.of("/dev/full")));
    }

    @Test
    void hereToHereAndThereToThere() throws Exception {
        Bed.write(bed.home.resolve("src/x/y"), "Y");
        bed.run("-r", "here/d", "here/copy").ok();
        assertEquals(Bed.tree(bed.here.resolve("d")), Bed.tree(bed.here.resolve("copy")));
        bed.run("-r", "h:src", "g:dst").ok();
        assertEquals(Bed.tree(bed.home.resolve("src")), Bed.tree(bed.home.resolve("dst")));
        bed.run("-r", "here/a.txt", "h:src", "h:dst").ok();
        assertEquals("Y", Files.readString(bed.home.resolve("dst/src/x/y")));
        Bed.Result refused = bed.run("h:src/x/y", "g:none/");
        assertEquals(1, refused.status());
        assertTrue(refused.errors().contains("g:none/: No such file or directory"), refused.errors());
        Bed.Result itself = bed.run("-r", "here/d", "here/d/inside");
        assertEquals(1, itself.status());
        assertTrue(itself.errors().contains("into itself"), itself.errors());
    }

    @Test
    void exitStatusTellsNoConnectionFromFailedEntries() {
        Dialer none = (destination, options) -> {
            throw new IOException("Connection refused");
        };
        Bed.Result result = bed.run(none, "here/a.txt", "far:");
        assertEquals(new Bed.Result(255, "qscp: error: far: Connection refused\n"), result);
        assertEquals(1, bed.run("here/a.txt").status());
        Dialer mute = (destination, options) -> Bed.remote(java.io.InputStream.nullInputStream(), java.io.OutputStream.nullOutputStream());
        assertEquals(255, bed.run(mute, "here/a.txt", "far:").status());
        assertEquals(255, bed.run(mute, "far:a", "here/x").status());
        Dialer shell = (destination, options) -> Bed.remote(new java.io.ByteArrayInputStream("bash: qscp: not found\n".getBytes()),
                java.io.OutputStream.nullOutputStream());
        assertEquals(255, bed.run(shell, "far:a", "here/x").status());
    }

    @Test
    void limitIsKept() throws Exception {
        Files.write(bed.here.resolve("big"), new byte[100_000]);
        long start = System.nanoTime();
        bed.run("-l", "800", "here/big", "h:").ok(); // 102,400 bytes a second
        bed.run("-l", "800", "h:big", "here/again").ok();
        double seconds = (System.nanoTime() - start) / 1e9;
        assertTrue(seconds > 1.5 && seconds < 6, seconds + " s");
    }

    @Test
    void longTreesHaveAnEnd() throws Exception {
        Path deep = bed.here.resolve("deep");
        for (int i = 0; i < 300; i++) {
            deep = deep.resolve("x");
        }
        Files.createDirectories(deep);
        Bed.Result result = bed.run("-r", "here/deep", "h:");
        assertEquals(1, result.status());
        assertTrue(result.errors().contains("more than 256 levels"), result.errors());
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
