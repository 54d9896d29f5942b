package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.mux.DataStream;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** What the sending side does when the socket is full: slots are left out (C-21), and once there is room they go on, in L0 as in bulk. */
@Timeout(60)
final class FrameWriterTest {
    private static final long SECOND = 1_000_000_000L;

    private final BlockingQueue<RuntimeException> bugs = new LinkedBlockingQueue<>();
    private final BlockingQueue<IOException> failures = new LinkedBlockingQueue<>();
    private final AtomicLong readyCalls = new AtomicLong();
    private final Connection connection = new Connection(true, Budget.UNLIMITED, new Connection.Listener() {});
    private Loop loop;
    private SlotThread slots;
    private SocketChannel near;
    private SocketChannel far;
    private FrameWriter writer;

    @BeforeEach
    void start() throws IOException {
        start(Cover.NORMAL);
    }

    private void start(Cover cover) throws IOException {
        loop = new Loop("test-loop", bugs::add);
        slots = new SlotThread("test-slot", false);
        try (ServerSocketChannel listening = ServerSocketChannel.open()) {
            listening.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            near = SocketChannel.open();
            near.setOption(StandardSocketOptions.SO_SNDBUF, 65536);
            near.connect(listening.getLocalAddress());
            far = listening.accept();
        }
        StageWriter stages = new StageWriter(0, RandomSource.system());
        stages.on(new Action.StartSending(Secret.zeros(32)));
        stages.on(new Action.NextSendingStage(Secret.zeros(32)));
        stages.on(new Action.NextSendingStage(Secret.zeros(32)));
        Wire wire = Wire.of(near);
        writer = new FrameWriter(loop, slots, wire, stages, connection, connection, cover.profile(true), RandomSource.system(), Link::clockMicros, failures::add);
        connection.onQueued(writer::onQueued);
    }

    private void begin() {
        loop.execute(() -> {
            try {
                SelectionKey key = loop.register(near, 0, k -> {
                    readyCalls.incrementAndGet();
                    writer.onWritable();
                });
                writer.onAwaitWritable(wanted -> {
                    if (key.isValid()) {
                        key.interestOps(wanted ? SelectionKey.OP_WRITE : 0);
                    }
                });
                writer.start();
            } catch (IOException e) {
                failures.add(e);
            }
        });
    }

    @AfterEach
    void stop() throws IOException {
        near.close();
        far.close();
        loop.close();
        slots.close();
        assertEquals(List.of(), List.copyOf(bugs));
        assertEquals(List.of(), List.copyOf(failures));
    }

    /** Reads for so long; returns how many bytes came in its second half. */
    private long readFor(Duration time) throws IOException, InterruptedException {
        far.configureBlocking(false);
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        long start = System.nanoTime();
        long late = 0;
        while (System.nanoTime() - start < time.toNanos()) {
            int n = far.read(buffer.clear());
            if (n == 0) {
                Thread.sleep(1);
            } else if (System.nanoTime() - start > time.toNanos() / 2) {
                late += n;
            }
        }
        return late;
    }

    @Test
    void slotsGoOnAfterTheSocketWasFull() throws Exception { // C-20, C-21
        begin();
        Thread.sleep(4000); // no one reads; L0 alone fills what there is
        long bytes = readFor(Duration.ofSeconds(4));
        assertTrue(bytes > 60 * 768, bytes + " bytes in two seconds of L0");
    }

    @Test
    void theEndOfBulkOverAFullSocketLeavesTheSlotsGoing() throws Exception { // C-25
        connection.open("bulk", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        Channel channel = connection.open("bulk", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        channel.writeNow(DataStream.MAIN, new byte[65536], 0, 65536); // what may go before the channel is accepted, and above the threshold
        begin();
        Thread.sleep(4000); // bulk begins, fills the socket, and ends
        long before = readyCalls.get();
        long bytes = readFor(Duration.ofSeconds(4));
        assertTrue(bytes > 60 * 768, bytes + " bytes in two seconds of L0");
        assertTrue(readyCalls.get() - before < 1000, readyCalls.get() - before + " turns for a socket with nothing to write to it");
    }

    @Test
    void aRelayedStreamDoesNotWaitForSlots() throws Exception { // C-31
        Channel relay = connection.open(new ChannelOpening.Relay(new Endpoint("inner", 22768), new Endpoint("", 0)), Limits.STREAM_CREDIT_BYTES, ChannelListener.NONE);
        begin();
        long prologue = readFor(Duration.ofMillis(450)); // C-24: as always
        assertTrue(prologue < 60 * 2 * 768, prologue + " bytes in the second half of the prologue");
        readFor(Duration.ofMillis(300));
        long idle = readFor(Duration.ofSeconds(1));
        assertTrue(idle < 40 * 768, idle + " bytes in half a second without anything to say");
        int seen = 0;
        for (int i = 0; i < 20; i++) { // less than the threshold, and yet sent at once: 5 frames of it in 5 ms each
            relay.writeNow(DataStream.MAIN, new byte[2800], 0, 2800);
            seen += far.read(ByteBuffer.allocate(1 << 16));
            Thread.sleep(5);
        }
        seen += (int) readFor(Duration.ofMillis(20));
        assertTrue(seen >= 20 * 2800, seen + " bytes of " + 20 * 2800);
        relay.close();
    }

    @Test
    void inModeLowNoSlotOfThePrologueIsHurried() throws Exception { // C-24: though all of them are made before it is over
        stop();
        start(new Cover(PaddingMode.LOW, RateClass.UNBOUNDED));
        connection.open("bulk", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        Channel channel = connection.open("bulk", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        long start = System.nanoTime();
        begin();
        loop.execute(writer::reserve);
        far.configureBlocking(false);
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        int bytes = 0;
        int early = 0;
        boolean written = false;
        for (long now = start; now - start < 700_000_000; now = System.nanoTime()) {
            bytes += far.read(buffer.clear());
            early = System.nanoTime() - start < 499_500_000 ? bytes : early;
            if (!written && now - start > 400_000_000) {
                channel.writeNow(DataStream.MAIN, new byte[65536], 0, 65536);
                written = true;
            }
            Thread.sleep(0, 100_000);
        }
        assertTrue(early <= 100 * 2 * 768, early + " bytes before the end of the prologue");
        assertTrue(bytes > early + 40_000, bytes + " bytes soon after it");
    }

    /** How many of 500 times, 3 ms apart after the prologue, nothing is to be read, and how long that lasts at most. */
    private long[] stillness() throws Exception {
        begin();
        readFor(Duration.ofMillis(600));
        long[] counted = new long[2];
        for (int i = 0; i < 500; i++) {
            CompletableFuture<Long> still = new CompletableFuture<>();
            loop.execute(() -> {
                long now = System.nanoTime();
                still.complete(writer.stillUntilNanos(now) - now);
            });
            counted[0] += still.get() > 0 ? 1 : 0;
            counted[1] = Math.max(counted[1], still.get());
            readFor(Duration.ofMillis(3));
        }
        return counted;
    }

    @Test
    void inModeMaxNothingIsReadJustBeforeASlot() throws Exception { // ADR 0127
        stop();
        start(new Cover(PaddingMode.MAX, RateClass.LEAST));
        long[] counted = stillness();
        assertTrue(counted[0] > 40 && counted[0] < 250, counted[0] + " of 500 times nothing was to be read"); // 2.1 ms of 10: 105
        assertTrue(counted[1] < 2_500_000, counted[1] + " ns");
    }

    @Test
    void inModeNormalWhatArrivesIsReadAtOnce() throws Exception {
        assertEquals(0, stillness()[0]);
    }
}
