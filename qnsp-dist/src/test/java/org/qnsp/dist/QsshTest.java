package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PrivateKey;

/** qssh as other programs use ssh: the built client against the built daemon (C-13 to C-18, K-6, K-7). */
@Timeout(120)
final class QsshTest {
    private static final String HOST = "127.0.0.1";

    @TempDir
    static Path dir;

    private static TestDaemon daemon;
    private static PrivateKey key;

    @TempDir
    Path scratch;

    @BeforeAll
    static void start() throws Exception {
        key = KemKeyPair.generate(RandomSource.system());
        daemon = new TestDaemon(dir, "AcceptEnv=LANG LC_* QTEST").authorize(key.publicKey()).start();
        writeKey(dir.resolve("id"), key, null);
        Files.writeString(dir.resolve("known_hosts"), "[" + HOST + "]:" + daemon.port() + " " + daemon.hostKey().line("") + "\n");
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.stop();
    }

    private static void writeKey(Path file, PrivateKey key, String passphrase) throws IOException {
        char[] secret = passphrase == null ? null : passphrase.toCharArray();
        KeyFile.write(file, KeyFile.encode(key, "test", secret, new PassphraseCost(8192, 1, 1), RandomSource.system()), false);
    }

    private record Outcome(int status, byte[] bytes, String errors) {
        String output() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static ProcessBuilder qssh(String... arguments) {
        return knowing(dir.resolve("known_hosts"), concat(new String[] {"-p", "" + daemon.port()}, arguments));
    }

    /** With this file of known hosts, and no port. */
    private static ProcessBuilder knowing(Path knownHosts, String... arguments) {
        return daemon.program("qssh", concat(new String[] {"-F", "none", "-i", dir.resolve("id").toString(), "-o", "UserKnownHostsFile=" + knownHosts}, arguments));
    }

    private static Outcome run(byte[] input, String... arguments) throws Exception {
        return run(qssh(arguments), input);
    }

    private static Outcome run(ProcessBuilder builder, byte[] input) throws Exception {
        Process process = builder.start();
        CompletableFuture<byte[]> output = all(process.getInputStream());
        CompletableFuture<byte[]> errors = all(process.getErrorStream());
        try (var in = process.getOutputStream()) {
            in.write(input);
        } catch (IOException e) {
            // it takes no input
        }
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it does not end");
        return new Outcome(process.exitValue(), output.get(), new String(errors.get(), StandardCharsets.UTF_8));
    }

    private static CompletableFuture<byte[]> all(InputStream in) {
        return CompletableFuture.supplyAsync(() -> {
            try (in) {
                return in.readAllBytes();
            } catch (IOException e) {
                return e.toString().getBytes(StandardCharsets.UTF_8);
            }
        });
    }

    private static Outcome run(String... arguments) throws Exception {
        return run(new byte[0], arguments);
    }

    @ParameterizedTest
    @CsvSource({"exit 0, 0", "exit 7, 7", "exit 255, 255", "exit 256, 0", "kill -TERM $$, 255", "kill -KILL $$, 255", "no-such-command, 127"})
    void theStatusIsTheRemoteOne(String command, int status) throws Exception {
        assertEquals(status, run(HOST, command).status());
    }

    @Test
    void threeStreamsStayApartAndSilentOtherwise() throws Exception {
        Outcome outcome = run("in\n".getBytes(StandardCharsets.UTF_8), HOST, "cat; echo err >&2; echo out");
        assertEquals("in\nout\n", outcome.output());
        assertEquals("err\n", outcome.errors());
        assertEquals("", run(HOST, "true").errors());
    }

    @Test
    void everyByteGoesThroughBothWays() throws Exception {
        byte[] data = new byte[3_000_000];
        new Random(1).nextBytes(data);
        assertArrayEquals(data, run(data, HOST, "cat").bytes());
    }

    @Test
    void halfCloseAndLateOutput() throws Exception {
        assertEquals("abclate\n", run("abc".getBytes(StandardCharsets.UTF_8), HOST, "cat; sleep 0.3; echo late").output());
        assertEquals("late\n", run(HOST, "exec >&-; sleep 0.3; echo late >&2").errors());
    }

