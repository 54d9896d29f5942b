package org.qnsp.qsshd.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions on a real pseudo-terminal (C-15). */
@Timeout(120)
class TerminalSessionTest {
    private static final String INTERRUPT = "\003";
    private static final String SUSPEND = "\032";
    private static final String END_OF_FILE = "\004";

    private Bench bench;

    @BeforeEach
    void open() throws IOException {
        bench = new Bench();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private UserProcess launch(String line) throws IOException {
        return bench.launcher.launch(Bench.withPty(bench.self, new Program.ShellCommand(line), Bench.PTY));
    }

    /** An interactive bash that reads no start-up files and prompts with "&gt;&gt; ". */
    private UserProcess bash() throws IOException {
        return bench.launcher.launch(new LaunchRequest(bench.self, new Program.Service(List.of("/bin/bash", "--norc", "--noediting", "-i")),
                Optional.of(Bench.PTY), Map.of("PS1", ">> "), Optional.empty()));
    }

    private static void type(UserProcess process, String keys) {
        process.write(keys.getBytes(UTF_8));
    }

    @Test
    void theTerminalIsAsRequested() throws Exception {
        UserProcess process = launch("stty size; echo $TERM; tty; echo $SSH_TTY");
        Recorder r = Bench.finish(process);
        String path = process.terminal().orElseThrow();
        assertEquals("33 101\r\nxterm\r\n" + path + "\r\n" + path + "\r\n", r.output());
        assertEquals("", r.error());
        assertEquals(new ExitStatus.Exited(0), r.awaitEnd());
    }

    @Test
    void theTerminalBelongsToItsUserAndNoOneElseReadsIt() throws Exception {
        String[] words = Bench.finish(launch("stat -c '%u %G %a' $(tty)")).output().strip().split(" ");
        assertEquals(String.valueOf(bench.self.uid()), words[0]);
        assertTrue(words[2].matches("6[02]0"), words[2]);
        if (bench.self.uid() == 0) { // anyone else gets what the kernel's mount options say
            assertEquals("tty 620", words[1] + " " + words[2]);
        }
    }

    @Test
    void aResizeIsSeenAndSignalled() throws Exception {
        UserProcess process = launch("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.02; done");
        Recorder r = Recorder.of(process);
        r.awaitOutput("ready");
        process.resize(new WindowSize(123, 44, 0, 0));
        r.awaitEnd();
        assertTrue(r.output().contains("44 123"), r.output());
    }

    @Test
    void controlCInterruptsTheForegroundOnly() throws Exception {
        UserProcess process = bash();
        Recorder r = Recorder.of(process);
        type(process, "sleep 1000; echo rc=$?\n");
        Recorder.eventually("sleep runs", () -> child(process, "sleep").isPresent());
        type(process, INTERRUPT);
        r.awaitOutput("^C");
        type(process, "echo status $?\n");
        r.awaitOutput("status 130\r\n");
        type(process, "exit 6\n");
        assertEquals(new ExitStatus.Exited(6), r.awaitEnd());
    }

    @Test
    void jobsStopAndContinue() throws Exception {
        UserProcess process = bash();
        Recorder r = Recorder.of(process);
        type(process, "cat\n");
        Recorder.eventually("cat runs", () -> child(process, "cat").isPresent());
        type(process, SUSPEND);
        r.awaitOutput("Stopped");
        type(process, "fg\n");
        Recorder.eventually("cat runs on", () -> child(process, "cat").filter(TerminalSessionTest::isNotStopped).isPresent());
        type(process, "again\n");
        r.awaitOutput("again\r\nagain\r\n");
        type(process, END_OF_FILE);
        type(process, "echo left $((40+2))\nexit\n");
        r.awaitOutput("left 42");
        assertEquals(new ExitStatus.Exited(0), r.awaitEnd());
    }

    @Test
    void requestedModesAreSet() throws Exception {
        // ECHO off, ONLCR off, VINTR = ^X, VEOL2 disabled, ISPEED and OSPEED 19200, an unknown opcode, end
        byte[] modes = {53, 0, 0, 0, 0, 72, 0, 0, 0, 0, 1, 0, 0, 0, 0x18, 7, 0, 0, 0, (byte) 255,
            (byte) 128, 0, 0, 0x4B, 0, (byte) 129, 0, 0, 0x4B, 0, 99, 0, 0, 0, 1, 0};
        UserProcess process = bench.launcher.launch(Bench.withPty(bench.self, new Program.ShellCommand("stty -a"),
                new PtyRequest("vt100", new WindowSize(80, 24, 0, 0), TerminalModes.decode(modes))));
        String said = Bench.finish(process).output();
        assertTrue(said.contains(" -echo "), said);
        assertTrue(said.contains(" -onlcr "), said);
        assertTrue(said.contains("intr = ^X;"), said);
        assertTrue(said.contains("eol2 = <undef>;"), said);
        assertTrue(said.contains("speed 19200 baud"), said);
        assertTrue(said.contains(" icanon "), said);
        assertFalse(said.contains("\r"), "no carriage returns without ONLCR");
    }

    @Test
    void cutOffOrEndlessModesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> TerminalModes.decode(new byte[] {53, 0, 0}));
        assertThrows(IllegalArgumentException.class, () -> TerminalModes.decode(new byte[1025]));
        TerminalModes.decode(new byte[] {(byte) 160, 1}); // undefined from here on
        TerminalModes.decode(new byte[0]);
    }

    @Test
    void aHangupEndsForegroundAndBackground() throws Exception { // C-16
        UserProcess process = bash();
        Recorder r = Recorder.of(process);
        type(process, "sleep 1001 & sleep 1002\n");
        Recorder.eventually("both run", () -> children(process) == 2);
        List<ProcessHandle> all = ProcessHandle.of(process.pid()).orElseThrow().descendants().toList();
        process.hangup();
        assertEquals("HUP", ((ExitStatus.Signalled) r.awaitEnd()).name());
        for (ProcessHandle one : all) {
            Recorder.eventually(one + " is gone", () -> !one.isAlive());
        }
    }

    @Test
    void whatIgnoresTheHangupGoesOnAndTheSessionWaitsForIt() throws Exception {
        Path mark = Files.createTempFile("qnsp", "mark");
        UserProcess process = launch("trap '' HUP; echo ready; while [ -e " + mark + " ]; do sleep 0.02; done; exit 8");
        Recorder r = Recorder.of(process);
        r.awaitOutput("ready");
        process.hangup();
        process.resize(new WindowSize(1, 1, 0, 0)); // late requests are no error
        process.write(new byte[10]);
        Files.delete(mark);
        assertEquals(new ExitStatus.Exited(8), r.awaitEnd());
    }

    @Test
    void aHangupWorksWhileOutputIsPaused() throws Exception {
        UserProcess process = launch("yes");
        Recorder r = new Recorder().room(10);
        process.start(r);
        r.await("ten bytes", () -> r.size(UserProcess.Source.OUTPUT) == 10);
        process.hangup();
        assertEquals(new ExitStatus.Signalled(1, "HUP", false), r.awaitEnd());
    }

    @Test
    void theEndOfTheLeaderEndsTheSessionDespiteABackgroundChild() throws Exception {
        UserProcess process = launch("trap '' HUP; sleep 1000 & echo pid $! end; exit 2");
        Recorder r = Recorder.of(process);
        assertEquals(new ExitStatus.Exited(2), r.awaitEnd());
        assertTrue(r.output().endsWith("end\r\n"));
        long left = Long.parseLong(r.output().split(" ")[1]);
        assertTrue(ProcessHandle.of(left).orElseThrow().destroyForcibly());
    }

    @Test
    void theLastOutputBeforeTheExitIsDelivered() throws Exception {
        for (int i = 0; i < 20; i++) {
            Recorder r = Bench.finish(launch("stty -onlcr; head -c 300000 /dev/zero | tr '\\0' x; echo; echo last"));
            assertEquals(300_000 + 6, r.output().length());
            assertTrue(r.output().endsWith("x\nlast\n"));
        }
    }

    @Test
    void theLastOutputSurvivesAPause() throws Exception {
        UserProcess process = launch("stty -onlcr; head -c 9000 /dev/zero | tr '\\0' x; echo last");
        Recorder r = new Recorder().room(0);
        process.start(r);
        r.awaitExit();
        assertFalse(r.hasEnded());
        r.room(Integer.MAX_VALUE);
        process.resume();
        r.awaitEnd();
        assertEquals("x".repeat(9000) + "last\n", r.output());
    }

    @Test
    void theClientsEndOfInputIsNotTheTerminals() throws Exception {
        UserProcess process = launch("echo ready; read line; echo got $line");
        Recorder r = Recorder.of(process);
        type(process, "one\n");
        process.closeInput();
        r.awaitEnd();
        assertTrue(r.output().contains("got one\r\n"), r.output());
    }

    @Test
    void aLargePasteArrivesWhole() throws Exception {
        UserProcess process = launch("stty raw -echo; echo ready; head -c 1000000 | sha256sum");
        Recorder r = Recorder.of(process);
        r.awaitOutput("ready");
        byte[] paste = new byte[1_000_000];
        new java.util.Random(2).nextBytes(paste);
        process.write(paste);
        r.awaitEnd();
        String wanted = java.util.HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(paste));
        assertTrue(r.output().contains(wanted), r.output());
        assertEquals(paste.length, r.inputTaken());
    }

    @Test
    void aSignalReachesTheForegroundCommandOfAnExec() throws Exception {
        UserProcess process = launch("echo ready; exec sleep 1000");
        Recorder r = Recorder.of(process);
        Recorder.eventually("sleep runs", () -> comm(process.pid()).equals("sleep"));
        process.signal(SessionSignal.TERM);
        assertEquals(new ExitStatus.Signalled(15, "TERM", false), r.awaitEnd());
    }

    @Test
    void anInteractiveLoginShowsTheMessageOfTheDayUnlessHushed() throws Exception {
        Path home = Files.createTempDirectory("qnsp");
        Path motd = Files.writeString(home.resolve("it's motd"), "welcome to the machine\n");
        Account account = new Account(bench.self.name(), bench.self.uid(), bench.self.gid(), bench.self.groups(), home.toString(), "/bin/bash");
        InProcessLauncher launcher = new InProcessLauncher(bench.pump, List.of(home.resolve("absent"), motd));
        assertTrue(login(launcher, account).contains("welcome to the machine\r\n"));
        Path hush = Files.createFile(home.resolve(".hushlogin"));
        assertFalse(login(launcher, account).contains("welcome"));
        Files.delete(hush);
        Recorder exec = Bench.finish(launcher.launch(Bench.withPty(account, new Program.ShellCommand("true"), Bench.PTY)));
        assertEquals("", exec.output());
        Files.deleteIfExists(home.resolve(".bash_history"));
        Files.delete(motd);
        Files.delete(home);
    }

    private static String login(SessionLauncher launcher, Account account) throws IOException, InterruptedException {
        UserProcess process = launcher.launch(Bench.withPty(account, new Program.LoginShell(), Bench.PTY));
        Recorder r = Recorder.of(process);
        type(process, "echo $0 is up\nexit\n");
        r.awaitEnd();
        assertTrue(r.output().contains("-bash is up\r\n"), r.output());
        return r.output();
    }

    private static long children(UserProcess process) {
        return ProcessHandle.of(process.pid()).orElseThrow().descendants().filter(p -> comm(p.pid()).equals("sleep")).count();
    }

    private static Optional<ProcessHandle> child(UserProcess process, String name) {
        return ProcessHandle.of(process.pid()).orElseThrow().descendants().filter(p -> comm(p.pid()).equals(name)).findFirst();
    }

    private static boolean isNotStopped(ProcessHandle process) {
        try {
            return !Files.readString(Path.of("/proc/" + process.pid() + "/stat")).contains(") T ");
        } catch (IOException e) {
            return false;
        }
    }

    private static String comm(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
