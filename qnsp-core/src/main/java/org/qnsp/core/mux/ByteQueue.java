package org.qnsp.core.mux;

import java.util.ArrayDeque;

/**
 * Bytes in order, in chunks: one that starts small and doubles while there is little, further ones of full size when there is more. What is drained is used again
 * as long as the queue is used so much, and let go of when it is not. Each byte is copied in once and out once.
 */
final class ByteQueue {
    private static final int LEAST_BYTES = 1 << 10;
    private static final int CHUNK_BYTES = 64 << 10;
    /** An empty queue keeps an array up to this size, so that a stream read as it comes allocates nothing. */
    private static final int KEPT_BYTES = 8 << 10;
    /** Drained chunks that are kept as long as the queue is used. */
    private static final int MOST_SPARE = 8;
    private static final int MOST_BYTES = 1 << 30;

    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>(2);
    private final ArrayDeque<byte[]> spare = new ArrayDeque<>(0);
    /** Where the first chunk's bytes begin, and the last one's end. */
    private int head;
    private int tail;
    private int length;
    private int capacity;
    /** The most that it held since it was empty. */
    private int mostBytes;

    int length() {
        return length;
    }

    /** Bytes of memory now in use. */
    int capacityBytes() {
        return capacity;
    }

    /** Appends {@code n} bytes; the bound is the caller's. */
    void write(byte[] from, int offset, int n) {
        if (n > MOST_BYTES - length) {
            throw new IllegalStateException("queue of " + length + " and " + n + " bytes");
        }
        for (int done = 0; done < n; ) {
            byte[] last = chunks.peekLast();
            if (last == null || tail == last.length) {
                last = room(n - done);
            }
            int count = Math.min(n - done, last.length - tail);
            System.arraycopy(from, offset + done, last, tail, count);
            tail += count;
            length += count;
            done += count;
        }
        mostBytes = Math.max(mostBytes, length);
    }

    /** Removes up to {@code n} bytes from the front and returns how many. */
    int read(byte[] to, int offset, int n) {
        int wanted = Math.min(n, length);
        for (int done = 0; done < wanted; ) {
            byte[] first = chunks.peekFirst();
            int count = Math.min(wanted - done, first.length - head);
            System.arraycopy(first, head, to, offset + done, count);
            head += count;
            length -= count;
            done += count;
            if (head == first.length && chunks.size() > 1) {
                release(chunks.removeFirst());
                head = 0;
            }
        }
        if (length == 0) {
            rewind();
        }
        return wanted;
    }

    /** Forgets everything. */
    void clear() {
        chunks.clear();
        spare.clear();
        head = 0;
        tail = 0;
        length = 0;
        capacity = 0;
        mostBytes = 0;
    }

    /** The last chunk, which has room; more is to come. */
    private byte[] room(int more) {
        byte[] only = chunks.size() == 1 ? chunks.peekFirst() : null;
        if (only != null && head >= only.length / 2 && length <= only.length / 2) {
            System.arraycopy(only, head, only, 0, length);
            head = 0;
            tail = length;
            return only;
        }
        boolean grows = only != null && only.length < CHUNK_BYTES;
        byte[] chunk = spare.poll();
        if (chunk == null) {
            chunk = new byte[grows || chunks.isEmpty() ? size(length + more) : CHUNK_BYTES];
            capacity += chunk.length;
        }
        tail = 0;
        if (grows) {
            chunks.clear();
            System.arraycopy(only, head, chunk, 0, length);
            capacity -= only.length;
            head = 0;
            tail = length;
        }
        chunks.add(chunk);
        return chunk;
    }

    /** Of a chunk for so much: a power of two. */
    private static int size(int bytes) {
        return bytes > CHUNK_BYTES / 2 ? CHUNK_BYTES : Math.max(LEAST_BYTES, Integer.highestOneBit(Math.max(1, bytes - 1)) << 1);
    }

    private void release(byte[] chunk) {
        if (spare.size() < MOST_SPARE) {
            spare.push(chunk);
        } else {
            capacity -= chunk.length;
        }
    }

    /** It is empty. */
    private void rewind() {
        head = 0;
        tail = 0;
        if (capacity > KEPT_BYTES && mostBytes < capacity / 4) {
            clear();
        }
        mostBytes = 0;
    }
}
