package org.qnsp.core.mux;

/**
 * Bytes in a ring that starts without memory, doubles as it fills and lets go of a large array when it is empty.
 * Each byte is copied in once and out once, and once more in all by the doublings.
 */
final class ByteQueue {
    private static final byte[] NONE = new byte[0];
    private static final int LEAST_BYTES = 1 << 10;
    /** An empty queue keeps an array up to this size, so that a stream read as it comes allocates nothing. */
    private static final int KEPT_BYTES = 8 << 10;
    /** And one up to this size as long as it is used. */
    private static final int USED_BYTES = 512 << 10;
    private static final int MOST_BYTES = 1 << 30;

    private byte[] ring = NONE;
    private int head;
    private int length;
    /** The most that it held since it was empty. */
    private int mostBytes;

    int length() {
        return length;
    }

    /** Bytes of memory now in use. */
    int capacityBytes() {
        return ring.length;
    }

    /** Appends {@code n} bytes; the bound is the caller's. */
    void write(byte[] from, int offset, int n) {
        if (n > ring.length - length) {
            grow(n);
        }
        int tail = head + length & ring.length - 1;
        int first = Math.min(n, ring.length - tail);
        System.arraycopy(from, offset, ring, tail, first);
        System.arraycopy(from, offset + first, ring, 0, n - first);
        length += n;
        mostBytes = Math.max(mostBytes, length);
    }

    /** Removes up to {@code n} bytes from the front and returns how many. */
    int read(byte[] to, int offset, int n) {
        int count = Math.min(n, length);
        int first = Math.min(count, ring.length - head);
        System.arraycopy(ring, head, to, offset, first);
        System.arraycopy(ring, 0, to, offset + first, count - first);
        length -= count;
        if (length == 0) {
            rewind();
        } else {
            head = head + count & ring.length - 1;
        }
        return count;
    }

    /** Forgets everything. */
    void clear() {
        ring = NONE;
        head = 0;
        length = 0;
        mostBytes = 0;
    }

    private void rewind() {
        head = 0;
        if (ring.length > USED_BYTES || ring.length > KEPT_BYTES && mostBytes < ring.length / 4) {
            ring = NONE;
        }
        mostBytes = 0;
    }

    private void grow(int n) {
        int wanted = Math.addExact(length, n);
        if (wanted > MOST_BYTES) {
            throw new IllegalStateException("queue of " + wanted + " bytes");
        }
        int capacity = Math.max(LEAST_BYTES, Integer.highestOneBit(Math.max(1, wanted - 1)) << 1);
        byte[] larger = new byte[capacity];
        int kept = length;
        int first = Math.min(kept, ring.length - head);
        System.arraycopy(ring, head, larger, 0, first);
        System.arraycopy(ring, 0, larger, first, kept - first);
        ring = larger;
        head = 0;
    }
}
