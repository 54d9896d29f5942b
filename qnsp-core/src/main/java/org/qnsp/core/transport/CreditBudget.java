package org.qnsp.core.transport;

import java.util.concurrent.atomic.AtomicLong;
import org.qnsp.core.mux.Budget;

/** L-12: the bytes that all connections of a process may hold, counted without a lock. */
public final class CreditBudget implements Budget {
    private final long limitBytes;
    private final int openingShare;
    private final int growthShare;
    private final AtomicLong reservedBytes = new AtomicLong();

    /** A budget of {@code limitBytes} for the channels of many connections, none of which is to have much more than the next. */
    public CreditBudget(long limitBytes) {
        this(limitBytes, 32, 4);
    }

    /** @param openingShare a new channel takes at most one part in so many of what is to spare @param growthShare one that grows at most one in so many at a time */
    private CreditBudget(long limitBytes, int openingShare, int growthShare) {
        if (limitBytes < 0) {
            throw new IllegalArgumentException("budget " + limitBytes);
        }
        this.limitBytes = limitBytes;
        this.openingShare = openingShare;
        this.growthShare = growthShare;
    }

    /** The same for one connection, whose first channel is what it is for. */
    public static CreditBudget ofOneConnection(long limitBytes) {
        return new CreditBudget(limitBytes, 4, 2);
    }

    @Override
    public boolean reserve(int bytes) {
        long before = reservedBytes.get();
        while (bytes <= limitBytes - before) {
            if (reservedBytes.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = reservedBytes.get();
        }
        return false;
    }

    @Override
    public void release(int bytes) {
        if (reservedBytes.addAndGet(-(long) bytes) < 0) {
            throw new IllegalStateException("released more than was reserved");
        }
    }

    /** Bytes that are reserved now. */
    public long reservedBytes() {
        return reservedBytes.get();
    }

    /** Bytes that can still be reserved. */
    public long freeBytes() {
        return limitBytes - reservedBytes.get();
    }

    @Override
    public long openingBytes() {
        return spareBytes() / openingShare;
    }

    @Override
    public long growthBytes() {
        return spareBytes() / growthShare;
    }

    /** Half is kept for the least. */
    private long spareBytes() {
        return Math.max(0, limitBytes / 2 - reservedBytes.get());
    }
}
