package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** The pool against the text of SP 800-90A section 10.1.2, written down a second time (E-1 to E-4). */
final class EntropyPoolTest {
    private static final byte[] LABEL = "qnsp1 entropy".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NONE = new byte[0];

    /** An operating system whose bytes are known: each draw is of one value, and which draws there were. */
    private final List<Integer> draws = new ArrayList<>();
    private long nanos = 7_000_000_000L;
    private long millis = 1_000_000;
    private final EntropyPool pool = pool();

    private EntropyPool pool() {
        return new EntropyPool(out -> {
            draws.add(out.length);
            Arrays.fill(out, (byte) draws.size());
        }, () -> nanos, () -> millis);
    }

    private static byte[] os(int draw, int n) {
        byte[] bytes = new byte[n];
        Arrays.fill(bytes, (byte) draw);
        return bytes;
    }

    private static byte[] hmac(String algorithm, byte[] key, byte[]... parts) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key, algorithm));
        return mac.doFinal(Encoding.concat(parts));
    }

    /** HMAC_DRBG. */
    private static final class Oracle {
        private byte[] key = new byte[64];
        private byte[] v = os(1, 64);

        Oracle(byte[] seed) throws GeneralSecurityException {
            update(seed);
        }

        void update(byte[] data) throws GeneralSecurityException {
            for (byte round = 0; round <= 1 && (round == 0 || data.length > 0); round++) {
                key = hmac("HmacSHA512", key, v, new byte[] {round}, data);
                v = hmac("HmacSHA512", key, v);
            }
        }

        byte[] generate(int n, byte[] additional) throws GeneralSecurityException {
            if (additional.length > 0) {
                update(additional);
            }
            byte[] out = NONE;
            while (out.length < n) {
                v = hmac("HmacSHA512", key, v);
                out = Encoding.concat(out, v);
            }
            update(additional);
            return Arrays.copyOf(out, n);
        }
    }

    /** What a seeding mixes from one draw of the operating system and from a source. */
    private byte[] seed(int draw, int count, byte[] source) throws GeneralSecurityException {
        byte[] moment = Encoding.concat(Encoding.u64(millis), Encoding.u64(nanos), Encoding.u64(count));
        return hmac("HmacSHA3-512", os(draw, 64), Encoding.lpAll(LABEL, source, moment));
    }

    private Oracle seeded() throws GeneralSecurityException {
        return new Oracle(Encoding.concat(seed(2, 0, NONE), os(1, 32), LABEL)); // the nonce is drawn first
    }

    @Test
    void itIsTheGeneratorOfTheStandard() throws Exception {
        Oracle oracle = seeded();
        assertArrayEquals(oracle.generate(768, NONE), pool.bytes(768));
        assertArrayEquals(oracle.generate(33, NONE), pool.bytes(33));
        assertArrayEquals(Arrays.copyOf(oracle.generate(1024, NONE), 5), pool.bytes(5), "small draws come from a block of 1 KiB");
        assertEquals(List.of(32, 64), draws);
    }

    @Test
    void aRequestThatIsTooLongForTheStandardIsParted() throws Exception {
        Oracle oracle = seeded();
        assertArrayEquals(Encoding.concat(oracle.generate(1 << 15, NONE), oracle.generate(1 << 15, NONE), oracle.generate(1, NONE)), pool.bytes((1 << 16) + 1));
    }

    @Test
    void everyKeyHasNewBytesOfTheOperatingSystemInIt() throws Exception {
        Oracle oracle = seeded();
        assertArrayEquals(oracle.generate(64, os(3, 32)), pool.keyBytes(64));
        assertArrayEquals(oracle.generate(32, os(4, 32)), pool.keyBytes(32));
        draws.clear();
        MlKem768 kem = MlKem768.generate(pool);
        MlKem768.encapsulate(kem.encapsulationKey(), pool).shared().close();
        for (AutoCloseable key : List.of(kem, X25519.generate(pool), Ed25519.generate(pool), MlDsa.generate(MlDsa.Set.ML_DSA_65, pool))) {
            key.close();
        }
        assertEquals(5, draws.stream().filter(n -> n == 32).count(), "ML-KEM twice, X25519, Ed25519, ML-DSA");
    }

    @Test
    void whatIsStirredInComesOnTopOfTheOperatingSystem() throws Exception {
        Oracle oracle = seeded();
        pool.bytes(40);
        oracle.generate(40, NONE);
        pool.bytes(1);
        oracle.generate(1024, NONE);
        byte[] source = HexFormat.of().parseHex("00112233");
        pool.stir(source);
        oracle.update(seed(3, 1, source));
        assertArrayEquals(Arrays.copyOf(oracle.generate(1024, NONE), 1), pool.bytes(1), "and the block of small draws is thrown away");
    }

    @Test
    void aSourceThatSaysTheSameTakesNothingAway() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            pool.stir(new byte[128]);
            seen.add(HexFormat.of().formatHex(pool.bytes(32)));
        }
        assertEquals(3, seen.size());
    }

    @Test
    void itIsSeededAnewAfterSoManyBytesAndSoLongAndWhenTheWallClockJumps() {
        pool.bytes(EntropyPool.RESEED_BYTES - 1);
        pool.bytes(33);
        assertEquals(2, draws.size());
        pool.bytes(33);
        assertEquals(3, draws.size(), "after 1 MiB");
        nanos += EntropyPool.RESEED_NANOS - 1_000_000;
        millis += EntropyPool.RESEED_NANOS / 1_000_000 - 1;
        pool.bytes(33);
        assertEquals(3, draws.size());
        nanos += 1_000_000;
        millis++;
        pool.bytes(33);
        assertEquals(4, draws.size(), "after 60 s");
        millis += EntropyPool.JUMP_MILLIS;
        pool.bytes(33);
        assertEquals(4, draws.size());
        millis++;
        pool.bytes(33);
        assertEquals(5, draws.size(), "forth");
        millis -= EntropyPool.JUMP_MILLIS + 1;
        pool.bytes(33);
        assertEquals(6, draws.size(), "and back");
    }

    @Test
    void aCopyOfTheMachineDrawsOtherBytesFromTheBufferToo() {
        pool.bytes(1);
        int before = draws.size();
        millis += 60_000;
        pool.bytes(1);
        assertEquals(before + 1, draws.size());
    }

    @Test
    void theProcessHasOneAndItIsSeeded() {
        assertEquals(EntropyPool.system(), RandomSource.system());
        assertNotEquals(HexFormat.of().formatHex(RandomSource.system().bytes(16)), HexFormat.of().formatHex(RandomSource.system().bytes(16)));
        assertFalse(Arrays.equals(RandomSource.system().keyBytes(32), RandomSource.system().keyBytes(32)));
    }
}
