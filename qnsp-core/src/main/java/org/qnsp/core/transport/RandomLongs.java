package org.qnsp.core.transport;

import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.qnsp.crypto.RandomSource;

/** Random numbers for a schedule, drawn many at a time. Owned by one thread. */
final class RandomLongs implements LongSupplier {
    private static final int BLOCK_BYTES = 1024;

    private final RandomSource random;
    private ByteBuffer block = ByteBuffer.allocate(0);

    RandomLongs(RandomSource random) {
        this.random = random;
    }

    @Override
    public long getAsLong() {
        if (!block.hasRemaining()) {
            block = ByteBuffer.wrap(random.bytes(BLOCK_BYTES));
        }
        return block.getLong();
    }
}
