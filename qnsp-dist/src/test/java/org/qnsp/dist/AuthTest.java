package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.keys.KeyType;

/** Ways to prove a key, and secrets that are kept from one login to the next, with the built programs (H-34 to H-37, C-38). */
@Timeout(240)
final class AuthTest {
    private static final String USED = "Auth key of an earlier login used";
    private static final String NOT_USED = "No auth key of an earlier login was used";

    @TempDir
    static Path dir;

    private static House house;
    private static Resident user;

    @BeforeAll
    static void start() throws Exception {
        user = Resident.create().authorize("");
        house = new House(dir);
    }

    @AfterAll
    static void stop() throws Exception {
        house.close();
        user.close();
    }

    private static Command qssh(String... options) {
        return house.client("qssh", user.keyFile(), options).with(House.at(user), "echo in");
    }

    private static void letIn(Command command) throws IOException, InterruptedException {
        assertEquals("in\n", command.run().expect(0).out());
    }

    @Test
    void aKeyIsProvedByZeroKnowledge() throws Exception {
        try {
            house.configure("Auth zk");
            letIn(qssh("-o", "Auth=zk"));
            Command.Result refused = qssh().run().expect(255);
            assertEquals(user.name() + "@127.0.0.1: Permission denied (publickey).\n", refused.err());
            house.configure("Auth kem");
            qssh("-o", "Auth=zk").run().expect(255);
            letIn(qssh("-o", "Auth=kem"));
        } finally {
            house.configure();
        }
    }

    @Test
    void anAgentProvesItToo() throws Exception {
        try (TestAgent agent = new TestAgent(dir.resolve("agent"))) {
            agent.add(user.keyFile().toString()).run().expect(0);
            house.configure("Auth zk");
            letIn(Command.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + house.knownHosts(), "-o", "Port=" + house.daemon().port(), "-o", "Auth=zk",
                    "-i", "none", House.at(user), "echo in").env("SSH_AUTH_SOCK", agent.socket()));
        } finally {
            house.configure();
        }
    }

    /** What is told of the auth key with -v. */
    private static String login(String... options) throws Exception {
        Command.Result result = house.client("qssh", user.keyFile(), "-v").with(options).with(House.at(user), "true").run();
        return result.status() == 0 ? result.err().contains(USED) ? USED : result.err().contains(NOT_USED) ? NOT_USED : result.err() : "status " + result.status() + ": " + result.err();
    }

    private static Path ofHost() {
        return house.daemon().hostKeyFile().resolveSibling(house.daemon().hostKeyFile().getFileName() + ".authkeys");
    }

    private static Path ofClient() throws IOException {
        try (Stream<Path> files = Files.list(dir.resolve("known_hosts.authkeys"))) {
            return files.filter(f -> !f.getFileName().toString().endsWith(".lock")).findFirst().orElseThrow();
        }
    }

    private static void forget(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    private static long kept() throws IOException {
        try (Stream<Path> files = Files.walk(ofHost())) {
            return files.filter(Files::isRegularFile).count();
        }
    }

    @Test
    void everyLoginRollsTheAuthKey() throws Exception {
        forget(dir.resolve("known_hosts.authkeys"));
        forget(ofHost());
        assertEquals(NOT_USED, login());
        String first = Files.readString(ofClient());
        assertEquals(1, first.lines().filter(line -> line.startsWith("qnsp-authkey ")).count());
        assertEquals("rw-------", java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(ofClient())));
        assertEquals(1, kept());
        assertEquals(USED, login());
        String second = Files.readString(ofClient());
        assertFalse(first.equals(second), "it was rolled");
        assertEquals(2, kept());

        // the client was ended before it wrote down the second one: the host keeps the first until the second has been used
        Files.writeString(ofClient(), first);
        assertEquals(USED, login());
        // the host was never told: the client names two, and the host knows the second of them
        String third = Files.readString(ofClient());
        String[] lines = third.split("\n", 2);
        Files.writeString(ofClient(), lines[0] + "\nqnsp-authkey " + "A".repeat(64) + "\n" + lines[1]);
        assertEquals(USED, login());

        // the host wants none for a while: the client keeps what it had
        house.configure("AuthKey off");
        assertEquals(NOT_USED, login());
        house.configure();
        assertEquals(USED, login("-o", "AuthKey=require"));

        // the host does not let the user in, which the client cannot know when it writes the next one down
        house.configure("DenyUsers " + user.name());
        String before = Files.readString(ofClient());
        qssh().run().expect(255);
        assertEquals(before, Files.readString(ofClient()));
        house.configure();
        assertEquals(USED, login("-o", "AuthKey=require"));

        // the host has lost them all
        forget(ofHost());
        Command.Result required = qssh("-o", "AuthKey=require").run().expect(255);
        assertTrue(required.err().startsWith("qssh: error: the host knows no auth key of this client, and AuthKey is require\nqssh: hint: "), required.err());
        assertEquals(NOT_USED, login());
        assertEquals(USED, login("-o", "AuthKey=require"));
        assertEquals("in\n", qssh("-o", "AuthKey=off").run().expect(0).out());
    }

    private static Command invited(String invite, String name) {
        return Command.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + dir.resolve(name), "-i", user.keyFile().toString(), "-o", "IdentityAgent=none",
                invite.replaceFirst("//([^@?]*@)?", "//" + user.name() + "@"), "echo in");
    }

    @Test
    void oneIsMadeByHandAndMaySuffice() throws Exception {
        Path secret = dir.resolve("authkey");
        Path elsewhere = Files.copy(house.knownHosts(), dir.resolve("other_hosts"));
        String[] options = {"-o", "AuthKeyFile=" + secret};
        String[] alone = {"-o", "UserKnownHostsFile=" + elsewhere, "-i", "none", "-o", "IdentityAgent=none", "-o", "Port=" + house.daemon().port(), "-F", "none"};
        try {
            house.configure("AuthKey require");
            Command.of(House.program("qssh-keygen"), "-q", "-t", "authkey", "-f", secret.toString()).run().expect(0);
            Command stranger = Command.of(House.program("qssh")).with("-F", "none", "-o", "UserKnownHostsFile=" + elsewhere, "-i", user.keyFile().toString(), "-o",
                    "Port=" + house.daemon().port()).with(House.at(user), "echo in");
            assertEquals(255, stranger.run().status(), "no auth key, no login");
            assertEquals(255, invited(house.daemon().invite(), "nobody's").run().status(), "an invite for nobody in particular lets the host be met, and no more");
            letIn(invited(house.daemon().invite(user.name()), "users"));
            Command.of(House.program("qsshd"), "authkey", "-f", house.daemon().configurationFile().toString(), "-h", house.daemon().hostKeyFile().toString(), "-a", secret.toString(), user.name()).run().expect(0);
            letIn(Command.of(House.program("qssh")).with("-F", "none", "-o", "UserKnownHostsFile=" + elsewhere, "-i", user.keyFile().toString(), "-o",
                    "Port=" + house.daemon().port()).with(options).with(House.at(user), "echo in"));
            assertEquals(255, Command.of(House.program("qssh")).with(alone).with(House.at(user), "echo in").run().status(), "an auth key alone is not enough");
            house.configure("AuthKey sufficient");
            letIn(Command.of(House.program("qssh")).with(alone).with(House.at(user), "echo in"));
        } finally {
            house.configure();
        }
    }
}
