package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.dist.Capture.Conversation;
import org.qnsp.dist.Capture.Packet;

/** The padding modes of the built programs, seen from outside (C-25, C-26, C-34 to C-36). */
@Timeout(300)
@Tag("alone")
final class StealthTest {
    private static final int FRAME = 768;

    @TempDir
    static Path dir;

    private static House house;
    private static Resident user;
    private int captures;

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

    /** A client with a connection of its own, whatever the mode. */
    private static Command qssh(List<String> options, String command) {
        return house.client("qssh", user.keyFile(), "-o", "ControlPath=none").with(options.toArray(String[]::new)).with(House.at(user), command);
    }

    private Conversation watch(Command command) throws IOException, InterruptedException {
        try (Sniffer sniffer = Sniffer.start(dir.resolve("pcap" + captures++), house.daemon().port(), 96)) {
            command.run().expect(0);
            return sniffer.stop().conversations(house.daemon().port()).values().stream() // the end of the one before may be among them
                .max(Comparator.comparingInt(seen -> seen.toServer().size())).orElseThrow();
        }
    }

    /** Frames a second from 1 s after the first one on, for so long. */
    private static double rate(List<Packet> direction, double seconds) {
        long start = direction.stream().filter(p -> p.length() > 0).findFirst().orElseThrow().nanos() + 1_000_000_000L;
        long bytes = direction.stream().filter(p -> p.nanos() >= start && p.nanos() < start + (long) (seconds * 1e9)).mapToLong(Packet::length).sum();
        return bytes / FRAME / seconds;
    }

    /** A busy machine leaves slots out; nothing ever adds any. */
    private static void assertRate(double expected, double seen) {
        assertTrue(seen >= 0.7 * expected - 0.5 && seen <= 1.03 * expected + 1, seen + " frames a second, and not " + expected);
    }

    @ParameterizedTest
    @CsvSource({
        "'--stealth',                   'sleep 3',                                                            100, 100",
        "'--stealth',                   'sleep 0.5; head -c 150000 /dev/zero; sleep 2.5',                     100, 100",
        "'--padding=max,--rate=570k',   'sleep 3',                                                            800, 800",
        "'--padding=max,--rate=9M',     'sleep 3',                                                            800, 800", // MaxRate
        "'--padding=normal',            'sleep 3',                                                            50,  100",
        "'--padding=normal',            'sleep 1; seq 3000; sleep 2',                                         50,  100",
        "'--padding,low',               'sleep 3',                                                            1,   1",
    })
    void theRateIsThatOfTheModeWhateverIsSaid(String options, String command, double up, double down) throws Exception {
        Conversation seen = watch(qssh(List.of(options.split(",")), command));
        assertRate(up, rate(seen.toServer(), 2));
        assertRate(down, rate(seen.toClient(), 2));
    }

    @Test
    void bulkShowsInModeNormalAndInModeLow() throws Exception {
        for (String mode : List.of("normal", "low")) {
            Conversation seen = watch(qssh(List.of("--padding=" + mode), "sleep 1; head -c 3000000 /dev/zero; sleep 1.5"));
            assertTrue(rate(seen.toClient(), 2) > 1000, mode);
        }
    }

    @Test
    void theServersPolicyBoundsIt() throws Exception {
        try {
            house.configure("StealthPolicy no");
            Command.Result refused = qssh(List.of("--stealth"), "true").run().expect(255);
            assertEquals("qssh: error: this host does not allow --padding=max\nqssh: hint: the host's StealthPolicy forbids it; ask for less with --padding=normal\n", refused.err());
            house.configure("MinMode normal");
            assertRate(50, rate(watch(qssh(List.of("--padding=low"), "sleep 3")).toServer(), 2));
            house.configure("MaxRate 570k 140k");
            assertRate(200, rate(watch(qssh(List.of("--stealth", "--rate=570k"), "sleep 3")).toServer(), 2));
            Conversation bounded = watch(qssh(List.of(), "head -c 1500000 /dev/zero; sleep 1"));
            assertTrue(rate(bounded.toClient(), 2) <= 810, "the ladder ends at its first rung");
        } finally {
            house.configure();
        }
    }

