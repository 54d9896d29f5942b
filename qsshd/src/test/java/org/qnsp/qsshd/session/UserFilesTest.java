package org.qnsp.qsshd.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.qsshd.session.UserFiles.Result;

/** Reading one's own file, with a home directory made for the purpose. */
@Timeout(60)
class UserFilesTest {
    @TempDir
    private Path base;

    private Bench bench;
    private UserFiles files;
    private Path home;
    private Path keys;
    private Account account;

    @BeforeEach
    void open() throws IOException {
        bench = new Bench();
        files = new UserFiles();
        home = Files.createDirectory(base.resolve("home"));
        keys = Files.createDirectories(home.resolve(".qssh")).resolve("authorized_keys");
        Files.writeString(keys, "key one\nkey two\n");
        for (Path p : new Path[] {home, keys.getParent()}) {
            mode(p, "rwxr-xr-x");
        }
        mode(keys, "rw-r--r--");
        Account self = bench.self;
        account = new Account(self.name(), self.uid(), self.gid(), self.groups(), home.toString(), self.shell());
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private Result read() throws Exception {
        return files.read(account, keys.toString(), true);
    }

    private static String refusal(Result result) {
        return assertInstanceOf(Result.Refused.class, result).reason();
    }

    private static byte[] contents(Result result) {
        return assertInstanceOf(Result.Contents.class, result, result.toString()).bytes();
    }

    @Test
    void aProperFileIsRead() throws Exception {
        assertEquals("key one\nkey two\n", new String(contents(read()), UTF_8));
    }

    @Test
    void anEmptyFileAndOneOfNewlinesAreRead() throws Exception {
        Files.writeString(keys, "");
        assertEquals(0, contents(read()).length);
        Files.writeString(keys, "\n\n\n");
        assertEquals(3, contents(read()).length);
    }

    @Test
    void anyBytesUpToTheLimitAreRead() throws Exception {
        byte[] bytes = new byte[UserFiles.BYTES_MAX];
        new Random(3).nextBytes(bytes);
        Files.write(keys, bytes);
        assertArrayEquals(bytes, contents(read()));
        Files.write(keys, new byte[UserFiles.BYTES_MAX + 1]);
        assertTrue(refusal(read()).contains("larger than"));
    }

    @Test
    void noFileIsAbsent() throws Exception {
        Files.delete(keys);
        assertEquals(new Result.Absent(), read());
        Files.createSymbolicLink(keys, home.resolve("nowhere"));
        assertEquals(new Result.Absent(), read());
        assertEquals(new Result.Absent(), files.readForUnknown());
    }

    @Test
    void aFileOthersCanWriteIsRefusedUnlessModesAreNotStrict() throws Exception {
        mode(keys, "rw-rw-r--");
        assertTrue(refusal(read()).contains("the file"));
        mode(keys, "rw-r--rw-");
        assertTrue(refusal(read()).contains("the file"));
        assertEquals(16, contents(files.read(account, keys.toString(), false)).length);
    }

    @Test
    void aDirectoryOthersCanWriteIsRefusedUpToTheHome() throws Exception {
        mode(keys.getParent(), "rwxrwxr-x");
        assertTrue(refusal(read()).contains("directory " + keys.getParent().toRealPath()));
        mode(keys.getParent(), "rwx------");
        mode(home, "rwxr-xrwx");
        assertTrue(refusal(read()).contains("directory " + home.toRealPath()));
        mode(home, "rwx------");
        mode(base, "rwxrwxrwx"); // above the home it does not matter
        assertEquals(16, contents(read()).length);
    }

    @Test
    void aFileOutsideTheHomeIsCheckedUpToTheRoot() throws Exception {
        Path elsewhere = Files.createDirectory(base.resolve("elsewhere"));
        Path file = Files.writeString(elsewhere.resolve("keys"), "k\n");
        mode(file, "rw-r--r--");
        mode(elsewhere, "rwxrwxrwx");
        assertTrue(refusal(files.read(account, file.toString(), true)).contains("directory"));
        // the temporary directory itself is everyone's
        mode(elsewhere, "rwxr-xr-x");
        assertTrue(refusal(files.read(account, file.toString(), true)).contains("directory "));
        Files.delete(keys);
        Files.createSymbolicLink(keys, file); // a link leads to the same checks
        assertTrue(refusal(read()).contains("directory "));
    }

    @Test
    void oddKindsOfFilesAreRefused() throws Exception {
        Files.delete(keys);
        Files.createDirectory(keys);
        assertTrue(refusal(read()).contains("not a regular file"));
        Files.delete(keys);
        Files.createSymbolicLink(keys, Path.of("/dev/zero"));
        assertTrue(refusal(read()).contains("not a regular file"));
        Files.delete(keys);
        assertEquals(0, new ProcessBuilder("mkfifo", keys.toString()).start().waitFor());
        assertTrue(refusal(read()).contains("not a regular file"));
        try (OpenFile fifo = OpenFile.of(keys.toString())) { // put there in the last moment, it keeps nobody
            assertFalse(fifo.isRegular());
        }
    }

    @Test
    void strangeNamesAreOnlyNames() throws Exception {
        Path odd = home.resolve("-n $(touch pwned) 'q\" *");
        Files.writeString(odd, "odd\n");
        mode(odd, "rw-------");
        assertEquals("odd\n", new String(contents(files.read(account, odd.toString(), true)), UTF_8));
        Path split = Files.createDirectory(home.resolve("a\nb"));
        Path inside = Files.writeString(split.resolve("keys"), "split\n");
        mode(inside, "rw-------");
        mode(split, "rwx------");
        Files.delete(keys);
        Files.createSymbolicLink(keys, inside);
        assertEquals("split\n", new String(contents(read()), UTF_8));
        mode(split, "rwxrwxrwx");
        assertTrue(refusal(read()).contains("bad ownership or modes for directory " + home + "/a?b"));
        assertThrows(IllegalArgumentException.class, () -> files.read(account, "relative", true));
        assertThrows(IllegalArgumentException.class, () -> files.read(account, "/a\nb", true));
        try (Stream<Path> all = Files.list(home)) {
            assertTrue(all.noneMatch(p -> p.endsWith("pwned")));
        }
    }

    @Test
    void aReaderThatTakesTooLongIsEnded() throws Exception {
        UserFiles hasty = new UserFiles(Duration.ZERO);
        UserFiles.Result read = hasty.read(account, keys.toString(), true);
        for (int again = 0; again < 100 && read instanceof UserFiles.Result.Contents; again++) { // done before it was asked for
            read = hasty.read(account, keys.toString(), true);
        }
        assertTrue(refusal(read).contains("not done within"));
        assertEquals(16, contents(read()).length);
    }

    @Test
    void aProgramOfKeysHasALimitedTimeAndLength() throws Exception {
        KeysCommand hasty = new KeysCommand(bench.pump, Duration.ofMillis(300));
        assertTrue(refusal(hasty.run(account, List.of("/bin/sleep", "30"))).contains("not done within"));
        assertTrue(refusal(new KeysCommand(bench.pump).run(account, List.of("/bin/cat", "/dev/zero"))).contains("too long"));
        assertTrue(refusal(new KeysCommand(bench.pump).run(account, List.of(keys.toString()))).contains("bad ownership or modes"));
    }
}
