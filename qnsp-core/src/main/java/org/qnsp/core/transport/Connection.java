package org.qnsp.core.transport;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.mux.Mux;
import org.qnsp.core.mux.MuxEvent;

/**
 * The application's side of a connection and the only lock: the {@link Mux} lives under it. The lock is held for memory work alone. The loop brings and fetches
 * records; events are told on the loop after the lock is released.
 */
public final class Connection implements StageWriter.Records {
    /** Who hears of what concerns the whole connection, on the loop. */
    public interface Listener {
        /** The peer opens a channel: answer with {@link Connection#accept} or {@link Connection#refuse}, now or later. */
        default void peerOpened(Connection connection, int channel, String type, byte[] body) {
            connection.refuse(channel, OpenFailure.PROHIBITED, "no channels are taken here");
        }

        /** The peer asks for something about the connection; id is 0 where it wants no reply. */
        default void requested(Connection connection, int id, String name, byte[] body) {
            connection.reply(id, false);
        }

        /** The peer's last word. */
        default void disconnected(DisconnectReason reason, String text) {}
    }

    private static final byte[] EMPTY = new byte[0];

    private volatile boolean telling;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition replied = lock.newCondition();
    private final Mux mux;
    private final Map<Integer, Channel> channels = new HashMap<>();
    /** Of channels that the peer opened and nobody has answered. */
    private final Map<Integer, String> unanswered = new HashMap<>();
    private final Map<Long, Channel.Request> asked = new HashMap<>();
    /** Answered, and yet to hear of it on the loop. */
    private final Map<Long, Channel.Request> untold = new HashMap<>();
    /** C-31: the relay channels of either side, from OPEN on. */
    private final Set<Integer> relays = new HashSet<>();
    private final Listener listener;
    private List<MuxEvent> events = new ArrayList<>();
    private IOException lost;
    private long unusedNanos = System.nanoTime();
    private volatile Runnable wake = () -> {};

    /** @param client which end this is @param budget bytes that the channels may hold, shared with others */
    public Connection(boolean client, Budget budget, Listener listener) {
        this.mux = new Mux(client, Limits.SEND_QUEUE_BYTES, budget, event -> events.add(event));
        this.listener = listener;
    }

    // ---- the loop's side

    /** What to call, from any thread, when something was queued. */
    void onQueued(Runnable hook) {
        wake = hook;
    }

    @Override
    public int fill(byte[] frame, int offset, int room) {
        List<MuxEvent> happened;
        int used;
        lock.lock();
        try {
            used = mux.fill(frame, offset, room);
            happened = settle();
        } finally {
            lock.unlock();
        }
        tell(happened);
        return used;
    }

    @Override
    public FrameType type() {
        return mux.typeOfLastFill(); // set by fill, on the same thread
    }

    /** Applies the records of count payloads, each where it begins. */
    void receive(byte[] buffer, int[] starts, int[] lengths, int count) throws ProtocolException {
        List<MuxEvent> happened = List.of();
        lock.lock();
        try {
            for (int i = 0; i < count; i++) {
                if (lengths[i] > 0) {
                    mux.receive(buffer, starts[i], lengths[i]);
                }
            }
        } finally {
            happened = settle();
            telling = !happened.isEmpty();
            lock.unlock();
            tell(happened);
            telling = false;
        }
    }

    long backlogBytes() {
        lock.lock();
        try {
            return mux.backlogBytes();
        } finally {
            lock.unlock();
        }
    }