    @Test
    void badValuesAreSaid() throws Exception {
        assertEquals("command-line line 0: unsupported option \"much\".\n", qssh(List.of("--padding=much"), "true").run().expect(255).err());
        assertTrue(qssh(List.of("--rate=fast"), "true").run().expect(255).err().startsWith("command-line line 0: Bad rate 'fast': bytes a second, up to 73.4M, or none."));
        assertTrue(qssh(List.of("--padding=normal", "-G"), "true").run().expect(0).out().contains("\npadding normal\n"));
    }

    @Test
    void theReportOfTheWireIsWritten() throws Exception {
        Path report = dir.resolve("wire.html");
        house.client("qssh", user.keyFile(), "--wire-report", report.toString()).with(House.at(user), "echo hello; sleep 1").run().expect(0);
        String page = Files.readString(report);
        assertTrue(page.contains("<h1>The wire to 127.0.0.1</h1>") && page.contains("in padding mode normal"), page);
        assertFalse(page.contains("hello"));
    }

    /** What is filled up at the end of a copy does not cut it off: it comes whole, and the program waits for it. */
    @Test
    void aCopyComesWholeAndTheVolumeOnTheWireIsAStep() throws Exception {
        byte[] bytes = new byte[20_000_000];
        new java.util.Random(1).nextBytes(bytes);
        Files.write(dir.resolve("big"), bytes);
        Command.of("chmod", "755", dir.toString()).run().expect(0);
        Command.of("cp", dir.resolve("big").toString(), user.home() + "/big").run().expect(0);
        Command.of("chmod", "644", user.home() + "/big").run().expect(0);
        Command.Result result = qssh(List.of("--padding=normal"), "sha256sum < big; cat big | sha256sum").run().expect(0);
        assertEquals(1, result.out().lines().distinct().count());
        String here = Command.of("sha256sum", dir.resolve("big").toString()).run().expect(0).out().split(" ")[0];
        Command.Result piped = Command.script(String.join(" ", quoted(qssh(List.of("--padding=normal"), "cat big"))) + " | sha256sum").run().expect(0);
        assertEquals(here, piped.out().split(" ")[0]);
    }

    @Test
    void aCopyInModeMaxIsSentAtItsRateToo() throws Exception {
        byte[] bytes = new byte[300_000];
        new java.util.Random(2).nextBytes(bytes);
        Path file = Files.write(dir.resolve("small"), bytes);
        Path control = dir.resolve("control");
        List<String> words = List.of("--stealth", "--rate=570k", "-o", "ControlPath=" + control, "-o", "ControlMaster=auto", "-o", "ControlPersist=yes");
        try (Sniffer sniffer = Sniffer.start(dir.resolve("pcap" + captures++), house.daemon().port(), 96)) {
            house.client("qssh", user.keyFile(), words.toArray(String[]::new)).with(House.at(user), "true").run().expect(0);
            house.client("qscp", user.keyFile(), words.toArray(String[]::new)).with(file.toString(), House.at(user) + ":small").run().expect(0);
            Thread.sleep(2_000);
            house.client("qssh", user.keyFile(), words.toArray(String[]::new)).with("-O", "exit", House.at(user)).run().expect(0);
            var seen = sniffer.stop().conversations(house.daemon().port());
            assertEquals(1, seen.size(), "one connection for both");
            assertRate(800, rate(seen.values().iterator().next().toServer(), 2.5));
        }
        assertEquals(-1, Files.mismatch(file, user.home().resolve("small")));
    }

