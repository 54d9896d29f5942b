package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.qnsp.core.frame.FrameLayout;

/** Batches go out in order, when they are due and sealed; what was taken out again never does. Frames are letters here. */
@Timeout(60)
final class SendQueueTest {
    private SocketChannel near;
    private SocketChannel far;
    private SendQueue queue;

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            near = SocketChannel.open(server.getLocalAddress());
            far = server.accept();
        }
        queue = new SendQueue(Wire.of(near));
    }

    @AfterEach
    void close() throws IOException {
        near.close();
        far.close();
    }

    private ByteBuffer frame(char letter) {
        ByteBuffer bytes = queue.buffer(1);
        Arrays.fill(bytes.array(), (byte) letter);
        return bytes;
    }

    /** The letters of all frames that were written; ends the connection. */
    private String written() throws IOException {
        near.close();
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        while (far.read(all) >= 0) {
            assertTrue(all.hasRemaining());
        }
        String letters = new String(all.array(), 0, all.position(), StandardCharsets.ISO_8859_1);
        assertEquals(0, letters.length() % FrameLayout.FRAME_BYTES);
        return letters.replaceAll("(.)\\1{" + (FrameLayout.FRAME_BYTES - 1) + "}", "$1");
    }

    @Test
    void whatIsSealedFirstWaitsForWhatIsDueFirst() throws IOException {
        SendQueue.Batch a = queue.add(1, 0);
        SendQueue.Batch b = queue.add(1, 0);
        queue.offer(b, frame('b'));
        b.writeSlot();
        queue.offer(a, frame('a'));
        assertTrue(queue.isEmpty());
        assertEquals("ab", written());
    }

    @Test
    void whatIsNotDueIsNotWritten() throws IOException {
        SendQueue.Batch a = queue.add(1, 0);
        SendQueue.Batch b = queue.add(1, 0);
        queue.offer(a, frame('a'));
        queue.offer(b, frame('b'));
        a.writeSlot();
        assertFalse(queue.isEmpty());
        assertEquals("a", written());
    }

    @Test
    void whatWasTakenOutIsNeverWritten() throws IOException {
        SendQueue.Batch a = queue.add(1, 0);
        SendQueue.Batch b = queue.add(1, 0);
        queue.offer(a, frame('n'));
        queue.offer(b, frame('b'));
        assertNotNull(queue.withhold(a));
        b.writeSlot(); // both are due, and wait for what takes the first one's place
        queue.offer(a, frame('a'));
        assertEquals("ab", written());
    }

    @Test
    void whatIsDueCannotBeTakenOutOrDropped() throws IOException {
        SendQueue.Batch a = queue.add(1, 0);
        SendQueue.Batch b = queue.add(1, 0);
        queue.offer(b, frame('b'));
        b.writeSlot();
        assertNull(queue.withhold(b));
        assertFalse(queue.drop(b));
        queue.offer(a, frame('a'));
        assertNull(queue.withhold(a));
        assertEquals("ab", written());
    }

    @Test
    void onlyTheLastIsDropped() throws IOException {
        SendQueue.Batch a = queue.add(1, 0);
        SendQueue.Batch b = queue.add(1, 0);
        queue.offer(a, frame('a'));
        queue.offer(b, frame('b'));
        assertFalse(queue.drop(a));
        assertTrue(queue.drop(b));
        b.writeSlot(); // its slot comes all the same
        assertEquals("a", written());
    }

    @Test
    void aFullSocketLeavesSlotsOutAndThenGoesOnWhereItWas() throws IOException {
        SendQueue.Batch last = null;
        int frames = 0;
        for (; !queue.full(); frames++) {
            last = queue.add(64, 0);
            ByteBuffer bytes = queue.buffer(64);
            Arrays.fill(bytes.array(), (byte) ('a' + frames % 26));
            queue.offer(last, bytes);
            last.writeSlot();
        }
        assertFalse(queue.flush());
        ByteBuffer some = ByteBuffer.allocate(1 << 16);
        for (long at = 0; at < 64L * FrameLayout.FRAME_BYTES * frames; some.clear()) {
            queue.write();
            for (int n = far.read(some), i = 0; i < n; i++, at++) {
                assertEquals('a' + at / (64L * FrameLayout.FRAME_BYTES) % 26, some.get(i));
            }
        }
        assertTrue(queue.isEmpty());
        assertNull(queue.failure());
    }

    @Test
    void aBurstsBufferStaysItsOwners() throws IOException {
        ByteBuffer slot = frame('a');
        SendQueue.Batch a = queue.add(1, 0);
        queue.offer(a, slot);
        ByteBuffer burst = ByteBuffer.wrap(new byte[FrameLayout.FRAME_BYTES]);
        Arrays.fill(burst.array(), (byte) 'b');
        queue.addBurst(burst, 1, 0);
        assertTrue(queue.holds(burst));
        assertTrue(queue.flush());
        assertFalse(queue.holds(burst));
        assertSame(slot, queue.buffer(1));
        assertNotSame(burst, queue.buffer(1));
        assertEquals("ab", written());
    }

    @Test
    void aLostConnectionIsToldLater() throws IOException {
        near.close();
        SendQueue.Batch a = queue.add(1, 0);
        queue.offer(a, frame('a'));
        a.writeSlot();
        assertNotNull(queue.failure());
    }
}
