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
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions over three pipes: bytes, ends, signals, pauses (C-15). */
@Timeout(120)
class PipeSessionTest {
    private Bench bench;

    @BeforeEach
    void open() throws IOException {
        bench = new Bench();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 127, 137, 255})
    void theExitCodeIsExact(int code) throws Exception {
        assertEquals(new ExitStatus.Exited(code), bench.run("exit " + code).awaitEnd());
    }

    @Test
    void outputAndErrorStayApart() throws Exception {
        Recorder r = bench.run("printf out; printf err >&2; printf more");
        assertEquals("outmore", r.output());
        assertEquals("err", r.error());
        assertEquals(2, r.endedSources());
    }

    @Test
    void aCommandSeesItsShellByNameAndNoArguments() throws Exception {
        String shell = Path.of(bench.self.shell()).getFileName().toString();
        assertEquals(shell + " 0\n", bench.run("echo $0 $#").output());
    }

    @Test
    void whatACommandStartsWithIsSet() throws Exception {
        LaunchRequest request = new LaunchRequest(bench.self, new Program.ShellCommand("umask; ulimit -S -n; pwd; echo $LANG"), Optional.empty(), Map.of("LANG", "C.UTF-8"), Optional.empty());
        assertEquals("0022\n1024\n" + bench.self.home() + "\nC.UTF-8\n", Bench.finish(bench.launcher.launch(request)).output());
    }

    @Test
    void anUnknownCommandIsReportedByTheShellUnderItsOwnName() throws Exception {
        Recorder r = bench.run("no-such-command-here");
        assertEquals(new ExitStatus.Exited(127), r.awaitEnd());
        String shell = Path.of(bench.self.shell()).getFileName().toString();
        assertTrue(r.error().startsWith(shell + ": "), r.error());
    }

    @Test
    void sixtyFourMebibytesThroughCatAreUnchanged() throws Exception {
        int chunk = 30_000;
        long total = 64L << 20;
        Random random = new Random(1);
        MessageDigest sent = MessageDigest.getInstance("SHA-256");
        MessageDigest received = MessageDigest.getInstance("SHA-256");
        AtomicLong count = new AtomicLong();
        Semaphore window = new Semaphore(1 << 20);
        CountDownLatch over = new CountDownLatch(1);
        UserProcess process = bench.launcher.launch(bench.request("cat"));
        process.start(new Quiet() {
            @Override
            public void output(UserProcess.Source source, byte[] bytes, int length) {
                count.addAndGet(length);
                received.update(bytes, 0, length);
            }

            @Override
            public void inputTaken(int bytes) {
                window.release(bytes);
            }

            @Override
            public void ended() {
                over.countDown();
            }
        });
        for (long at = 0; at < total; at += chunk) {
            byte[] bytes = new byte[(int) Math.min(chunk, total - at)];
            random.nextBytes(bytes);
            sent.update(bytes);
            window.acquire(bytes.length);
            process.write(bytes);
        }
        process.closeInput();
        assertTrue(over.await(60, TimeUnit.SECONDS));
        assertEquals(total, count.get());
        assertArrayEquals(sent.digest(), received.digest());
    }

    @ParameterizedTest
    @EnumSource(value = SessionSignal.class, names = {"HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "ALRM", "TERM", "ABRT", "SEGV", "PIPE"})
    void aSignalEndsTheGroupAndIsNamed(SessionSignal signal) throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("ulimit -c 0; exec sleep 1000"));
        Recorder r = Recorder.of(process);
        Recorder.eventually("sleep runs", () -> text(Path.of("/proc/" + process.pid() + "/comm")).equals("sleep\n"));
        process.signal(signal);
        ExitStatus status = r.awaitEnd();
        assertEquals(new ExitStatus.Signalled(signal.number(), signal.name(), false), status);
    }

    @Test
    void exitCode143IsNotTakenForASignal() throws Exception {
        assertEquals(new ExitStatus.Exited(143), bench.run("exit 143").awaitEnd());
        assertInstanceOf(ExitStatus.Signalled.class, bench.run("kill -TERM $$").awaitEnd());
    }

    @Test
    void theEndOfInputArrivesAndOutputGoesOn() throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("cat; echo after"));
        Recorder r = Recorder.of(process);
        process.write("hello ".getBytes(UTF_8));
        r.awaitOutput("hello");
        process.closeInput();
        r.awaitEnd();
        assertEquals("hello after\n", r.output());
    }

    @Test
    void inputForAProgramThatClosedItIsDroppedSilently() throws Exception {
        Path mark = Files.createTempFile("qnsp", "mark");
        UserProcess process = bench.launcher.launch(bench.request(
                "exec <&-; echo closed; while [ -e " + mark + " ]; do sleep 0.02; done; echo still here"));
        Recorder r = Recorder.of(process);
        r.awaitOutput("closed");
        byte[] much = new byte[1 << 20];
        process.write(much);
        r.await("dropped input", () -> r.inputTaken() == much.length);
        assertFalse(r.hasEnded());
        Files.delete(mark);
        assertEquals(new ExitStatus.Exited(0), r.awaitEnd());
        assertTrue(r.output().endsWith("still here\n"));
    }

    @Test
    void anEarlyExitWithWaitingInputEndsTheSession() throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("head -c 10 >/dev/null; exit 3"));
        Recorder r = Recorder.of(process);
        byte[] much = new byte[8 << 20];
        process.write(much);
        assertEquals(new ExitStatus.Exited(3), r.awaitEnd());
        assertEquals(much.length, r.inputTaken());
        process.write(new byte[100]); // late input is no error
        process.closeInput();
        process.hangup();
    }

    @Test
    void moreInputThanAWindowIsOurOwnMistake() throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("sleep 1000"));
        process.write(new byte[UserProcess.INPUT_BYTES_MAX]);
        assertThrows(IllegalStateException.class, () -> process.write(new byte[1]));
        process.signal(SessionSignal.KILL);
        Recorder.of(process).awaitEnd();
    }

    @Test
    void aSlowConsumerPausesTheProducer() throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("exec head -c 20000000 /dev/zero"));
        Recorder r = new Recorder().room(100_000);
        process.start(r);
        r.await("first bytes", () -> r.size(UserProcess.Source.OUTPUT) == 100_000);
        Path state = Path.of("/proc/" + process.pid() + "/stat");
        Path io = Path.of("/proc/" + process.pid() + "/io");
        Recorder.eventually("the producer blocks", () -> text(state).contains("(head) S") && written(io) > 0);
        long blocked = written(io);
        assertTrue(blocked <= 100_000 + 2 * 65_536, blocked + " bytes written");
        assertEquals(100_000, r.size(UserProcess.Source.OUTPUT));
        assertFalse(r.hasEnded());
        r.room(Integer.MAX_VALUE);
        process.resume();
        assertEquals(new ExitStatus.Exited(0), r.awaitEnd());
        assertEquals(20_000_000, r.size(UserProcess.Source.OUTPUT));
    }

    @Test
    void aPausedSessionDoesNotHoldUpAnother() throws Exception {
        UserProcess slow = bench.launcher.launch(bench.request("yes"));
        Recorder r = new Recorder().room(1);
        slow.start(r);
        r.await("one byte", () -> r.size(UserProcess.Source.OUTPUT) == 1);
        assertEquals("quick\n", bench.run("echo quick").output());
        slow.hangup(); // yes gets SIGPIPE
        assertEquals(new ExitStatus.Signalled(13, "PIPE", false), r.awaitEnd());
    }

    @Test
    void theSessionStaysOpenWhileABackgroundChildHoldsTheOutput() throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("exec 3<&0; (read line <&3; echo late) & echo early; exit 5"));
        Recorder r = Recorder.of(process);
        assertEquals(new ExitStatus.Exited(5), r.awaitExit());
        r.awaitOutput("early");
        // the shell's exit closes the input pipe, which is what the child waits for
        r.awaitEnd();
        assertEquals("early\nlate\n", r.output());
    }

    @Test
    void aVanishedClientLeavesTheProgramAlone() throws Exception { // C-16
        Path mark = Files.createTempDirectory("qnsp").resolve("done");
        UserProcess process = bench.launcher.launch(bench.request("echo ready; cat; trap '' PIPE; echo gone >" + mark + "; exit 4"));
        Recorder r = Recorder.of(process);
        r.awaitOutput("ready");
        process.hangup();
        assertEquals(new ExitStatus.Exited(4), r.awaitEnd());
        assertEquals("gone\n", Files.readString(mark));
        Files.delete(mark);
        Files.delete(mark.getParent());
    }

    @Test
    void noDescriptorLeaksIntoTheProgram() throws Exception {
        try (var file = Files.newInputStream(Path.of("/etc/passwd")); var socket = new java.net.ServerSocket(0)) {
            assertEquals("0\n1\n2\n3\n", bench.run("ls /proc/self/fd").output()); // 3 is the directory itself
            assertTrue(file.available() > 0 && socket.isBound());
        }
    }

    @Test
    void signalsAreAtTheirDefaultsAndTheSessionIsItsOwn() throws Exception {
        Recorder r = bench.run("exec grep -E '^Sig(Blk|Ign)' /proc/self/status");
        assertEquals(List.of("0000000000000000", "0000000000000000"),
                r.output().lines().map(l -> l.split("\\s+")[1]).toList());
        String[] stat = bench.run("exec cat /proc/self/stat").output().split(" ");
        assertEquals(stat[0], stat[4], "process group");
        assertEquals(stat[0], stat[5], "session");
    }

    @Test
    void outputDevicesCanBeReopened() throws Exception {
        Recorder r = bench.run("echo a >/dev/stdout; echo b >/dev/stderr");
        assertEquals("a\n", r.output());
        assertEquals("b\n", r.error());
    }

    @Test
    void aServiceIsRunWithoutAShellReadingItsArguments() throws Exception {
        UserProcess process = bench.launcher.launch(Bench.request(bench.self,
                new Program.Service(List.of("/bin/echo", "$HOME", "a  b", "'", "*"))));
        assertEquals("$HOME a  b ' *\n", Bench.finish(process).output());
    }

    @Test
    void aLoginShellWithoutTerminalReadsItsScriptFromInput() throws Exception {
        UserProcess process = bench.launcher.launch(Bench.request(bench.self, new Program.LoginShell()));
        Recorder r = Recorder.of(process);
        process.write("echo $0\nexit 9\n".getBytes(UTF_8));
        assertEquals(new ExitStatus.Exited(9), r.awaitEnd());
        assertTrue(r.output().endsWith("-" + Path.of(bench.self.shell()).getFileName() + "\n"), r.output());
    }

    @Test
    void aListenerThatFailsLosesItsSessionOnly() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        bench.launcher.launch(bench.request("yes")).start(new Quiet() {
            @Override
            public void output(UserProcess.Source source, byte[] bytes, int length) {
                throw new IllegalStateException("a mistake in the listener");
            }

            @Override
            public void ended() {
                over.countDown();
            }
        });
        assertTrue(over.await(30, TimeUnit.SECONDS));
        assertEquals("fine\n", bench.run("echo fine").output());
    }

    @Test
    void twoHundredSessionsLeakNothing() throws Exception {
        bench.run("true");
        long before = descriptors();
        long zombiesBefore = zombies(); // of other tests, whose pump was closed
        for (int round = 0; round < 10; round++) {
            UserProcess[] processes = new UserProcess[20];
            for (int i = 0; i < processes.length; i++) {
                processes[i] = i % 2 == 0
                        ? bench.launcher.launch(bench.request("echo hello"))
                        : bench.launcher.launch(Bench.withPty(bench.self, new Program.ShellCommand("echo hello"), Bench.PTY));
            }
            for (UserProcess process : processes) {
                assertEquals("hello", Bench.finish(process).output().strip().lines().toList().getLast()); // what goes before is of the shell's own files
            }
        }
        Recorder.eventually("descriptors are back at " + before, () -> descriptors() <= before);
        assertEquals(zombiesBefore, zombies(), "zombies");
    }

    @Test
    void aProcessNeverStartedIsStillReaped() throws Exception {
        UserProcess process = bench.launcher.launch(bench.request("true"));
        Recorder.eventually("reaped", () -> !Files.exists(Path.of("/proc/" + process.pid())));
        assertEquals(new ExitStatus.Exited(0), Recorder.of(process).awaitEnd());
    }

    @Test
    void aClosedPumpHangsUpAndRefuses() throws Exception {
        UserProcess process = bench.launcher.launch(Bench.withPty(bench.self, new Program.ShellCommand("exec sleep 1000"), Bench.PTY));
        Recorder r = Recorder.of(process);
        bench.pump.close();
        ProcessHandle.of(process.pid()).ifPresent(p -> assertFalse(r.hasEnded() && p.isAlive()));
        Recorder.eventually("dead", () -> text(Path.of("/proc/" + process.pid() + "/stat")).contains(") Z"));
        assertThrows(IOException.class, () -> bench.launcher.launch(bench.request("true")));
        Posix.collect(process.pid());
    }

    private static String text(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            return "";
        }
    }

    private static long written(Path io) {
        return text(io).lines().filter(l -> l.startsWith("wchar:")).mapToLong(l -> Long.parseLong(l.substring(7).strip())).findFirst().orElse(-1);
    }

    private static long descriptors() {
        try (Stream<Path> list = Files.list(Path.of("/proc/self/fd"))) {
            return list.count();
        } catch (IOException e) {
            return -1;
        }
    }

    private static long zombies() throws IOException {
        long self = ProcessHandle.current().pid();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(p -> p.getFileName().toString().matches("\\d+")).map(p -> text(p.resolve("stat")))
                    .filter(s -> s.contains(") Z " + self + " ")).count();
        }
    }

    /** A listener that takes everything and keeps nothing. */
    private static class Quiet implements UserProcess.Events {
        @Override
        public int room(UserProcess.Source source) {
            return Integer.MAX_VALUE;
        }

        @Override
        public void output(UserProcess.Source source, byte[] bytes, int length) {
        }

        @Override
        public void outputEnded(UserProcess.Source source) {
        }

        @Override
        public void inputTaken(int bytes) {
        }

        @Override
        public void exited(ExitStatus status) {
        }

        @Override
        public void ended() {
        }
    }
}
