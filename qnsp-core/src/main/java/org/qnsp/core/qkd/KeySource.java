package org.qnsp.core.qkd;

import java.util.List;

/**
 * Where keys come from that are shared with a far end: a key management entity (KME) beside us, which a secure application entity (SAE) asks. Every method
 * blocks, for {@link #LONGEST_MILLIS} at most, and may be called from any thread.
 */
public interface KeySource extends AutoCloseable {
    /** How long a call may take with all its attempts, milliseconds. */
    int LONGEST_MILLIS = 8_000;

    /** What the source says of itself and its keys for this peer. @param peer the other end's SAE id */
    KeySourceStatus status(String peer) throws QkdException;

    /**
     * Keys that nobody has had. Each is ours alone, once.
     *
     * @param peer  the SAE id of who will fetch the same keys at the other end
     * @param count how many, no more than the status allows for a request
     * @param bits  the size of each, a multiple of 8
     */
    List<QkdKey> fresh(String peer, int count, int bits) throws QkdException;

    /**
     * The keys of these names, in this order; all of them or none.
     *
     * @param master the SAE id of who made the names known
     * @param ids    as they were received
     */
    List<QkdKey> fetch(String master, List<String> ids) throws QkdException;

    @Override
    void close();
}
