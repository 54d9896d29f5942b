package org.qnsp.crypto;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Secret bytes with an owner and an end: who holds it closes it, and closing wipes it. It prints nothing of its content, has
 * no value equality, and is compared only in constant time. Not thread-safe.
 */
public final class Secret implements AutoCloseable {
    private byte[] content;

    private Secret(byte[] content) {
        this.content = content;
    }

    /** Takes ownership of the array: the caller must not keep it, and {@link #close()} wipes it. */
    public static Secret owning(byte[] bytes) {
        return new Secret(bytes);
    }

    /** A secret of its own with the same content; the caller still owns (and wipes) the array. */
    public static Secret copyOf(byte[] bytes) {
        return new Secret(bytes.clone());
    }

    /** {@code n} zero bytes: the chain's beginning and the place of an input that is absent (H-4, H-13, H-16). */
    public static Secret zeros(int n) {
        return new Secret(new byte[n]);
    }

    /**
     * The live array, not a copy: use it at once, keep it nowhere.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public byte[] bytes() {
        if (content == null) {
            throw new IllegalStateException("secret used after it was closed");
        }
        return content;
    }

    /** Length in bytes. */
    public int length() {
        return bytes().length;
    }

    /** Whether the content is the same; the time depends on the lengths alone. */
    public boolean matches(byte[] other) {
        return MessageDigest.isEqual(bytes(), other);
    }

    /** Wipes the content. Closing again does nothing. */
    @Override
    public void close() {
        if (content != null) {
            Arrays.fill(content, (byte) 0);
            content = null;
        }
    }

    @Override
    public String toString() {
        return content == null ? "Secret[closed]" : "Secret[" + content.length + " bytes]";
    }
}
