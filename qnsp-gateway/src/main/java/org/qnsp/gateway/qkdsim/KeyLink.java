package org.qnsp.gateway.qkdsim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.qnsp.core.qkd.TokenBucket;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * The link between two key servers: it makes bits at a rate up to a pool's size, and keeps keys that the master has had until the slave fetches them, or their
 * time is over. Each side gets a key once. Time in nanoseconds of any origin. Thread-safe.
 */
final class KeyLink {
    /** Keys that may wait for the slave. */
    static final int MOST_WAITING = 10_000;

    /** A key and its name. The caller closes it. */
    record Key(UUID id, Secret secret) {}

    /** What came of asking for keys by name. */
    sealed interface Found {
        /** The keys, in the order asked for. */
        record Keys(List<Key> keys) implements Found {}

        /** One of them is unknown, or not known yet. */
        record Unknown() implements Found {}

        /** One of them is for another slave. */
        record NotNamed() implements Found {}
    }

    private record Waiting(byte[] key, String master, String slave, long madeNanos) {}

    private final TokenBucket pool;
    private final long lifetimeNanos;
    private final RandomSource random;
    private final Map<UUID, Waiting> waiting = new LinkedHashMap<>();

    KeyLink(double bitsPerSecond, long poolBits, long lifetimeNanos, RandomSource random, long nowNanos) {
        this.pool = new TokenBucket(bitsPerSecond, poolBits, nowNanos);
        this.lifetimeNanos = lifetimeNanos;
        this.random = random;
    }

    /** Bits that can be had now. */
    long bits(long nowNanos) {
        return (long) pool.level(nowNanos);
    }

    /** New keys; none if the pool has not enough for all, or too many wait for slaves. */
    synchronized List<Key> make(String master, String slave, int count, int bits, long nowNanos) {
        expire(nowNanos);
        if (waiting.size() + count > MOST_WAITING || !pool.take((double) count * bits, nowNanos)) {
            return List.of();
        }
        List<Key> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            UUID id = uuid();
            byte[] key = random.bytes(bits / 8);
            waiting.put(id, new Waiting(key, master, slave, nowNanos));
            keys.add(new Key(id, Secret.copyOf(key)));
        }
        return keys;
    }

    /** A random one, of version 4. */
    private UUID uuid() {
        byte[] bytes = random.bytes(16);
        long high = 0;
        long low = 0;
        for (int i = 0; i < 8; i++) {
            high = high << 8 | bytes[i] & 0xff;
            low = low << 8 | bytes[8 + i] & 0xff;
        }
        return new UUID(high & ~0xf000L | 0x4000L, low & ~(3L << 62) | 2L << 62);
    }

    /**
     * Keys for their slave, all or none; they are gone then.
     *
     * @param lagNanos how long after they were made they are known on this side
     */
    synchronized Found take(String master, String slave, List<UUID> ids, long lagNanos, long nowNanos) {
        expire(nowNanos);
        for (UUID id : ids) {
            Waiting key = waiting.get(id);
            if (key == null || !key.master().equals(master) || nowNanos - key.madeNanos() < lagNanos) {
                return new Found.Unknown();
            }
            if (!key.slave().equals(slave)) {
                return new Found.NotNamed();
            }
        }
        return new Found.Keys(ids.stream().map(id -> new Key(id, Secret.owning(waiting.remove(id).key()))).toList());
    }

    private void expire(long nowNanos) {
        for (Iterator<Waiting> oldest = waiting.values().iterator(); oldest.hasNext();) {
            Waiting key = oldest.next();
            if (nowNanos - key.madeNanos() <= lifetimeNanos) {
                return;
            }
            Arrays.fill(key.key(), (byte) 0);
            oldest.remove();
        }
    }
}
