package org.qnsp.qsshd.auth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;

/** H-26, K-9. */
class ReplayFileTest {
    private static final long NOW = 1_800_000_000;

    @TempDir
    Path directory;

    private Path path() {
        return directory.resolve("key.openings");
    }

    private static byte[] id(int n) {
        return ByteBuffer.allocate(16).putLong(0x0102030405060708L).putLong(n).array();
    }

    @Test
    void anIdIsTakenOnceAndIsOnTheDiskInTheFormOfTheSpecification() throws IOException {
        ReplayFile file = new ReplayFile(path(), 3600);
        assertTrue(file.insert(id(1), NOW));
        assertFalse(file.insert(id(1), NOW + 1));
        byte[] expected = ByteBuffer.allocate(32).put("qnspropn".getBytes()).put(id(1)).putLong(NOW).array();
        assertArrayEquals(expected, Files.readAllBytes(path()));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path())));
    }

    @Test
    void aRestartedAndASecondProcessSeeWhatTheFirstInserted() throws IOException {
        ReplayFile first = new ReplayFile(path(), 3600);
        ReplayFile second = new ReplayFile(path(), 3600);
        assertTrue(first.insert(id(1), NOW));
        assertFalse(second.insert(id(1), NOW));
        assertTrue(second.insert(id(2), NOW));
        assertFalse(first.insert(id(2), NOW));
        assertFalse(new ReplayFile(path(), 3600).insert(id(1), NOW));
    }

    @Test
    void ofManyAtOnceExactlyOneWins() throws Exception {
        List<ReplayFile> files = List.of(new ReplayFile(path(), 3600), new ReplayFile(path(), 3600));
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 50; round++) {
                int n = round;
                List<Callable<Boolean>> attempts = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    ReplayFile file = files.get(i % 2);
                    attempts.add(() -> file.insert(id(n), NOW));
                }
                int won = 0;
                for (Future<Boolean> attempt : pool.invokeAll(attempts)) {
                    won += attempt.get() ? 1 : 0;
                }
                assertEquals(1, won);
            }
        }
        assertEquals(8 + 50 * 24, Files.size(path()));
    }

    @Test
    void anEntryThatACrashCutOffIsWrittenOver() throws IOException {
        new ReplayFile(path(), 3600).insert(id(1), NOW);
        byte[] whole = Files.readAllBytes(path());
        Files.write(path(), Arrays.copyOf(whole, whole.length + 11));
        ReplayFile again = new ReplayFile(path(), 3600);
        assertFalse(again.insert(id(1), NOW));
        assertTrue(again.insert(id(2), NOW));
        assertFalse(new ReplayFile(path(), 3600).insert(id(2), NOW));
    }

    @Test
    void idsOlderThanTwiceTheWindowAreForgottenAndYoungerOnesKept() throws IOException {
        ReplayFile file = new ReplayFile(path(), 1);
        ReplayFile other = new ReplayFile(path(), 1);
        for (int i = 0; i < 4200; i++) {
            assertTrue(file.insert(RandomSource.system().bytes(16), NOW));
        }
        assertTrue(file.insert(id(1), NOW + 10));
        assertTrue(file.insert(id(2), NOW + 11));
        assertTrue(Files.size(path()) < 1000, "pruned");
        assertFalse(other.insert(id(1), NOW + 11), "the other process follows to the new file");
    }

    @Test
    void aFileThatIsNotOneOrCannotBeWrittenIsAnErrorAndNotAnEmptyFile() throws IOException {
        ReplayFile file = new ReplayFile(path(), 3600);
        file.insert(id(1), NOW);
        Files.write(path(), "something else altogether".getBytes());
        assertThrows(IOException.class, () -> file.insert(id(2), NOW));
        assertThrows(IOException.class, () -> new ReplayFile(path(), 3600));
        assertThrows(IOException.class, () -> new ReplayFile(directory.resolve("absent/key.openings"), 3600));
    }

    @Test
    void aFileThatShrankIsAnError() throws IOException {
        ReplayFile file = new ReplayFile(path(), 3600);
        file.insert(id(1), NOW);
        try (var out = java.nio.channels.FileChannel.open(path(), java.nio.file.StandardOpenOption.WRITE)) {
            out.truncate(8);
        }
        assertThrows(IOException.class, () -> file.insert(id(2), NOW));
    }
}
