package org.qnsp.crypto.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;

/** Key files, public keys and invites that are nearly right: each is taken or refused as declared. {@code -Dqnsp.fuzz=N} sets their number. */
final class KeysFuzzTest {
    private static final int INPUTS = Integer.getInteger("qnsp.fuzz", 5_000);
    private static final String CHARACTERS = "Az09-_.~%:@[]/?&=+ \n\u00e9\u0000";

    private final SplittableRandom random = new SplittableRandom(Long.getLong("qnsp.seed", 1));

    /** What is sealed with a passphrase is only parsed: to open it costs what a hostile file asks for. */
    @Test
    void keyFiles() throws Exception { // K-5
        byte[][] good = new byte[2 * KeyType.values().length][];
        for (int i = 0; i < good.length; i++) {
            char[] passphrase = i % 2 == 0 ? null : "secret".toCharArray();
            try (PrivateKey key = PrivateKey.generate(KeyType.values()[i / 2], RandomSource.system())) {
                good[i] = KeyFile.encode(key, "comment", passphrase, new PassphraseCost(8, 1, 1), RandomSource.system());
            }
        }
        int parsed = 0;
        for (int i = 0; i < INPUTS; i++) {
            byte[] text = good[random.nextInt(good.length)];
            text = random.nextBoolean() ? mutated(text) : inside(text);
            try (KeyFile file = KeyFile.parse(text)) {
                parsed++;
                if (!file.encrypted()) {
                    file.open(null).close();
                }
            } catch (KeyFileException e) {
                // what it declares
            }
        }
        assertTrue(parsed > 0 && parsed < INPUTS, parsed + " of " + INPUTS);
    }

    @Test
    void publicKeys() throws Exception { // K-1, K-2
        byte[][] good = new byte[KeyType.values().length][];
        for (KeyType type : KeyType.values()) {
            try (PrivateKey key = PrivateKey.generate(type, RandomSource.system())) {
                good[type.ordinal()] = key.publicKey().encoded();
            }
        }
        for (int i = 0; i < INPUTS; i++) {
            byte[] encoded = mutated(good[random.nextInt(good.length)]);
            try {
                PublicKey key = PublicKey.decode(encoded);
                assertTrue(Arrays.equals(encoded, key.encoded()), "two encodings of one key");
                String line = new String(mutated(key.line("c").getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
                PublicKey.parseLine(line);
            } catch (InvalidKeyEncodingException e) {
                // what it declares
            }
        }
    }

    @Test
    void invites() throws Exception { // K-7
        int parsed = 0;
        String[] hosts = {"host", "a.b-c", "10.0.0.1", "[::1]", "[fe80::1%25eth0]"};
        for (int i = 0; i < INPUTS; i++) {
            String user = random.nextBoolean() ? null : "m\u00fcller me".substring(0, random.nextInt(1, 10));
            String uri;
            try (Invite invite = Invite.create(Optional.ofNullable(user), hosts[random.nextInt(hosts.length)], random.nextInt(1, 65536), new byte[32], RandomSource.system())) {
                uri = invite.uri();
            }
            StringBuilder changed = new StringBuilder(uri);
            for (int n = random.nextInt(3); n > 0; n--) {
                int at = random.nextInt(changed.length());
                switch (random.nextInt(3)) {
                    case 0 -> changed.deleteCharAt(at);
                    case 1 -> changed.insert(at, CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
                    default -> changed.setCharAt(at, CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
                }
            }
            try (Invite invite = Invite.parse(changed.toString())) {
                parsed++;
                try (Invite again = Invite.parse(invite.uri())) {
                    assertEquals(invite.uri(), again.uri());
                }
            } catch (InvalidInviteException e) {
                // what it declares
            }
        }
        assertTrue(parsed > 0 && parsed < INPUTS, parsed + " of " + INPUTS);
    }

    private byte[] mutated(byte[] good) {
        byte[] bytes = random.nextInt(8) == 0 ? Arrays.copyOf(good, random.nextInt(good.length + 8)) : good.clone();
        for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
            // where lengths and types stand is changed as often as all the rest
            int at = random.nextInt(random.nextBoolean() ? bytes.length : Math.min(bytes.length, 200));
            bytes[at] = random.nextBoolean() ? (byte) (bytes[at] ^ 1 << random.nextInt(8)) : (byte) random.nextInt(256);
        }
        return bytes;
    }

    /** Changes what the base64 holds, and wraps it up again. */
    private byte[] inside(byte[] text) {
        String[] lines = new String(text, StandardCharsets.US_ASCII).split("\n");
        String body = String.join("", Arrays.copyOfRange(lines, 1, lines.length - 1));
        byte[] changed = mutated(Base64.getDecoder().decode(body));
        return (lines[0] + "\n" + Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(changed) + "\n" + lines[lines.length - 1] + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
