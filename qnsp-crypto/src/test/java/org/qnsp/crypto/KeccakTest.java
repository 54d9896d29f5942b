package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.incubator.vector.LongVector;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sponges side by side against the digests of the JDK and of Bouncy Castle, lane by lane. */
class KeccakTest {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int LANES = Keccak.LANES;
    private final Random random = new Random(110);

    /** What there is on this machine. */
    static Stream<Keccak.Absorber> ways() {
        return Stream.of(new KeccakScalar(), Keccak.vectorsOrNull()).filter(way -> way != null);
    }

    @Test
    void aProcessorWithVectorsHasThemUsed() {
        Keccak.warmUp();
        assertEquals(LongVector.SPECIES_PREFERRED.length() >= 4, Keccak.vectors());
    }

    @ParameterizedTest
    @MethodSource("ways")
    void eachSpongeIsADigestOfItsOwn(Keccak.Absorber way) throws Exception {
        for (int lanes = 1; lanes <= LANES; lanes++) {
            for (int length : new int[] {0, 1, 7, 8, 51, 134, 135, 136, 137, 271, 272, 749, 1000}) {
                byte[][] messages = new byte[lanes][length];
                long[] state = new long[Keccak.STATE_WORDS * LANES];
                int blocks = length / 136 + 1;
                for (boolean shake : new boolean[] {false, true}) {
                    long[] words = random.longs((long) blocks * 17 * LANES).toArray(); // what is beside is noise
                    for (int lane = 0; lane < lanes; lane++) {
                        random.nextBytes(messages[lane]);
                        lay(messages[lane], shake ? 0x1f : 0x06, blocks, words, lane);
                    }
                    Arrays.fill(state, 0);
                    for (int block = 0; block < blocks; block++) {
                        way.absorb(state, words, block, lanes);
                    }
                    for (int lane = 0; lane < lanes; lane++) {
                        byte[] expected = shake ? shake256(messages[lane]) : Sha3.hash(messages[lane]);
                        assertArrayEquals(expected, squeezed(state, lane, expected.length), lanes + " lanes, " + length + " bytes, lane " + lane);
                    }
                }
            }
        }
    }

    @Test
    void vectorsStayInRegisters() { // one that is allocated for each operation makes the whole ten times slower
        Keccak.warmUp();
        long[] state = new long[Keccak.STATE_WORDS * LANES];
        long[] words = new long[Keccak.BLOCK_WORDS * LANES];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        long allocated;
        do { // until all of it is compiled
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                Keccak.absorb(state, words, 0, LANES);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        } while (allocated > 1000 && System.nanoTime() < deadline);
        assertTrue(allocated <= 1000, allocated + " bytes");
    }

    private static void lay(byte[] message, int padding, int blocks, long[] words, int lane) {
        byte[] padded = Arrays.copyOf(message, blocks * 136);
        padded[message.length] = (byte) padding;
        padded[padded.length - 1] |= (byte) 0x80;
        for (int i = 0; i < blocks * 17; i++) {
            words[i * LANES + lane] = (long) WORD.get(padded, i * 8);
        }
    }

    private static byte[] shake256(byte[] message) {
        SHAKEDigest shake = new SHAKEDigest(256);
        shake.update(message, 0, message.length);
        byte[] out = new byte[136];
        shake.doFinal(out, 0, out.length);
        return out;
    }

    private static byte[] squeezed(long[] state, int lane, int bytes) {
        byte[] out = new byte[bytes];
        for (int i = 0; i < bytes / 8; i++) {
            WORD.set(out, i * 8, state[i * LANES + lane]);
        }
        return out;
    }
}
