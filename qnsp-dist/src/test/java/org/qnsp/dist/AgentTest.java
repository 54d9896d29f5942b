package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.SigKeyPair;

/** Logins with keys that only an agent has, and what qssh-add and qssh-agent say to whom. */
final class AgentTest {
    private static final KemKeyPair KEM = KemKeyPair.generate(RandomSource.system());
    private static final SigKeyPair SIG = SigKeyPair.generate(RandomSource.system());

    @TempDir
    static Path dir;

    private static TestDaemon daemon;

    @BeforeAll
    static void moveIn() throws Exception {
        daemon = new TestDaemon(Files.createDirectory(dir.resolve("daemon"))).authorize(KEM.publicKey()).authorize(SIG.publicKey()).start();
    }

    @AfterAll
    static void moveOut() {
        daemon.close();
    }

    private static TestAgent agent(String name, String... options) throws Exception {
        return new TestAgent(dir.resolve(name), options);
    }

    @Test
    void aPassphraseIsTypedOnceForAllLogins() throws Exception {
        try (TestAgent agent = agent("once")) {
            Path askpass = agent.askpass("askpass", "open sesame");
            Path kem = agent.key("id", KEM, "open sesame");
            Path sig = agent.key("sig", SIG, "open sesame");
            Command.Result none = agent.add("-l").run().expect(1);
            assertEquals("The agent has no identities.\n", none.out());
            Command.Result added = agent.add(askpass, kem.toString(), sig.toString()).run().expect(0);
            assertEquals("Identity added: " + kem + " (id)\nIdentity added: " + sig + " (sig)\n", added.err());
            assertEquals(List.of("Enter passphrase for " + kem + ": "), agent.asked(askpass));
            Files.delete(kem);
            Files.delete(sig);

            assertEquals("hello\n", agent.client("qssh", daemon, "127.0.0.1", "echo hello").run().expect(0).out());
            Path file = Files.writeString(agent.dir().resolve("file"), "content");
            Path copy = agent.dir().resolve("copy");
            agent.client("qscp", daemon, file.toString(), "127.0.0.1:" + copy).run().expect(0);
            assertEquals("content", Files.readString(copy));
            assertTrue(daemon.logText().contains("with " + Fingerprint.text(KEM.publicKey())));

            String list = agent.add("-l").run().expect(0).out();
            assertEquals("192 " + Fingerprint.text(KEM.publicKey()) + " id (MLKEM768-X25519)\n192 " + Fingerprint.text(SIG.publicKey()) + " sig (MLDSA65-ED25519)\n", list);
            assertEquals(KEM.publicKey().line("id") + "\n" + SIG.publicKey().line("sig") + "\n", agent.add("-L").run().expect(0).out());
            agent.add("-T", kem + ".pub", sig + ".pub").run().expect(0);

            assertEquals("Identity removed: " + kem + " (id)\n", agent.add("-d", kem.toString()).run().expect(0).err());
            assertEquals("Could not remove identity \"" + kem + "\": agent refused operation\n", agent.add("-d", kem.toString()).run().expect(1).err());
            agent.add("-T", kem + ".pub").run().expect(1);
            assertEquals("signed\n", agent.client("qssh", daemon, "127.0.0.1", "echo signed").run().expect(0).out());
            assertTrue(daemon.logText().contains("with " + Fingerprint.text(SIG.publicKey())));
            assertEquals("All identities removed.\n", agent.add("-D").run().expect(0).err());
            assertEquals("", agent.add("-q", "-D").run().expect(0).err());
            assertEquals(255, agent.client("qssh", daemon, "127.0.0.1", "echo no").run().status());
        }
    }

