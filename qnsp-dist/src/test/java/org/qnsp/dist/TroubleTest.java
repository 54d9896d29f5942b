package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When there is no session qssh says so once, in words that help, says nothing on standard output, and ends with 255. */
final class TroubleTest {
    @TempDir
    static Path dir;

    private static TestDaemon daemon;
    private static Path key;

    @BeforeAll
    static void moveIn() throws Exception {
        daemon = new TestDaemon(Files.createDirectory(dir.resolve("daemon"))).start();
        key = makeKey("id");
        Files.writeString(daemon.authorizedKeys(), Files.readString(Path.of(key + ".pub")));
        know("known_hosts", daemon.port(), daemon.hostKey().line(""));
        Command.Result fine = qssh(daemon.port(), "known_hosts").with("echo fine").run().expect(0);
        assertEquals("fine\n", fine.out());
    }

    @AfterAll
    static void moveOut() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private static Path makeKey(String name, String... options) throws Exception {
        Path file = dir.resolve(name);
        Command.of(House.program("qssh-keygen"), "-q", "-t", "kyber768", "-f", file.toString()).with(options.length == 0 ? new String[] {"-N", ""} : options).run().expect(0);
        return file;
    }

    private static void know(String file, int port, String keyLine) throws IOException {
        Files.writeString(dir.resolve(file), "[127.0.0.1]:" + port + " " + keyLine.strip() + "\n");
    }

