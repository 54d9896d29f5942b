package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** qsshd as an administrator runs it: checks, background, signals, invites, and what it says when something is wrong. */
final class DaemonTest {
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

    private static Command qsshd(String... words) {
        return Command.of(House.program("qsshd")).with(words);
    }

    /** With the host key of the house and a free port. */
    private static Command spare(String... words) throws Exception {
        return qsshd("-f", "/dev/null", "-h", house.daemon().hostKeyFile().toString(), "-p", String.valueOf(TestDaemon.freePort()), "-o", "ListenAddress=127.0.0.1")
                .with(words);
    }

    private static void assertOneLine(Command command, String regex) throws Exception {
        Command.Result result = command.run().expect(255);
        assertEquals("", result.out());
        assertTrue(result.err().matches("qsshd: error: " + regex + "\n"), result.toString());
    }

    @Test
    void aConfigurationIsCheckedAndShown() throws Exception {
        Path config = dir.resolve("checked");
        Files.writeString(config, "PORT 2222\nHostKey " + house.daemon().hostKeyFile() + "\nMatch User anna\n  Banner /etc/issue\n");
        assertEquals("", qsshd("-t", "-f", config.toString()).run().expect(0).err());
        Command.Result shown = qsshd("-T", "-f", config.toString()).run().expect(0);
        assertTrue(shown.out().contains("port 2222\n") && shown.out().contains("banner none\n"), shown.toString());
        assertTrue(qsshd("-T", "-f", config.toString(), "-C", "user=anna,host=h,addr=1.2.3.4").run().expect(0).out().contains("banner /etc/issue\n"));
        // what it shows it reads
        Files.writeString(dir.resolve("again"), shown.out());
        assertEquals(shown.out(), qsshd("-T", "-f", dir.resolve("again").toString()).run().expect(0).out());
    }

