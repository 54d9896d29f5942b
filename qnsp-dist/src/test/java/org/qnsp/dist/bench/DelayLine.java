package org.qnsp.dist.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import jdk.net.ExtendedSocketOptions;

/**
 * A long link on loopback: passes connections on to a port, every byte late by half of the round trip, at whatever rate it comes. It loses nothing, has no
 * congestion and takes a connection without delay, so it shows what windows and turns of a protocol cost, not what TCP does.
 */
final class DelayLine implements AutoCloseable {
    private static final int PIECE_BYTES = 256 << 10;
    /** What is shorter is held in an array of its length, so that many small pieces do not hold a large buffer each. */
    private static final int SMALL_BYTES = 32 << 10;
    private static final int KIB = 1 << 10;
    /** On its way in all connections together; then nothing more is read. */
    private static final int HELD_BYTES = 512 << 20;

    /** Bytes on their way; none is the end of the direction. */
    private record Piece(long dueNanos, ByteBuffer bytes, int heldKib) {}

    private final ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final InetSocketAddress target;
    private final long delayNanos;
    private final boolean quickAck;
    private final Semaphore roomKib = new Semaphore(HELD_BYTES / KIB);
    private final Queue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
    private final Set<SocketChannel> sockets = ConcurrentHashMap.newKeySet();

    /** @param quickAck whether what comes is acknowledged at once, so that a sender with Nagle's algorithm never waits for it */
    DelayLine(int targetPort, Duration roundTrip, boolean quickAck) throws IOException {
        target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
        delayNanos = roundTrip.toNanos() / 2;
        this.quickAck = quickAck;
        start(this::accept);
    }

    int port() throws IOException {
        return ((InetSocketAddress) listening.getLocalAddress()).getPort();
    }

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().name("line").start(task);
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = listening.accept();
                SocketChannel server = SocketChannel.open(target);
                AtomicInteger directions = new AtomicInteger(2);
                carry(client, server, directions);
                carry(server, client, directions);
            }
        } catch (IOException e) {
            // closed, or nobody at the target
        }
    }

    private void carry(SocketChannel from, SocketChannel to, AtomicInteger directions) throws IOException {
        from.setOption(StandardSocketOptions.TCP_NODELAY, true);
        sockets.add(from);
        BlockingQueue<Piece> queue = new LinkedBlockingQueue<>(); // bounded by the bytes in it
        start(() -> gather(from, to, queue));
        start(() -> deliver(from, to, queue, directions));
    }

    private void gather(SocketChannel from, SocketChannel to, BlockingQueue<Piece> queue) {
        ByteBuffer buffer = buffer();
        try {
            while (true) {
                if (quickAck) {
                    from.setOption(ExtendedSocketOptions.TCP_QUICKACK, true); // the kernel forgets it time and again
                }
                int n = from.read(buffer);
                long due = System.nanoTime() + delayNanos;
                if (n < 0) {
                    queue.add(new Piece(due, null, 0));
                    break;
                }
                buffer.flip();
                int held = n < SMALL_BYTES ? 1 + n / KIB : PIECE_BYTES / KIB;
                roomKib.acquireUninterruptibly(held);
                if (n < SMALL_BYTES) {
                    queue.add(new Piece(due, ByteBuffer.allocate(n).put(buffer).flip(), held));
                    buffer.clear();
                } else {
                    queue.add(new Piece(due, buffer, held));
                    buffer = buffer();
                }
            }
        } catch (IOException e) {
            end(from, to);
            queue.add(new Piece(0, null, 0));
        } finally {
            free.add(buffer.clear());
        }
    }

    private ByteBuffer buffer() {
        ByteBuffer buffer = free.poll();
        return buffer == null ? ByteBuffer.allocateDirect(PIECE_BYTES) : buffer;
    }

    private void deliver(SocketChannel from, SocketChannel to, BlockingQueue<Piece> queue, AtomicInteger directions) {
        boolean whole = true;
        try {
            for (Piece piece = queue.take(); piece.bytes != null; piece = queue.take()) {
                try {
                    whole = whole && write(piece, to);
                } catch (IOException e) {
                    whole = false; // the rest is taken out and thrown away
                    end(from, to);
                }
                if (piece.bytes.isDirect()) {
                    free.add(piece.bytes.clear());
                }
                roomKib.release(piece.heldKib);
            }
            if (whole) {
                to.shutdownOutput();
            }
        } catch (IOException | InterruptedException e) {
            end(from, to);
        }
        if (directions.decrementAndGet() == 0) {
            end(from, to);
        }
    }

    private static boolean write(Piece piece, SocketChannel to) throws IOException {
        for (long left = piece.dueNanos - System.nanoTime(); left > 0; left = piece.dueNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        while (piece.bytes.hasRemaining()) {
            to.write(piece.bytes);
        }
        return true;
    }

    private void end(SocketChannel... both) {
        for (SocketChannel socket : both) {
            sockets.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // gone already
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        end(sockets.toArray(SocketChannel[]::new));
    }
}
