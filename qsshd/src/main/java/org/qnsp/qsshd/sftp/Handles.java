package org.qnsp.qsshd.sftp;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** What a client has opened, by small numbers. */
final class Handles {
    /** Open at once. */
    static final int MAX = 1000;

    /** Something open. */
    sealed interface Open {
        int descriptor();
    }

    record File(int descriptor) implements Open {}

    /** @param listing its entries, as far as they were read and not told */
    record Directory(int descriptor, Listing listing) implements Open {}

    private final Map<Integer, Open> open = new HashMap<>();

    boolean full() {
        return open.size() >= MAX;
    }

    /** Keeps it under the lowest number that is free. */
    int add(Open opened) {
        IntPredicate free = n -> !open.containsKey(n);
        int number = IntStream.range(0, MAX).filter(free).findFirst().orElseThrow();
        open.put(number, opened);
        return number;
    }

    /** What was opened under that handle. */
    Open find(byte[] handle) throws Errno {
        Open found = open.get(number(handle));
        if (found == null) {
            throw new Errno(Errno.EBADF);
        }
        return found;
    }

    File file(byte[] handle) throws Errno {
        if (find(handle) instanceof File file) {
            return file;
        }
        throw new Errno(Errno.EBADF);
    }

    Directory directory(byte[] handle) throws Errno {
        if (find(handle) instanceof Directory directory) {
            return directory;
        }
        throw new Errno(Errno.EBADF);
    }

    /** Closes it. */
    void close(byte[] handle) throws IOException {
        int descriptor = find(handle).descriptor();
        open.remove(number(handle));
        Kernel.close(descriptor);
    }

    private static int number(byte[] handle) {
        return handle.length == 4 ? java.nio.ByteBuffer.wrap(handle).getInt() : -1;
    }
}
