package org.qnsp.crypto.entropy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.entropy.EntropyFeed.Patience;
import org.qnsp.crypto.entropy.EntropySettings.Use;

/** What happens to sources, and what a user is told of it (E-5, E-7 to E-9). */
@Timeout(60)
final class EntropyFeedTest {
    private static final Patience SHORT = new Patience(Duration.ofMillis(300), Duration.ofSeconds(2), Duration.ofMillis(50), Duration.ofMillis(100));

    /** For what a busy machine may hold up. */
    private static final Patience LONG = new Patience(Duration.ofSeconds(9), Duration.ofSeconds(9), Duration.ofMillis(50), Duration.ofMillis(100));

    @TempDir
    private Path dir;

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<Integer> stirred = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private EntropyFeed feed(Use use, Source.Opener opener, Patience patience) {
        EntropyFeed feed = new EntropyFeed(new EntropySettings(use, "/x", true, null), opener, patience, bytes -> stirred.add(bytes.length), told::add).start();
        open.add(feed);
        return feed;
    }

    private EntropyFeed feed(Use use, Path path, boolean allowFile) {
        return feed(use, () -> DeviceSource.open(path, allowFile), SHORT);
    }

    private static EntropyFeed await(EntropyFeed feed) throws InterruptedException {
        return feed.await(Duration.ofSeconds(10));
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "waited in vain until " + what);
            Thread.sleep(5);
        }
    }

    private Path pipe() throws Exception {
        Path pipe = dir.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        return pipe;
    }

    /** Writes chance to a pipe whenever somebody reads; so many bytes a second, 0 for no limit. */
    private void writer(Path pipe, int bytesPerSecond) {
        Thread.ofPlatform().daemon().start(() -> {
            Random chance = new Random(1);
            byte[] block = new byte[bytesPerSecond == 0 ? 4096 : 1];
            while (Files.exists(pipe)) {
                try (OutputStream out = new FileOutputStream(pipe.toFile())) {
                    while (true) {
                        chance.nextBytes(block);
                        out.write(block);
                        if (bytesPerSecond > 0) {
                            Thread.sleep(1000 / bytesPerSecond);
                        }
                    }
                } catch (IOException | InterruptedException e) {
                    // nobody reads any more; somebody may again
                }
            }
        });
    }

    /** A source whose blocks a test chooses. */
    private final class Script implements Source {
        private final ConcurrentLinkedQueue<byte[]> blocks;
        private final boolean counts;
        private volatile boolean closed;

        Script(ConcurrentLinkedQueue<byte[]> blocks, boolean counts) {
            this.blocks = blocks;
            this.counts = counts;
        }

        @Override
        public String name() {
            return "/script";
        }

        @Override
        public boolean counts() {
            return counts;
        }

        @Override
        public String warning() {
            return null;
        }

        @Override
        public int startUpBytes() {
            return HealthTests.START_UP_BYTES;
        }

        @Override
        public Duration pause() {
            return Duration.ZERO;
        }

        @Override
        public byte[] read(int wanted) throws IOException {
            while (blocks.isEmpty() && !closed) {
                Thread.onSpinWait();
            }
            byte[] block = blocks.poll();
            if (block == null || block.length == 0) {
                throw new IOException("unplugged");
            }
            return block;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static byte[] good(int n, int seed) {
        byte[] bytes = new byte[n];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    // ---- what is opened

    @Test
    void aSoundDeviceFeedsThePool() throws Exception {
        EntropyFeed feed = await(feed(Use.REQUIRE, Path.of("/dev/urandom"), false));
        assertNull(feed.missing());
        assertEquals("operating system; /dev/urandom (OK)", feed.description());
        assertEquals(List.of(HealthTests.START_UP_BYTES), stirred);
        assertEquals(List.of("/dev/urandom: every user may write to it"), told);
    }

    @Test
    void theSystemAloneHasNoSource() throws Exception {
        EntropyFeed feed = EntropyFeed.begin(EntropySettings.SYSTEM, told::add).await(Duration.ofSeconds(9));
        assertEquals("operating system", feed.description());
        assertNull(feed.missing());
        feed.close();
    }

    @Test
    void whatIsMissing() throws Exception {
        EntropyFeed feed = await(feed(Use.PREFER, dir.resolve("none"), false));
        assertNull(feed.missing(), "the operating system goes on");
        assertEquals(List.of("/x: No such file or directory; the operating system's entropy goes on alone"), told);
        assertEquals("operating system; /x (FAILED: No such file or directory)", feed.description());
    }

    @Test
    void aFileOrLinkInPlaceOfADevice() throws Exception {
        Path file = Files.write(dir.resolve("file"), good(4096, 1));
        Path link = Files.createSymbolicLink(dir.resolve("link"), Path.of("/dev/urandom"));
        for (Path path : List.of(file, link, dir, pipe())) {
            EntropyFeed feed = await(feed(Use.REQUIRE, path, false));
            assertEquals("Entropy qrng-only, and /x cannot be used: it is no character device; if that is meant: --entropy-allow-file", feed.missing());
        }
        assertEquals(List.of(), stirred);
        assertNull(await(feed(Use.REQUIRE, link, true)).missing(), "where it is allowed");
        Files.delete(link);
    }

    @Test
    void aRegularFileIsMixedInAndCountsForNothing() throws Exception {
        Path file = Files.write(dir.resolve("file"), good(4096, 1));
        EntropyFeed feed = await(feed(Use.REQUIRE, file, true));
        assertEquals(List.of(1024), stirred);
        assertEquals("operating system; " + file + " (OK, mixed in, counted as nothing)", feed.description());
        assertTrue(feed.missing().endsWith(file + " counts for nothing, since a file says the same every time"), feed.missing());
    }

    /** With a file system's own words; that a user without rights gets them is seen from outside, by the end-to-end test. */
    @Test
    void whyItCannotBeOpened() {
        assertEquals("Permission denied", DeviceSource.reason(new java.nio.file.AccessDeniedException("/dev/hwrng")));
        assertEquals("No such device", DeviceSource.reason(new java.nio.file.FileSystemException("/dev/hwrng", null, "No such device")));
    }

    @Test
    void theFirstQrngThatCanBeOpenedIsTaken() throws Exception {
        try (Source found = DeviceSource.first(List.of(dir.resolve("qrandom0"), dir, Path.of("/dev/urandom"), Path.of("/dev/zero")))) {
            assertEquals("/dev/urandom", found.name());
        }
        IOException none = assertThrows(IOException.class, () -> DeviceSource.first(List.of(Path.of("/no/qrandom0"), Path.of("/no/hwrng"))));
        assertEquals("there is none (/no/qrandom0: No such file or directory; /no/hwrng: No such file or directory)", none.getMessage());
    }

    // ---- faults of what is open

    @Test
    void aDeviceThatIsStuck() throws Exception {
        EntropyFeed feed = await(feed(Use.REQUIRE, Path.of("/dev/zero"), false));
        assertEquals("Entropy qrng-only, and /dev/zero cannot be used: a value comes again and again (repetition count test)", feed.missing());
        assertEquals(List.of(), stirred);
        await("it is said", () -> told.contains("/dev/zero: a value comes again and again (repetition count test); no key is made until it is sound (qrng-only)"));
        Thread.sleep(500);
        assertEquals(2, told.size(), "and not again at each attempt: " + told);
    }

    @Test
    void aDeviceAtItsEnd() throws Exception {
        EntropyFeed feed = await(feed(Use.PREFER, Path.of("/dev/null"), false));
        assertEquals("operating system; /dev/null (FAILED: it is at its end)", feed.description());
    }

    @Test
    void aFileThatIsTooShort() throws Exception {
        EntropyFeed feed = await(feed(Use.PREFER, Files.write(dir.resolve("file"), good(1023, 1)), true));
        assertTrue(feed.description().endsWith("(FAILED: it is at its end)"), feed.description());
        assertEquals(List.of(), stirred);
    }

    @Test
    void aPipeThatNobodyWritesTo() throws Exception {
        Path pipe = pipe();
        EntropyFeed feed = await(feed(Use.REQUIRE, pipe, true));
        assertTrue(feed.missing().contains("it gives nothing for 0 s"), feed.missing());
        try (OutputStream out = new FileOutputStream(pipe.toFile())) { // one writer who opens it once must be enough
            out.write(good(1024, 1));
            await("it is sound", () -> feed.missing() == null);
        }
    }

    @Test
    void aPipeThatFallsSilent() throws Exception {
        Path pipe = pipe();
        EntropyFeed feed = feed(Use.REQUIRE, () -> DeviceSource.open(pipe, true), new Patience(Duration.ofSeconds(2), Duration.ofSeconds(9), Duration.ofMillis(50), Duration.ofMillis(100)));
        try (OutputStream out = new FileOutputStream(pipe.toFile())) {
            out.write(good(1000, 1)); // 24 short
            await(feed);
            assertTrue(feed.missing().contains("it gives nothing"), feed.missing());
        }
        writer(pipe, 0);
        await("it is read again, although a read was blocked for ever", () -> feed.missing() == null);
    }

    @Test
    void shortReadsAreJoined() throws Exception {
        Path pipe = pipe();
        EntropyFeed feed = feed(Use.REQUIRE, () -> DeviceSource.open(pipe, true), LONG);
        try (OutputStream out = new FileOutputStream(pipe.toFile())) {
            byte[] all = good(1024, 1);
            for (int i = 0; i < 1024; i += 128) {
                out.write(all, i, 128);
                out.flush();
                Thread.sleep(10);
            }
            await(feed);
            assertEquals(List.of(1024), stirred);
        }
    }

    @Test
    void aSlowSourceIsWaitedForAsLongAsItGivesAnything() throws Exception {
        Path pipe = pipe();
        writer(pipe, 10);
        EntropyFeed feed = feed(Use.REQUIRE, () -> DeviceSource.open(pipe, true), LONG).await(Duration.ofMillis(1500));
        String missing = feed.missing();
        assertTrue(missing.matches("Entropy qrng-only, and .*pipe gave no more than [1-9][0-9]? bytes yet"), missing);
        assertEquals(List.of(), told);
    }

    @Test
    void itIsUnpluggedAndBack() throws Exception {
        ConcurrentLinkedQueue<byte[]> blocks = new ConcurrentLinkedQueue<>(List.of(good(1024, 1)));
        EntropyFeed feed = await(feed(Use.REQUIRE, () -> new Script(blocks, true), SHORT));
        assertNull(feed.missing());
        blocks.add(new byte[0]);
        await("it has failed", () -> feed.missing() != null);
        assertEquals("Entropy qrng-only, and /script cannot be used: unplugged", feed.missing());
        assertEquals(List.of("/script: unplugged; no key is made until it is sound (qrng-only)"), told);
        blocks.add(good(1024, 2));
        await("it is back", () -> feed.missing() == null);
        assertEquals("/script is sound again", told.getLast());
        assertEquals(List.of(1024, 1024), stirred, "tested from the start");
    }

    @Test
    void oneBadBlockIsThrownAwayAndTheTestsOfTheStartRunAgain() throws Exception {
        ConcurrentLinkedQueue<byte[]> blocks = new ConcurrentLinkedQueue<>(List.of(good(1024, 1), good(128, 2), new byte[128]));
        EntropyFeed feed = feed(Use.REQUIRE, () -> new Script(blocks, true), LONG);
        await("it is suspect", () -> feed.description().contains("SUSPECT"));
        assertNotNull(feed.missing(), "no key is made meanwhile");
        assertEquals(List.of(1024, 128), stirred);
        blocks.add(good(1024, 3));
        await("it is sound", () -> feed.missing() == null);
        assertEquals(List.of(1024, 128, 1024), stirred);
        assertEquals(2, told.size(), told.toString());
    }

    @Test
    void twoBadBlocksInARowAreAFailure() throws Exception {
        ConcurrentLinkedQueue<byte[]> blocks = new ConcurrentLinkedQueue<>(List.of(good(1024, 1), new byte[128], new byte[1024]));
        List<Script> scripts = new CopyOnWriteArrayList<>();
        EntropyFeed feed = feed(Use.PREFER, () -> {
            if (!scripts.isEmpty()) {
                throw new IOException("gone");
            }
            scripts.add(new Script(blocks, true));
            return scripts.getFirst();
        }, SHORT);
        await("it has failed", () -> feed.description().contains("gone"));
        assertTrue(scripts.getFirst().closed);
        assertEquals(List.of(1024), stirred);
        assertTrue(told.get(1).startsWith("/script: a value comes again and again"), told.toString());
    }

    @Test
    void blocksThatRepeatAreABadSource() throws Exception {
        byte[] same = good(1024, 1);
        System.arraycopy(same, 0, same, 32, 32);
        ConcurrentLinkedQueue<byte[]> blocks = new ConcurrentLinkedQueue<>(List.of(same, same.clone()));
        EntropyFeed feed = await(feed(Use.REQUIRE, () -> new Script(blocks, true), SHORT));
        assertTrue(feed.missing().endsWith("a block comes twice"), feed.missing());
    }

    @Test
    void whatCountsForNothingIsMixedInAllTheSame() throws Exception {
        EntropyFeed feed = await(feed(Use.PREFER, () -> new Script(new ConcurrentLinkedQueue<>(List.of(good(1024, 1))), false), SHORT));
        assertEquals("operating system; /script (OK, mixed in, counted as nothing)", feed.description());
        assertEquals(List.of(1024), stirred);
        assertFalse(told.stream().anyMatch(text -> text.contains("sound again")));
    }
}
