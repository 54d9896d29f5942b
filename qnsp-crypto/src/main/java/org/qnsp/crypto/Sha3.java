package org.qnsp.crypto;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** H: SHA3-256 (FIPS 202), 32 bytes. */
public final class Sha3 {
    /** Length of a hash in bytes. */
    public static final int HASH_BYTES = 32;

    private Sha3() {}

    /** H(part | part | ...), 32 bytes. */
    public static byte[] hash(byte[]... parts) {
        MessageDigest digest = digest();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA3-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA3-256", e);
        }
    }
}