    /** What the process that stays behind would load from jars, or link, while its session begins would delay slots (docs/adr/0117). */
    @Test
    void theProcessThatStaysBehindHasItsClassesInTheStartUpCache() throws Exception {
        Path program = Path.of(House.program("qssh"));
        Path copy = Files.createDirectories(dir.resolve("traced/bin")).getParent();
        for (String part : List.of("lib", "runtime")) {
            Files.createSymbolicLink(copy.resolve(part), program.getParent().resolveSibling(part));
        }
        Path logs = Files.createDirectory(dir.resolve("loaded"));
        Path launcher = copy.resolve("bin/qssh");
        Files.writeString(launcher, Files.readString(program).replace("-Xlog:disable -Xlog:all=error:stderr", "-Xlog:disable -Xlog:class+load=info:file=" + logs + "/%p"));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> shared = List.of("--stealth", "-o", "ControlPath=" + dir.resolve("traced/control"), "-o", "ControlMaster=auto", "-o", "ControlPersist=yes");
        Command session = house.client("qssh", user.keyFile(), shared.toArray(String[]::new)).with(House.at(user), "true");
        Command.script(session.quoted().replace(program.toString(), launcher.toString())).run().expect(0);
        house.client("qssh", user.keyFile(), shared.toArray(String[]::new)).with("-O", "exit", House.at(user)).run().expect(0);
        int processes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(logs)) {
            for (Path log : files) {
                processes++;
                assertEquals(List.of(), Files.readAllLines(log).stream().filter(line -> line.contains(" org.qnsp.") && line.contains("source: file:")).toList());
            }
        }
        assertEquals(2, processes);
    }

    private static List<String> quoted(Command command) {
        return java.util.Arrays.stream(command.words()).map(w -> "'" + w.replace("'", "'\\''") + "'").toList();
    }

    /** C-26: whoever is not let in sends all of the prologue, and ends in order, though the program has nothing to do any more. */
    @Test
    void aRefusedLoginEndsAfterThePrologue() throws Exception {
        try (Sniffer sniffer = Sniffer.start(dir.resolve("pcap" + captures++), house.daemon().port(), 96)) {
            qssh(List.of("-l", "nobody-here"), "true").run().expect(255);
            Thread.sleep(300);
            Conversation seen = sniffer.stop().conversations(house.daemon().port()).values().iterator().next();
            long start = seen.toServer().stream().filter(p -> p.length() > 0).findFirst().orElseThrow().nanos();
            assertTrue(seen.toServer().stream().noneMatch(Packet::rst), "no reset");
            long end = seen.toServer().stream().filter(Packet::fin).findFirst().orElseThrow().nanos();
            assertTrue(end - start >= 490_000_000L, (end - start) / 1_000_000 + " ms");
        }
    }

    /** Where keys are to come back at once what compiles gives way to them, and in no other session. */
    @Test
    void compilersGiveWayToKeysInModeLow() throws Exception {
        for (String terminal : List.of("-tt", "-T")) {
            Process session = qssh(List.of(terminal, "--padding=low"), "echo ready; sleep 20").start();
            try {
                assertEquals("ready", session.inputReader().readLine());
                String idle = "5"; // SCHED_IDLE
                if (terminal.equals("-tt")) {
                    TestDaemon.await("compilers give way", () -> policies(session.pid()).equals(Set.of(idle)));
                } else {
                    Thread.sleep(500);
                    assertEquals(Set.of("0"), policies(session.pid()));
                }
            } finally {
                session.destroy();
                session.waitFor();
            }
        }
    }

    /** How the system schedules a program's compilers: field 41 of proc_pid_stat(5). */
    private static Set<String> policies(long pid) {
        Set<String> found = new HashSet<>();
        try (var threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                String stat;
                try {
                    stat = Files.readString(thread.resolve("stat"));
                } catch (IOException e) {
                    continue; // it has ended meanwhile
                }
                if (stat.matches("(?s)\\d+ \\(C[12] Comp.*")) {
                    found.add(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[38]);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    /** C-26: a connection of mode max ends a minute after it began, whatever was done on it, a refused login too. */
    @Test
    @Tag("long")
    void modeMaxEndsAtWholeMinutes() throws Exception {
        for (List<String> login : List.of(List.of(House.at(user), "true"), List.of("nobody-here@127.0.0.1", "true"))) {
            try (Sniffer sniffer = Sniffer.start(dir.resolve("pcap" + captures++), house.daemon().port(), 96)) {
                Command command = house.client("qssh", user.keyFile(), "--stealth").with(login.toArray(String[]::new));
                long before = System.nanoTime();
                assertEquals(login.getFirst().startsWith("nobody") ? 255 : 0, command.run().status());
                assertTrue(System.nanoTime() - before < 20_000_000_000L, "whoever asked does not wait for it");
                long again = System.nanoTime();
                command.run();
                assertTrue(System.nanoTime() - again < 20_000_000_000L, "nor does who asks again");
                Thread.sleep(65_000);
                Conversation seen = sniffer.stop().conversations(house.daemon().port()).values().iterator().next();
                long start = seen.toServer().stream().filter(p -> p.length() > 0).findFirst().orElseThrow().nanos();
                long end = seen.toServer().stream().filter(Packet::fin).findFirst().orElseThrow().nanos();
                assertEquals(60.0, (end - start) / 1e9, 0.3);
                assertEquals(100, rate(seen.toServer(), 50), 2);
            }
        }
    }
}