    private static Command with(Path identity, int port, String knownHosts) {
        return Command.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + dir.resolve(knownHosts), "-i", identity.toString(), "-p", String.valueOf(port))
                .with("127.0.0.1");
    }

    private static Command qssh(int port, String knownHosts) {
        return with(key, port, knownHosts);
    }

    /** @param regexes one for each line that it says */
    private static void assertSays(Command command, String... regexes) throws Exception {
        Command.Result result = command.with("echo", "out").run().expect(255);
        assertEquals("", result.out());
        String all = String.join("\n", regexes) + "\n";
        assertTrue(Pattern.compile(all).matcher(result.err()).matches(), result.toString());
    }

    private static final String NO_ANSWER = "qssh: error: no answer from 127\\.0\\.0\\.1 port \\d+: its key is another now, or one of the clocks is off by more than an hour, "
            + "or it takes no logins now, or there is no QNSP server";
    private static final String COMPARE = "qssh: hint: the known key is SHA3-256:\\S+; compare it with the host's \\(qssh-keygen -lf there\\), and `date` on both sides";

    @Test
    void wrongUserAndWrongKey() throws Exception {
        assertSays(qssh(daemon.port(), "known_hosts").with("-l", "no-such-user"), "no-such-user@127\\.0\\.0\\.1: Permission denied \\(publickey\\)\\.");
        assertSays(with(makeKey("other"), daemon.port(), "known_hosts"), daemon.user() + "@127\\.0\\.0\\.1: Permission denied \\(publickey\\)\\.");
    }

    @Test
    void closedPortAndUnknownName() throws Exception {
        int free = TestDaemon.freePort();
        know("known_closed", free, daemon.hostKey().line(""));
        assertSays(qssh(free, "known_closed"), "qssh: connect to host 127\\.0\\.0\\.1 port " + free + ": Connection refused");
        assertSays(Command.of(House.program("qssh"), "-F", "none", "-i", key.toString(), "no-such-host.invalid"),
                "qssh: Could not resolve hostname no-such-host\\.invalid: Name or service not known");
    }

    @Test
    void aServerThatTalksOrIsSilentIsNoQnspServer() throws Exception {
        for (String greeting : new String[] {"SSH-2.0-OpenSSH_9.9\r\n", ""}) {
            try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
                Thread.ofVirtual().start(() -> greet(server, greeting));
                know("known_plain", server.getLocalPort(), daemon.hostKey().line(""));
                long start = System.nanoTime();
                boolean silent = greeting.isEmpty();
                assertSays(silent ? qssh(server.getLocalPort(), "known_plain") : qssh(server.getLocalPort(), "known_plain").with("-o", "ConnectTimeout=2"), NO_ANSWER, COMPARE);
                long seconds = (System.nanoTime() - start) / 1_000_000_000;
                assertTrue(seconds >= (silent ? 9 : 1) && seconds <= 25, "after " + seconds + " s");
            }
        }
    }

    @Test
    void aServerThatHangsUp() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    socket.getInputStream().readNBytes(2000);
                } catch (IOException e) {
                    // the test is over
                }
            });
            know("known_gone", server.getLocalPort(), daemon.hostKey().line(""));
            assertSays(qssh(server.getLocalPort(), "known_gone"), "(Connection closed by \\[127\\.0\\.0\\.1]:\\d+ during the login|qssh: error: .*reset.*)");
        }
    }

    private static void greet(ServerSocket server, String greeting) {
        try (Socket socket = server.accept()) {
            socket.getOutputStream().write(greeting.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // the test is over
        }
    }

    @Test
    void anotherHostKeyThanTheKnownOne() throws Exception {
        know("known_other", daemon.port(), Files.readString(Path.of(makeKey("another_host") + ".pub")));
        assertSays(qssh(daemon.port(), "known_other").with("-o", "ConnectTimeout=2"), NO_ANSWER, COMPARE);
    }

    @Test
    void anUnknownHostIsNotSpokenToWithoutAnInvite() throws Exception {
        assertSays(qssh(daemon.port(), "known_none"), "Host key verification failed\\.", "qssh: hint: the host is not in known_hosts; ask its administrator for an invite .*");
        assertSays(qssh(daemon.port(), "known_none").with("-o", "ConnectTimeout=2", "-o", "StrictHostKeyChecking=no"),
                "qssh: error: no answer from 127\\.0\\.0\\.1 port \\d+: it does not talk to strangers, or there is no QNSP server", "qssh: hint: .*invite.*");
        assertFalse(Files.exists(dir.resolve("known_none")));
    }

    @Test
    void aClockThatIsOff() throws Exception {
        Command client = qssh(daemon.port(), "known_hosts").with("-o", "ConnectTimeout=3");
        assertSays(Command.of("faketime", "-f", "-2h").with(client.words()), NO_ANSWER, COMPARE);
        Command.Result fine = Command.of("faketime", "-f", "-30m").with(qssh(daemon.port(), "known_hosts").words()).with("echo fine").run().expect(0);
        assertEquals("fine\n", fine.out());
    }

    @Test
    void keyFilesThatCannotBeUsed() throws Exception {
        Path open = makeKey("open");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        Command.Result result = with(open, daemon.port(), "known_hosts").with("-o", "BatchMode=yes").with("true").run().expect(255);
        assertTrue(result.err().contains("UNPROTECTED PRIVATE KEY FILE"), result.toString());
        Path garbled = dir.resolve("garbled");
        Files.writeString(garbled, "-----BEGIN QNSP PRIVATE KEY-----\nAAAA\n-----END QNSP PRIVATE KEY-----\n");
        Files.setPosixFilePermissions(garbled, PosixFilePermissions.fromString("rw-------"));
        result = with(garbled, daemon.port(), "known_hosts").env("HOME", dir.toString()).with("true").run().expect(255);
        assertTrue(result.err().contains("Load key \"" + garbled + "\": ") && !result.err().contains("Exception"), result.toString());
        result = with(dir.resolve("absent"), daemon.port(), "known_hosts").with("true").run().expect(255);
        assertTrue(result.err().startsWith("Warning: Identity file " + dir.resolve("absent") + " not accessible: No such file or directory.\n"), result.toString());
        Path locked = makeKey("locked", "-N", "secret phrase");
        result = with(locked, daemon.port(), "known_hosts").with("-o", "BatchMode=yes").with("true").run().expect(255);
        assertTrue(result.err().lines().count() <= 3 && !result.err().contains("Exception"), result.toString());
    }

    @Test
    void aConfigurationThatIsWrong() throws Exception {
        Path config = dir.resolve("config");
        Files.writeString(config, "Host *\n  NoSuchThing yes\n");
        Command.Result result = Command.of(House.program("qssh"), "-F", config.toString(), "h", "true").run().expect(255);
        assertEquals(config + ": line 2: Bad configuration option: nosuchthing\n" + config + ": terminating, 1 bad configuration options\n", result.err());
        assertSays(Command.of(House.program("qssh"), "-F", "none", "-oPort=none", "h"), "command-line line 0: .*");
        assertSays(Command.of(House.program("qssh"), "-F", "none", "-oConnectTimeout", "h"), "command-line line 0: no argument after keyword \"connecttimeout\"");
        assertSays(Command.of(House.program("qssh"), "-F", dir.resolve("absent_config").toString(), "h"), "Can't open user config file .*absent_config: No such file or directory");
    }

    @Test
    void arguments() throws Exception {
        Command.Result result = Command.of(House.program("qssh")).run().expect(255);
        assertTrue(result.err().startsWith("usage: qssh "), result.toString());
        assertTrue(Command.of(House.program("qssh"), "-Z").run().expect(255).err().startsWith("unknown option -- Z\nusage: qssh "));
        assertTrue(Command.of(House.program("qssh"), "-p").run().expect(255).err().startsWith("option requires an argument -- p\nusage: qssh "));
        assertTrue(Command.of(House.program("qssh"), "-p", "70000", "h").run().expect(255).err().lines().count() == 1);
        assertTrue(Command.of(House.program("qssh"), "--", "-oProxyCommand=touch x").run().expect(255).err().lines().count() >= 1);
        assertTrue(Command.of(House.program("qssh"), "-l", "a`b`", "127.0.0.1").run().expect(255).err().lines().count() == 1);
    }
}
