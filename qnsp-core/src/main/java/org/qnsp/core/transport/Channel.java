package org.qnsp.core.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.qnsp.core.mux.DataStream;

/**
 * One channel of a connection, for applications: either with blocking streams, or with the methods called ...Now and a {@link ChannelListener}. From any thread.
 */
public final class Channel {
    /** An answer to a request. */
    public record Reply(boolean ok, byte[] body) {}

    private final Connection connection;
    private final int id;
    private final Condition changed;
    /** Of each stream: most of what happens concerns who reads one of them. */
    private final Condition[] arrived;
    volatile ChannelListener listener;
    private volatile String label;
    private volatile long movedNanos = System.nanoTime();
    private volatile boolean cutOff;
    // Guarded by the connection's lock.
    boolean opened;
    String refusal;
    boolean closed;
    /** The peer ended its direction itself; so an end of stream is the end and no loss. */
    boolean ended;

    Channel(Connection connection, int id, String type, Lock lock, ChannelListener listener) {
        this.connection = connection;
        this.id = id;
        this.label = type;
        this.changed = lock.newCondition();
        this.arrived = new Condition[] {lock.newCondition(), lock.newCondition()};
        this.listener = listener;
    }

    /** The channel's number. */
    public int id() {
        return id;
    }

    /** What it is: the type of its OPEN, or what its application calls it since. */
    public String label() {
        return label;
    }

    /** Its application knows better what it is. */
    public void label(String better) {
        label = better;
    }

    /** When its application last took or gave bytes by the methods called ...Now, or the channel was made; as System.nanoTime. */
    public long movedNanos() {
        return movedNanos;
    }

    private int moved(int bytes) {
        if (bytes > 0) {
            movedNanos = System.nanoTime();
        }
        return bytes;
    }

    /** Whether it was accepted and neither closed by the peer nor cut off. */
    public boolean isOpen() {
        return connection.locked(mux -> opened && !closed && !cutOff ? 1 : 0) == 1;
    }

    /** Closes the channel as {@link #abort}, and tells who listens that it is over; on the loop. */
    public void cutOff() {
        cutOff = true;
        abort();
        listener.closed();
    }

    /** Who hears of this channel from now on. */
    public void listen(ChannelListener who) {
        listener = who;
    }

    void end() {
        closed = true;
        ended = true;
    }

    void signal() {
        changed.signalAll();
        arrived[0].signalAll();
        arrived[1].signalAll();
    }

    void signal(DataStream stream) {
        arrived[stream.ordinal()].signalAll();
    }

    /** Bytes that {@link #readNow} would read at once. */
    public int availableNow(DataStream stream) {
        return connection.locked(mux -> mux.available(id, stream));
    }

    /** Reads what is there: bytes read, 0 for nothing yet, -1 at the end. */
    public int readNow(DataStream stream, byte[] to, int offset, int length) {
        return moved(connection.locked(mux -> mux.read(id, stream, to, offset, length)));
    }

    /** Whether the connection was lost before the peer ended its direction: what came was not all. */
    public boolean cut() {
        return connection.locked(mux -> connection.lost() && !ended ? 1 : 0) == 1;
    }

    /** Queues what there is room for: bytes taken, -1 where nothing can be sent any more. */
    public int writeNow(DataStream stream, byte[] from, int offset, int length) {
        return moved(connection.locked(mux -> mux.write(id, stream, from, offset, length)));
    }

    /** Bytes that {@link #writeNow} would take; -1 where nothing can be sent any more. */
    public int roomNow() {
        return connection.locked(mux -> mux.room(id));
    }

    /** No person waits in front of this channel, so more may be queued. Returns the channel. */
    public Channel unattended() {
        connection.locked(mux -> {
            mux.unattended(id);
            return 0;
        });
        return this;
    }

    /** Waits for the peer to accept the channel. @throws IOException if it refuses, or the connection is lost */
    public void awaitOpened() throws IOException {
        connection.await(changed, () -> opened || refusal != null || closed);
        if (!opened) {
            throw new IOException(refusal == null ? "channel closed" : refusal);
        }
    }

    /** Whether the peer refused the channel, whatever became of the connection since. */
    public boolean refused() {
        return connection.locked(mux -> refusal != null ? 1 : 0) == 1;
    }

    /** Waits until the peer has closed the channel or the connection is gone. */
    public void awaitClosed() throws IOException {
        connection.await(changed, () -> closed);
    }

    /** A stream of what the peer sends; its read blocks until there is something and throws if the connection was lost before the end. */
    public InputStream input(DataStream stream) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] to, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, to.length);
                return length == 0 ? 0 : connection.blockingRead(Channel.this, arrived[stream.ordinal()], stream, to, offset, length);
            }

            @Override
            public int available() {
                return availableNow(stream);
            }
        };
    }

    /** A stream to the peer; its write blocks until the send queue took all. Closing it sends EOF. */
    public OutputStream output(DataStream stream) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, from.length);
                connection.blockingWrite(Channel.this, changed, stream, from, offset, length);
            }

            @Override
            public void close() {
                eof();
            }
        };
    }

    /** Ends our direction; what is queued goes first. */
    public void eof() {
        connection.locked(mux -> {
            mux.eof(id);
            return 0;
        });
    }

    /** Closes the channel; what is queued goes first, what came is dropped. */
    public void close() {
        connection.locked(mux -> {
            mux.close(id);
            return 0;
        });
    }

    /** Closes the channel; what is queued is lost, what came is dropped. */
    public void abort() {
        connection.locked(mux -> {
            mux.abort(id);
            return 0;
        });
    }

    /** Asks for something without waiting for an answer, or wanting one. */
    public void tell(String name, byte[] body) {
        connection.locked(mux -> mux.request(id, name, body, false));
    }

    /** Asks for something; the answer is waited for apart, so that several can be on their way. */
    public Request ask(String name, byte[] body) throws IOException {
        return connection.ask(id, name, body);
    }

    /** Asks for something; {@link ChannelListener#replied} brings the answer. Returns the answer's id, or -1 where too much is unanswered or the channel is closed. */
    public int askNow(String name, byte[] body) {
        return connection.locked(mux -> mux.request(id, name, body, true));
    }

    /** As {@link #tell}; false where that cannot be sent now, for too much is queued, or the channel is closed. */
    public boolean tellNow(String name, byte[] body) {
        return connection.locked(mux -> mux.request(id, name, body, false)) >= 0;
    }

    /** Answers the peer's request; id 0 is answered with nothing. */
    public void reply(int requestId, boolean ok) {
        reply(requestId, ok, new byte[0]);
    }

    /** Answers the peer's request with something to tell; id 0 is answered with nothing. */
    public void reply(int requestId, boolean ok, byte[] body) {
        if (requestId != 0) {
            connection.locked(mux -> {
                mux.reply(id, requestId, ok, body);
                return 0;
            });
        }
    }

    /** A request on its way. */
    public static final class Request {
        private final Connection connection;
        final Consumer<Reply> answered;
        Reply reply;

        Request(Connection connection, Consumer<Reply> answered) {
            this.connection = connection;
            this.answered = answered;
        }

        /** Waits for the answer; a channel that closes first answers no. @throws IOException if the connection is lost */
        public Reply await() throws IOException {
            connection.await(connection.replied(), () -> reply != null);
            return reply;
        }
    }
}
