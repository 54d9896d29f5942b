package org.qnsp.core.transport;

import java.util.concurrent.atomic.AtomicLong;
import org.qnsp.core.mux.Budget;

/** L-12: the bytes that all connections of a process may hold, counted without a lock. */
public final class CreditBudget implements Budget {
    private final long limitBytes;
    private final AtomicLong reservedBytes = new AtomicLong();

    /** A budget of {@code limitBytes}. */
    public CreditBudget(long limitBytes) {
        if (limitBytes < 0) {
            throw new IllegalArgumentException("budget " + limitBytes);
        }
        this.limitBytes = limitBytes;
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

    /** Half is kept for the least. */
    @Override
    public long spareBytes() {
        return Math.max(0, limitBytes / 2 - reservedBytes.get());
    }
}
