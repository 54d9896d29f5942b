package org.qnsp.core.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordReader;

/**
 * One end of a connection between two processes of one user: the records of a {@link Connection} one after the other on a local stream, at once and as they are,
 * since there is nobody to hide them from (M-2, M-3). Everything runs on the loop. A stream that takes no more stops the sender's queues, never the loop.
 */
public final class LocalLink implements Loop.Handler {
    /** Who hears of the end, on the loop. */
    @FunctionalInterface
    public interface Owner {
        /** The stream is closed. @param cause null after a goodbye */
        void ended(LocalLink link, IOException cause);
    }

    /** M-2: what either side sends first. */
    private static final byte[] GREETING = {'q', 'n', 's', 'p', 'c', 't', 'l', '1'};
    /** Bytes of records that are written in one go. */
    private static final int CHUNK_BYTES = 16_384;
    /** Chunks of one turn of the loop: others have their turns too. */
    private static final int TURNS = 8;

    static {
        if (CHUNK_BYTES < Limits.PAYLOAD_BYTES || CHUNK_BYTES > Limits.LOCAL_RECORD_BYTES) {
            throw new AssertionError(CHUNK_BYTES);
        }
    }

    private final Loop loop;
    private final Wire wire;
    private final Connection connection;
    private final Owner owner;
    private final byte[] in = new byte[2 * Limits.LOCAL_RECORD_BYTES];
    private final byte[] out = new byte[CHUNK_BYTES];
    private final int[] start = new int[1];
    private final int[] length = new int[1];
    private final AtomicBoolean queued = new AtomicBoolean();
    private int buffered;
    private ByteBuffer pending = ByteBuffer.wrap(GREETING);
    private boolean greeted;
    private boolean paused;
    private boolean closed;
    private SelectionKey key;

    /** @param wire one socket; closed when the link ends */
    public LocalLink(Loop loop, Wire wire, Connection connection, Owner owner) {
        this.loop = loop;
        this.wire = wire;
        this.connection = connection;
        this.owner = owner;
        connection.onQueued(this::onQueued);
    }

    /** Begins; on the loop. */
    public void start() {
        try {
            key = loop.register(wire.input(), SelectionKey.OP_READ, this);
            write();
        } catch (IOException e) {
            end(e);
        }
    }

    /** Reads no more, or again; on the loop. What is under way stays with the sender. */
    public void pause(boolean on) {
        paused = on;
        if (!closed) {
            interest(SelectionKey.OP_READ, !on);
        }
    }

    /** Ends the link without a goodbye; on the loop. */
    public void abort(IOException why) {
        end(why);
    }

    private void onQueued() {
        if (queued.compareAndSet(false, true)) {
            loop.execute(() -> {
                queued.set(false);
                try {
                    write();
                } catch (IOException e) {
                    end(e);
                }
            });
        }
    }

    @Override
    public void ready(SelectionKey ready) {
        try {
            if (ready.isValid() && ready.isWritable()) {
                write();
            }
            if (ready.isValid() && ready.isReadable() && !paused) {
                read();
            }
        } catch (ProtocolException e) {
            end(new IOException(e.getMessage(), e));
        } catch (IOException e) {
            end(e);
        }
    }

    private void read() throws IOException, ProtocolException {
        int n = wire.read(ByteBuffer.wrap(in, buffered, in.length - buffered));
        if (n < 0) {
            end(connection.finished() ? null : new EOFException("closed by the other side"));
            return;
        }
        buffered += n;
        int at = 0;
        if (!greeted) {
            if (!Arrays.equals(in, 0, Math.min(buffered, GREETING.length), GREETING, 0, Math.min(buffered, GREETING.length))) {
                throw new ProtocolException(Reason.MALFORMED, "the other side speaks another protocol"); // M-2
            }
            if (buffered < GREETING.length) {
                return;
            }
            greeted = true;
            at = GREETING.length;
        }
        int whole = wholeRecords(at);
        start[0] = at;
        length[0] = whole;
        connection.receive(in, start, length, 1);
        at += whole;
        System.arraycopy(in, at, in, 0, buffered - at);
        buffered -= at;
        if (connection.finished()) {
            end(null);
        } else {
            write(); // credit may have come
        }
    }

    /** Bytes from here that complete records take. */
    private int wholeRecords(int from) throws ProtocolException {
        int at = from;
        while (buffered - at >= RecordReader.HEADER_BYTES) {
            int body = RecordReader.bodyLength(in, at);
            if (body > Limits.LOCAL_RECORD_BYTES - RecordReader.HEADER_BYTES) {
                throw new ProtocolException(Reason.LIMIT, "record of " + body + " bytes"); // L-21
            }
            if (buffered - at < RecordReader.HEADER_BYTES + body) {
                break;
            }
            at += RecordReader.HEADER_BYTES + body;
        }
        return at - from;
    }

    private void write() throws IOException {
        for (int turn = 0; turn < TURNS && key != null && !closed; turn++) {
            if (!pending.hasRemaining()) {
                int n = connection.fill(out, 0, out.length);
                if (n == 0) {
                    interest(SelectionKey.OP_WRITE, false);
                    if (connection.finished()) {
                        end(null); // C-12
                    }
                    return;
                }
                pending = ByteBuffer.wrap(out, 0, n);
            }
            wire.write(pending);
            if (pending.hasRemaining()) {
                interest(SelectionKey.OP_WRITE, true);
                return;
            }
        }
        interest(SelectionKey.OP_WRITE, !closed); // there may be more
    }

    private void interest(int op, boolean wanted) {
        if (key != null && key.isValid()) {
            key.interestOps(wanted ? key.interestOps() | op : key.interestOps() & ~op);
        }
    }

    private void end(IOException cause) {
        if (closed) {
            return;
        }
        closed = true;
        if (key != null) {
            key.cancel();
        }
        try {
            wire.close();
        } catch (IOException e) {
            // nothing is left to lose
        }
        connection.lose(cause == null ? new EOFException("connection closed") : cause);
        owner.ended(this, cause);
    }
}