    @Test
    void withoutAnAgentThatIsSaidAsSshAddSaysIt() throws Exception {
        Command add = Command.of(House.program("qssh-add"), "-l").env("SSH_AUTH_SOCK", null).env("QSSH_AUTH_SOCK", null);
        assertEquals("Could not open a connection to your authentication agent.\n", add.run().expect(2).err());
        assertEquals("Error connecting to agent: No such file or directory\n", add.env("SSH_AUTH_SOCK", dir + "/none").run().expect(2).err());
        assertTrue(Command.of(House.program("qssh-add"), "-w").run().expect(1).err().contains("unknown option -- w\nusage: qssh-add "));
        assertEquals("SSH_AGENT_PID not set, cannot kill agent", Command.of(House.program("qssh-agent"), "-k").env("SSH_AGENT_PID", null).run().expect(1).err().strip()
                .replaceFirst("^qssh-agent: error: ", ""));
    }

    @Test
    void aDeadAgentIsSaidAndOtherKeysGoOn() throws Exception {
        try (TestAgent agent = agent("dead")) {
            Path kem = agent.key("id", KEM, null);
            agent.add(kem.toString()).run().expect(0);
            agent.kill();
            Command.Result result = agent.client("qssh", daemon, "127.0.0.1", "echo no").run().expect(255);
            assertTrue(result.err().contains("the agent at " + agent.socket() + " does not answer: Connection refused"), result.err());
            assertEquals("Error connecting to agent: Connection refused\n", agent.add("-l").run().expect(2).err());
            assertEquals("file\n", agent.client("qssh", daemon, "-i", kem.toString(), "127.0.0.1", "echo file").run().expect(0).out());
            Files.deleteIfExists(Path.of(agent.socket()));
            Files.deleteIfExists(Path.of(agent.socket()).getParent());
        }
    }

    @Test
    void moreKeysThanALoginTakesAreAllTried() throws Exception {
        try (TestAgent agent = agent("many")) {
            for (int i = 0; i < 6; i++) {
                try (KemKeyPair other = KemKeyPair.generate(RandomSource.system())) {
                    agent.add(agent.key("other" + i, other, null).toString()).run().expect(0);
                }
            }
            agent.add(agent.key("sig", SIG, null).toString()).run().expect(0);
            assertEquals("seventh\n", agent.client("qssh", daemon, "127.0.0.1", "echo seventh").run().expect(0).out());
            // with IdentitiesOnly a public key file says which of the agent's is meant
            Command one = agent.client("qssh", daemon, "-o", "IdentitiesOnly=yes", "127.0.0.1", "echo none").env("X", "");
            assertEquals(255, one.run().status());
            Command named = agent.with(Command.of(House.program("qssh"), "-v", "-F", "none", "-o", "UserKnownHostsFile=" + agent.dir().resolve("known_hosts"), "-p",
                    String.valueOf(daemon.port()), "-o", "IdentitiesOnly=yes", "-i", agent.dir().resolve("sig.pub").toString(), "127.0.0.1", "echo named"));
            Command.Result result = named.run().expect(0);
            assertEquals("named\n", result.out());
            assertEquals(1, result.err().lines().filter(line -> line.contains("Will offer key")).count(), result.err());
            assertEquals(255, agent.client("qssh", daemon, "-o", "IdentityAgent=none", "127.0.0.1", "true").run().status());
        }
    }

    @Test
    void lockedItKnowsNoKeys() throws Exception {
        try (TestAgent agent = agent("lock")) {
            agent.add(agent.key("id", KEM, null).toString()).run().expect(0);
            Path right = agent.askpass("right", "a phrase");
            Path wrong = agent.askpass("wrong", "another");
            assertEquals("Agent locked.\n", agent.add(right, "-x").run().expect(0).err());
            assertEquals("The agent has no identities.\n", agent.add("-l").run().expect(1).out());
            assertEquals(255, agent.client("qssh", daemon, "127.0.0.1", "true").run().status());
            assertEquals("Failed to remove all identities.\n", agent.add("-D").run().expect(1).err());
            assertEquals("Failed to unlock agent: agent refused operation\n", agent.add(wrong, "-X").run().expect(1).err());
            assertEquals("Failed to lock agent: agent refused operation\n", agent.add(wrong, "-x").run().expect(1).err());
            assertEquals("Agent unlocked.\n", agent.add(right, "-X").run().expect(0).err());
            assertEquals("in\n", agent.client("qssh", daemon, "127.0.0.1", "echo in").run().expect(0).out());
        }
    }

