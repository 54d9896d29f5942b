package org.qnsp.keygen;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.Prompt;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;

/** Damaged keys on standard input and random command lines: always an exit status of the manual's, never a stack trace. {@code -Dqnsp.fuzz=N} does N times as much. */
class FingerprintsFuzzTest {
    private static final int ROUNDS = 500 * Integer.getInteger("qnsp.fuzz", 1);
    private static final String[] WORDS = {"-l", "-f", "-", "-q", "-v", "-E", "sha3-256", "-Z", "--", "-lf", "-H", "-a", "1", "-t", "kyber768", "x", "", "-C", "\u0001"};

    private final Random random = new Random(20262);

    @Test
    void standardInput() {
        String good;
        try (KemKeyPair pair = KemKeyPair.generate(RandomSource.system())) {
            good = "h " + pair.publicKey().line("c") + "\n"
                + new String(KeyFile.encode(pair, "c", null, PassphraseCost.STANDARD, RandomSource.system()), StandardCharsets.US_ASCII);
        }
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = good.substring(random.nextBoolean() ? 0 : good.indexOf("-----")).getBytes(StandardCharsets.ISO_8859_1);
            for (int n = random.nextInt(4); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            run(bytes, List.of("-l", "-v", "-f", "-"));
        }
    }

    @Test
    void commandLines() {
        for (int i = 0; i < ROUNDS; i++) {
            List<String> words = random.ints(random.nextInt(6), 0, WORDS.length).mapToObj(n -> WORDS[n]).toList();
            // Standard input is at its end, so that nothing is made.
            run(new byte[0], words);
        }
    }

    private static void run(byte[] input, List<String> arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Prompt nobody = new Prompt() {
            @Override
            public char[] secret(String question) {
                return null;
            }

            @Override
            public String line(String question) {
                return null;
            }
        };
        Console console = new Console(new ByteArrayInputStream(input), new PrintStream(new ByteArrayOutputStream()), new PrintStream(err, true), nobody);
        LocalUser user = new LocalUser("me", 1000, "/nonexistent", name -> null, () -> "box");
        int status = new Keygen(console, user, RandomSource.system()).run(arguments);
        assertTrue(status == 0 || status == 1 || status == 255, arguments + " gave " + status);
        assertFalse(err.toString(StandardCharsets.UTF_8).contains("Exception"), err.toString(StandardCharsets.UTF_8));
    }
}
