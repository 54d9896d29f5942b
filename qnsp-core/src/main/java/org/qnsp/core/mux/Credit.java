package org.qnsp.core.mux;

import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/** Bytes that we may still send (C-7): never below zero, which would be our fault, nor above 2^31-1, which would be the peer's. */
final class Credit {
    private int availableBytes;

    Credit(int initialBytes) {
        if (initialBytes < 0) {
            throw new IllegalArgumentException("credit " + initialBytes);
        }
        availableBytes = initialBytes;
    }

    int availableBytes() {
        return availableBytes;
    }

    void spend(int bytes) {
        if (bytes < 0 || bytes > availableBytes) {
            throw new IllegalStateException("spend " + bytes + " of " + availableBytes);
        }
        availableBytes -= bytes;
    }

    /** C-7: credit never exceeds 2^31-1. */
    void grow(int bytes) throws ProtocolException {
        if (bytes < 0 || bytes > Limits.CREDIT_BYTES - availableBytes) {
            throw new ProtocolException(Reason.CREDIT, "credit grows by " + bytes + " from " + availableBytes);
        }
        availableBytes += bytes;
    }
}
