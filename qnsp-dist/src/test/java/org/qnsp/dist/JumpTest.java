package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;

/** A way through three hosts, each a daemon of its own (C-31): {@code -J} and ProxyJump of the built client. */
@Timeout(240)
final class JumpTest {
    private static final KemKeyPair KEY = KemKeyPair.generate(RandomSource.system());
    private static final List<TestDaemon> DAEMONS = new ArrayList<>();

    @TempDir
    static Path dir;

    private static Path known;
    private static Path config;

    @TempDir
    Path scratch;

    @BeforeAll
    static void start() throws Exception {
        Path id = dir.resolve("id");
        KeyFile.write(id, KeyFile.encode(KEY, "test", null, PassphraseCost.STANDARD, RandomSource.system()), false);
        StringBuilder hosts = new StringBuilder();
        StringBuilder lines = new StringBuilder();
        for (String name : List.of("one", "two", "three", "target")) {
            TestDaemon daemon = new TestDaemon(Files.createDirectory(dir.resolve(name))).authorize(KEY.publicKey()).start();
            DAEMONS.add(daemon);
            hosts.append("Host ").append(name).append("\nHostName 127.0.0.1\nPort ").append(daemon.port()).append('\n');
            lines.append("[127.0.0.1]:").append(daemon.port()).append(' ').append(daemon.hostKey().line("")).append('\n');
        }
        known = Files.writeString(dir.resolve("known_hosts"), lines);
        config = Files.writeString(dir.resolve("config"), hosts + "Host *\nIdentityFile " + id + "\nUserKnownHostsFile " + known + "\nBatchMode yes\n");
    }

    @AfterAll
    static void stop() {
        DAEMONS.forEach(TestDaemon::close);
        DAEMONS.clear();
    }

    private static Command qssh(String... words) {
        return Command.of(TestDaemon.dist().resolve("bin/qssh").toString(), "-F", config.toString()).with(words);
    }

    private static int logins(int daemon) {
        return DAEMONS.get(daemon).logText().split(" logged in from ", -1).length - 1;
    }

    @Test
    void proxyjump() throws Exception {
        List<Integer> before = List.of(logins(0), logins(1), logins(2), logins(3));
        assertEquals("SUCCESS\n", qssh("-J", "one,two,three", "target", "echo SUCCESS").run().expect(0).out());
        for (int i = 0; i < 4; i++) {
            assertEquals(before.get(i) + 1, logins(i), "each host was logged in to once");
        }
        String uri = "ssh://" + System.getProperty("user.name") + "@127.0.0.1:" + DAEMONS.get(0).port();
        assertEquals("in\n", qssh("-o", "ProxyJump=" + uri + ",[127.0.0.1]:" + DAEMONS.get(1).port(), "target", "echo in").run().expect(0).out());
        Path more = Files.writeString(scratch.resolve("config"), "Host target\nProxyJump two\nHost two\nProxyJump one\n" + Files.readString(config));
        assertEquals("in\n", Command.of(TestDaemon.dist().resolve("bin/qssh").toString(), "-F", more.toString(), "target", "echo in").run().expect(0).out());
        assertEquals("in\n", qssh("-J", "none", "target", "echo in").run().expect(0).out());
    }

    @Test
    void whatIsNoWayIsRefused() throws Exception {
        for (String way : List.of("host;with;semicolon", "host'with'quote", "host`with`backtick", "host$with$dollar", "host(with)brace", "user;with;semicolon@host", "user'with'quote@host",
                "user`with`backtick@host", "user(with)brace@host", "a,,b", "::1", "a:0", "-x", "@a")) {
            assertEquals("Invalid -J argument\n", qssh("-G", "-J", way, "target").run().expect(255).err(), way);
            assertEquals("command-line line 0: Invalid ProxyJump \"" + way + "\"\n", qssh("-G", "-o", "ProxyJump=" + way, "target").run().expect(255).err(), way);
        }
        assertEquals("jumphost loop via target\n", qssh("-J", "target", "target", "true").run().expect(255).err());
        assertEquals("jumphost loop via one\n", qssh("-J", "one,two,one", "target", "true").run().expect(255).err());
    }