    @Test
    void whatIsWrongIsSaidInOneLine() throws Exception {
        Path config = dir.resolve("wrong");
        Files.writeString(config, "Port 2222\nNoSuchThing yes\n");
        Command.Result result = qsshd("-t", "-f", config.toString()).run().expect(255);
        assertTrue(result.err().contains(config + " line 2") && result.err().contains("NoSuchThing") || result.err().contains("nosuchthing"), result.toString());
        Files.writeString(config, "Port many\n");
        result = qsshd("-D", "-f", config.toString()).run().expect(255);
        assertTrue(result.err().contains(config + " line 1") && result.err().lines().count() <= 2, result.toString());
        assertOneLine(qsshd("-t", "-f", dir.resolve("absent").toString()), ".*absent.*");
        assertOneLine(qsshd("-D", "-f", "/dev/null", "-h", dir.resolve("no_key").toString()), ".*no_key.*");
        Path exposed = dir.resolve("exposed");
        Files.copy(house.daemon().hostKeyFile(), exposed);
        Files.setPosixFilePermissions(exposed, PosixFilePermissions.fromString("rw-r--r--"));
        assertOneLine(qsshd("-D", "-f", "/dev/null", "-h", exposed.toString()), ".*exposed.*");
        Path garbled = dir.resolve("garbled");
        Files.writeString(garbled, "no key\n");
        Files.setPosixFilePermissions(garbled, PosixFilePermissions.fromString("rw-------"));
        assertOneLine(qsshd("-D", "-f", "/dev/null", "-h", garbled.toString()), ".*garbled.*");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            for (String option : new String[] {"-D", "-q"}) {
                assertOneLine(qsshd(option, "-f", "/dev/null", "-h", house.daemon().hostKeyFile().toString(), "-o", "ListenAddress=127.0.0.1:" + taken.getLocalPort()),
                        "cannot listen on 127\\.0\\.0\\.1:" + taken.getLocalPort() + ": Address already in use");
            }
        }
        result = qsshd("-Z").run().expect(1);
        assertTrue(result.err().startsWith("qsshd: error: ") && result.err().contains("usage: qsshd"), result.toString());
    }

    @Test
    void inTheBackgroundItReturnsWhenItListens() throws Exception {
        Path pidFile = dir.resolve("pid");
        Path log = dir.resolve("background.log");
        int port = TestDaemon.freePort();
        Command.Result result = qsshd("-f", "/dev/null", "-h", house.daemon().hostKeyFile().toString(), "-o", "ListenAddress=127.0.0.1:" + port, "-o", "PidFile=" + pidFile,
                "-E", log.toString()).run().expect(0);
        ProcessHandle daemon = ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip())).orElseThrow();
        try {
            assertEquals("", result.out() + result.err());
            try (Socket socket = new Socket("127.0.0.1", port)) {
                assertTrue(socket.isConnected());
            }
            // it holds nothing of who started it: no stream, no terminal, no directory
            assertTrue(Files.readSymbolicLink(Path.of("/proc/" + daemon.pid() + "/fd/0")).toString().equals("/dev/null"));
            assertEquals(String.valueOf(daemon.pid()), Command.of("ps", "-o", "sid=", "-p", String.valueOf(daemon.pid())).run().expect(0).out().strip());
            assertEquals("/", Files.readSymbolicLink(Path.of("/proc/" + daemon.pid() + "/cwd")).toString());
            // as of sshd's, a script sees by its pid file that a reload is over
            Files.delete(pidFile);
            Command.of("kill", "-HUP", String.valueOf(daemon.pid())).run().expect(0);
            TestDaemon.await("the pid file is there again", () -> pidFile.toFile().length() > 0);
            assertEquals(daemon.pid() + "\n", Files.readString(pidFile));
        } finally {
            daemon.destroy();
        }
        daemon.onExit().get(10, TimeUnit.SECONDS);
        assertFalse(Files.exists(pidFile));
        assertTrue(Files.readString(log).contains("listening on"));
    }

    @Test
    void inTheForegroundItLogsToStandardErrorAndEndsCleanly() throws Exception {
        for (List<String> options : List.of(List.of("-D", "-e"), List.of("-d"))) {
            Process process = spare(options.toArray(String[]::new)).with("-o", "PidFile=none").start();
            StringBuilder log = new StringBuilder();
            try (var reader = process.errorReader()) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    log.append(line).append('\n');
                    if (line.contains("listening on")) {
                        process.toHandle().destroy(); // Process.destroy would close the streams
                    }
                }
            }
            assertEquals(0, process.waitFor(), log.toString());
            assertTrue(log.toString().contains("shutting down"), log.toString());
        }
    }

    @Test
    void bothFamiliesAreListenedOnAsSshdsConfigurationsSay() throws Exception {
        int port = TestDaemon.freePort();
        Process process = qsshd("-D", "-e", "-f", "/dev/null", "-h", house.daemon().hostKeyFile().toString(), "-p", String.valueOf(port), "-o", "ListenAddress=0.0.0.0", "-o",
                "ListenAddress=::", "-o", "PidFile=none").start();
        try (var reader = process.errorReader()) {
            String line = reader.readLine();
            assertTrue(line.contains("listening on"), line);
            for (String address : new String[] {"127.0.0.1", "::1"}) {
                try (Socket socket = new Socket(InetAddress.getByName(address), port)) {
                    assertTrue(socket.isConnected());
                }
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aReloadTakesEffectForNewLoginsAndLeavesSessionsAlone() throws Exception {
        Process old = house.qssh(anna, "echo up; cat").start();
        var out = old.inputReader();
        assertEquals("up", out.readLine());
        long pid = house.daemon().handle().pid();
        house.configure("ForceCommand echo reloaded");
        assertEquals("reloaded\n", house.quickly(anna, anna.name(), "id"));
        Files.writeString(house.daemon().configurationFile(), "Bogus\n");
        Command.of("kill", "-HUP", String.valueOf(pid)).run().expect(0);
        house.daemon().awaitLog("configuration not reloaded");
        assertEquals("reloaded\n", house.quickly(anna, anna.name(), "id"));
        try (var in = old.outputWriter()) {
            in.write("still here\n");
        }
        assertEquals("still here", out.readLine());
        assertEquals(0, old.waitFor());
        assertEquals(pid, house.daemon().handle().pid());
        Files.writeString(house.daemon().configurationFile(), "");
        house.daemon().stop();
        house.daemon().start();
    }

    @Test
    void onStandardInputItServesOneConnection() throws Exception {
        List<String> proxy = new ArrayList<>(List.of(House.program("qsshd"), "-i", "-E", dir.resolve("streams.log").toString()));
        proxy.addAll(house.daemon().configuration());
        Command.Result result = Command.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + house.knownHosts(), "-i", anna.keyFile().toString(), "-p",
                String.valueOf(house.daemon().port()), "-o", "ProxyCommand=" + Command.quoted(proxy), House.at(anna), "id -un; echo $SSH_CONNECTION; cat; exit 6").input("input").run().expect(6);
        assertEquals(anna.name() + "\nUNKNOWN 65535 UNKNOWN 65535\ninput", result.out());
        assertEquals("", result.err());
        Thread.sleep(200);
        assertTrue(ProcessHandle.allProcesses().noneMatch(p -> p.info().commandLine().orElse("").contains("qsshd.Main -i -E " + dir)), "it ends with its connection");
    }

    @Test
    void aBannerComesFirstAndOnStandardError() throws Exception {
        Path banner = dir.resolve("banner");
        Files.writeString(banner, "Authorized users only.\nWirklich \u001b[31mnur.\n");
        house.configure("Banner " + banner);
        try {
            Command.Result result = house.qssh(anna, "echo out").run().expect(0);
            assertEquals("out\n", result.out());
            assertEquals("Authorized users only.\nWirklich ?[31mnur.\n", result.err());
            assertEquals("", house.client("qssh", anna.keyFile(), "-q", House.at(anna), "true").run().expect(0).err());
        } finally {
            house.configure();
        }
    }

    @Test
    void theMessageOfTheDayIsForInteractiveLogins() throws Exception {
        String motd = Files.exists(Path.of("/etc/motd")) ? Files.readString(Path.of("/etc/motd")) : "";
        String first = motd.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        assertFalse(first.isEmpty(), "this system has no /etc/motd");
        String shown = house.client("qssh", anna.keyFile(), "-tt", House.at(anna)).input("exit\n").run().expect(0).out();
        assertTrue(shown.contains(first), shown);
        anna.write(anna.home().resolve(".hushlogin"), "", "rw-r--r--");
        shown = house.client("qssh", anna.keyFile(), "-tt", House.at(anna)).input("exit\n").run().expect(0).out();
        assertFalse(shown.contains(first), shown);
        Files.delete(anna.home().resolve(".hushlogin"));
    }

    @Test
    void invitesLetOneKeyInOnce() throws Exception {
        Path home = anna.home();
        Command.of("rm", "-r", home.resolve(".qssh").toString()).run().expect(0);
        Path newKey = dir.resolve("new_key");
        Command.of(House.program("qssh-keygen"), "-q", "-t", "kyber768", "-N", "", "-f", newKey.toString()).run().expect(0);
        String invite = house.daemon().invite(anna.name());
        assertTrue(invite.matches("qssh://" + anna.name() + "@127\\.0\\.0\\.1:" + house.daemon().port() + "\\?fp=[\\w-]{43}&invite=[\\w-]{43}"), invite);
        Path known = dir.resolve("met");
        List<String> options = List.of("-F", "none", "-i", newKey.toString(), "-o", "UserKnownHostsFile=" + known);
        try {
            Command.Result first = Command.of(House.program("qssh")).with(options.toArray(String[]::new)).with(invite, "id", "-un").run().expect(0);
            assertEquals(anna.name() + "\n", first.out());
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(".qssh"))));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(anna.authorizedKeys())));
            assertEquals(anna.name(), Files.getOwner(anna.authorizedKeys()).getName());
            assertEquals(anna.name(), Files.getOwner(home.resolve(".qssh")).getName());
            // from now on without it
            assertEquals("in\n", Command.of(House.program("qssh")).with(options.toArray(String[]::new)).with("-p", String.valueOf(house.daemon().port()), House.at(anna),
                    "echo in").run().expect(0).out());
            // a second person with the same invite
            Path thief = dir.resolve("thief");
            Command.of(House.program("qssh-keygen"), "-q", "-t", "kyber768", "-N", "", "-f", thief.toString()).run().expect(0);
            Command.Result second = Command.of(House.program("qssh"), "-F", "none", "-i", thief.toString(), "-o", "UserKnownHostsFile=" + dir.resolve("other"), invite, "id")
                    .run().expect(255);
            assertEquals("", second.out());
            assertTrue(second.err().contains("invite"), second.toString());
            assertEquals(1, Files.readAllLines(anna.authorizedKeys()).size());
        } finally {
            anna.directory(home.resolve(".qssh"), "rwx------");
            anna.authorize("");
            anna.restoreKey();
        }
    }

    @Test
    void invitesAreListedRevokedAndExpire() throws Exception {
        String mine = house.daemon().invite("-n", "3", "-t", "2h", anna.name());
        String[] line = house.daemon().invite("-l").lines().filter(l -> l.contains(anna.name() + " uses 3 until ")).findFirst().orElseThrow().split(" ");
        assertFalse(house.daemon().invite("-l").contains(mine.substring(mine.lastIndexOf('=') + 1)));
        assertEquals("", house.daemon().invite("-r", line[0]));
        assertFalse(house.daemon().invite("-l").contains(line[0]));
        Command.Result refused = Command.of(House.program("qssh"), "-F", "none", "-i", anna.keyFile().toString(), "-o", "UserKnownHostsFile=" + dir.resolve("revoked"), mine,
                "id").run().expect(255);
        assertTrue(refused.err().contains("invite"), refused.toString());
        house.daemon().invite("-t", "1s", "-H", "example.net", anna.name());
        Thread.sleep(1100);
        assertEquals("", house.daemon().invite("-l"));
        List<String> base = List.of("invite", "-f", "/dev/null", "-h", house.daemon().hostKeyFile().toString());
        assertOneLine(qsshd(base.toArray(String[]::new)).with("-r", "nothing"), "no invite nothing");
        assertOneLine(qsshd(base.toArray(String[]::new)).with("no-such-user"), "no user no-such-user");
        for (String[] bad : new String[][] {{"-n", "0"}, {"-t", "soon"}, {"-Z"}, {"a", "b"}}) {
            Command.Result result = qsshd(base.toArray(String[]::new)).with(bad).run().expect(1);
            assertTrue(result.err().startsWith("qsshd: error: ") && !result.err().contains("Exception"), result.toString());
        }
        assertTrue(house.daemon().invite("-H", "example.net", anna.name()).startsWith("qssh://" + anna.name() + "@example.net:"));
        String id = house.daemon().invite("-l").split(" ")[0];
        house.daemon().invite("-r", id);
    }

    @Test
    void sessionsAndTheTimeToLogInAreLimited() throws Exception {
        house.configure("MaxSessions 0");
        try {
            Command.Result result = house.qssh(anna, "id").run().expect(255);
            assertEquals("", result.out());
            assertTrue(result.err().lines().count() == 1 && result.err().contains("open failed"), result.toString());
        } finally {
            house.configure();
        }
    }
}
