package org.qnsp.core.mux;

import java.util.Arrays;

/** The ids of the requests of a channel that have no answer yet, in one direction: few, bounded by C-10. */
final class RequestIds {
    private static final int[] NONE = new int[0];

    private int[] ids = NONE;
    private int size;

    int size() {
        return size;
    }

    boolean contains(int id) {
        return indexOf(id) >= 0;
    }

    void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, Math.max(4, size * 2));
        }
        ids[size++] = id;
    }

    /** Removes the id; false where it is not there. */
    boolean remove(int id) {
        int index = indexOf(id);
        if (index >= 0) {
            ids[index] = ids[--size];
        }
        return index >= 0;
    }

    /** Removes all and returns how many there were. */
    int clear() {
        int count = size;
        size = 0;
        return count;
    }

    private int indexOf(int id) {
        for (int i = 0; i < size; i++) {
            if (ids[i] == id) {
                return i;
            }
        }
        return -1;
    }
}
