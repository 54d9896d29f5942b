package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Either side killed at any moment leaves nothing behind (C-16), and many logins leave the daemon as it was. */
@Timeout(120)
final class SuddenEndTest {
    /** A session that notes its hang-up and would otherwise last. */
    private static final String LASTING = "trap 'echo hup >>%s; exit' HUP; echo $$ >>%s; while :; do sleep 0.1; done";

    @TempDir
    Path scratch;

    private TestDaemon daemon;
    private TestClient client;
    private int ownSockets;

    @BeforeEach
    void start() throws Exception {
        client = new TestClient();
        daemon = new TestDaemon(scratch).authorize(client.key().publicKey()).start();
        ownSockets = daemon.sockets();
    }

    @AfterEach
    void stop() {
        client.close();
        daemon.close();
        assertEquals(false, daemon.logText().contains("ERROR"), daemon.logText());
    }

    private void assertNothingLeft() throws Exception {
        TestDaemon.await("the daemon has let go of everything", () -> {
            try {
                return daemon.sockets() == ownSockets && daemon.children().isEmpty();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private Process qssh(String... arguments) throws IOException {
        return daemon.qssh(client.key(), daemon.port(), arguments).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    @Test
    void aKilledClientLeavesNoProcess() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 8; round++) {
            Process process = round % 2 == 0 ? qssh("-tt", LASTING.formatted(scratch.resolve("hup"), scratch.resolve("pids"))) : qssh("cat");
            process.waitFor(300 + random.nextInt(1_500), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            assertNothingLeft();
        }
    }

    @Test
    void aSessionWithATerminalIsHungUpWhenItsClientIsKilled() throws Exception {
        Path hup = scratch.resolve("hup");
        Path pids = scratch.resolve("pids");
        Process process = qssh("-tt", LASTING.formatted(hup, pids));
        TestDaemon.await("the session runs", () -> Files.exists(pids));
        process.destroyForcibly().waitFor();
        TestDaemon.await("the session was hung up", () -> Files.exists(hup));
        assertNothingLeft();
    }

    @Test
    void aKilledDaemonEndsSessionsAndClients() throws Exception {
        Path hup = scratch.resolve("hup");
        Path pids = scratch.resolve("pids");
        Process terminal = qssh("-tt", LASTING.formatted(hup, pids));
        Process piped = qssh("cat");
        TestDaemon.await("both sessions run", () -> Files.exists(pids) && daemon.children().stream().anyMatch(p -> p.info().command().orElse("").endsWith("cat")));
        List<ProcessHandle> children = daemon.children();
        daemon.kill();
        for (Process process : List.of(terminal, piped)) {
            assertTrue(process.waitFor(10, TimeUnit.SECONDS), "the client ends");
            assertEquals(255, process.exitValue());
            String error = new String(process.getErrorStream().readAllBytes());
            assertTrue(!error.isBlank() && !error.contains("Exception"), error);
        }
        TestDaemon.await("no process of a session is left", () -> children.stream().noneMatch(ProcessHandle::isAlive));
        assertTrue(Files.exists(hup), "the session was hung up");
        daemon.start();
        ownSockets = daemon.sockets();
        try (TestClient.Session session = client.login(daemon)) {
            assertEquals("again\n", session.exec("echo again"));
        }
    }

    @Test
    void someLoginsLeaveTheDaemonAsItWas() throws Exception {
        logins(24);
    }

    @Test
    @Tag("long")
    @Timeout(900)
    void fourHundredLoginsLeaveTheDaemonAsItWas() throws Exception {
        logins(400);
    }

    private void logins(int number) throws Exception {
        many(12);
        assertNothingLeft();
        int descriptors = daemon.descriptors();
        long resident = daemon.residentKiB();
        many(number);
        assertNothingLeft();
        System.out.printf("ends: %d logins: descriptors %d, then %d; resident %d MiB, then %d MiB%n", number, descriptors, daemon.descriptors(), resident >> 10, daemon.residentKiB() >> 10);
        assertTrue(daemon.descriptors() <= descriptors + 4, "descriptors went from " + descriptors + " to " + daemon.descriptors());
        assertTrue(daemon.residentKiB() < resident + (192 << 10), "resident memory went from " + resident + " to " + daemon.residentKiB() + " KiB");
    }

    private void many(int number) throws Exception {
        List<Future<String>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < number; i++) {
                all.add(threads.submit((Callable<String>) () -> {
                    try (TestClient.Session session = client.login(daemon)) {
                        return session.exec("echo done");
                    }
                }));
            }
        }
        for (Future<String> one : all) {
            assertEquals("done\n", one.get());
        }
    }
}