    @Test
    void theRemoteMayCloseItsInputFirst() throws Exception {
        Outcome outcome = run(new byte[2_000_000], HOST, "exec 0<&-; sleep 0.2; echo done");
        assertEquals("done\n", outcome.output());
        assertEquals(0, outcome.status());
    }

    @Test
    void aScriptOnStandardInputIsTheShells() throws Exception {
        Outcome outcome = run("echo script; exit 3\n".getBytes(StandardCharsets.UTF_8), "-T", HOST);
        assertEquals("script\n", outcome.output());
        assertEquals(3, outcome.status());
        assertTrue(run("exit 4\n".getBytes(StandardCharsets.UTF_8), HOST).errors().startsWith("Pseudo-terminal will not be allocated because stdin is not a terminal.\n"));
    }

    @Test
    void withoutInputThereIsNone() throws Exception {
        assertEquals("", run("lost".getBytes(StandardCharsets.UTF_8), "-n", HOST, "cat").output());
    }

    @Test
    void theCommandIsItsWordsJoined() throws Exception {
        assertEquals("a  b\n-p 5\n", run(HOST, "echo", "'a ", "b';", "echo", "-p", "5").output());
        assertEquals("x\n", run(HOST, "-l", daemon.user(), "--", "echo", "x").output());
    }

    @Test
    void theEnvironmentThatIsAskedForIsSent() throws Exception {
        ProcessBuilder builder = qssh("-o", "SendEnv=QTEST", "-o", "SetEnv=OTHER=1", HOST, "echo $QTEST,$LC_QTEST,$OTHER");
        builder.environment().put("QTEST", "sent");
        builder.environment().put("LC_QTEST", "always");
        assertEquals("sent,always,\n", run(builder, new byte[0]).output());
    }