    @Test
    void aUseIsConfirmedByTheUsersProgram() throws Exception {
        Path yes = dir.resolve("yes/askpass");
        Files.createDirectories(yes.getParent());
        Files.writeString(yes, "#!/bin/sh\necho \"$SSH_ASKPASS_PROMPT: $1\" >>" + yes + ".asked\ntest ! -e " + yes + ".no\n");
        Files.setPosixFilePermissions(yes, PosixFilePermissions.fromString("rwx------"));
        Command start = Command.of(House.program("qssh-agent"), "-s").env("SSH_AUTH_SOCK", null).env("SSH_ASKPASS", yes.toString()).env("DISPLAY", ":none");
        try (TestAgent agent = new TestAgent(dir.resolve("yes"), start)) {
            Path kem = agent.key("id", KEM, null);
            Command.Result added = agent.add("-c", kem.toString()).run().expect(0);
            assertEquals("Identity added: " + kem + " (id)\nThe user must confirm each use of the key\n", added.err());
            assertEquals("in\n", agent.client("qssh", daemon, "127.0.0.1", "echo in").run().expect(0).out());
            String asked = Files.readString(Path.of(yes + ".asked"));
            assertTrue(asked.startsWith("confirm: Allow use of key id?\nKey fingerprint " + Fingerprint.text(KEM.publicKey()) + ".\nTo log in as " + daemon.user()), asked);
            Files.createFile(Path.of(yes + ".no"));
            Command.Result refused = agent.client("qssh", daemon, "127.0.0.1", "echo in").run().expect(255);
            assertTrue(refused.err().contains("from agent: agent refused operation"), refused.err());
        }
    }

    @Test
    void aKeyThatWasOpenedForALoginGoesToTheAgent() throws Exception {
        try (TestAgent agent = agent("addkeys")) {
            Path kem = agent.key("id", KEM, "pass");
            Path askpass = agent.askpass("askpass", "pass");
            Command login = agent.client("qssh", daemon, "-i", kem.toString(), "-o", "AddKeysToAgent=1h", "127.0.0.1", "echo in").env("SSH_ASKPASS", askpass.toString())
                    .env("SSH_ASKPASS_REQUIRE", "force");
            assertEquals("in\n", login.run().expect(0).out());
            assertEquals("in\n", login.run().expect(0).out());
            assertEquals(1, agent.asked(askpass).size());
            assertEquals(KEM.publicKey().line("id") + "\n", agent.add("-L").run().expect(0).out());
        }
    }

