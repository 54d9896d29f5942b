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
        public long openingBytes() {
            return Long.MAX_VALUE;
        }

        @Override
        public long growthBytes() {
            return Long.MAX_VALUE;
        }
    };

    /** Takes {@code bytes} (0 or more) from the budget, all or nothing. */
    boolean reserve(int bytes);

    /** Gives back what was taken. */
    void release(int bytes);

    /** The most that one new channel takes if it wants more than the least: so much is left for the least of all who come later. */
    long openingBytes();

    /** The most by which one channel grows at a time. */
    long growthBytes();
}