    @Test
    void anEndedReaderEndsTheSession() throws Exception {
        Process pipeline = new ProcessBuilder("/bin/sh", "-c", String.join(" ", qssh(HOST, "yes").command()) + " | head -1").start();
        assertEquals("y\n", new String(pipeline.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertTrue(pipeline.waitFor(10, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @CsvSource({"TERM", "INT", "HUP"})
    void aSignalEndsItSilently(String signal) throws Exception {
        // whoever runs the tests may have some ignored, and those stay so
        Process process = new ProcessBuilder(concat(new String[] {"env", "--default-signal=TERM,INT,HUP"}, qssh(HOST, "echo on; sleep 60").command().toArray(String[]::new))).start();
        assertEquals("on\n", new String(process.getInputStream().readNBytes(3), StandardCharsets.UTF_8));
        new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(255, process.exitValue());
        assertEquals("", new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void aSubsystemThatIsNotThere() throws Exception {
        Outcome outcome = run("-s", HOST, "nosub");
        assertEquals("subsystem request failed on channel 0\n", outcome.errors());
        assertEquals(255, outcome.status());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "-o Port=1 -o StrictHostKeyChecking=no 127.0.0.1 true | qssh: connect to host 127.0.0.1 port 1: Connection refused",
        "-o StrictHostKeyChecking=no nosuch.invalid true | qssh: Could not resolve hostname nosuch.invalid: Name or service not known",
        "-l qnsp-nobody 127.0.0.1 true       | qnsp-nobody@127.0.0.1: Permission denied (publickey).",
        "-o NoSuchOption=1 127.0.0.1 true    | command-line: line 0: Bad configuration option: nosuchoption",
        "-w 0 127.0.0.1 true                 | qssh: error: -w (tunnels) is not supported by this version",
        "-p 99999 127.0.0.1 true             | Bad port '99999'",
    })
    void failuresAreNamedAsSshDoes(String arguments, String line) throws Exception {
        boolean itself = arguments.contains("Port=") || arguments.contains("-p ");
        String[] all = arguments.strip().split(" +");
        Outcome outcome = run(itself ? knowing(dir.resolve("known_hosts"), all) : qssh(all), new byte[0]);
        assertEquals(line, outcome.errors().lines().findFirst().orElse(""));
        assertEquals(255, outcome.status());
    }

    @Test
    void noKeyIsSaidWithAHint() throws Exception {
        Outcome outcome = run(daemon.program("qssh", "-F", "none", "-o", "IdentityFile=/nonexistent/key", HOST, "true"), new byte[0]);
        assertEquals("no such identity: /nonexistent/key: No such file or directory\nqssh: error: there is no key to log in with\n"
            + "qssh: hint: make one with qssh-keygen, then have its public half added to authorized_keys on the host\n", outcome.errors());
        assertEquals(255, outcome.status());
    }

    @Test
    void aKeyThatOthersCanReadIsNotUsed() throws Exception {
        Path file = scratch.resolve("id");
        writeKey(file, key, null);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        Outcome outcome = run(daemon.program("qssh", "-F", "none", "-i", file.toString(), HOST), new byte[0]);
        assertTrue(outcome.errors().contains("@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n"), outcome.errors());
        assertTrue(outcome.errors().contains("Permissions 0644 for '" + file + "' are too open.\n"), outcome.errors());
    }

    @Test
    void anUnknownHostIsNotTriedInBatchMode() throws Exception {
        Outcome outcome = run(knowing(scratch.resolve("none"), "-o", "BatchMode=yes", "-p", "" + daemon.port(), HOST, "true"), new byte[0]);
        assertTrue(outcome.errors().startsWith("Host key verification failed.\nqssh: hint: "), outcome.errors());
        assertEquals(255, outcome.status());
    }

    @Test
    void aPinnedHostThatDoesNotAnswerIsNoStranger() throws Exception {
        Path known = scratch.resolve("known_hosts");
        Files.writeString(known, "[" + HOST + "]:" + daemon.port() + " " + key.publicKey().line("") + "\n");
        Outcome outcome = run(knowing(known, "-p", "" + daemon.port(), "-o", "StrictHostKeyChecking=no", "-o", "ConnectTimeout=2", HOST, "true"), new byte[0]);
        assertTrue(outcome.errors().startsWith("qssh: error: no answer from 127.0.0.1 port " + daemon.port() + ": its key is another now, or one of the clocks"), outcome.errors());
        assertEquals(255, outcome.status());
        assertEquals(1, Files.readAllLines(known).size());
    }

    @Test
    void anInviteLetsANewKeyInAndPinsTheHost() throws Exception {
        Path id = scratch.resolve("id");
        Path known = scratch.resolve("known_hosts");
        writeKey(id, KemKeyPair.generate(RandomSource.system()), null);
        String invite = daemon.invite("-H", HOST, daemon.user()).lines().filter(line -> line.startsWith("qssh://")).findFirst().orElseThrow();
        String[] common = {"-F", "none", "-i", id.toString(), "-o", "UserKnownHostsFile=" + known};
        Outcome first = run(daemon.program("qssh", concat(common, invite, "echo in")), new byte[0]);
        assertEquals("in\n", first.output(), first.errors());
        assertEquals("Warning: Permanently added '[127.0.0.1]:" + daemon.port() + "' (MLKEM768-X25519) to the list of known hosts.\n", first.errors());
        Outcome second = run(daemon.program("qssh", concat(common, "qssh://" + daemon.user() + "@" + HOST + ":" + daemon.port(), "echo again")), new byte[0]);
        assertEquals("again\n", second.output(), second.errors());
        assertEquals("", second.errors());
    }

    private static String[] concat(String[] first, String... second) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(second));
        return all.toArray(String[]::new);
    }

    @Test
    void anInviteForAHostWithAnotherKeyIsLoud() throws Exception {
        Path known = scratch.resolve("known_hosts");
        Files.writeString(known, "[" + HOST + "]:" + daemon.port() + " " + key.publicKey().line("") + "\n");
        String invite = daemon.invite("-H", HOST, daemon.user()).lines().filter(line -> line.startsWith("qssh://")).findFirst().orElseThrow();
        Outcome outcome = run(knowing(known, invite, "true"), new byte[0]);
        assertTrue(outcome.errors().contains("@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @"), outcome.errors());
        assertTrue(outcome.errors().endsWith("Host key verification failed.\n"), outcome.errors());
        assertEquals(255, outcome.status());
    }

    @Test
    void aProxyCommandCarriesTheConnection() throws Exception {
        Outcome outcome = run("-o", "ProxyCommand=" + TestDaemon.dist().resolve("bin/qsshd") + " -i -e " + line(new ProcessBuilder(daemon.configuration())), HOST, "echo via %h");
        assertEquals("via %h\n", outcome.output(), outcome.errors());
    }

    @Test
    void theConfigurationIsPrinted() throws Exception {
        Outcome outcome = run(daemon.program("qssh", "-F", "none", "-G", "-o", "ControlMaster=no", "0.0.0.1"), new byte[0]);
        assertEquals(0, outcome.status());
        assertTrue(outcome.output().startsWith("host 0.0.0.1\n") && outcome.output().contains("\nport 22768\n"), outcome.output());
    }

    @Test
    void verboseTellsWhatHappens() throws Exception {
        String errors = run("-v", HOST, "true").errors();
        assertTrue(errors.contains("debug1: Authenticated to 127.0.0.1 ([127.0.0.1]:" + daemon.port() + ").\n"), errors);
        assertTrue(errors.contains("debug1: Exit status 0\n"), errors);
    }

    // ---- on a terminal

    /** Runs on a terminal of its own and types; output and errors come together. */
    private static Outcome onTerminal(String command, String... steps) throws Exception {
        Process process = new ProcessBuilder("script", "-qefc", command, "/dev/null").redirectErrorStream(true).start();
        StringBuilder seen = new StringBuilder();
        try (var out = process.getOutputStream(); InputStream in = process.getInputStream()) {
            byte[] buffer = new byte[4096];
            int step = 0;
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                seen.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                // an even step is awaited, the odd one after it is typed
                while (step + 1 < steps.length && seen.indexOf(steps[step]) >= 0) {
                    out.write(steps[step + 1].getBytes(StandardCharsets.ISO_8859_1));
                    out.flush();
                    step += 2;
                }
            }
        }
        return new Outcome(process.waitFor(), seen.toString().getBytes(StandardCharsets.UTF_8), "");
    }

    private static String line(ProcessBuilder builder) {
        return String.join(" ", builder.command().stream().map(word -> "'" + word + "'").toList());
    }

    @Test
    void aTerminalIsRawHasItsSizeAndComesBack() throws Exception {
        String command = "stty rows 33 cols 101; " + line(qssh("-t", HOST, "stty size; echo term=$TERM; stty raw -echo; echo ready; head -c 5 | od -An -tx1")) + "; stty -a";
        Outcome outcome = onTerminal(command, "ready", "\0\003\032\021\177");
        assertTrue(outcome.output().contains("33 101"), outcome.output());
        assertTrue(outcome.output().contains("00 03 1a 11 7f"), outcome.output());
        assertTrue(outcome.output().contains("Connection to 127.0.0.1 closed."), outcome.output());
        assertTrue(outcome.output().contains(" icanon") && outcome.output().contains(" echo "), outcome.output());
    }

    @Test
    void aTerminalIsResizedAndSuspended() throws Exception {
        String socket = "qssh-test-" + ProcessHandle.current().pid();
        tmux(socket, "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "sh");
        try {
            typed(socket, line(qssh(HOST)), "Enter");
            typed(socket, "PS1=re'mote> '", "Enter");
            shows(socket, "remote>");
            tmux(socket, "resize-window", "-x", "111", "-y", "40");
            typed(socket, "until stty size | grep '40 111'; do sleep 0.1; done", "Enter");
            shows(socket, "\n40 111");
            typed(socket, "Enter");
            typed(socket, "~", "C-z");
            shows(socket, "[suspend qssh]");
            shows(socket, "topped");
            typed(socket, "stty -a | grep -c ' icanon'; fg", "Enter");
            shows(socket, "\n1\n");
            typed(socket, "echo ba''ck; exit 9", "Enter");
            shows(socket, "Connection to 127.0.0.1 closed.");
            typed(socket, "echo status=$?", "Enter");
            shows(socket, "status=9");
        } finally {
            tmux(socket, "kill-server");
        }
    }

    private static void typed(String socket, String... keys) throws Exception {
        tmux(socket, concat(new String[] {"send-keys"}, keys));
    }

    private static void shows(String socket, String text) throws Exception {
        TestDaemon.await("the screen shows " + text, () -> {
            try {
                return tmux(socket, "capture-pane", "-p", "-J", "-S", "-100").contains(text);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static String tmux(String socket, String... arguments) throws Exception {
        Process process = new ProcessBuilder(concat(new String[] {"tmux", "-L", socket}, arguments)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    @Test
    void theEscapeEndsTheConnection() throws Exception {
        Outcome outcome = onTerminal(line(qssh("-t", HOST, "echo ready; sleep 60")) + "; echo status=$?", "ready", "\r~?", "typing it twice", "~.");
        assertTrue(outcome.output().contains("Supported escape sequences:\r\n ~.   - terminate connection\r\n"), outcome.output());
        assertTrue(outcome.output().contains("~.\r\n") && outcome.output().contains("Connection to 127.0.0.1 closed."), outcome.output());
        assertTrue(outcome.output().contains("status=255"), outcome.output());
    }

    @Test
    void aPassphraseIsAskedForOnTheTerminal() throws Exception {
        Path id = scratch.resolve("locked");
        writeKey(id, key, "open sesame");
        ProcessBuilder builder = daemon.program("qssh", "-F", "none", "-i", id.toString(), "-o", "UserKnownHostsFile=" + dir.resolve("known_hosts"), "-p", "" + daemon.port(),
            HOST, "echo opened");
        String question = "Enter passphrase for key '" + id + "': ";
        Outcome outcome = onTerminal(line(builder), question, "wrong\n", question + "\r\n" + question, "open sesame\n");
        assertTrue(outcome.output().contains("opened"), outcome.output());
        assertTrue(!outcome.output().contains("sesame"), outcome.output());
    }

    @Test
    void aStrangerPastesAnInvite() throws Exception {
        Path known = scratch.resolve("known_hosts");
        String invite = daemon.invite("-H", HOST, daemon.user()).lines().filter(line -> line.startsWith("qssh://")).findFirst().orElseThrow();
        ProcessBuilder builder = knowing(known, "-p", "" + daemon.port(), HOST, "echo welcome");
        Outcome outcome = onTerminal(line(builder), "try without one: ", "nonsense\n", "not a valid invite", invite + "\n");
        assertTrue(outcome.output().contains("welcome"), outcome.output());
        assertEquals(1, Files.readAllLines(known).size());
    }

    @Test
    void aStrangerIsShownTheKeyWhereTheHostTalksToStrangers() throws Exception {
        Path other = Files.createDirectory(scratch.resolve("open"));
        try (TestDaemon open = new TestDaemon(other, "FirstContact=open").authorize(key.publicKey()).start()) {
            Path known = scratch.resolve("known_hosts");
            ProcessBuilder builder = open.program("qssh", "-F", "none", "-i", dir.resolve("id").toString(), "-o", "UserKnownHostsFile=" + known, "-p", "" + open.port(), HOST, "echo met");
            Outcome outcome = onTerminal(line(builder), "try without one: ", "\n", "(yes/no/[fingerprint])? ", "perhaps\n", "Please type 'yes', 'no' or the fingerprint: ", "yes\n");
            assertTrue(outcome.output().contains("The authenticity of host '[127.0.0.1]:" + open.port() + " ([127.0.0.1]:" + open.port() + ")' can't be established.\r\n"), outcome.output());
            assertTrue(outcome.output().contains("met"), outcome.output());
            assertEquals(1, Files.readAllLines(known).size());
        }
    }

    @Test
    void aHostThatStopsIsNoticed() throws Exception {
        Path other = Files.createDirectory(scratch.resolve("stopping"));
        try (TestDaemon stopping = new TestDaemon(other).authorize(key.publicKey()).start()) {
            Path known = scratch.resolve("known_hosts");
            Files.writeString(known, "[" + HOST + "]:" + stopping.port() + " " + stopping.hostKey().line("") + "\n");
            Process process = stopping.program("qssh", "-F", "none", "-i", dir.resolve("id").toString(), "-o", "UserKnownHostsFile=" + known, "-p", "" + stopping.port(),
                "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1", HOST, "echo on; sleep 60").start();
            assertEquals("on\n", new String(process.getInputStream().readNBytes(3), StandardCharsets.UTF_8));
            String pid = "" + stopping.handle().pid();
            new ProcessBuilder("kill", "-STOP", pid).start().waitFor();
            assertTrue(process.waitFor(15, TimeUnit.SECONDS));
            assertEquals("Timeout, server 127.0.0.1 not responding.\n", new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            assertEquals(255, process.exitValue());
            new ProcessBuilder("kill", "-CONT", pid).start().waitFor();
        }
    }
}
