package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.mux.Budget;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** C-20, C-21: slots have their Noise before they come, so that a loop that is kept, by whatever it does, leaves none of them out; and what is said is said once. */
@Timeout(60)
final class SlotReserveTest {
    private final BlockingQueue<RuntimeException> bugs = new LinkedBlockingQueue<>();
    private final BlockingQueue<IOException> failures = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream wanted = new ByteArrayOutputStream();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final ArrayList<Long> arrivals = new ArrayList<>();
    private final Connection connection = new Connection(true, Budget.UNLIMITED, new Connection.Listener() {});
    private final StageWriter stages = new StageWriter(0, RandomSource.system());
    private final Said records = new Said();
    private FrameOpener opener;
    private Loop loop;
    private SlotThread slots;
    private SocketChannel near;
    private SocketChannel far;
    private Thread reading;

    /** Says what is queued, a frame's worth at a time, and brings new keys now and then. */
    private final class Said implements StageWriter.Records {
        private final ByteArrayOutputStream queued = new ByteArrayOutputStream();
        private boolean ratchets;
        private long switched = -1;
        private int switches;

        @Override
        public synchronized int fill(byte[] frame, int offset, int room) {
            byte[] all = queued.toByteArray();
            int n = Math.min(all.length, room);
            System.arraycopy(all, 0, frame, offset, n);
            queued.reset();
            queued.write(all, n, all.length - n);
            if (ratchets && n > 0 && opener.opened() > switched) {
                ratchets = false;
                switched = stages.sealed() + 1;
                switches++;
                opener.switchAt(switched, Secret.zeros(32));
                stages.switchAt(switched, Secret.zeros(32));
            }
            return n;
        }

        @Override
        public FrameType type() {
            return FrameType.DATA;
        }

        synchronized void say(byte[] bytes, boolean ratchet) {
            queued.writeBytes(bytes);
            wanted.writeBytes(bytes);
            ratchets |= ratchet;
        }
    }

    @BeforeEach
    void start() throws IOException {
        loop = new Loop("test-loop", bugs::add);
        slots = new SlotThread("test-slot", false);
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            near = SocketChannel.open(listening.getLocalAddress());
            near.configureBlocking(false);
            far = listening.accept();
        }
    }

    private void begin(Cover cover) throws IOException {
        stages.on(new Action.StartSending(Secret.zeros(32)));
        stages.on(new Action.NextSendingStage(Secret.zeros(32)));
        stages.on(new Action.NextSendingStage(Secret.zeros(32)));
        opener = new FrameOpener(Secret.zeros(32), 2, 0);
        FrameWriter writer = new FrameWriter(loop, slots, Wire.of(near), stages, connection, records, cover.profile(true), RandomSource.system(), Link::clockMicros, failures::add);
        reading = Thread.ofPlatform().daemon().start(this::read);
        loop.execute(writer::start);
        loop.execute(writer::reserve);
    }

    /** The first two frames end the stages before; all others must open, one after the other. */
    private void read() {
        ByteBuffer frame = ByteBuffer.allocate(FrameLayout.FRAME_BYTES);
        try {
            for (int i = 0; far.read(frame) >= 0; ) {
                if (!frame.hasRemaining()) {
                    arrivals.add(System.nanoTime());
                    if (i++ >= 2) {
                        synchronized (records) {
                            opener.open(frame.array(), 0);
                        }
                        said.write(frame.array(), FrameLayout.PAYLOAD, opener.recordBytes());
                    }
                    frame.clear();
                }
            }
        } catch (Exception e) {
            failures.add(new IOException(e));
        }
    }

    @AfterEach
    void stop() throws Exception {
        loop.close();
        slots.close();
        near.close();
        if (reading != null) {
            reading.join();
        }
        far.close();
        assertEquals(List.of(), List.copyOf(bugs));
        assertEquals(List.of(), List.copyOf(failures));
    }

    private void hold(long millis) {
        loop.execute(() -> {
            for (long until = System.nanoTime() + millis * 1_000_000; until - System.nanoTime() > 0; ) {
                LockSupport.parkNanos(until - System.nanoTime());
            }
        });
    }

    @ParameterizedTest
    @EnumSource(value = PaddingMode.class, names = {"NORMAL", "MAX"})
    void whateverHoldsTheLoopAllIsSaidOnceAndInOrder(PaddingMode mode) throws Exception {
        begin(new Cover(mode, mode == PaddingMode.MAX ? RateClass.LEAST : RateClass.UNBOUNDED));
        Random chance = new Random(7);
        for (long until = System.nanoTime() + 4_000_000_000L; until - System.nanoTime() > 0; ) {
            byte[] bytes = new byte[1 + chance.nextInt(chance.nextInt(10) == 0 ? 2_000 : 20)];
            chance.nextBytes(bytes);
            records.say(bytes, chance.nextInt(8) == 0);
            hold(chance.nextInt(chance.nextInt(4) == 0 ? 40 : 8));
            Thread.sleep(chance.nextInt(60));
        }
        Thread.sleep(1_500);
        stop();
        assertArrayEquals(wanted.toByteArray(), said.toByteArray());
        assertTrue(records.switches > 5, records.switches + " times new keys");
    }

    @Test
    void aLoopThatIsHeldLeavesNoSlotOut() throws Exception {
        begin(new Cover(PaddingMode.MAX, RateClass.LEAST));
        Thread.sleep(600);
        int before = arrivals.size();
        long start = System.nanoTime();
        for (int i = 0; i < 60; i++) {
            hold(15); // of 30; a slot every 10
            records.say(new byte[] {(byte) i}, false);
            Thread.sleep(30);
        }
        long due = (System.nanoTime() - start) / 10_000_000;
        int came = arrivals.size() - before;
        assertTrue(came > due - 10 && came < due + 10, came + " frames in the time of " + due);
        Thread.sleep(100);
        assertEquals(60, said.size());
    }
}
