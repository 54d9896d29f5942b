package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.handshake.Suite;
import org.qnsp.crypto.keys.PublicKey;

/** The built programs in the suites that are not the default one (S-1): login, ratchets, copies, and a host that allows another one. */
@Timeout(120)
final class SuiteLoginTest {
    @TempDir
    static Path dir;

    private static TestDaemon daemon;

    @BeforeAll
    static void start() throws Exception {
        daemon = new TestDaemon(dir, "LogLevel=DEBUG", "RekeyLimit=1M 1h", "Suites=mlkem1024 hqc192");
        for (String type : List.of("kyber768", "dilithium5", "dilithium3")) {
            Path key = dir.resolve("id_" + type);
            Command.of(House.program("qssh-keygen"), "-q", "-t", type, "-N", "", "-f", key.toString()).run().expect(0);
            daemon.authorize(PublicKey.parseLine(Files.readString(dir.resolve(key.getFileName() + ".pub")).strip()).key());
        }
        daemon.start();
        Files.writeString(dir.resolve("known_hosts"), "[127.0.0.1]:" + daemon.port() + " " + daemon.hostKey().line("") + "\n");
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.stop();
    }

    private static List<String> options(TestDaemon to, String suite, String... keys) {
        List<String> options = new ArrayList<>(List.of("-F", "none", "-v", "-v", "-o", "UserKnownHostsFile=" + dir.resolve("known_hosts"), "-o", "Port=" + to.port(), "-o", "Suite=" + suite,
                "-o", "RekeyLimit=1M 1h"));
        for (String key : keys) {
            options.addAll(List.of("-i", dir.resolve("id_" + key).toString()));
        }
        return options;
    }

    private static Command program(String name, List<String> options, String... words) {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of(words));
        return Command.of(daemon.program(name, all.toArray(String[]::new)).command().toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({"mlkem1024,dilithium5,MLDSA87-ED25519", "hqc192,kyber768,MLKEM768-X25519"})
    void loginRatchetAndCopy(String suite, String key, String title) throws Exception {
        byte[] data = new byte[5 << 20];
        new Random(1).nextBytes(data);
        int logged = daemon.logText().length();
        Command.Result result = program("qssh", options(daemon, suite, "dilithium3", key), "127.0.0.1", "cat; sleep 1").input(data).run(); // the last ratchet needs a round trip
        assertEquals(0, result.status(), result.err());
        assertArrayEquals(data, result.bytes());
        assertTrue(result.err().contains("debug1: Suite " + suite + "\n") && result.err().contains(Suite.named(suite).orElseThrow().text()), result.err());
        if (suite.equals("mlkem1024")) {
            assertTrue(result.err().contains("does not belong to suite mlkem1024"), "a signature of another suite is left out: " + result.err());
        }
        assertTrue(result.err().contains("Server accepts key: " + title), result.err());
        assertTrue(result.err().contains("epoch 3 sent") && result.err().contains("epoch 3 received"), result.err());
        String log = daemon.logText().substring(logged);
        assertTrue(log.contains("epoch 3 sent") && log.contains("epoch 3 received"), log);

        Path here = Files.write(dir.resolve("here-" + suite), data);
        Path there = dir.resolve("there-" + suite);
        Path back = dir.resolve("back-" + suite);
        program("qscp", options(daemon, suite, key), here.toString(), "127.0.0.1:" + there).run().expect(0);
        program("qscp", options(daemon, suite, key), "127.0.0.1:" + there, back.toString()).run().expect(0);
        assertArrayEquals(data, Files.readAllBytes(back));
    }

    /** The private half is nowhere but in the agent. */
    @Test
    void anAgentSignsForTheSuite() throws Exception {
        Path only = dir.resolve("only.pub");
        Files.copy(dir.resolve("id_dilithium5.pub"), only);
        String login = program("qssh", options(daemon, "mlkem1024"), "-i", only.toString(), "127.0.0.1", "echo in").quoted();
        String out = Command.of(House.program("qssh-agent"), "sh", "-c", House.program("qssh-add") + " -q " + dir.resolve("id_dilithium5") + " && " + House.program("qssh-add") + " -l && " + login)
                .run().expect(0).out();
        assertTrue(out.startsWith("256 SHA3-256:") && out.contains("(MLDSA87-ED25519)") && out.endsWith("in\n"), out);
    }

    @Test
    void anotherSuiteMeetsSilenceAndTheUserLearnsOfIt() throws Exception {
        String err = program("qssh", options(daemon, "default", "kyber768"), "-o", "ConnectTimeout=1", "127.0.0.1", "true").run().expect(255).err();
        assertTrue(err.contains("qssh: error: no answer from 127.0.0.1") && !err.contains("does not allow suite"), err);
        try (TestDaemon other = new TestDaemon(Files.createDirectory(dir.resolve("other")), "LogLevel=DEBUG").start()) {
            Files.writeString(dir.resolve("known_hosts"), "[127.0.0.1]:" + other.port() + " " + other.hostKey().line("") + "\n", java.nio.file.StandardOpenOption.APPEND);
            err = program("qssh", options(other, "hqc192", "kyber768"), "-o", "ConnectTimeout=1", "127.0.0.1", "true").run().expect(255).err();
            assertTrue(err.contains("or it does not allow suite hqc192"), err);
        }
    }
}
