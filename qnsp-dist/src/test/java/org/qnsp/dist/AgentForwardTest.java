package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.SigKeyPair;

/** The agent on a host that it is forwarded to: who gets it, what a hostile one gets of it, and that nothing stays (C-30, A-13, A-17, A-18). */
final class AgentForwardTest {
    private static final KemKeyPair KEM = KemKeyPair.generate(RandomSource.system());
    private static final SigKeyPair SIG = SigKeyPair.generate(RandomSource.system());

    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static TestAgent agent;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create();
        house = new House(Files.createDirectory(dir.resolve("house")));
        agent = new TestAgent(dir.resolve("agent"));
        agent.add("-q", agent.key("kem", KEM, null).toString(), agent.key("sig", SIG, null).toString()).run().expect(0);
        anna.authorize("", KEM.publicKey());
    }

    @AfterAll
    static void moveOut() {
        agent.close();
        house.close();
        anna.close();
    }

    private static Command qssh(String... words) {
        List<String> all = new ArrayList<>(List.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + house.knownHosts(), "-o", "IdentityFile=none", "-p",
                String.valueOf(house.daemon().port()), "-l", anna.name()));
        all.addAll(List.of(words));
        return agent.with(Command.of(all));
    }

    private static String seen(String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("127.0.0.1", "echo \"<$SSH_AUTH_SOCK>\""));
        return qssh(words.toArray(String[]::new)).run().expect(0).out().strip();
    }

    @Test
    void theSocketIsTheUsersAndGoesWithTheSession() throws Exception {
        Command.Result result = qssh("-A", "127.0.0.1", "stat -c '%A %U' $SSH_AUTH_SOCK ${SSH_AUTH_SOCK%/*}; echo $SSH_AUTH_SOCK; " + House.program("qssh-add") + " -l").run().expect(0);
        String[] lines = result.out().split("\n");
        assertEquals("srw------- " + anna.name(), lines[0]);
        assertEquals("drwx------ " + anna.name(), lines[1]);
        assertTrue(lines[2].matches("/tmp/qssh-[0-9a-f]{16}/agent\\.\\d+"), lines[2]);
        assertEquals(5, lines.length, result.toString());
        TestDaemon.await("the directory is gone", () -> !Files.exists(Path.of(lines[2]).getParent()));
        // with a terminal too
        assertTrue(qssh("-A", "-tt", "127.0.0.1", House.program("qssh-add") + " -l").run().expect(0).out().contains("(MLKEM768-X25519)"));
    }

    @Test
    void onlyWhoAsksGetsIt() throws Exception {
        assertEquals("<>", seen());
        assertEquals("<>", seen("-A", "-a"));
        assertEquals("<>", seen("-o", "ForwardAgent=no"));
        assertTrue(seen("-o", "ForwardAgent=yes").startsWith("</tmp/qssh-"));
        assertTrue(seen("-o", "ForwardAgent=" + agent.socket()).startsWith("</tmp/qssh-"));
        assertTrue(seen("-o", "ForwardAgent=$SSH_AUTH_SOCK").startsWith("</tmp/qssh-"));
        assertEquals("<>", seen("-o", "ForwardAgent=/no/agent"));
        assertEquals("<>", seen("-o", "SetEnv=SSH_AUTH_SOCK=/tmp/evil"));
    }

    @Test
    void keysAndConfigurationCanForbidIt() throws Exception {
        try {
            for (String options : List.of("no-agent-forwarding", "restrict", "agent-forwarding,restrict")) {
                anna.authorize(options, KEM.publicKey());
                assertEquals("<>", seen("-A"), options);
            }
            for (String options : List.of("restrict,agent-forwarding", "no-port-forwarding")) {
                anna.authorize(options, KEM.publicKey());
                assertTrue(seen("-A").startsWith("</tmp/qssh-"), options);
            }
            anna.authorize("", KEM.publicKey());
            for (String line : List.of("AllowAgentForwarding no", "DisableForwarding yes")) {
                house.configure(line);
                assertEquals("<>", seen("-A"), line);
            }
            house.configure("AllowAgentForwarding no", "Match User " + anna.name(), "AllowAgentForwarding yes");
            assertTrue(seen("-A").startsWith("</tmp/qssh-"));
        } finally {
            house.configure();
            anna.authorize("", KEM.publicKey());
        }
    }

    /** What a hostile host does: it has the socket, and says what it likes. */
    @Test
    void aHostileHostGetsLoginsAndNothingElse() throws Exception {
        Process session = qssh("-A", "127.0.0.1", "echo $SSH_AUTH_SOCK; cat").start();
        try {
            Path socket = Path.of(session.inputReader().readLine());
            try (RawAgent host = new RawAgent(socket)) {
                assertArrayEquals(message(241, lp8("qnsp-agent/1")), host.ask(message(240, lp8("qnsp-agent/1"))));
                assertEquals(243, host.ask(message(242))[0] & 0xff);
                // an answer for any ciphertext, 32 bytes, and one that is bent is answered like a good one
                byte[] hash = KEM.publicKey().fingerprint();
                byte[] good = org.qnsp.crypto.MlKem768.encapsulate(KEM.publicKey().first(), RandomSource.system()).ciphertext();
                byte[] point = org.qnsp.crypto.X25519.generate(RandomSource.system()).publicKey();
                byte[] target = RandomSource.system().bytes(32);
                List<byte[]> answers = new ArrayList<>();
                for (int bend = 0; bend < 4; bend++) {
                    byte[] ciphertext = good.clone();
                    ciphertext[300 * bend] ^= (byte) (bend == 0 ? 0 : 1);
                    byte[] answer = host.ask(message(244, hash, ciphertext, point, target, lp8("root"), new byte[32]));
                    assertEquals(33, answer.length);
                    assertEquals(245, answer[0] & 0xff);
                    assertTrue(answers.stream().noneMatch(other -> java.util.Arrays.equals(other, answer)));
                    answers.add(answer);
                }
                // what it may not: take, add, lock, guess
                for (byte[] change : List.of(message(249, hash), message(250), message(251, new byte[] {0, 1, 'x'}), message(252, new byte[] {0, 1, 'x'}), message(17), message(25))) {
                    assertArrayEquals(new byte[] {5}, host.ask(change));
                }
                for (int i = 1; i < 16; i++) { // one hop is bound already
                    assertArrayEquals(new byte[] {6}, host.ask(message(253, new byte[32])));
                }
                assertArrayEquals(new byte[] {5}, host.ask(message(253, new byte[32])));
                assertArrayEquals(new byte[] {5}, host.ask(message(242)));
            }
            // more connections than it may have wait, and the user's own go on
            List<RawAgent> many = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                many.add(new RawAgent(socket));
            }
            assertEquals(2, agent.add("-l").run().expect(0).out().lines().count());
            for (RawAgent each : many) {
                each.close();
            }
            TestDaemon.await("it is served again", () -> {
                try (RawAgent again = new RawAgent(socket)) {
                    return (again.ask(message(242))[0] & 0xff) == 243;
                } catch (java.io.IOException e) {
                    return false;
                }
            });
        } finally {
            session.outputWriter().close();
            session.waitFor();
        }
        assertEquals(2, agent.add("-l").run().expect(0).out().lines().count());
    }

    private static byte[] message(int type, byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(type);
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] lp8(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return message(utf8.length, utf8);
    }

    @Test
    void anotherUserOnTheHostCannotReachTheSocket() throws Exception {
        try (Resident bert = Resident.create()) {
            Process session = qssh("-A", "127.0.0.1", "echo $SSH_AUTH_SOCK; cat").start();
            try {
                Path socket = Path.of(session.inputReader().readLine());
                assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())));
                Command.Result refused = bert.runs("sh", "-c", "SSH_AUTH_SOCK=" + socket + " " + House.program("qssh-add") + " -l").run().expect(2);
                assertFalse(refused.out().contains("MLKEM"), refused.toString());
            } finally {
                session.outputWriter().close();
                session.waitFor();
            }
        }
    }
}
