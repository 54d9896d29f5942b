package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;

/** Ratchets of the built programs (R-3 to R-10): under full load both ways, and on request. */
@Timeout(120)
final class RatchetTest {
    @TempDir
    static Path dir;

    private static TestDaemon daemon;

    @BeforeAll
    static void start() throws Exception {
        KemKeyPair key = KemKeyPair.generate(RandomSource.system());
        daemon = new TestDaemon(dir, "LogLevel=DEBUG", "RekeyLimit=4M 1h").authorize(key.publicKey()).start();
        KeyFile.write(dir.resolve("id"), KeyFile.encode(key, "test", null, null, RandomSource.system()), false);
        Files.writeString(dir.resolve("known_hosts"), "[127.0.0.1]:" + daemon.port() + " " + daemon.hostKey().line("") + "\n");
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.stop();
    }

    private static String[] qssh(String... words) {
        String[] all = {"-F", "none", "-vv", "-i", dir.resolve("id").toString(), "-o", "UserKnownHostsFile=" + dir.resolve("known_hosts"), "-p", "" + daemon.port()};
        String[] both = java.util.Arrays.copyOf(all, all.length + words.length);
        System.arraycopy(words, 0, both, all.length, words.length);
        return daemon.program("qssh", both).command().toArray(String[]::new);
    }

    private static int lastEpoch(String text, String way) {
        Matcher told = Pattern.compile("epoch (\\d+) " + way).matcher(text);
        int epoch = 2;
        while (told.find()) {
            assertEquals(epoch + 1, Integer.parseInt(told.group(1)), "one by one");
            epoch++;
        }
        return epoch;
    }

    @Test
    void underFullLoadBothWaysNothingIsLost() throws Exception {
        byte[] data = new byte[48 << 20]; // the faster it moves the fewer ratchets it takes, 100 ms apart at least
        new Random(1).nextBytes(data);
        int logged = daemon.logText().length();
        Command.Result result = Command.of(qssh("-o", "RekeyLimit=1M 1", "127.0.0.1", "cat")).input(data).run();
        assertEquals(0, result.status(), result.err());
        assertArrayEquals(data, result.bytes());
        assertTrue(lastEpoch(result.err(), "sent") >= 5, result.err());
        assertTrue(lastEpoch(result.err(), "received") >= 4, result.err());
        String log = daemon.logText().substring(logged);
        assertTrue(log.contains("epoch 3 sent") && log.contains("epoch 3 received"), log);
    }

    @Test
    void theEscapeRenewsBothDirections() throws Exception {
        Process process = new ProcessBuilder("script", "-qefc", Command.of(qssh("-t", "127.0.0.1", "echo re''ady; read a; read b; echo got-$b")).quoted(), "/dev/null")
            .redirectErrorStream(true).start();
        String[] steps = {"ready\r\n", "\r~R", "epoch 3 sent", "", "epoch 3 received", "still\r", "got-still", ""};
        StringBuilder seen = new StringBuilder();
        try (var out = process.getOutputStream(); InputStream in = process.getInputStream()) {
            byte[] buffer = new byte[4096];
            int step = 0;
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                seen.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                while (step < steps.length && seen.indexOf(steps[step]) >= 0) {
                    out.write(steps[step + 1].getBytes(StandardCharsets.ISO_8859_1));
                    out.flush();
                    step += 2;
                }
            }
        }
        assertEquals(0, process.waitFor(), seen.toString());
        assertTrue(seen.indexOf("[new secrets for the keys of both directions]") >= 0 && seen.indexOf("got-still") >= 0, seen.toString());
    }
}
