package org.qnsp.core.mux;

import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/**
 * Bytes that the peer may send and that we hold (C-7, C-8). At every moment
 * <pre>
 * window = credited (may still come) + held (came, not yet taken) + owed (taken, not yet granted again)
 * </pre>
 * so what is held never exceeds the window.
 */
final class ReceiveWindow {
    /** A grant is made when one part in so many of the window is owed: few CREDIT records, yet the peer does not run dry. */
    private static final int GRANT_SHARE = 4;
    /** A grant of so many bytes is worth its record in any case: on a long link what is not granted is not under way. */
    private static final int GRANT_BYTES = 256 << 10;

    private int windowBytes;
    private int targetBytes;
    private int creditedBytes;
    private int heldBytes;
    private int cycledBytes;

    /** All of the window is credited already. */
    ReceiveWindow(int windowBytes) {
        if (windowBytes < 0) {
            throw new IllegalArgumentException("window " + windowBytes);
        }
        this.windowBytes = windowBytes;
        this.targetBytes = windowBytes;
        this.creditedBytes = windowBytes;
    }

    int windowBytes() {
        return windowBytes;
    }

    int targetBytes() {
        return targetBytes;
    }

    int heldBytes() {
        return heldBytes;
    }

    int creditedBytes() {
        return creditedBytes;
    }

    /** C-7: more than credited is a fault. Changes nothing. */
    void require(int bytes) throws ProtocolException {
        if (bytes > creditedBytes) {
            throw new ProtocolException(Reason.CREDIT, bytes + " bytes, credit " + creditedBytes);
        }
    }

    /** So many bytes came; {@link #require} said they may. */
    void arrive(int bytes) {
        if (bytes < 0 || bytes > creditedBytes) {
            throw new IllegalStateException("arrive " + bytes + " of " + creditedBytes);
        }
        creditedBytes -= bytes;
        heldBytes += bytes;
    }

    /** C-8: the consumer took so many. Returns by how much a shrinking window became smaller: bytes that are not granted again. */
    int take(int bytes) {
        if (bytes < 0 || bytes > heldBytes) {
            throw new IllegalStateException("take " + bytes + " of " + heldBytes);
        }
        heldBytes -= bytes;
        cycledBytes = Math.min(Integer.MAX_VALUE - bytes, cycledBytes) + bytes;
        return shrink();
    }

    /**
     * L-11: whether the consumer has taken all of the window twice over and, now, holds little up, so that a larger one would serve: over a long way data comes in
     * heaps, and between two of them a consumer that keeps up has caught up. True once; then again after as much.
     */
    boolean outgrown() {
        if (cycledBytes / 2 < windowBytes || heldBytes > windowBytes / 4) {
            return false;
        }
        cycledBytes = 0;
        return windowBytes == targetBytes;
    }

    /** Makes the window larger by what the caller has reserved. */
    void enlarge(int bytes) {
        windowBytes = Math.addExact(windowBytes, bytes);
        targetBytes = windowBytes;
    }

    /** Lets the window become smaller as bytes are taken; returns what it loses at once. */
    int reduceTo(int bytes) {
        targetBytes = bytes;
        return shrink();
    }

    /** Bytes taken and not yet granted again. */
    int owedBytes() {
        return windowBytes - creditedBytes - heldBytes;
    }

    /** Whether a CREDIT record is worth its bytes. */
    boolean grantDue() {
        int owed = owedBytes();
        return owed > 0 && owed >= Math.min(windowBytes / GRANT_SHARE, Math.max(GRANT_BYTES, windowBytes / 16));
    }

    /** Credits all that is owed and returns how much that is: the caller tells the peer. */
    int grant() {
        int owed = owedBytes();
        creditedBytes += owed;
        return owed;
    }

    private int shrink() {
        int cut = Math.min(owedBytes(), Math.max(0, windowBytes - targetBytes));
        windowBytes -= cut;
        return cut;
    }
}
