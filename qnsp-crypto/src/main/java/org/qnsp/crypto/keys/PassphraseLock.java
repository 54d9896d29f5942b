package org.qnsp.crypto.keys;

import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/** What tells whether a passphrase is the one that something was locked with; trying costs Argon2id (RFC 9106). Closing wipes it. */
public final class PassphraseLock implements AutoCloseable {
    private static final int SALT_BYTES = 16;

    private final PassphraseCost cost;
    private final byte[] salt;
    private final Secret digest;

    private PassphraseLock(PassphraseCost cost, byte[] salt, Secret digest) {
        this.cost = cost;
        this.salt = salt;
        this.digest = digest;
    }

    /** A lock for this passphrase, which stays the caller's; draws 16 bytes. Takes as long as the cost says. */
    public static PassphraseLock with(Secret passphrase, PassphraseCost cost, RandomSource random) {
        byte[] salt = random.bytes(SALT_BYTES);
        return new PassphraseLock(cost, salt, KeyFile.argon2id(passphrase.bytes().clone(), salt, cost));
    }

    /** Whether it is the same passphrase; takes as long as the cost says. */
    public boolean opensWith(Secret passphrase) {
        try (Secret tried = KeyFile.argon2id(passphrase.bytes().clone(), salt, cost)) {
            return digest.matches(tried.bytes());
        }
    }

    @Override
    public void close() {
        digest.close();
    }
}
