package org.qnsp.crypto;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.bouncycastle.crypto.digests.SHA3Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.prng.EntropySource;
import org.bouncycastle.crypto.prng.drbg.HMacSP800DRBG;

/**
 * The process's random generator (spec section E): HMAC_DRBG of SP 800-90A with SHA-512, seeded by the operating system always and by what {@link #stir} brings in
 * addition. Its state is in memory only. Seeded at the first use; from any thread; never waits for a device.
 *
 * <p>Small draws come from a buffer, since Kemeleon (K-10) draws more than a thousand single bytes; bytes are wiped from it as they are handed out.
 */
public final class EntropyPool implements RandomSource {
    static final int RESEED_BYTES = 1 << 20;
    static final long RESEED_NANOS = 60_000_000_000L;
    static final long JUMP_MILLIS = 5_000;

    private static final byte[] LABEL = "qnsp1 entropy".getBytes(StandardCharsets.US_ASCII);
    private static final int SECURITY_BITS = 256;
    private static final int SEED_BYTES = 64;
    private static final int NONCE_BYTES = 32;
    private static final int HEDGE_BYTES = 32;
    private static final int REQUEST_BYTES = 1 << 15; // SP 800-90A table 2: 2^18 bits at most would be 32 KiB
    private static final int BUFFER_BYTES = 1024;
    private static final int LARGEST_BUFFERED = 32;
    private static final byte[] NOTHING = new byte[0];
    private static final EntropyPool SYSTEM = new EntropyPool(new SecureRandom()::nextBytes, System::nanoTime, System::currentTimeMillis);

    private final RandomSource os;
    private final LongSupplier nanoClock;
    private final LongSupplier milliClock;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int next = BUFFER_BYTES;
    private HMacSP800DRBG generator;
    private byte[] stirred = NOTHING;
    private long seeds;
    private long drawn;
    private long seededNanos;
    private long wallMinusMonotonicMillis;

    /** @param os the operating system's generator @param nanoClock monotonic @param milliClock the wall's */
    EntropyPool(RandomSource os, LongSupplier nanoClock, LongSupplier milliClock) {
        this.os = os;
        this.nanoClock = nanoClock;
        this.milliClock = milliClock;
    }

    /** The one of this process, behind {@link RandomSource#system()}. */
    public static EntropyPool system() {
        return SYSTEM;
    }

    /** Seeds anew with these bytes beside the operating system's (E-2); the caller keeps and wipes the array. */
    public synchronized void stir(byte[] bytes) {
        stirred = bytes;
        try {
            seed();
        } finally {
            stirred = NOTHING;
        }
    }

    @Override
    public synchronized void fill(byte[] out) {
        freshen();
        if (out.length > LARGEST_BUFFERED) {
            generate(out, null);
            return;
        }
        if (out.length > BUFFER_BYTES - next) {
            generate(buffer, null);
            next = 0;
        }
        System.arraycopy(buffer, next, out, 0, out.length);
        Arrays.fill(buffer, next, next + out.length, (byte) 0);
        next += out.length;
    }

    /** E-4: new bytes of the operating system go into every key, so that two copies of a machine's memory do not make the same one. */
    @Override
    public synchronized byte[] keyBytes(int n) {
        freshen();
        byte[] hedge = os.bytes(HEDGE_BYTES);
        byte[] out = new byte[n];
        generate(out, hedge);
        Arrays.fill(hedge, (byte) 0);
        return out;
    }

    /** E-3. A jump of the wall clock against the monotonic one is what a suspended, copied or restored machine sees. */
    private void freshen() {
        if (generator == null || drawn >= RESEED_BYTES || nanoClock.getAsLong() - seededNanos >= RESEED_NANOS
                || Math.abs(wallMinusMonotonic() - wallMinusMonotonicMillis) > JUMP_MILLIS) {
            seed();
        }
    }

    private long wallMinusMonotonic() {
        return milliClock.getAsLong() - nanoClock.getAsLong() / 1_000_000;
    }

    private void seed() {
        if (generator == null) {
            byte[] nonce = os.bytes(NONCE_BYTES);
            generator = new HMacSP800DRBG(new HMac(new SHA512Digest()), SECURITY_BITS, new Seeds(), LABEL, nonce); // E-1
        } else {
            generator.reseed(null);
        }
        Arrays.fill(buffer, (byte) 0);
        next = BUFFER_BYTES;
        drawn = 0;
        seededNanos = nanoClock.getAsLong();
        wallMinusMonotonicMillis = wallMinusMonotonic();
    }

    private void generate(byte[] out, byte[] hedge) {
        byte[] part = out.length <= REQUEST_BYTES ? out : new byte[REQUEST_BYTES];
        for (int done = 0; done < out.length; done += part.length) {
            if (out.length - done < part.length) {
                part = new byte[out.length - done];
            }
            if (generator.generate(part, hedge, false) < 0) {
                throw new IllegalStateException("the generator wants a new seed"); // after 2^47 requests; ours come after 2^20 bytes
            }
            if (part != out) {
                System.arraycopy(part, 0, out, done, part.length);
                Arrays.fill(part, (byte) 0);
            }
        }
        drawn += out.length;
    }

    /** E-2: HMAC-SHA3-512 under bytes of the operating system, so that nothing that is stirred in can take away from them. */
    private final class Seeds implements EntropySource {
        @Override
        public byte[] getEntropy() {
            byte[] key = os.bytes(SEED_BYTES);
            HMac mac = new HMac(new SHA3Digest(SEED_BYTES * 8));
            mac.init(new KeyParameter(key));
            Arrays.fill(key, (byte) 0);
            byte[] moment = Encoding.concat(Encoding.u64(milliClock.getAsLong()), Encoding.u64(nanoClock.getAsLong()), Encoding.u64(seeds++));
            byte[] input = Encoding.lpAll(LABEL, stirred, moment);
            mac.update(input, 0, input.length);
            Arrays.fill(input, (byte) 0);
            byte[] seed = new byte[SEED_BYTES];
            mac.doFinal(seed, 0);
            return seed;
        }

        @Override
        public int entropySize() {
            return SEED_BYTES * 8;
        }

        @Override
        public boolean isPredictionResistant() {
            return false;
        }
    }
}
