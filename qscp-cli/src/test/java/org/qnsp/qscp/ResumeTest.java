package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P-28 to P-33: big files go on where a broken copy stopped, and only where it is safe. The bytes of both directions are counted. */
final class ResumeTest {
    private static final int SIZE = 12 << 20;
    private static final int PART = 9_000_001;

    @TempDir
    Path directory;
    private Bed bed;
    private final AtomicLong carried = new AtomicLong();

    @BeforeEach
    void bed() throws IOException {
        bed = new Bed(directory);
    }

    private static byte[] noise(int bytes) {
        byte[] all = new byte[bytes];
        new Random(bytes).nextBytes(all);
        return all;
    }

    /** A service in a thread, with the bytes counted; after {@code most} of them the path breaks. */
    private Dialer path(long most) {
        carried.set(0);
        Dialer service = Bed.inProcess(bed.home);
        return (destination, options) -> {
            RemoteCopy copy = service.open(destination, options);
            InputStream in = new FilterInputStream(copy.fromServer()) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    int count = super.read(bytes, offset, length);
                    carry(Math.max(0, count), most);
                    return count;
                }
            };
            OutputStream out = new FilterOutputStream(copy.toServer()) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    carry(length, most);
                    out.write(bytes, offset, length);
                }
            };
            return new RemoteCopy() {
                @Override
                public InputStream fromServer() {
                    return in;
                }

                @Override
                public OutputStream toServer() {
                    return out;
                }

                @Override
                public InputStream serverErrors() {
                    return InputStream.nullInputStream();
                }

                @Override
                public int exitStatus() {
                    return 0;
                }

                @Override
                public void close() throws IOException {
                    copy.toServer().close();
                    copy.close();
                }
            };
        };
    }

    private void carry(int bytes, long most) throws IOException {
        if (carried.addAndGet(bytes) > most) {
            throw new IOException("the path broke");
        }
    }

    private static List<Path> partials(Path in) throws IOException {
        try (Stream<Path> files = Files.list(in)) {
            return files.filter(file -> file.getFileName().toString().matches("\\..*\\.qscp-part-[0-9a-f]{8}")).toList();
        }
    }

    private static Path onlyPartial(Path in) throws IOException {
        List<Path> found = partials(in);
        assertEquals(1, found.size(), found::toString);
        return found.getFirst();
    }

    private Path breakUpload() throws Exception {
        Files.write(bed.here.resolve("big"), noise(SIZE));
        assertEquals(255, bed.run(path(PART), "--resume", "here/big", "h:").status());
        for (int i = 0; i < 500 && !Bed.leftovers(bed.home).isEmpty(); i++) {
            Thread.sleep(10);
        }
        Path partial = onlyPartial(bed.home);
        for (long before = -1; before != Files.size(partial); Thread.sleep(50)) {
            before = Files.size(partial);
        }
        return partial;
    }

    @Test
    void anUploadGoesOnWhereItStopped() throws Exception {
        Path partial = breakUpload();
        assertFalse(Bed.present(bed.home.resolve("big")));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(partial)));
        long there = Files.size(partial);
        assertTrue(there > 1 << 20, "" + there);
        bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
        assertEquals(Bed.digest(bed.here.resolve("big")), Bed.digest(bed.home.resolve("big")));
        assertTrue(carried.get() < SIZE - there + 10_000, carried + " bytes for the rest of " + (SIZE - there));
        assertEquals(List.of(), partials(bed.home));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(bed.home.resolve("big"))));
    }

    @Test
    void aDownloadGoesOnWhereItStoppedButNotFromAnotherHost() throws Exception {
        Files.write(bed.home.resolve("big"), noise(SIZE));
        assertEquals(255, bed.run(path(PART), "--resume", "h:big", "here/big").status());
        Path partial = onlyPartial(bed.here);
        long there = Files.size(partial);
        assertTrue(there > 1 << 20, "" + there);
        // another host must not learn what came from the first one
        assertEquals(255, bed.run(path(PART / 2), "--resume", "other:big", "here/big").status());
        assertTrue(carried.get() > PART / 2);
        assertEquals(2, partials(bed.here).size());
        bed.run(path(Long.MAX_VALUE), "--resume", "h:big", "here/big").ok();
        assertTrue(carried.get() < SIZE - there + 10_000, carried.toString());
        assertEquals(-1, Files.mismatch(bed.home.resolve("big"), bed.here.resolve("big")));
        assertEquals(1, partials(bed.here).size());
    }

    @Test
    void withoutTheOptionNothingIsKept() throws Exception {
        Files.write(bed.home.resolve("big"), noise(SIZE));
        assertEquals(255, bed.run(path(PART), "h:big", "here/big").status());
        assertEquals(List.of(), Bed.leftovers(bed.here));
        assertEquals(List.of(), partials(bed.here));
    }

    @Test
    void aTreeWithBigAndSmallFilesIsCompletedBetweenTwoHosts() throws Exception {
        Files.createDirectories(bed.here.resolve("t/sub"));
        Files.write(bed.here.resolve("t/sub/a"), noise(SIZE));
        Files.write(bed.here.resolve("t/b"), noise(SIZE + 1));
        Files.write(bed.here.resolve("t/small"), noise(1000));
        assertEquals(255, bed.run(path(SIZE + PART), "--resume", "-r", "here/t", "h:").status());
        for (int i = 0; i < 200; i++) {
            Thread.sleep(10);
        }
        bed.run(path(Long.MAX_VALUE), "--resume", "-r", "here/t", "h:").ok();
        assertEquals(Bed.tree(bed.here.resolve("t")), Bed.tree(bed.home.resolve("t")));
        // through this machine, from the one host to the other
        bed.run(path(2L * SIZE + PART), "--resume", "-r", "h:t", "g:again");
        for (int i = 0; i < 200; i++) {
            Thread.sleep(10);
        }
        bed.run(path(Long.MAX_VALUE), "--resume", "-r", "h:t/.", "g:again").ok();
        assertEquals(Bed.tree(bed.home.resolve("t")), Bed.tree(bed.home.resolve("again")));
    }

    @Test
    void aSourceThatChangedStartsOver() throws Exception {
        Path partial = breakUpload();
        long there = Files.size(partial);
        byte[] other = noise(SIZE);
        other[1000]++;
        Files.write(bed.here.resolve("big"), other);
        bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
        assertTrue(carried.get() > SIZE && there > 0);
        assertEquals(-1, Files.mismatch(bed.here.resolve("big"), bed.home.resolve("big")));
        assertEquals(List.of(), partials(bed.home));
        // shorter than what is there
        Files.write(bed.home.resolve(partial.getFileName()), noise(SIZE));
        Files.setPosixFilePermissions(bed.home.resolve(partial.getFileName()), PosixFilePermissions.fromString("rw-------"));
        Files.write(bed.here.resolve("big"), Arrays.copyOf(noise(SIZE), 8 << 20));
        bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
        assertEquals(-1, Files.mismatch(bed.here.resolve("big"), bed.home.resolve("big")));
        assertEquals(List.of(), partials(bed.home));
    }

    /** What stands in the partial file's place is used only if it can be nobody else's, and else not touched. */
    @Test
    void whatOthersPutInItsPlaceIsLeftAlone() throws Exception {
        Path partial = breakUpload();
        byte[] begun = Files.readAllBytes(partial);
        Path victim = Files.write(bed.home.resolve("victim"), begun);
        Files.setPosixFilePermissions(victim, PosixFilePermissions.fromString("rw-------"));
        String[] evil = {"a symbolic link", "a second name", "a mode for others", "a directory", "a pipe"};
        for (String each : evil) {
            Files.deleteIfExists(partial);
            Files.deleteIfExists(bed.home.resolve("big"));
            switch (each) {
                case "a symbolic link" -> Files.createSymbolicLink(partial, victim);
                case "a second name" -> Files.createLink(partial, victim);
                case "a mode for others" -> {
                    Files.write(partial, begun);
                    Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-rw----"));
                }
                case "a directory" -> Files.createDirectory(partial);
                default -> assertEquals(0, new ProcessBuilder("mkfifo", partial.toString()).start().waitFor());
            }
            bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
            assertTrue(carried.get() > SIZE, each + ": " + carried);
            assertEquals(-1, Files.mismatch(bed.here.resolve("big"), bed.home.resolve("big")), each);
            assertTrue(Bed.present(partial), each);
            assertTrue(Arrays.equals(begun, Files.readAllBytes(victim)), each);
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(victim)), each);
        }
    }

    @Test
    void aForeignersFileIsLeftAlone() throws Exception {
        Path partial = breakUpload();
        if (new ProcessBuilder("chown", "65534", partial.toString()).start().waitFor() == 0) { // root may, and root could open it
            bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
            assertTrue(carried.get() > SIZE, carried.toString());
            assertTrue(Bed.present(partial));
        } else {
            assertFalse("root".equals(System.getProperty("user.name")));
        }
    }

    /** Two at once: the second does not write into the first one's file. */
    @Test
    void aFileThatAnotherCopyWritesIsLeftAlone() throws Exception {
        Path partial = breakUpload();
        long there = Files.size(partial);
        try (FileChannel other = FileChannel.open(partial, StandardOpenOption.WRITE); FileLock lock = other.lock()) {
            assertTrue(lock.isValid());
            bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
            assertTrue(carried.get() > SIZE, carried.toString());
        }
        assertEquals(there, Files.size(partial));
        assertEquals(-1, Files.mismatch(bed.here.resolve("big"), bed.home.resolve("big")));
    }

    /** kill -9 of either side in both directions, with real processes: what was written is what the next run need not send. */
    @Test
    void killedProcessesAreGoneOnFrom() throws Exception {
        for (boolean up : new boolean[] {true, false}) {
            for (boolean killServer : new boolean[] {true, false}) {
                String name = (up ? "up" : "down") + (killServer ? "-server" : "-client");
                Path from = Files.write((up ? bed.here : bed.home).resolve(name), noise(4 * SIZE));
                Path in = up ? bed.home : bed.here;
                List<String> words = up ? List.of(from.toString(), "h:") : List.of("h:" + name, in.toString());
                Process client = start(words, "-l", "200000");
                long begun = System.nanoTime();
                while (partials(in).isEmpty() || Files.size(onlyPartial(in)) < SIZE) {
                    assertTrue(System.nanoTime() - begun < 30_000_000_000L, name);
                    Thread.sleep(5);
                }
                ProcessHandle server = client.children().findFirst().orElseThrow();
                if (killServer) {
                    server.destroyForcibly();
                } else {
                    client.destroyForcibly();
                }
                client.waitFor();
                server.onExit().get();
                long there = Files.size(onlyPartial(in));
                Process again = start(words);
                assertEquals(0, again.waitFor(), name);
                assertEquals(-1, Files.mismatch(from, in.resolve(name)), name);
                assertEquals(List.of(), partials(in), name);
                assertTrue(there >= SIZE, name);
            }
        }
    }

    /** Memory that does not hold still, such as a file that is changed under the copy, is found out by the digest of the whole. */
    @Test
    void aPartThatChangesBehindTheProofIsFoundOut() throws Exception {
        Path partial = breakUpload();
        try (RandomAccessFile file = new RandomAccessFile(partial.toFile(), "rw")) {
            file.seek(5000);
            int old = file.read();
            file.seek(5000);
            file.write(old ^ 1);
        }
        bed.run(path(Long.MAX_VALUE), "--resume", "here/big", "h:").ok();
        assertTrue(carried.get() > SIZE, carried.toString());
        assertEquals(-1, Files.mismatch(bed.here.resolve("big"), bed.home.resolve("big")));
    }

    private Process start(List<String> words, String... options) throws IOException {
        List<String> command = ChildDialer.java(List.of("-Xmx64m", "-Dqscp.home=" + bed.home), "org.qnsp.qscp.ChildClient");
        command.add("--resume");
        command.addAll(List.of(options));
        command.addAll(words);
        return new ProcessBuilder(command).redirectError(directory.resolve("errors").toFile()).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }
}
