package org.qnsp.core.copy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The digest of contents (P-12), one file after another. Not for several threads. */
public final class CopyDigest {
    private static final byte[] LABEL = "qnsp-copy tree".getBytes(StandardCharsets.US_ASCII);

    private final MessageDigest leaf = sha3();
    private final MessageDigest root = sha3();
    private int leafLeft;

    /** Begins a content of {@code size} bytes and forgets the one before. */
    public void start(long size) {
        leaf.reset();
        root.reset();
        root.update(ByteBuffer.allocate(4 + LABEL.length + 8).putInt(LABEL.length).put(LABEL).putLong(size).flip());
        leafLeft = CopyLimits.LEAF_BYTES;
    }

    /** The next bytes of the content. */
    public void update(byte[] bytes, int offset, int length) {
        int at = offset;
        int left = length;
        while (left > 0) {
            int part = Math.min(left, leafLeft);
            leaf.update(bytes, at, part);
            at += part;
            left -= part;
            leafLeft -= part;
            if (leafLeft == 0) {
                closeLeaf();
            }
        }
    }

    /** The digest, 32 bytes; {@link #start} is needed before the next content. */
    public byte[] finish() {
        if (leafLeft < CopyLimits.LEAF_BYTES) {
            closeLeaf();
        }
        return root.digest();
    }

    private void closeLeaf() {
        root.update(leaf.digest());
        leafLeft = CopyLimits.LEAF_BYTES;
    }

    private static MessageDigest sha3() {
        try {
            return MessageDigest.getInstance("SHA3-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this runtime has no SHA3-256", e);
        }
    }
}