    /** C-31: whether a stream is carried that has a schedule of its own. */
    boolean relaying() {
        lock.lock();
        try {
            return !relays.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    boolean finished() {
        lock.lock();
        try {
            return mux.finished();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the peer is in the middle of a long request about the connection, or what came just now is still being told. */
    public boolean requestArriving() {
        lock.lock();
        try {
            return telling || lost == null && mux.requestArriving();
        } finally {
            lock.unlock();
        }
    }

    /** The wire is gone: nothing more is sent or comes. What came can be read; then readers learn the cause, unless the peer had said goodbye. */
    void lose(IOException cause) {
        List<Channel> open;
        lock.lock();
        try {
            if (lost != null) {
                return;
            }
            lost = cause;
            mux.end();
            open = new ArrayList<>(channels.values());
            open.forEach(c -> {
                c.closed = true;
                c.signal();
            });
            replied.signalAll();
        } finally {
            lock.unlock();
        }
        open.forEach(c -> c.listener.closed());
    }

    /** Under the lock: wakes who waits in blocking calls, and takes the events out for {@link #tell}. */
    private List<MuxEvent> settle() {
        if (events.isEmpty()) {
            return List.of();
        }
        List<MuxEvent> happened = events;
        events = new ArrayList<>();
        for (MuxEvent event : happened) {
            switch (event) {
                case MuxEvent.Opened(int id, byte[] body) -> with(id, c -> c.opened = true);
                case MuxEvent.OpenFailed(int id, OpenFailure reason, String text) -> {
                    with(id, c -> {
                        c.refusal = text.isEmpty() ? reason.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') : text;
                        c.closed = true;
                    });
                    answerAll(id); // C-10
                    relays.remove(id);
                }
                case MuxEvent.DataArrived(int id, DataStream stream) -> {
                    Channel channel = channels.get(id);
                    if (channel != null) {
                        channel.signal(stream);
                    }
                }
                case MuxEvent.EofArrived e -> with(e.channel(), c -> c.ended = true);
                case MuxEvent.RoomAvailable e -> with(e.channel(), c -> {});
                case MuxEvent.PeerClosed(int id) -> {
                    with(id, Channel::end);
                    answerAll(id);
                }
                case MuxEvent.Gone(int id) -> {
                    with(id, Channel::end);
                    answerAll(id);
                    relays.remove(id);
                }
                case MuxEvent.Replied(int id, int request, boolean ok, byte[] body) -> {
                    untold.put(key(id, request), asked.get(key(id, request)));
                    answer(key(id, request), new Channel.Reply(ok, body));
                }
                case MuxEvent.PeerOpened(int id, String type, byte[] body) -> {
                    unanswered.put(id, type);
                    if (type.equals(ChannelOpening.Relay.TYPE)) {
                        relays.add(id);
                    }
                }
                case MuxEvent.Requested e -> {}
                case MuxEvent.Disconnected e -> {
                    channels.values().forEach(c -> {
                        c.end();
                        c.signal();
                    });
                    asked.values().forEach(r -> r.reply = new Channel.Reply(false, EMPTY));
                    asked.clear();
                    replied.signalAll();
                }
            }
        }
        return happened;
    }

    private void with(int id, Consumer<Channel> change) {
        Channel channel = channels.get(id);
        if (channel != null) {
            change.accept(channel);
            channel.signal();
        }
    }

    private void answer(long key, Channel.Reply reply) {
        Channel.Request request = asked.remove(key);
        if (request != null) {
            request.reply = reply;
            replied.signalAll();
        }
    }

    private void answerAll(int channel) {
        List.copyOf(asked.keySet()).stream().filter(k -> (int) (k >>> 32) == channel).forEach(k -> answer(k, new Channel.Reply(false, EMPTY)));
    }

    private static long key(int channel, int request) {
        return (long) channel << 32 | request & 0xffff_ffffL;
    }

    /** Outside the lock, on the loop. */
    private void tell(List<MuxEvent> happened) {
        for (MuxEvent event : happened) {
            switch (event) {
                case MuxEvent.PeerOpened(int id, String type, byte[] body) -> listener.peerOpened(this, id, type, body);
                case MuxEvent.Requested(int id, int request, String name, byte[] body) when id == 0 -> listener.requested(this, request, name, body);
                case MuxEvent.Requested(int id, int request, String name, byte[] body) -> listener(id).requested(request, name, body);
                case MuxEvent.DataArrived(int id, DataStream stream) -> listener(id).dataArrived(stream);
                case MuxEvent.EofArrived(int id) -> listener(id).eofArrived();
                case MuxEvent.RoomAvailable(int id) -> listener(id).roomAvailable();
                case MuxEvent.PeerClosed(int id) -> listener(id).closed();
                case MuxEvent.OpenFailed(int id, OpenFailure reason, String text) -> {
                    listener(id).refused(reason, text);
                    listener(id).closed();
                    forget(id);
                }
                case MuxEvent.Gone(int id) -> {
                    ChannelListener last = listener(id);
                    forget(id);
                    last.gone();
                }
                case MuxEvent.Disconnected(DisconnectReason reason, String text) -> {
                    open().forEach(c -> c.listener.closed());
                    listener.disconnected(reason, text);
                }
                case MuxEvent.Opened(int id, byte[] body) -> listener(id).opened();
                case MuxEvent.Replied(int id, int request, boolean ok, byte[] body) -> {
                    answered(key(id, request), new Channel.Reply(ok, body));
                    listener(id).replied(request, ok, body);
                }
            }
        }
    }

    private void answered(long key, Channel.Reply reply) {
        Channel.Request request;
        lock.lock();
        try {
            request = untold.remove(key);
        } finally {
            lock.unlock();
        }
        if (request != null) {
            request.answered.accept(reply);
        }
    }

    /** The channels of either side that are there now. */
    public List<Channel> open() {
        lock.lock();
        try {
            return List.copyOf(channels.values());
        } finally {
            lock.unlock();
        }
    }

    private ChannelListener listener(int id) {
        lock.lock();
        try {
            Channel channel = channels.get(id);
            return channel == null ? ChannelListener.NONE : channel.listener;
        } finally {
            lock.unlock();
        }
    }

    private void forget(int id) {
        lock.lock();
        try {
            channels.remove(id);
            unusedNanos = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    // ---- the application's side

    /**
     * Opens a channel; it can be written to and asked at once, before the peer has accepted it, even before there is a wire.
     *
     * @param windowBytes what the peer may have under way to us
     * @throws IOException if the connection is gone or too much is open
     */
    public Channel open(String type, byte[] body, int windowBytes, ChannelListener channelListener) throws IOException {
        Channel channel = tryOpen(type, body, windowBytes, channelListener);
        if (channel == null) {
            throw new IOException("too many channels are open");
        }
        return channel;
    }

    /** Opens a channel; null where too many are open or unanswered now (C-10), so that it may be tried later. @throws IOException if the connection is gone */
    public Channel tryOpen(String type, byte[] body, int windowBytes, ChannelListener channelListener) throws IOException {
        Channel channel;
        lock.lock();
        try {
            requireWire();
            int id = mux.open(type, body, windowBytes);
            if (id < 0) {
                if (mux.finished()) {
                    throw new IOException("the connection is over");
                }
                return null;
            }
            channel = new Channel(this, id, type, lock, channelListener);
            channels.put(id, channel);
            if (type.equals(ChannelOpening.Relay.TYPE)) {
                relays.add(id);
            }
        } finally {
            lock.unlock();
        }
        wake.run();
        return channel;
    }

    /** Opens a channel, as {@link #open(String, byte[], int, ChannelListener)}. */
    public Channel open(ChannelOpening opening, int windowBytes, ChannelListener channelListener) throws IOException {
        Channel channel = tryOpen(opening, windowBytes, channelListener);
        if (channel == null) {
            throw new IOException("too many channels are open");
        }
        return channel;
    }

    /** Opens a channel; null where too many are open or unanswered now (C-10), so that it may be tried later. @throws IOException if the connection is gone */
    public Channel tryOpen(ChannelOpening opening, int windowBytes, ChannelListener channelListener) throws IOException {
        return tryOpen(opening.type(), opening.encode(), windowBytes, channelListener);
    }

    /** Accepts the channel that the peer opened. */
    public Channel accept(int id, int windowBytes, ChannelListener channelListener) {
        Channel channel = hold(id, channelListener);
        accept(channel, windowBytes);
        return channel;
    }

    /** Takes notice of the channel that the peer opened: what comes on it is told and can be read, nothing can be sent until it is accepted. */
    public Channel hold(int id, ChannelListener channelListener) {
        lock.lock();
        try {
            Channel channel = new Channel(this, id, unanswered.remove(id), lock, channelListener);
            channels.put(id, channel);
            return channel;
        } finally {
            lock.unlock();
        }
    }

    /** Accepts a channel that was held. */
    public void accept(Channel held, int windowBytes) {
        locked(m -> {
            held.opened = true;
            m.accept(held.id(), windowBytes, EMPTY);
            return 0;
        });
    }

    /** Refuses the channel that the peer opened. */
    public void refuse(int id, OpenFailure reason, String text) {
        locked(m -> {
            relays.remove(id);
            unanswered.remove(id);
            forget(id);
            m.refuse(id, reason, text);
            return 0;
        });
    }

    /** Asks for something about the connection, without wanting an answer. */
    public void tell(String name, byte[] body) {
        locked(m -> m.request(0, name, body, false));
    }

    /** Answers a request about the connection; id 0 is answered with nothing. */
    public void reply(int requestId, boolean ok) {
        reply(requestId, ok, EMPTY);
    }

    /** Answers a request about the connection with something to tell; id 0 is answered with nothing. */
    public void reply(int requestId, boolean ok, byte[] body) {
        if (requestId != 0) {
            locked(m -> {
                m.reply(0, requestId, ok, body);
                return 0;
            });
        }
    }

    /** Asks about the connection (channel 0) or on a channel. */
    public Channel.Request ask(int channel, String name, byte[] body) throws IOException {
        return ask(channel, name, body, reply -> {});
    }

    /**
     * Asks about the connection (channel 0) or on a channel.
     *
     * @param answered is told the answer on the loop, before whatever the peer did after it; not if the connection is lost first
     */
    public Channel.Request ask(int channel, String name, byte[] body, Consumer<Channel.Reply> answered) throws IOException {
        Channel.Request request = new Channel.Request(this, answered);
        lock.lock();
        try {
            requireWire();
            int id = mux.request(channel, name, body, true);
            if (id < 0) {
                request.reply = new Channel.Reply(false, EMPTY);
            } else {
                asked.put(key(channel, id), request);
            }
        } finally {
            lock.unlock();
        }
        wake.run();
        return request;
    }

    /** Says goodbye; what is queued at this moment is lost. */
    public void disconnect(DisconnectReason reason, String text) {
        locked(m -> {
            m.disconnect(reason, text);
            return 0;
        });
    }

    /** Says goodbye by itself once it has closed the last channel (C-40). */
    public void endWithChannels() {
        locked(m -> {
            m.endWithChannels();
            return 0;
        });
    }

    /** Whether nothing waits to be sent. */
    public boolean idle() {
        return locked(m -> m.idle() ? 1 : 0) == 1;
    }

    /** Since when there is no channel, as System.nanoTime; meaningless while there is one. */
    public long unusedNanos() {
        lock.lock();
        try {
            return unusedNanos;
        } finally {
            lock.unlock();
        }
    }

    /** Channels that are open. */
    public int channelCount() {
        return locked(Mux::channelCount);
    }

    /** Gives back everything that the channels held; after {@link #lose} and the last read. */
    public void release() {
        lock.lock();
        try {
            mux.release();
            channels.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the wire was lost; under the lock. */
    boolean lost() {
        return lost != null;
    }

    Condition replied() {
        return replied;
    }

    int locked(ToIntFunction<Mux> work) {
        int result;
        lock.lock();
        try {
            result = work.applyAsInt(mux);
        } finally {
            lock.unlock();
        }
        wake.run();
        return result;
    }

    void await(Condition condition, BooleanSupplier done) throws IOException {
        lock.lock();
        try {
            while (!done.getAsBoolean()) {
                requireWire();
                condition.await();
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    int blockingRead(Channel channel, Condition arrived, DataStream stream, byte[] to, int offset, int length) throws IOException {
        int n;
        lock.lock();
        try {
            for (n = mux.read(channel.id(), stream, to, offset, length); n == 0; n = mux.read(channel.id(), stream, to, offset, length)) {
                arrived.await();
            }
            if (n < 0 && lost != null && !channel.ended) {
                throw new IOException(lost.getMessage(), lost);
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
        wake.run();
        return n;
    }

    void blockingWrite(Channel channel, Condition changed, DataStream stream, byte[] from, int offset, int length) throws IOException {
        for (int done = 0; done < length; ) {
            lock.lock();
            try {
                int n = mux.write(channel.id(), stream, from, offset + done, length - done);
                if (n < 0) {
                    throw lost == null ? new IOException("the far end takes no more input") : new IOException(lost.getMessage(), lost);
                }
                done += n;
                if (n == 0) {
                    changed.await();
                }
            } catch (InterruptedException e) {
                throw interrupted();
            } finally {
                lock.unlock();
            }
            wake.run();
        }
    }

    private void requireWire() throws IOException {
        if (lost != null) {
            throw new IOException(lost.getMessage(), lost);
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }
}
