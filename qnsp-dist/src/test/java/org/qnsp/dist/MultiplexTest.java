package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One connection for many commands, and clients in the background, as users and programs of ssh have them (M-1, M-5 to M-8). */
@Timeout(300)
final class MultiplexTest {
    private static final Duration LONG = Duration.ofSeconds(200);

    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static int sockets;

    private Path socket;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(dir, "MaxSessions=64", "AcceptEnv=LANG LC_* QTEST");
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

    @BeforeEach
    void choose() {
        socket = dir.resolve("ctl" + sockets++);
    }

    @AfterEach
    void leaveNothing() throws Exception {
        if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            ask("exit").run();
        }
        anna.processes().forEach(ProcessHandle::destroyForcibly);
    }

    /** qssh with these options and the control socket of this test, then the host, then a command. */
    private Command qssh(String options, String... command) {
        List<String> words = new ArrayList<>(options.isEmpty() ? List.of() : List.of(options.split(" ")));
        words.addAll(List.of("-S", socket.toString(), House.at(anna)));
        words.addAll(List.of(command));
        return house.client("qssh", anna.keyFile(), words.toArray(String[]::new)).limit(LONG);
    }

    private Command ask(String command, String... options) {
        List<String> words = new ArrayList<>(List.of("-S", socket.toString(), "-O", command));
        words.addAll(List.of(options));
        words.add(House.at(anna));
        return house.client("qssh", anna.keyFile(), words.toArray(String[]::new)).limit(LONG);
    }

    /** Runs what stays behind with the streams that it was given, as ssh does: files, for nobody could wait for their end. */
    private static Command.Result staying(Command command) throws IOException, InterruptedException {
        Path err = Files.createTempFile(dir, "staying", ".err");
        Command.Result result = Command.script(command.quoted() + " >/dev/null 2>" + err + " </dev/null").limit(LONG).run();
        return new Command.Result(result.words(), result.status(), result.bytes(), Files.readString(err));
    }

    /** A master in the background, and its process. */
    private ProcessHandle master(String... options) throws IOException, InterruptedException {
        staying(qssh(String.join(" ", "-f -N -M", String.join(" ", options)).strip())).expect(0);
        return running();
    }

    private ProcessHandle running() throws IOException, InterruptedException {
        Matcher said = Pattern.compile("Master running \\(pid=(\\d+)\\)\r\n").matcher(ask("check").run().expect(0).err());
        assertTrue(said.matches());
        return ProcessHandle.of(Long.parseLong(said.group(1))).orElseThrow();
    }

    /** What a run of this command begins to use of the program's classes and the JDK's, internal names. */
    private Set<String> classesOf(Command command) throws IOException, InterruptedException {
        Path installed = Path.of(House.program("qssh")).getParent().getParent();
        Path copy = Files.createDirectories(dir.resolve("traced"));
        Path log = dir.resolve("classes");
        if (Files.notExists(copy.resolve("bin"))) {
            Files.createSymbolicLink(copy.resolve("lib"), installed.resolve("lib"));
            Files.createSymbolicLink(copy.resolve("runtime"), installed.resolve("runtime"));
            Path launcher = Files.createDirectory(copy.resolve("bin")).resolve("qssh");
            Files.writeString(launcher, Files.readString(Path.of(House.program("qssh"))).replace("-Xlog:disable -Xlog:all=error:stderr", "-Xlog:class+init=info:file=" + log));
            Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Command.Result result = Command.script(command.quoted().replace(House.program("qssh"), copy.resolve("bin/qssh").toString())).limit(LONG).run().expect(0);
        assertEquals("", result.err());
        try (Stream<String> lines = Files.lines(log)) {
            Set<String> classes = lines.map(Pattern.compile("Initializing '([^']+)'")::matcher).filter(Matcher::find).map(found -> found.group(1)).collect(Collectors.toSet());
            assertTrue(classes.contains("org/qnsp/qssh/Qssh"));
            return classes;
        }
    }

    private static void assertWithout(Set<String> classes, String... prefixes) {
        for (String prefix : prefixes) {
            assertEquals(List.of(), classes.stream().filter(name -> name.startsWith(prefix)).sorted().toList());
        }
    }

    @Test
    void commandsUseNoMoreThanTheyNeed() throws Exception {
        String[] never = {"java/util/logging/", "jdk/internal/logger/", "java/lang/runtime/SwitchBootstraps", "java/lang/runtime/ObjectMethods", "sun/security/ec/", "sun/security/ssl/",
            "org/qnsp/stealth/Leakage"};
        String[] cryptography = {"org/bouncycastle/", "javax/crypto/", "org/qnsp/crypto/EntropyPool", "org/qnsp/core/handshake/ClientHandshake"};
        Set<String> login = classesOf(qssh("", "true"));
        assertTrue(login.contains("org/qnsp/core/handshake/ClientHandshake"));
        assertWithout(login, never);
        Set<String> configuration = classesOf(Command.of(House.program("qssh"), "-F", "none", "-G", "somewhere"));
        assertWithout(configuration, "java/util/logging/", "jdk/internal/logger/");
        assertWithout(configuration, "sun/nio/fs/UnixException"); // thrown where a file is not found: jars, by the name that a start-up cache has for them
        assertWithout(configuration, "org/bouncycastle/crypto/digests/", "org/bouncycastle/crypto/kems/", "javax/crypto/", "org/qnsp/crypto/EntropyPool");
        master();
        Set<String> shared = classesOf(qssh("", "true"));
        assertWithout(shared, never);
        assertWithout(shared, cryptography);
        assertWithout(shared, "java/lang/invoke/InvokerBytecodeGenerator", "java/lang/invoke/InnerClassLambdaMetafactory", "sun/nio/fs/UnixException");
    }

    private boolean isThere() {
        return Files.exists(socket, LinkOption.NOFOLLOW_LINKS);
    }

    private static void awaitEnd(ProcessHandle process) throws Exception {
        process.onExit().get(30, TimeUnit.SECONDS);
    }

    private static int descriptors(ProcessHandle process) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            return (int) open.count();
        }
    }

    private int logins() {
        return house.daemon().logText().split(" logged in ", -1).length - 1;
    }

    @Test
    void commandsGoOverTheMastersConnection() throws Exception {
        ProcessHandle master = master();
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        int logins = logins();
        assertEquals("proxied\n", qssh("-O proxy", "cat; exit 7").input("proxied\n").run().expect(7).out());
        Command.Result result = qssh("", "echo out; echo err >&2; exit 42").run().expect(42);
        assertEquals("out\n", result.out());
        assertEquals("err\n", result.err());
        assertEquals("value\n", qssh("-o SendEnv=QTEST", "echo $QTEST").env("QTEST", "value").run().expect(0).out());
        assertEquals("in\n", qssh("", "cat").input("in\n").run().expect(0).out());
        assertEquals(255, qssh("", "kill -KILL $$").run().status());
        assertEquals(0, qssh("-n", "true").run().status());
        assertEquals(logins, logins(), "nobody logged in again");
        assertTrue(ask("conninfo").run().expect(0).out().contains("pid " + master.pid()));
        Command.Result own = qssh("-M", "echo own").run().expect(0);
        assertEquals("own\n", own.out());
        assertEquals("ControlSocket " + socket + " already exists, disabling multiplexing\n", own.err());
        assertEquals("Exit request sent.\r\n", ask("exit").run().expect(0).err());
        awaitEnd(master);
        assertFalse(isThere());
    }

    @Test
    void copiesGoOverTheMastersConnection() throws Exception {
        Path file = Files.writeString(dir.resolve("sent"), "sent");
        Path back = dir.resolve("back");
        master();
        int logins = logins();
        house.client("qscp", anna.keyFile(), "-o", "ControlPath=" + socket, file.toString(), House.at(anna) + ":").run().expect(0);
        house.client("qscp", anna.keyFile(), "-o", "ControlPath=" + socket, House.at(anna) + ":sent", back.toString()).run().expect(0);
        assertEquals("sent", Files.readString(back));
        assertEquals(logins, logins(), "nobody logged in again");
        ask("exit").run().expect(0);
        house.client("qscp", anna.keyFile(), "-o", "ControlPath=" + socket, file.toString(), House.at(anna) + ":").run().expect(0);
        assertEquals(logins + 1, logins(), "and without a master there is a login");
    }

    @Test
    void bulkGoesBothWaysWhole() throws Exception {
        master();
        byte[] bytes = new byte[20_000_000];
        new Random(1).nextBytes(bytes);
        assertArrayEquals(bytes, qssh("", "cat").input(bytes).run().expect(0).bytes());
    }

    @Test
    void fiftyCommandsAtOnceAndNothingIsLeft() throws Exception {
        ProcessHandle master = master();
        qssh("", "true").run().expect(0);
        int logins = logins();
        int before = descriptors(master);
        int daemonBefore = house.daemon().descriptors();
        List<Thread> threads = new ArrayList<>();
        List<String> faults = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 50; i++) {
            int n = i;
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    Command.Result result = qssh("", "echo out" + n + "; echo err" + n + " >&2; exit " + n).run();
                    if (result.status() != n || !result.out().equals("out" + n + "\n") || !result.err().equals("err" + n + "\n")) {
                        faults.add(result.status() + " " + result);
                    }
                } catch (Exception | AssertionError e) {
                    faults.add(e.toString());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), faults);
        assertEquals(logins, logins(), "all through one connection");
        TestDaemon.await("the master has let go", () -> quiet(() -> descriptors(master) <= before));
        TestDaemon.await("the daemon has let go", () -> quiet(() -> house.daemon().descriptors() <= daemonBefore));
    }

    private interface Fact {
        boolean holds() throws IOException;
    }

    private static boolean quiet(Fact fact) {
        try {
            return fact.holds();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aHostThatHasRoomForFewSessionsTakesThemOneAfterTheOther() throws Exception {
        try (House narrow = new House(Files.createDirectories(dir.resolve("narrow")), "MaxSessions=10")) {
            String options = "-S " + socket;
            List<String> words = List.of((options + " -fNM " + House.at(anna)).split(" "));
            staying(narrow.client("qssh", anna.keyFile(), words.toArray(String[]::new))).expect(0);
            List<Process> all = new ArrayList<>();
            for (int i = 0; i < 14; i++) {
                all.add(narrow.client("qssh", anna.keyFile(), (options + " " + House.at(anna) + " sleep 1").split(" ")).start());
            }
            for (Process one : all) {
                assertTrue(one.waitFor(LONG.toSeconds(), TimeUnit.SECONDS));
                assertEquals("", new String(one.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
                assertEquals(0, one.exitValue());
            }
            assertEquals(1, narrow.daemon().logText().split(" logged in ", -1).length - 1);
            narrow.client("qssh", anna.keyFile(), "-S", socket.toString(), "-O", "exit", "h").run().expect(0);
        }
    }

    @Test
    void whatIsAskedOfAMasterThatIsNotThere() throws Exception {
        assertEquals("Control socket connect(" + socket + "): No such file or directory\n", ask("check").run().expect(255).err());
        assertEquals("No ControlPath specified for \"-O\" command\n", house.client("qssh", anna.keyFile(), "-O", "check", "h").run().expect(255).err());
        assertEquals("Invalid multiplex command.\n", ask("bogus").run().expect(255).err());
        assertEquals("Control socket connect(" + socket + "): No such file or directory\n", qssh("-O proxy", "true").run().expect(255).err());
        String longPath = dir + "/" + "x".repeat(108);
        assertEquals("ControlPath too long ('" + longPath + "' >= 108 bytes)\n",
                house.client("qssh", anna.keyFile(), "-S", longPath, "-O", "check", "h").run().expect(255).err());
        Command.Result alone = qssh("", "echo alone").run().expect(0);
        assertEquals("alone\n", alone.out());
        assertEquals("", alone.err());
        assertTrue(house.client("qssh", anna.keyFile(), "-M", "-S", dir + "/no/such", House.at(anna), "true").run().expect(255).err().startsWith("unix_listener: cannot bind to path"));
    }

    @Test
    void stopTakesTheSocketAwayAndTheMasterEndsAfterItsLastClient() throws Exception {
        ProcessHandle master = master();
        Process last = qssh("", "echo on; cat").start();
        assertEquals('o', last.getInputStream().read());
        assertEquals("Stop listening request sent.\r\n", ask("stop").run().expect(0).err());
        assertFalse(isThere());
        assertTrue(master.isAlive());
        last.getOutputStream().close();
        assertTrue(last.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, last.exitValue());
        awaitEnd(master);
    }

    @Test
    void aMasterWithASessionWaitsForTheOthers() throws Exception {
        Process own = qssh("-M", "echo on; read line; exit 3").start();
        assertEquals('o', own.getInputStream().read());
        Process other = qssh("", "echo on; cat").start();
        assertEquals('o', other.getInputStream().read());
        own.getOutputStream().write('\n');
        own.getOutputStream().flush();
        assertFalse(own.waitFor(2, TimeUnit.SECONDS), "its own session is over, another's is not");
        other.getOutputStream().write("still\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        other.getOutputStream().close();
        assertEquals("n\nstill\n", new String(other.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        assertTrue(own.waitFor(60, TimeUnit.SECONDS));
        assertEquals(3, own.exitValue());
        assertFalse(isThere());
    }

    @Test
    void aKilledMasterIsNoticedAndReplaced() throws Exception {
        ProcessHandle master = master();
        Process client = qssh("", "echo on; sleep 1000").start();
        assertEquals('o', client.getInputStream().read());
        master.destroyForcibly();
        assertTrue(client.waitFor(60, TimeUnit.SECONDS));
        assertEquals(255, client.exitValue());
        assertEquals("Control master terminated unexpectedly\n", new String(client.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        assertTrue(isThere(), "nobody was left to remove it");
        Command.Result alone = qssh("", "echo alone").run().expect(0);
        assertEquals("Control socket connect(" + socket + "): Connection refused\n", alone.err());
        Command.Result replaced = qssh("-o ControlMaster=auto -o ControlPersist=60", "echo new").run().expect(0);
        assertEquals("new\n", replaced.out());
        assertEquals("", replaced.err());
        running();
    }

    @Test
    void aKilledClientEndsItsSessionAndNoOther() throws Exception {
        master();
        Process other = qssh("", "echo on; cat").start();
        assertEquals('o', other.getInputStream().read());
        Process client = qssh("-tt", "echo on; exec sleep 4711").start();
        assertEquals('o', client.getInputStream().read());
        TestDaemon.await("it runs", () -> anna.processes().stream().anyMatch(p -> command(p).contains("sleep 4711")));
        client.destroyForcibly();
        TestDaemon.await("the terminal's program is gone", () -> anna.processes().stream().noneMatch(p -> command(p).contains("sleep 4711")));
        other.getOutputStream().close();
        assertTrue(other.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, other.exitValue());
    }

    private static String command(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ');
        } catch (IOException e) {
            return ""; // gone since it was listed
        }
    }

    @Test
    void aKilledDaemonIsToldToAll() throws Exception {
        try (House other = new House(Files.createDirectories(dir.resolve("other")))) {
            staying(other.client("qssh", anna.keyFile(), "-S", socket.toString(), "-fNM", House.at(anna))).expect(0);
            ProcessHandle master = running();
            Process client = other.client("qssh", anna.keyFile(), "-S", socket.toString(), House.at(anna), "echo on; sleep 1000").start();
            assertEquals('o', client.getInputStream().read());
            other.daemon().kill();
            assertTrue(client.waitFor(60, TimeUnit.SECONDS));
            assertEquals(255, client.exitValue());
            assertEquals("Connection to 127.0.0.1 closed by remote host.\n", new String(client.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
            awaitEnd(master);
            assertFalse(isThere());
        }
    }

    @Test
    void persistLeavesTheCallersStreamsAndEndsInTime() throws Exception {
        String options = "-o ControlMaster=auto -o ControlPersist=4s";
        Command.Result first = qssh(options, "echo first").run().expect(0); // would wait for whoever holds its streams
        assertEquals("first\n", first.out());
        assertEquals("", first.err());
        ProcessHandle master = running();
        assertEquals("second\n", qssh(options, "sleep 5; echo second").run().expect(0).out());
        long end = System.nanoTime();
        assertEquals(master.pid(), running().pid());
        awaitEnd(master);
        long lasted = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - end);
        assertTrue(lasted > 2_500 && lasted < 15_000, lasted + " ms");
        assertFalse(isThere());
    }

    @Test
    void persistOutlivesTheTerminalThatItWasStartedFrom() throws Exception {
        Path script = dir.resolve("persist" + sockets);
        Files.writeString(script, "#!/bin/sh\n" + qssh("-o ControlMaster=auto -o ControlPersist=yes", "echo there").quoted() + "\n");
        script.toFile().setExecutable(true);
        try (Screen screen = new Screen(dir.resolve("closing"), 80, 24)) {
            screen.enter(script.toString());
            screen.await("^there$");
            screen.awaitPrompt();
            screen.enter("sleep 1000");
            screen.press("C-c");
            screen.awaitPrompt();
        }
        assertEquals("still\n", qssh("", "echo still").run().expect(0).out());
    }

    @Test
    void theEscapeEndsOnlyItsOwnSession() throws Exception {
        ProcessHandle master = master();
        Path script = dir.resolve("shared" + sockets);
        Files.writeString(script, "#!/bin/sh\n" + qssh("").quoted() + "\n");
        script.toFile().setExecutable(true);
        try (Screen screen = new Screen(dir.resolve("escape"), 80, 24)) {
            screen.enter("clear; " + script + "; echo rc=$?");
            screen.awaitLine(Pattern.quote(anna.name() + ">"));
            screen.enter("stty size; exit 3");
            screen.await("^24 80$");
            screen.await("^Shared connection to 127\\.0\\.0\\.1 closed\\.$");
            screen.await("^rc=3$");
            screen.enter("clear; " + script + "; echo rc=$?");
            screen.awaitLine(Pattern.quote(anna.name() + ">"));
            screen.press("Enter");
            screen.type("~.");
            screen.await("(^|> )rc=255$"); // the prompt that Enter brings may come last
        }
        TestDaemon.await("its shell is gone", () -> anna.processes().stream().noneMatch(p -> command(p).startsWith("-bash")));
        assertEquals(master.pid(), running().pid());
    }

    @Test
    void inTheBackgroundACommandGoesOn() throws Exception {
        assertEquals("Cannot fork into background without a command to execute.\n", qssh("-f").run().expect(255).err());
        Path output = dir.resolve("late");
        Process shell = Command.script(qssh("-f", "sleep 3; echo late; echo worse >&2").quoted() + " >" + output + " 2>&1; echo rc=$?").start();
        assertEquals("rc=0\n", new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        TestDaemon.await("the output comes", () -> quiet(() -> Set.of("late\nworse\n", "worse\nlate\n").contains(Files.readString(output))));
        Command.Result nobodyThere = Command.of(House.program("qssh"), "-F", "none", "-i", anna.keyFile().toString(), "-f", "-p", "1", House.at(anna), "true").run().expect(255);
        assertTrue(nobodyThere.err().contains("Connection refused"), nobodyThere.err());
    }

    @Test
    void inTheBackgroundOnlyWithItsForwardings() throws Exception {
        int free = TestDaemon.freePort();
        Command.Result result = staying(qssh("-f -N -o ExitOnForwardFailure=yes -R 80:127.0.0.1:" + free)).expect(255);
        assertTrue(result.err().contains("remote port forwarding failed for listen port 80"), result.err());
        master("-L", free + ":127.0.0.1:" + house.daemon().port());
        try (java.net.Socket forwarded = new java.net.Socket("127.0.0.1", free)) {
            assertTrue(forwarded.isConnected());
        }
    }

    @Test
    void forwardingsAreTheMasters() throws Exception {
        ProcessHandle master = master();
        int port = TestDaemon.freePort();
        String forward = port + ":127.0.0.1:" + house.daemon().port();
        ask("forward", "-L", forward).run().expect(0);
        ask("forward", "-L", forward).run().expect(0);
        new java.net.Socket("127.0.0.1", port).close();
        ask("cancel", "-L", forward).run().expect(0);
        TestDaemon.await("nobody listens", () -> quiet(() -> {
            try {
                new java.net.Socket("127.0.0.1", port).close();
                return false;
            } catch (java.net.ConnectException e) {
                return true;
            }
        }));
        assertTrue(ask("cancel", "-L", forward).run().expect(0).err().contains("port not forwarded"));
        String chosen = ask("forward", "-R", "0:127.0.0.1:1").run().expect(0).out().strip();
        assertTrue(Integer.parseInt(chosen) > 0);
        assertTrue(ask("forward", "-R", "80:127.0.0.1:1").run().expect(255).err().contains("muxclient: master forward request failed"));
        qssh("-L " + forward, "true").run().expect(0);
        new java.net.Socket("127.0.0.1", port).close(); // the client is gone, its forwarding is the master's
        assertTrue(master.isAlive());
    }

    @Test
    void aSocketThatIsNotSafeIsNotUsed() throws Exception {
        Path open = Files.createDirectory(dir.resolve("open" + sockets));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Command.Result listens = house.client("qssh", anna.keyFile(), "-M", "-S", open.resolve("s").toString(), House.at(anna), "echo alone").run().expect(0);
        assertEquals("alone\n", listens.out());
        assertEquals("Bad owner or permissions on " + open + ", disabling multiplexing\n", listens.err());

        Path foreign = anna.home().resolve("s");
        Process impostor = anna.runs("perl", "-MIO::Socket::UNIX", "-e",
                "$l = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die; print \"on\\n\"; close STDOUT; while ($c = $l->accept) { sysread($c, $b, 100); exit 9 if $b ne ''; }",
                foreign.toString()).start();
        assertEquals('o', impostor.getInputStream().read());
        String text = house.client("qssh", anna.keyFile(), "-S", foreign.toString(), "-O", "check", "h").run().expect(255).err();
        assertEquals("Bad owner or permissions on " + foreign + "\n", text);
        Command.Result alone = house.client("qssh", anna.keyFile(), "-S", foreign.toString(), House.at(anna), "echo alone").run().expect(0);
        assertEquals("alone\n", alone.out());
        assertTrue(impostor.isAlive(), "it was told nothing");
        impostor.destroyForcibly();
    }

    @Test
    void anotherUserIsNotServed() throws Exception {
        Path shared = Files.createDirectory(dir.resolve("mine" + sockets));
        socket = shared.resolve("s");
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        ProcessHandle master = master();
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        String answer = anna.runs("perl", "-MIO::Socket::UNIX", "-e",
                "$SIG{PIPE} = 'IGNORE'; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; print $s 'qnspctl1'; $s->flush; $n = sysread($s, $b, 100); print defined $n ? \"[$b]\" : '[]'", socket.toString())
                .run().out();
        assertEquals("[]", answer);
        assertTrue(master.isAlive());
    }

    @Test
    void asAnsibleCallsIt() throws Exception {
        Command.Result probe = Command.of(House.program("qssh"), "-o", "ControlPersist").run();
        assertEquals("command-line line 0: no argument after keyword \"controlpersist\"\n", probe.err());
        String path = "ControlPath=\"" + socket + "\"";
        String[] words = {"-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", "KbdInteractiveAuthentication=no", "-o",
            "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey", "-o", "PasswordAuthentication=no", "-o", "User=\"" + anna.name() + "\"", "-o",
            "ConnectTimeout=10", "-o", path, "127.0.0.1", "/bin/sh -c 'echo ~ && sleep 0'"};
        for (int i = 0; i < 2; i++) {
            Command.Result result = house.client("qssh", anna.keyFile(), words).run().expect(0);
            assertEquals(anna.home() + "\n", result.out());
            assertEquals("", result.err());
        }
        running();
    }

    @Test
    void asGitAnnexCallsIt() throws Exception {
        Path repository = Files.createDirectories(dir.resolve("annex/.git/annex/ssh")).resolve("../../..").normalize();
        String[] sharing = {"-S", ".git/annex/ssh/lo", "-o", "ControlMaster=auto", "-o", "ControlPersist=yes"};
        house.client("qssh", anna.keyFile(), House.at(anna)).with(sharing).with("-n", "-T", "true").in(repository).run().expect(0);
        assertTrue(Files.exists(repository.resolve(".git/annex/ssh/lo"), LinkOption.NOFOLLOW_LINKS));
        house.client("qssh", anna.keyFile(), "-O", "stop", "-S", "lo", "-o", "ControlMaster=auto", "-o", "ControlPersist=yes", "localhost")
                .in(repository.resolve(".git/annex/ssh")).run().expect(0);
        assertFalse(Files.exists(repository.resolve(".git/annex/ssh/lo"), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void asTrampAndSyncoidAndNixCallIt() throws Exception {
        for (String option : List.of("ControlMaster=auto", "ControlPath=tramp.%C", "ControlPersist=no")) {
            Command.of(House.program("qssh"), "-F", "none", "-G", "-o", option, "0.0.0.1").run().expect(0);
        }
        house.client("qssh", anna.keyFile(), "-M", "-S", socket.toString(), "-o", "ControlPersist=1m", House.at(anna), "exit").run().expect(0);
        assertEquals("a b\n", qssh("", "echo", "a", "b").run().expect(0).out());
        assertEquals("Exit request sent.\r\n", house.client("qssh", anna.keyFile(), "-S", socket.toString(), House.at(anna), "-O", "exit").run().expect(0).err());

        Process nix = house.client("qssh", anna.keyFile(), "-M", "-N", "-oControlPersist=no", "-oBatchMode=yes", "-oPermitLocalCommand=yes", "-oLocalCommand=echo started",
                "-S", socket.toString(), House.at(anna)).start();
        assertEquals("started", new java.io.BufferedReader(new java.io.InputStreamReader(nix.getInputStream())).readLine());
        assertEquals("over\n", qssh("", "echo over").run().expect(0).out());
        assertTrue(isThere());
        nix.destroy();
        assertTrue(nix.waitFor(30, TimeUnit.SECONDS));
        assertFalse(isThere());
    }
}
