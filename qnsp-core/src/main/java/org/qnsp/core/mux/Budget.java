package org.qnsp.core.mux;

/** Bytes that channels may hold (L-12), shared by the connections of a process; thread-safe where connections have threads of their own. */
public interface Budget {
    /** No bound: for a client, whose memory is bounded by its one connection's credit. */
    Budget UNLIMITED = new Budget() {
        @Override
        public boolean reserve(int bytes) {
            return true;
        }

        @Override
        public void release(int bytes) {
            // nothing was counted
        }

        @Override
        public long spareBytes() {
            return Long.MAX_VALUE;
        }
    };

    /** Takes {@code bytes} (0 or more) from the budget, all or nothing. */
    boolean reserve(int bytes);

    /** Gives back what was taken. */
    void release(int bytes);

    /** Bytes that can be reserved by those who want more than the least, and take a share of this; the rest is kept for the least of all who come later. */
    long spareBytes();
}
