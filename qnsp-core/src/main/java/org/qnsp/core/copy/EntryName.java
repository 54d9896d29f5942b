package org.qnsp.core.copy;

import java.util.Arrays;

/**
 * One component of a path, as raw bytes, already proven harmless (P-8): who holds one cannot leave a directory with it.
 * The empty name, the target itself, is {@link #TARGET}.
 */
public final class EntryName {
    /** The target itself. */
    public static final EntryName TARGET = new EntryName(new byte[0]);

    private final byte[] raw;

    private EntryName(byte[] raw) {
        this.raw = raw;
    }

    /**
     * @param raw 1 to 255 bytes; kept, so not to be changed afterwards
     * @throws CopyProtocolException if it is not a single component (P-8)
     */
    public static EntryName of(byte[] raw) throws CopyProtocolException {
        if (!legal(raw)) {
            throw new CopyProtocolException("illegal name (P-8)");
        }
        return new EntryName(raw);
    }

    /** Whether these bytes can be a name (P-8). */
    public static boolean legal(byte[] raw) {
        if (raw.length == 0 || raw.length > CopyLimits.NAME_BYTES) {
            return false;
        }
        for (byte b : raw) {
            if (b == 0 || b == '/') {
                return false;
            }
        }
        boolean dots = raw[0] == '.' && (raw.length == 1 || raw.length == 2 && raw[1] == '.');
        return !dots;
    }

    /** Its length in bytes, 0 for {@link #TARGET}. */
    public int length() {
        return raw.length;
    }

    /** A copy of the bytes. */
    public byte[] bytes() {
        return raw.clone();
    }

    byte[] shared() {
        return raw;
    }

    /** Safe to print. */
    @Override
    public String toString() {
        return DisplayText.of(raw);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EntryName n && Arrays.equals(raw, n.raw);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(raw);
    }
}
