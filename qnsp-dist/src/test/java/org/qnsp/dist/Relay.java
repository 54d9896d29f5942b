package org.qnsp.dist;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Stands on the path between a client and a daemon and does to their bytes what a path may do, and what an attacker on it can do. */
final class Relay implements AutoCloseable {
    private static final long NEVER = Long.MAX_VALUE;
    private static final int QUEUE = 64;
    private static final int READ_BYTES = 16 << 10;

    /**
     * What is done to one direction.
     *
     * @param delayMillis by which every byte is late
     * @param chunkBytes pieces are at most this long, each of a random length; 0 leaves them as they come
     * @param bytesPerSecond what passes at most; 0 for all
     * @param stallAt offset at which nothing passes for stallMillis
     * @param flipAt offset of the byte whose lowest bit is changed
     * @param cutAt offset at which both connections are reset
     */
    record Manner(int delayMillis, int chunkBytes, int bytesPerSecond, long stallAt, int stallMillis, long flipAt, long cutAt) {
        static final Manner PLAIN = new Manner(0, 0, 0, NEVER, 0, NEVER, NEVER);

        Manner delayed(int millis) {
            return new Manner(millis, chunkBytes, bytesPerSecond, stallAt, stallMillis, flipAt, cutAt);
        }

        Manner chunked(int bytes) {
            return new Manner(delayMillis, bytes, bytesPerSecond, stallAt, stallMillis, flipAt, cutAt);
        }

        Manner throttled(int perSecond) {
            return new Manner(delayMillis, chunkBytes, perSecond, stallAt, stallMillis, flipAt, cutAt);
        }

        Manner stalled(long at, int millis) {
            return new Manner(delayMillis, chunkBytes, bytesPerSecond, at, millis, flipAt, cutAt);
        }

        Manner flipped(long at) {
            return new Manner(delayMillis, chunkBytes, bytesPerSecond, stallAt, stallMillis, at, cutAt);
        }

        Manner cut(long at) {
            return new Manner(delayMillis, chunkBytes, bytesPerSecond, stallAt, stallMillis, flipAt, at);
        }
    }

    /** Bytes on their way; none is the end of the direction. */
    private record Piece(long dueNanos, byte[] bytes) {}

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final InetSocketAddress daemon;
    private final Manner toDaemon;
    private final Manner toClient;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicLong carried = new AtomicLong();
    private final AtomicReference<Socket> endedFirst = new AtomicReference<>();
    private volatile long doneNanos;

    Relay(InetSocketAddress daemon, Manner toDaemon, Manner toClient) throws IOException {
        this.daemon = daemon;
        this.toDaemon = toDaemon;
        this.toClient = toClient;
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    /** When the bit was flipped or the connection cut, nanoseconds since 1970; 0 if not yet. */
    long doneNanos() {
        return doneNanos;
    }

    /** Whether the daemon was the first to end its direction; false where no one has. */
    boolean daemonEndedFirst() {
        return endedFirst.get() instanceof Socket socket && socket.getPort() == daemon.getPort();
    }

    /** Bytes that have passed since the last call, both directions. */
    long carried() {
        return carried.getAndSet(0);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                Socket server = new Socket(daemon.getAddress(), daemon.getPort());
                sockets.addAll(List.of(client, server));
                carry(client, server, toDaemon);
                carry(server, client, toClient);
            }
        } catch (IOException e) {
            // closed, or no daemon
        }
    }

    private void carry(Socket from, Socket to, Manner manner) throws IOException {
        from.setTcpNoDelay(true);
        BlockingQueue<Piece> queue = new LinkedBlockingQueue<>(QUEUE);
        Thread.ofVirtual().start(() -> gather(from, to, manner, queue));
        Thread.ofVirtual().start(() -> deliver(from, to, manner, queue));
    }

    private void gather(Socket from, Socket to, Manner manner, BlockingQueue<Piece> queue) {
        Random random = new Random(1);
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream in = from.getInputStream()) {
            while (true) {
                int n = in.read(buffer, 0, manner.chunkBytes == 0 ? buffer.length : 1 + random.nextInt(manner.chunkBytes));
                queue.put(new Piece(System.nanoTime() + manner.delayMillis * 1_000_000L, n < 0 ? new byte[0] : java.util.Arrays.copyOf(buffer, n)));
                if (n < 0) {
                    endedFirst.compareAndSet(null, from);
                    Thread.sleep(Long.MAX_VALUE); // closing the stream would close the socket for the other direction too
                }
            }
        } catch (IOException | InterruptedException e) {
            reset(from, to);
        }
    }

    private void deliver(Socket from, Socket to, Manner manner, BlockingQueue<Piece> queue) {
        long offset = 0;
        try {
            OutputStream out = to.getOutputStream();
            for (Piece piece = queue.take(); piece.bytes.length > 0; piece = queue.take()) {
                byte[] bytes = piece.bytes;
                long end = offset + bytes.length;
                sleepUntil(piece.dueNanos);
                if (manner.stallAt >= offset && manner.stallAt < end) {
                    Thread.sleep(manner.stallMillis);
                }
                if (manner.flipAt >= offset && manner.flipAt < end) {
                    bytes[(int) (manner.flipAt - offset)] ^= 1;
                    mark();
                }
                if (manner.cutAt < end) {
                    out.write(bytes, 0, (int) (manner.cutAt - offset));
                    mark();
                    reset(from, to);
                    return;
                }
                out.write(bytes);
                offset = end;
                carried.addAndGet(bytes.length);
                if (manner.bytesPerSecond > 0) {
                    Thread.sleep(java.time.Duration.ofNanos(bytes.length * 1_000_000_000L / manner.bytesPerSecond));
                }
            }
            to.shutdownOutput();
        } catch (IOException | InterruptedException e) {
            reset(from, to);
        }
    }

    private void mark() {
        java.time.Instant now = java.time.Instant.now();
        doneNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - System.nanoTime();
        if (left > 0) {
            Thread.sleep(java.time.Duration.ofNanos(left));
        }
    }

    private static void reset(Socket... both) {
        for (Socket socket : both) {
            try {
                socket.setSoLinger(true, 0);
                socket.close();
            } catch (IOException e) {
                // gone already
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
