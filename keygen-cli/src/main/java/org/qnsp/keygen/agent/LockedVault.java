package org.qnsp.keygen.agent;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import org.qnsp.core.agent.AgentLimits;
import org.qnsp.core.agent.Vault;
import org.qnsp.crypto.Secret;

/**
 * Pages outside the heap, locked where the system allows it: no collector copies what lies there. 64 slots of 128 bytes, the first of each its length: 8 KiB,
 * less than any limit of locked memory. On the heap a key is only while it is used.
 */
final class LockedVault implements Vault {
    private static final int STRIDE = 128;
    private static final int PAGE = 4096;

    private final MemorySegment pages = Arena.global().allocate((long) STRIDE * AgentLimits.KEYS, PAGE);
    private final BitSet used = new BitSet(AgentLimits.KEYS);
    private final boolean locked = Platform.lock(pages);

    /** Whether the pages are kept out of the swap. */
    boolean isLocked() {
        return locked;
    }

    @Override
    public synchronized Slot keep(byte[] secret) {
        int free = used.nextClearBit(0);
        if (free == AgentLimits.KEYS || secret.length > SLOT_BYTES) {
            throw new IllegalStateException("the vault is full");
        }
        used.set(free);
        MemorySegment at = pages.asSlice((long) free * STRIDE, STRIDE);
        at.set(ValueLayout.JAVA_BYTE, 0, (byte) secret.length);
        MemorySegment.copy(secret, 0, at, ValueLayout.JAVA_BYTE, 1, secret.length);
        return new Slot() {
            @Override
            public Secret copy() {
                return Secret.owning(at.asSlice(1, at.get(ValueLayout.JAVA_BYTE, 0)).toArray(ValueLayout.JAVA_BYTE));
            }

            @Override
            public void close() {
                synchronized (LockedVault.this) {
                    at.fill((byte) 0);
                    used.clear(free);
                }
            }
        };
    }
}
