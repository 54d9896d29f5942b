package org.qnsp.crypto;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * HMAC-SHA3-256 on one reused digest object, without garbage: start, update, finish, and again with another key.
 *
 * <p>The pad that holds the key is wiped by {@link #finish}, which also resets the JDK's digest: on its own that would keep its last Keccak
 * state until the next update. Not thread-safe.
 */
final class HmacSha3 {
    static final int BLOCK_BYTES = 136;
    private static final byte INNER = 0x36;
    private static final byte INNER_TO_OUTER = 0x36 ^ 0x5c;

    private final MessageDigest digest = Sha3.digest();
    private final byte[] pad = new byte[BLOCK_BYTES];
    private final byte[] inner = new byte[Hmac.TAG_BYTES];

    /** Begins a tag under a key of at most 136 bytes. */
    void start(byte[] key) {
        Arrays.fill(pad, key.length, BLOCK_BYTES, INNER);
        for (int i = 0; i < key.length; i++) {
            pad[i] = (byte) (key[i] ^ INNER);
        }
        digest.update(pad, 0, BLOCK_BYTES);
    }

    void update(byte[] data, int off, int length) {
        digest.update(data, off, length);
    }

    /** Writes the 32-byte tag at {@code off} and forgets the key. */
    void finish(byte[] out, int off) {
        try {
            digest.digest(inner, 0, inner.length);
            for (int i = 0; i < BLOCK_BYTES; i++) {
                pad[i] ^= INNER_TO_OUTER;
            }
            digest.update(pad, 0, BLOCK_BYTES);
            digest.update(inner, 0, inner.length);
            digest.digest(out, off, Hmac.TAG_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("no room for a tag of 32 bytes", e);
        } finally {
            digest.reset();
            Arrays.fill(pad, (byte) 0);
            Arrays.fill(inner, (byte) 0);
        }
    }
}
