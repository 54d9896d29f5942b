package org.qnsp.core.copy;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The digest of contents (P-12), one file after another. Not for several threads. */
public final class CopyDigest {
    private final MessageDigest sha256;

    public CopyDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this runtime has no SHA-256", e);
        }
    }

    /** Begins a content and forgets the one before. */
    public void start() {
        sha256.reset();
    }

    /** The next bytes of the content. */
    public void update(byte[] bytes, int offset, int length) {
        sha256.update(bytes, offset, length);
    }

    /** The digest of what came so far, 32 bytes; the content goes on. */
    public byte[] soFar() {
        try {
            return ((MessageDigest) sha256.clone()).digest();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this runtime's SHA-256 cannot be copied", e);
        }
    }

    /** The digest, 32 bytes; {@link #start} is needed before the next content. */
    public byte[] finish() {
        return sha256.digest();
    }
}