    /** The keys of all hosts are checked here, under each one's own name, and an error says where it came from. */
    @Test
    void everyHostsKeyIsCheckedHere() throws Exception {
        String target = "[127.0.0.1]:" + DAEMONS.get(3).port();
        String two = "[127.0.0.1]:" + DAEMONS.get(1).port();
        for (String missing : List.of(target, two)) {
            Path less = Files.writeString(scratch.resolve("known"), String.join("\n", Files.readAllLines(known).stream().filter(line -> !line.startsWith(missing + " ")).toList()) + "\n");
            Path file = Files.writeString(scratch.resolve("config"), Files.readString(config).replace(known.toString(), less.toString()) + "StrictHostKeyChecking yes\n");
            String err = Command.of(TestDaemon.dist().resolve("bin/qssh").toString(), "-F", file.toString(), "-J", "one,two", "target", "echo in").run().expect(255).err();
            assertTrue(err.startsWith("No MLKEM768-X25519 host key is known for " + missing + " and you have requested strict checking.\nHost key verification failed.\n"), err);
            assertEquals(missing.equals(two), err.contains("that was jump host two"), err);
        }
        Path wrong = Files.writeString(scratch.resolve("known"), Files.readString(known).replaceFirst("(?m)^" + java.util.regex.Pattern.quote(target) + " .*$",
            target + " " + KEY.publicKey().line("")));
        Path file = Files.writeString(scratch.resolve("config"), Files.readString(config).replace(known.toString(), wrong.toString()) + "ConnectTimeout 3\n");
        String err = Command.of(TestDaemon.dist().resolve("bin/qssh").toString(), "-F", file.toString(), "-J", "one,two", "target", "echo in").run().expect(255).err();
        assertTrue(err.startsWith("qssh: error: no answer from 127.0.0.1 port " + DAEMONS.get(3).port() + ": its key is another now"), err);
    }

    @Test
    void whatCannotBeReachedIsNamed() throws Exception {
        assertEquals("qssh: connect to host 127.0.0.1 port 1 through two: Connection refused", qssh("-J", "one,two", "-p", "1", "-o", "HostKeyAlias=[127.0.0.1]:"
            + DAEMONS.get(3).port(), "-o", "StrictHostKeyChecking=yes", "target", "true").run().expect(255).err().strip());
        String hop = qssh("-J", "one,127.0.0.1:1", "-o", "StrictHostKeyChecking=accept-new", "target", "true").run().expect(255).err();
        assertTrue(hop.contains("Host key verification failed.\n") && hop.contains("that was jump host 127.0.0.1"), hop);
    }

    @Test
    void muchGoesThrough() throws Exception {
        byte[] data = new byte[3_000_000];
        new Random(7).nextBytes(data);
        assertArrayEquals(data, qssh("-J", "one,two,three", "target", "cat").input(data).run().expect(0).bytes());
    }

    @Test
    void copiesGoThroughToo() throws Exception {
        byte[] data = new byte[500_000];
        new Random(8).nextBytes(data);
        Path from = Files.write(scratch.resolve("from"), data);
        Path to = scratch.resolve("to");
        Command.of(TestDaemon.dist().resolve("bin/qscp").toString(), "-q", "-F", config.toString(), "-J", "one,two", from.toString(), "target:" + to).run().expect(0);
        assertArrayEquals(data, Files.readAllBytes(to));
    }

    /** Three hosts more on the way cost no more than their slots: a key's echo comes back well within what a person notices. */
    @Test
    void echoesAreSwift() throws Exception {
        Process process = qssh("-J", "one,two,three", "target", "cat").start();
        try (OutputStream in = process.getOutputStream(); InputStream out = process.getInputStream()) {
            echo(in, out); // the first waits for the logins
            Thread.sleep(3000); // the prologues are over
            long[] millis = new long[25];
            for (int i = 0; i < millis.length; i++) {
                long before = System.nanoTime();
                echo(in, out);
                millis[i] = (System.nanoTime() - before) / 1_000_000;
                Thread.sleep(50);
            }
            Arrays.sort(millis);
            assertTrue(millis[millis.length / 2] < 250, "median of echoes, ms: " + Arrays.toString(millis));
        } finally {
            process.waitFor(20, TimeUnit.SECONDS);
        }
        assertEquals(0, process.exitValue());
    }

    private static void echo(OutputStream in, InputStream out) throws IOException {
        in.write('k');
        in.flush();
        assertEquals('k', out.read());
    }

    @Test
    void aHopThatDiesEndsTheSession() throws Exception {
        try (TestDaemon middle = new TestDaemon(Files.createDirectory(scratch.resolve("middle"))).authorize(KEY.publicKey()).start()) {
            Path both = Files.writeString(scratch.resolve("known"), Files.readString(known) + "[127.0.0.1]:" + middle.port() + " " + middle.hostKey().line("") + "\n");
            Path file = Files.writeString(scratch.resolve("config"), Files.readString(config).replace(known.toString(), both.toString()));
            Process process = Command.of(TestDaemon.dist().resolve("bin/qssh").toString(), "-F", file.toString(), "-J", "one,127.0.0.1:" + middle.port() + ",three", "target", "echo up; sleep 100").start();
            assertEquals("up\n", new String(process.getInputStream().readNBytes(3), StandardCharsets.UTF_8));
            middle.kill();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it does not notice");
            assertEquals(255, process.exitValue());
            String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(err.contains("Connection to 127.0.0.1 closed by remote host.") || err.contains("the connection broke"), err);
        }
    }
}
