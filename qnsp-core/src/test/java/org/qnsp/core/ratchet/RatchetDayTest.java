package org.qnsp.core.ratchet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.RandomSource;

/** over a day of virtual time: whatever crosses whatever, every frame opens, and every byte comes once and in order. */
final class RatchetDayTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long DAY = 86_400 * SECOND;

    /** One direction: what is under way, and what should come next. */
    private static final class Way {
        private final Deque<byte[]> underWay = new ArrayDeque<>();
        private long sent;
        private long come;

        void send(RatchetEnd from, Random random, long now) {
            byte[] data = random.nextInt(3) == 0 ? null : ByteBuffer.allocate(8 + random.nextInt(300)).putLong(sent++).array();
            int room = data == null ? 8 + random.nextInt(FrameLayout.PAYLOAD_BYTES - 7) : 8 + random.nextInt(350);
            underWay.add(from.seal(room, data, now));
        }

        void deliver(RatchetEnd to, int frames) throws ProtocolException {
            for (int i = 0; i < frames && !underWay.isEmpty(); i++) {
                byte[] data = to.open(underWay.poll());
                if (data != null) {
                    assertEquals(come++, ByteBuffer.wrap(data).getLong());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1})
    void aDayOfRatchetsLosesNothing(long seed) throws ProtocolException {
        Random random = new Random(seed);
        RandomSource source = random::nextBytes;
        RatchetEnd[] ends = RatchetEnd.pair(source, source);
        Way[] ways = {new Way(), new Way()};
        int crossed = 0;
        for (long now = 0; now < DAY; now += random.nextInt(8) == 0 ? random.nextLong(6 * SECOND) : random.nextLong(SECOND / 4)) {
            for (int i = 0; i < 2; i++) {
                boolean asleep = now % (7_200 * SECOND) < 300 * SECOND && i == 0; // a laptop sleeps, and wakes up again
                if (asleep) {
                    continue;
                }
                for (int n = random.nextInt(100) == 0 ? random.nextInt(40) : random.nextInt(2); n > 0; n--) {
                    ways[i].send(ends[i], random, now);
                }
                if (random.nextInt(400) == 0) {
                    ends[i].ratchet.request();
                }
                ways[1 - i].deliver(ends[i], random.nextInt(20));
                for (int n = random.nextInt(3); n > 0 && !ends[i].work.isEmpty(); n--) {
                    ends[i].work.poll().run();
                }
            }
            crossed += !ends[0].work.isEmpty() && !ends[1].work.isEmpty() ? 1 : 0;
        }
        for (int i = 0; i < 2; i++) {
            ways[i].deliver(ends[1 - i], Integer.MAX_VALUE);
            assertEquals(ways[i].sent, ways[i].come);
            assertEquals(ends[i].sentEpoch, ends[1 - i].readEpoch);
            assertTrue(ends[i].sentEpoch - 2 >= 720, ends[i].sentEpoch - 2 + " ratchets");
            BitSet places = new BitSet(16);
            ends[i].switches.forEach(frame -> places.set((int) (frame % 16)));
            assertEquals(16, places.cardinality(), "a page begins at each switch, and the switches fall anywhere");
            assertEquals(ends[i].sealer.sealed(), ends[1 - i].opener.opened());
        }
        assertTrue(crossed > 20, crossed + " times both at once");
        assertEquals(List.of(), ends[0].without);
    }

    /** as many frames are a reason too, and nothing else than time and frames is one. */
    @ParameterizedTest
    @ValueSource(longs = {3})
    void soManyFramesCallForOne(long seed) throws ProtocolException {
        Random random = new Random(seed);
        RatchetEnd[] ends = RatchetEnd.pair(random::nextBytes, random::nextBytes);
        ends[0].ratchet.terms(RatchetLimit.of(200 * 768, 0), RatchetSecrets.NONE);
        for (int i = 0; i < 2_100; i++) {
            long now = i * SECOND / 50;
            ends[1].open(ends[0].seal(now));
            ends[1].compute();
            ends[0].open(ends[1].seal(now));
            ends[0].compute();
        }
        assertEquals(10, ends[0].switches.size());
        for (int i = 1; i < 10; i++) {
            long frames = ends[0].switches.get(i) - ends[0].switches.get(i - 1);
            assertTrue(frames >= 200 && frames < 210, frames + " frames between two");
        }
        assertEquals(0, ends[1].switches.size());
    }
}
