package org.qnsp.core.handshake;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * A secret that a client and a server keep from one login to the next, mixed in besides all others (H-13, H-37). The holder closes it.
 *
 * @param id names it, 16 bytes; no secret
 * @param key 32 bytes
 */
public record AuthKey(byte[] id, Secret key) implements AutoCloseable {
    /** The size of an id, in bytes. */
    public static final int ID_BYTES = 16;
    private static final String PREFIX = "qnsp-authkey ";
    /** The size of a key, in bytes. */
    public static final int KEY_BYTES = 32;

    public AuthKey {
        if (id.length != ID_BYTES || key.length() != KEY_BYTES) {
            throw new IllegalArgumentException("an auth key has 16 and 32 bytes");
        }
    }

    /** Id and key, one after the other; taken over and wiped. */
    static AuthKey of(Secret both) {
        try (both) {
            return new AuthKey(Arrays.copyOf(both.bytes(), ID_BYTES), Secret.owning(Arrays.copyOfRange(both.bytes(), ID_BYTES, ID_BYTES + KEY_BYTES)));
        }
    }

    /** The line that stands for it in files. Secret. */
    public String line() {
        byte[] both = Encoding.concat(id, key.bytes());
        try {
            return PREFIX + Base64.getEncoder().encodeToString(both);
        } finally {
            Arrays.fill(both, (byte) 0);
        }
    }

    /** The key of the first such line of a text, if there is one. */
    public static Optional<AuthKey> read(String text) {
        for (String line : text.lines().toList()) {
            if (line.startsWith(PREFIX)) {
                try {
                    byte[] both = Base64.getDecoder().decode(line.substring(PREFIX.length()).strip());
                    if (both.length == ID_BYTES + KEY_BYTES) {
                        return Optional.of(of(Secret.owning(both)));
                    }
                } catch (IllegalArgumentException e) {
                    // none
                }
            }
        }
        return Optional.empty();
    }

    /** A key that is made by hand, for both ends to be given. */
    public static AuthKey generate(RandomSource random) {
        return of(Secret.owning(random.keyBytes(ID_BYTES + KEY_BYTES)));
    }

    /** A copy of its own. */
    public AuthKey copy() {
        return new AuthKey(id, Secret.copyOf(key.bytes()));
    }

    @Override
    public String toString() {
        return "AuthKey[" + HexFormat.of().formatHex(id) + "]";
    }

    @Override
    public void close() {
        key.close();
    }
}