    /** each kind of agent says no to the other kind's programs, at once; ours then goes by other variables. */
    @Test
    void besideAnAgentOfSshs() throws Exception {
        String lines = Command.of("ssh-agent", "-s").run().expect(0).out();
        String socket = TestAgent.value(lines, "SSH_AUTH_SOCK");
        String pid = TestAgent.value(lines, "SSH_AGENT_PID");
        try {
            Command start = Command.of(House.program("qssh-agent")).env("SSH_AUTH_SOCK", socket).env("SHELL", "/bin/sh");
            String own = start.run().expect(0).out();
            assertFalse(own.contains("\nSSH_AUTH_SOCK") || own.startsWith("SSH_AUTH_SOCK"), own);
            String ownSocket = TestAgent.value(own, "QSSH_AUTH_SOCK");
            String ownPid = TestAgent.value(own, "QSSH_AGENT_PID");
            Command add = Command.of(House.program("qssh-add"), "-l").env("SSH_AUTH_SOCK", socket);
            assertTrue(add.run().expect(2).err().startsWith("Could not open a connection to your authentication agent.\n"));
            assertEquals("The agent has no identities.\n", add.env("QSSH_AUTH_SOCK", ownSocket).run().expect(1).out());
            assertTrue(Command.of("ssh-add", "-l").env("SSH_AUTH_SOCK", ownSocket).run().expect(1).err().contains("agent refused operation"));
            Command kill = Command.of(House.program("qssh-agent"), "-k").env("SSH_AUTH_SOCK", socket).env("SSH_AGENT_PID", pid);
            assertTrue(kill.run().expect(1).err().contains("another kind"));
            assertEquals("unset QSSH_AUTH_SOCK;\nunset QSSH_AGENT_PID;\necho Agent pid " + ownPid + " killed;\n",
                    kill.env("QSSH_AGENT_PID", ownPid).env("QSSH_AUTH_SOCK", ownSocket).run().expect(0).out());
            assertTrue(ProcessHandle.of(Long.parseLong(pid)).isPresent());
        } finally {
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroy);
        }
    }

    @Test
    void itEndsWithItsSocket() throws Exception {
        Path at = dir.resolve("a b'c");
        Command start = Command.of(House.program("qssh-agent"), "-a", at.toString()).env("SHELL", "/bin/csh").env("SSH_AUTH_SOCK", null);
        String lines = start.run().expect(0).out();
        String pid = lines.substring(lines.lastIndexOf(' ') + 1, lines.lastIndexOf(';'));
        assertEquals("setenv SSH_AUTH_SOCK '" + at.toString().replace("'", "'\\''") + "';\nsetenv SSH_AGENT_PID " + pid + ";\necho Agent pid " + pid + ";\n", lines);
        assertEquals("srw-------", Command.of("stat", "-c", "%A", at.toString()).run().expect(0).out().strip());
        assertEquals("qssh-agent: error: unix_listener: cannot bind to path " + at + ": Address already in use\n", start.run().expect(1).err());
        Command kill = Command.of(House.program("qssh-agent"), "-k", "-c").env("SSH_AGENT_PID", pid).env("SSH_AUTH_SOCK", at.toString());
        assertEquals("unsetenv SSH_AUTH_SOCK;\nunsetenv SSH_AGENT_PID;\necho Agent pid " + pid + " killed;\n", kill.run().expect(0).out());
        TestDaemon.await("the socket is gone", () -> !Files.exists(at));
        try (TestAgent agent = agent("plain")) {
            Path parent = Path.of(agent.socket()).getParent();
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(parent)));
            agent.end();
            TestDaemon.await("the directory is gone", () -> !Files.exists(parent));
        }
    }

    /** one who says what is no message, or says it slowly, holds nobody up. */
    @Test
    void slowAndRudeClientsHoldNobodyUp() throws Exception {
        try (TestAgent agent = agent("rude")) {
            agent.add(agent.key("id", KEM, null).toString()).run().expect(0);
            List<RawAgent> slow = new java.util.ArrayList<>();
            for (int i = 0; i < 100; i++) {
                RawAgent raw = new RawAgent(Path.of(agent.socket()));
                raw.send(new byte[] {0, 3, -1, -1, 42});
                slow.add(raw);
            }
            try (RawAgent rude = new RawAgent(Path.of(agent.socket()))) {
                rude.send(new byte[] {-1, -1, -1, -1, 0, 0});
                assertTrue(rude.ended());
            }
            try (RawAgent spoilt = new RawAgent(Path.of(agent.socket()))) {
                assertArrayEquals(new byte[] {5}, spoilt.ask(new byte[] {11})); // ssh's
                assertEquals(1 + 2 + 4 + KEM.publicKey().encoded().length + 2 + 2 + 2, spoilt.ask(new byte[] {(byte) 242}).length);
                assertArrayEquals(new byte[] {5}, spoilt.ask(new byte[] {(byte) 253, 1, 2}));
                assertArrayEquals(new byte[] {5}, spoilt.ask(new byte[] {(byte) 242}), "unusable from then on");
            }
            assertEquals("in\n", agent.client("qssh", daemon, "127.0.0.1", "echo in").run().expect(0).out());
            for (RawAgent each : slow) {
                each.close();
            }
        }
    }
}
