package org.qnsp.crypto.keys;

/**
 * What a guess at a passphrase costs: the parameters of Argon2id (RFC 9106), K-5.
 *
 * @param memoryKiB memory in KiB, 8 per lane to 1 GiB
 * @param passes passes over the memory, 1 to 64
 * @param lanes lanes, 1 to 64
 */
public record PassphraseCost(int memoryKiB, int passes, int lanes) {
    /** 64 MiB, 3 passes, 1 lane: the second choice of RFC 9106 section 4, in one lane as a key is opened by one thread. */
    public static final PassphraseCost STANDARD = new PassphraseCost(64 << 10, 3, 1);

    private static final int LARGEST_MEMORY_KIB = 1 << 20;
    private static final int MOST_PASSES = 64;
    private static final int MOST_LANES = 64;

    /** @throws IllegalArgumentException if a value is out of range */
    public PassphraseCost {
        if (!isAllowed(memoryKiB, passes, lanes)) {
            throw new IllegalArgumentException("Argon2id parameters out of range");
        }
    }

    static boolean isAllowed(int memoryKiB, int passes, int lanes) {
        return lanes >= 1 && lanes <= MOST_LANES
                && passes >= 1 && passes <= MOST_PASSES
                && memoryKiB >= 8 * lanes && memoryKiB <= LARGEST_MEMORY_KIB;
    }
}
