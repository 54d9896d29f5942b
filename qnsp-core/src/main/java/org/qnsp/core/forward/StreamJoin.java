package org.qnsp.core.forward;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Loop;

/**
 * A socket and a channel, joined: what comes on one goes out on the other, each direction until its own end. What a side does not take is not read from the other,
 * so it stays in the socket or in the channel's window and holds up nothing else. Runs on the switchboard's loop; the channel's events are passed on to it.
 */
public final class StreamJoin implements ChannelListener, Loop.Handler {
    /** What goes before the streams, and who hears of their end; on the switchboard's loop. */
    public interface Owner {
        /** What the socket is sent once the channel is open. */
        default byte[] granted() {
            return new byte[0];
        }

        /** The channel was refused: what the socket is sent before it is closed. */
        default byte[] refused(StreamJoin join, OpenFailure reason, String text) {
            return new byte[0];
        }

        /** Both are closed. */
        default void ended(StreamJoin join) {}
    }

    /** Bytes that one join moves in a direction before others have their turn. */
    private static final int TURN_BYTES = 256 << 10;

    private final Switchboard board;
    private final SocketChannel socket;
    private final Owner owner;
    private final AtomicBoolean queued = new AtomicBoolean();
    private Channel channel;
    private SelectionKey key;
    /** What the socket did not take at once; nothing is read from the channel before it is gone. */
    private ByteBuffer pending;
    private boolean roomy = true;
    private boolean peerClosed;
    private boolean toSocketOver;
    private boolean toChannelOver;
    private boolean over;

    /** @param socket becomes the join's own */
    public StreamJoin(Switchboard board, SocketChannel socket, Owner owner) {
        this.board = board;
        this.socket = socket;
        this.owner = owner;
    }

    /**
     * Begins; on the loop.
     *
     * @param toChannel what was read from the socket before
     * @param toSocket what was read from the channel before
     */
    public void start(Channel on, byte[] toChannel, byte[] toSocket) {
        channel = on;
        try {
            socket.configureBlocking(false);
            if (socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            key = board.loop().register(socket, 0, this);
            if (toSocket.length > 0) {
                pending = ByteBuffer.wrap(toSocket);
            }
            int taken = channel.writeNow(DataStream.MAIN, toChannel, 0, toChannel.length);
            if (taken < toChannel.length) {
                throw new IOException("the channel took " + taken + " of " + toChannel.length + " bytes"); // it is gone: the least queue is longer
            }
            peerClosed |= channel.roomNow() < 0; // closed before anyone listened
            pump();
        } catch (IOException e) {
            finish();
        }
    }

    /** The channel, null before {@link #start}. */
    public Channel channel() {
        return channel;
    }

    /** Ends both, whatever is under way; on the loop. */
    public void abort() {
        finish();
    }

    // ---- the channel's events, on the connection's loop

    @Override
    public void opened() {
        board.loop().execute(() -> greet(owner.granted()));
    }

    @Override
    public void refused(OpenFailure reason, String text) {
        board.loop().execute(() -> {
            if (over) {
                return;
            }
            try {
                socket.write(ByteBuffer.wrap(owner.refused(this, reason, text))); // a few bytes into an empty socket
            } catch (IOException e) {
                // then it has gone by itself
            }
            finish();
        });
    }

    @Override
    public void dataArrived(DataStream stream) {
        later();
    }

    @Override
    public void eofArrived() {
        later();
    }

    @Override
    public void roomAvailable() {
        board.loop().execute(() -> {
            roomy = true;
            pump();
        });
    }

    @Override
    public void closed() {
        board.loop().execute(() -> {
            peerClosed = true;
            pump();
        });
    }

    private void later() {
        if (queued.compareAndSet(false, true)) {
            board.loop().execute(this::pump);
        }
    }

    // ---- on the loop

    private void greet(byte[] words) {
        if (words.length > 0 && !over) {
            pending = ByteBuffer.wrap(words); // nothing came from the channel before it was open
            pump();
        }
    }

    @Override
    public void ready(SelectionKey ready) {
        try {
            if (ready.isReadable()) {
                toChannel();
            }
        } catch (IOException e) {
            finish();
        }
        pump();
    }

    private void pump() {
        queued.set(false);
        if (over || channel == null) {
            return;
        }
        try {
            boolean more = toSocket();
            if (peerClosed && toSocketOver) {
                toChannelOver = true; // no one takes it any more
            }
            if (toSocketOver && toChannelOver && pending == null) {
                finish();
                return;
            }
            key.interestOps((toChannelOver || !roomy ? 0 : SelectionKey.OP_READ) | (pending == null ? 0 : SelectionKey.OP_WRITE));
            if (more) {
                later();
            }
        } catch (IOException e) {
            finish();
        }
    }

    /** Whether there may be more. */
    private boolean toSocket() throws IOException {
        byte[] chunk = board.chunk();
        for (int moved = 0; moved < TURN_BYTES; ) {
            if (pending != null) {
                socket.write(pending);
                if (pending.hasRemaining()) {
                    return false;
                }
                pending = null;
            }
            int n = toSocketOver ? 0 : channel.readNow(DataStream.MAIN, chunk, 0, chunk.length);
            if (n < 0) {
                endSocket();
            }
            if (n <= 0) {
                return false;
            }
            ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, n);
            socket.write(bytes);
            if (bytes.hasRemaining()) {
                pending = ByteBuffer.wrap(Arrays.copyOfRange(chunk, bytes.position(), n));
            }
            moved += n;
        }
        return true;
    }

    private void endSocket() throws IOException {
        toSocketOver = true;
        if (channel.cut()) {
            // a stream that was cut must not look whole: reset and not FIN
            if (socket.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            throw new IOException("the connection was lost");
        }
        socket.shutdownOutput();
    }

    private void toChannel() throws IOException {
        byte[] chunk = board.chunk();
        for (int moved = 0; moved < TURN_BYTES && !over; ) {
            int room = channel.roomNow();
            roomy = room != 0;
            if (room < 0) {
                toChannelOver = true;
            }
            if (room <= 0 || toChannelOver) {
                return;
            }
            int n = socket.read(ByteBuffer.wrap(chunk, 0, Math.min(room, chunk.length)));
            if (n < 0) {
                toChannelOver = true;
                channel.eof();
            }
            if (n <= 0) {
                return;
            }
            channel.writeNow(DataStream.MAIN, chunk, 0, n);
            moved += n;
        }
    }

    private void finish() {
        if (over) {
            return;
        }
        over = true;
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone already
        }
        if (channel != null) {
            channel.close();
        }
        owner.ended(this);
    }
}
