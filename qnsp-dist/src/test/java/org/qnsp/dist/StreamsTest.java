package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands over qssh as scripts use them: exit statuses, three separate streams, pipes of any size, programs that bring their own protocol. */
final class StreamsTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(dir);
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

    private static Command qssh(String... words) {
        return house.qssh(anna, words);
    }

    /** qssh to anna, for a shell. */
    private static String line() {
        return qssh().quoted();
    }

    private static byte[] noise(int bytes) {
        byte[] all = new byte[bytes];
        new Random(7).nextBytes(all);
        return all;
    }

    private static long residentKiB(long pid) throws Exception {
        Matcher rss = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        assertTrue(rss.find());
        return Long.parseLong(rss.group(1));
    }

    @Test
    void theExitStatusIsTheCommands() throws Exception {
        for (int status : new int[] {1, 7, 127, 254, 255}) {
            assertEquals("", qssh("exit", String.valueOf(status)).run().expect(status).err());
        }
        for (String signal : List.of("KILL", "TERM")) {
            assertEquals("", qssh("kill -" + signal + " $$").run().expect(255).err());
        }
        assertTrue(qssh("no-such-command").run().expect(127).err().contains("not found"));
    }

    @Test
    @Tag("long")
    void everyExitStatusArrives() throws Exception {
        for (int status = 0; status < 256; status++) {
            qssh("exit " + status).run().expect(status);
        }
    }

    @Test
    void streamsStayApartAndNothingIsAdded() throws Exception {
        Command.Result result = qssh("echo out; echo err >&2; exit 4").run().expect(4);
        assertEquals("out\n", result.out());
        assertEquals("err\n", result.err());
        // standard error goes on when standard output has ended
        result = qssh("exec >&-; sleep 0.3; echo late >&2").run().expect(0);
        assertEquals("late\n", result.err());
    }

    @Test
    void inputEndsWithoutEndingOutput() throws Exception {
        assertEquals("x\nlate\n", qssh("cat; sleep 1; echo late").input("x\n").run().expect(0).out());
    }

    @Test
    void wordsAreJoinedByBlanksAndReadByTheShell() throws Exception {
        assertEquals("a b\nc\n", qssh("echo", "a  b;", "echo", "c").run().expect(0).out());
        assertEquals("grüße ✓ \u00e9\n", qssh("echo 'grüße ✓ \u00e9'").run().expect(0).out());
        assertEquals("100000\n", qssh("printf %s '" + "x".repeat(100_000) + "' | wc -c").run().expect(0).out());
        assertEquals("script\n", house.client("qssh", anna.keyFile(), "-T", House.at(anna)).input("echo script\nexit 0\n").run().expect(0).out());
    }

    @Test
    void optionsMeanWhatTheyMeanForSsh() throws Exception {
        Path config = dir.resolve("config");
        Files.writeString(config, "Host box\n  HostName 127.0.0.1\n  Port " + house.daemon().port() + "\n  User " + anna.name() + "\n  IdentityFile " + anna.keyFile()
                + "\n  UserKnownHostsFile " + house.knownHosts() + "\n");
        String program = House.program("qssh");
        assertEquals(anna.name() + "\n", Command.of(program, "-F", config.toString(), "box", "id", "-un").run().expect(0).out());
        // options behind the host; -n gives no input; the first word of the command ends the options
        assertEquals("-q\n", Command.of(program, "box", "-F", config.toString(), "-nT", "-oLogLevel=ERROR", "cat; echo", "-q").input("unread").run().expect(0).out());
        assertEquals(anna.name() + "\n", Command.of(program, "-F", "none", "-oUserKnownHostsFile=" + house.knownHosts(), "-i", anna.keyFile().toString(), "-l", anna.name(),
                "-p" + house.daemon().port(), "127.0.0.1", "--", "id", "-un").run().expect(0).out());
        assertTrue(Command.of(program, "-F", config.toString(), "-v", "box", "true").run().expect(0).err().contains("debug1: Authenticated to 127.0.0.1"));
        assertEquals("", Command.of(program, "-F", config.toString(), "-q", "-l", "nobody", "box", "true").run().expect(255).err());
        assertTrue(Command.of(program, "-F", config.toString(), "-tt", "box", "tty").run().expect(0).out().startsWith("/dev/pts/"));
        String dump = Command.of(program, "-F", config.toString(), "-G", "box").run().expect(0).out();
        assertTrue(dump.contains("user " + anna.name() + "\nhostname 127.0.0.1\nport " + house.daemon().port() + "\n"), dump);
    }

    @Test
    void withoutACommandTheConnectionStaysOpenUntilItIsEnded() throws Exception {
        Process process = house.client("qssh", anna.keyFile(), "-v", "-N", House.at(anna)).start();
        try (var errors = process.errorReader()) {
            String line = errors.readLine();
            while (line != null && !line.contains("Authenticated")) {
                line = errors.readLine();
            }
            assertTrue(line != null && !process.waitFor(1, TimeUnit.SECONDS));
            assertEquals(List.of(), anna.processes());
            process.destroy();
            assertEquals(255, process.waitFor());
        }
    }

    @Test
    void aPipeIsCleanBothWaysAndMemoryStaysBounded() throws Exception {
        byte[] sent = noise(16 << 20);
        Process process = qssh("sha256sum; head -c 16777216 /dev/zero; echo end").start();
        CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> {
            try (InputStream in = process.getInputStream()) {
                return in.readAllBytes();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }, task -> Thread.ofVirtual().start(task));
        try (var out = process.getOutputStream()) {
            out.write(sent);
        }
        byte[] all = received.get(90, TimeUnit.SECONDS);
        assertEquals(0, process.waitFor());
        String sum = HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(sent)) + "  -\n";
        assertEquals(sum.length() + (16 << 20) + 4, all.length);
        assertEquals(sum, new String(all, 0, sum.length(), StandardCharsets.US_ASCII));
        assertEquals("end\n", new String(all, all.length - 4, 4, StandardCharsets.US_ASCII));
        assertArrayEquals(sent, qssh("cat").input(sent).run().expect(0).bytes());
    }

    @Test
    @Tag("long")
    void aHundredMegabytesEachWayLeaveMemoryFlat() throws Exception {
        byte[] sent = noise(100 << 20);
        for (int round = 0; round < 3; round++) {
            Process process = qssh("cat").start();
            List<Long> sizes = new ArrayList<>();
            Thread.ofVirtual().start(() -> {
                try (var out = process.getOutputStream()) {
                    out.write(sent);
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            byte[] back = new byte[sent.length];
            try (InputStream in = process.getInputStream()) {
                for (int n = 0; n < back.length; ) {
                    int got = in.readNBytes(back, n, Math.min(1 << 20, back.length - n));
                    assertTrue(got > 0);
                    n += got;
                    sizes.add(residentKiB(process.pid()));
                }
                assertEquals(-1, in.read());
            }
            assertEquals(0, process.waitFor());
            assertTrue(Arrays.equals(sent, back));
            assertTrue(sizes.stream().mapToLong(Long::longValue).max().orElseThrow() < 400_000, sizes::toString);
            assertTrue(house.daemon().residentKiB() < 1_400_000, () -> "the daemon's heap is limited to 1 GiB");
        }
    }

    @Test
    void aSlowReaderHoldsTheSenderAndNotTheMemory() throws Exception {
        Process process = qssh("head -c 100000000 /dev/zero; echo done >&2").start();
        try (InputStream in = process.getInputStream(); var errors = process.errorReader()) {
            assertEquals(1 << 20, in.readNBytes(1 << 20).length);
            Thread.sleep(1500);
            assertTrue(residentKiB(process.pid()) < 300_000, () -> "the client holds what nobody reads");
            assertTrue(!errors.ready(), "the far side has written all of it, to where?");
            process.destroy();
            process.waitFor();
        }
        TestDaemon.await("the command has gone", () -> anna.processes().isEmpty());
    }

    @Test
    void aCommandThatDoesNotReadEndsAllTheSame() throws Exception {
        assertEquals("", qssh("exit 3").input(noise(3 << 20)).run().expect(3).err());
        assertEquals(4096, qssh("head -c 4096").input(noise(3 << 20)).run().expect(0).bytes().length);
    }

    @Test
    void whenNobodyReadsTheCommandIsStopped() throws Exception {
        Command.Result result = Command.of("bash", "-c", line() + " yes | head -n 2; echo ${PIPESTATUS[0]}").run().expect(0);
        assertTrue(result.out().startsWith("y\ny\n"), result.toString());
        assertEquals("", result.err());
        assertEquals("y\n141 0\n", qssh("yes | head -n 1; echo ${PIPESTATUS[@]}").run().expect(0).out());
        TestDaemon.await("yes has gone", () -> anna.processes().isEmpty());
        assertEquals("", qssh("echo lost; exit 0").run().expect(0).err());
        assertEquals("", Command.script(line() + " 'echo lost; sleep 0.2; echo lost; exit 0' >&-").run().err());
    }

    @Test
    void aBackgroundProcessHoldsTheSessionAsLongAsItHoldsTheOutput() throws Exception {
        long start = System.nanoTime();
        assertEquals("hi\nlater\n", qssh("(sleep 2; echo later) & echo hi").run().expect(0).out());
        assertTrue(System.nanoTime() - start > 2_000_000_000L);
        start = System.nanoTime();
        assertEquals("hi\n", qssh("sleep 30 </dev/null >/dev/null 2>&1 & echo hi").run().expect(0).out());
        assertTrue(System.nanoTime() - start < 20_000_000_000L);
        assertEquals("hi\r\n", house.client("qssh", anna.keyFile(), "-tt", House.at(anna), "nohup sleep 30 >/dev/null & echo hi").run().expect(0).out()
                .replaceAll("nohup: .*\r\n", ""));
        anna.processes().forEach(ProcessHandle::destroy);
    }

    @Test
    void theEndOfTheClientIsNotTheEndOfACommandWithoutATerminal() throws Exception {
        Process process = qssh("trap '' PIPE; touch started; sleep 2; touch survived").start();
        TestDaemon.await("it runs", () -> Files.exists(anna.home().resolve("started")));
        process.destroyForcibly();
        TestDaemon.await("it goes on", () -> Files.exists(anna.home().resolve("survived")));
    }

    @Test
    void signalsEndTheClientSilentlyWith255() throws Exception {
        for (String signal : List.of("TERM", "INT", "HUP")) {
            // whoever runs the tests may have some ignored, and those stay so
            Process process = Command.of("env", "--default-signal=TERM,INT,HUP").with(qssh("echo up; cat").words()).start();
            assertEquals('u', process.getInputStream().read());
            Command.of("kill", "-" + signal, String.valueOf(process.pid())).run().expect(0);
            assertEquals(255, process.waitFor(), signal);
            assertEquals("", new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void twentyAtOnceAllSucceed() throws Exception {
        List<CompletableFuture<Command.Result>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Command command = qssh("cat; echo " + i).input("in").limit(Duration.ofMinutes(3));
            all.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return command.run();
                } catch (java.io.IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }, task -> Thread.ofVirtual().start(task)));
        }
        for (int i = 0; i < 20; i++) {
            assertEquals("in" + i + "\n", all.get(i).join().expect(0).out());
        }
    }

    @Test
    void rsyncAndGitAndTarWork() throws Exception {
        for (String program : List.of("rsync", "git", "tar")) {
            assertEquals(0, Command.script("command -v " + program).run().status(), "this test needs the package " + program);
        }
        Path tree = Files.createDirectories(dir.resolve("tree/sub dir"));
        Files.write(tree.resolve("naïve name"), noise(300_000));
        Files.writeString(dir.resolve("tree/.hidden"), "x");
        Path wrapper = dir.resolve("qssh-here");
        String options = house.client("qssh", anna.keyFile()).quoted();
        Files.writeString(wrapper, "#!/bin/sh\nexec " + options + " \"$@\"\n");
        wrapper.toFile().setExecutable(true);

        Command.of("rsync", "-a", "-e", wrapper.toString(), dir + "/tree/", House.at(anna) + ":copied").run().expect(0);
        Command.of("rsync", "-a", "-e", wrapper.toString(), House.at(anna) + ":copied/", dir + "/back").run().expect(0);
        Command.of("diff", "-r", dir + "/tree", dir + "/back").run().expect(0);
        assertEquals(anna.name(), Files.getOwner(anna.home().resolve("copied/.hidden")).getName());
        assertTrue(Command.of("rsync", "-a", "-e", wrapper.toString(), House.at(anna) + ":missing", dir + "/none").run().expect(23).err().contains("missing"));

        Command.script("tar -C '" + dir + "/tree' -cf - . | " + line() + " 'mkdir t; tar -C t -xf -; tar -C t -cf - .' | (mkdir " + dir + "/tarred; tar -C " + dir
                + "/tarred -xf -)").run().expect(0);
        Command.of("diff", "-r", dir + "/tree", dir + "/tarred").run().expect(0);

        String git = "cd " + dir + " && export GIT_SSH=" + wrapper + " GIT_SSH_VARIANT=ssh GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null"
                + " GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b && ";
        anna.runs("git", "init", "-q", "--bare", "repo.git").run().expect(0);
        Command.script(git + "git init -q -b main work && cd work && cp -r ../tree/. . && git add . && git commit -qm one && git push -q ssh://" + House.at(anna) + anna.home()
                + "/repo.git main").run().expect(0);
        Command.script(git + "git clone -q -b main " + House.at(anna) + ":repo.git cloned && diff -r -x .git work cloned").run().expect(0);
    }
}
