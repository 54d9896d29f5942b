package org.qnsp.core.handshake;

import java.util.Arrays;
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

    @Override
    public void close() {
        key.close();
    }
}
