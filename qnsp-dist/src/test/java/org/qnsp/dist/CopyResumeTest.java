package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code qscp --resume} of the distribution: 200 MB through someone on the path, who counts what passes (P-28 to P-33). */
final class CopyResumeTest {
    private static final int MEBIBYTES = 200;
    private static final long SIZE = (long) MEBIBYTES << 20;
    /** Frames, slots and the login cost something beside the content. */
    // in mode low: in the others a machine that is busy sends cover in between
    private static final double ON_THE_WIRE = 1.15;
    private static final long BESIDES = 4 << 20;

    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static Path big;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(Files.createDirectory(dir.resolve("house")));
        big = dir.resolve("big");
        Random random = new Random(7);
        byte[] piece = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(big)) {
            for (int i = 0; i < MEBIBYTES; i++) {
                random.nextBytes(piece);
                out.write(piece);
            }
        }
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

    private static Command through(Relay relay, String... words) throws IOException {
        int port = relay.address().getPort();
        Path knownHosts = Files.writeString(dir.resolve("known-" + port), "[127.0.0.1]:" + port + " " + house.daemon().hostKey().line("") + "\n");
        return Command.of(House.program("qscp"), "--resume", "--padding=low", "-F", "none", "-o", "UserKnownHostsFile=" + knownHosts, "-i", anna.keyFile().toString(), "-P", "" + port)
                .with(words);
    }

    private static long partial(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".big.qscp-part-")).mapToLong(file -> file.toFile().length()).findFirst().orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /** The path is cut twice; each run goes on, and in all little more than the file has passed. */
    @Test
    void aCutPathCostsWhatWasOnIt() throws Exception {
        Relay.Manner cut = Relay.Manner.PLAIN.cut(80L << 20);
        try (Relay relay = new Relay(house.daemon().address(), cut, Relay.Manner.PLAIN)) {
            List<Long> stages = new ArrayList<>();
            int status = 255;
            long carried = 0;
            while (status == 255 && stages.size() < 6) {
                status = through(relay, "-q", big.toString(), House.at(anna) + ":").run().status();
                TestDaemon.await("the far side has noticed", () -> anna.processes().isEmpty());
                carried += relay.carried();
                stages.add(partial(anna.home()));
            }
            assertEquals(0, status, stages::toString);
            assertTrue(stages.size() == 3 || stages.size() == 4, stages::toString);
            assertEquals(-1, Files.mismatch(big, anna.home().resolve("big")));
            assertTrue(carried < SIZE * ON_THE_WIRE + stages.size() * BESIDES, carried + " bytes for " + SIZE + " in " + stages);
            assertEquals(anna.name(), Files.getOwner(anna.home().resolve("big")).getName());
        }
    }

    @Test
    void sidesThatAreKilledGoOnToo() throws Exception {
        Path back = Files.createDirectory(dir.resolve("back"));
        Files.copy(big, anna.home().resolve("source"));
        Command.of("chown", anna.name(), anna.home() + "/source").run().expect(0);
        Files.createDirectory(anna.home().resolve("into"));
        Command.of("chown", anna.name(), anna.home() + "/into").run().expect(0);
        try (Relay relay = new Relay(house.daemon().address(), Relay.Manner.PLAIN, Relay.Manner.PLAIN)) {
            killed(relay, anna.home().resolve("into"), true, big.toString(), House.at(anna) + ":into/");
            killed(relay, back, false, House.at(anna) + ":source", back + "/big");
            assertEquals(-1, Files.mismatch(big, anna.home().resolve("into/big")));
            assertEquals(-1, Files.mismatch(big, back.resolve("big")));
        }
    }

    private static void killed(Relay relay, Path receives, boolean serverDies, String from, String to) throws Exception {
        Process copy = through(relay, "-l", "400000", from, to).start();
        TestDaemon.await("half is there", () -> partial(receives) > SIZE / 2 || !copy.isAlive());
        if (serverDies) {
            Command.of("pkill", "-KILL", "-u", anna.name()).run();
        } else {
            copy.destroyForcibly();
        }
        assertTrue(copy.waitFor() != 0);
        TestDaemon.await("the far side has noticed", () -> anna.processes().isEmpty());
        long there = partial(receives);
        assertTrue(there > SIZE / 2, there + " bytes");
        relay.carried();
        through(relay, "-q", from, to).run().expect(0);
        long carried = relay.carried();
        assertTrue(carried < (SIZE - there) * ON_THE_WIRE + BESIDES, carried + " bytes passed for the last " + (SIZE - there));
        assertEquals(0, partial(receives));
    }
}
