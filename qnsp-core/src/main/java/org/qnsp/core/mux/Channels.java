package org.qnsp.core.mux;

import java.util.Collection;
import java.util.HashMap;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/** The channels of a connection: numbers (C-1), counts (C-10, L-7) and the memory that is reserved for them (L-12). */
final class Channels {
    /**
     * Windows beyond what C-6 gives by itself come from three quarters of the connection's credit, and each gets at most a quarter of what
     * is left there: so consumers that take nothing do not use up the credit that all others need (C-22).
     */
    private static final int SHARED_WINDOW_BYTES = Limits.CONNECTION_CREDIT_BYTES / 4 * 3;
    private static final int WINDOW_SHARE = 4;

    private final int ownParity;
    private final Budget budget;
    private final HashMap<Integer, Channel> open = new HashMap<>();
    private final Channel connection = new Channel(0, ChannelState.OPEN,
            new Credit(Limits.CONNECTION_CREDIT_BYTES), new ReceiveWindow(Limits.CONNECTION_CREDIT_BYTES), 0);   // C-7, L-10
    private Channel last = connection;
    private int nextOwn;
    private int announcedOwn;
    private int nextPeer;
    private int ownOpen;
    private int peerOpen;
    private long windowBytes;
    private int openingsAsked;
    private int openingsOwed;
    private int requestsAsked;
    private int requestsOwed;

    Channels(boolean client, Budget budget) {
        this.budget = budget;
        ownParity = client ? 1 : 0;
        nextOwn = client ? 1 : 2;                                                 // C-1: odd for the client, even for the server
        announcedOwn = nextOwn;
        nextPeer = client ? 2 : 1;
    }

    /** Channel 0. */
    Channel connection() {
        return connection;
    }

    /** The channels besides 0. */
    Collection<Channel> all() {
        return open.values();
    }

    /** The channel with this number; null where there is none now. */
    Channel find(int id) {
        if (last.id() == id) {
            return last;
        }
        Channel found = id == 0 ? connection : open.get(id);
        if (found != null) {
            last = found;
        }
        return found;
    }

    /** For the application: the channel, or null where it is gone; a number that never was is our fault. */
    Channel known(int id) {
        Channel found = find(id);
        boolean past = Integer.compareUnsigned(id, own(id) ? nextOwn : nextPeer) < 0;
        if (found == null && !past) {
            throw new IllegalStateException("no channel " + id);
        }
        return found;
    }

    /** For a record: the channel, or null where it is gone and the record is to be ignored; C-3: an unknown one is a fault. */
    Channel addressed(int id) throws ProtocolException {
        if (Integer.compareUnsigned(id, own(id) ? announcedOwn : nextPeer) >= 0) {
            throw new ProtocolException(Reason.CHANNEL, "channel " + Integer.toUnsignedString(id));
        }
        return find(id);
    }

    /** C-40: whether the peer has opened some, all that there are are closed by this side, and no answer is owed. */
    boolean done() {
        return nextPeer > 2 && requestsOwed == 0 && openingsOwed == 0 && open.values().stream().allMatch(channel -> channel.state().sending() == ChannelState.Sending.CLOSED);
    }

    /** C-1: the number that the peer's next OPEN must have. */
    boolean isNextOfPeer(int id) {
        return id == nextPeer;
    }

    /** Whether C-10 and L-7 let us open another channel. */
    boolean mayOpen() {
        return openingsAsked < Limits.UNANSWERED_OPENINGS && ownOpen < Limits.CHANNELS && nextOwn > 0;
    }

    /** Adds a channel of ours that is to be announced; null where the budget has not even the least for it. */
    Channel addOwn(int creditBytes, int sendBytes) {
        int window = reserveWindow(creditBytes, Math.min(creditBytes, Limits.LEAST_WINDOW_BYTES));
        int send = window < 0 ? -1 : reserve(sendBytes, Math.min(sendBytes, Limits.LEAST_SEND_QUEUE_BYTES));
        if (send < 0) {
            releaseWindow(Math.max(0, window));
            return null;
        }
        Channel channel = new Channel(nextOwn, ChannelState.OPENING, new Credit(Limits.OPENER_CREDIT_BYTES), new ReceiveWindow(window), send);
        nextOwn += 2;
        ownOpen++;
        openingsAsked++;
        open.put(channel.id(), channel);
        return channel;
    }

    /** Our OPEN was sent: its number is known to the peer, and the channel's records may follow. Null where the channel is gone. */
    Channel announce(int id) {
        announcedOwn = id + 2;
        Channel channel = find(id);
        if (channel != null) {
            channel.announce();
        }
        return channel;
    }

    /** C-10, L-7: the peer may not have more open or unanswered. */
    void requireOpening() throws ProtocolException {
        if (openingsOwed >= Limits.UNANSWERED_OPENINGS || peerOpen >= Limits.CHANNELS) {
            throw new ProtocolException(Reason.LIMIT, openingsOwed + " openings, " + peerOpen + " channels");
        }
    }

    /** Adds the peer's next channel, with the credit that it gives us; null where the budget has not what C-6 lets it send at once. */
    Channel addPeer(int creditBytes) {
        int id = nextPeer;
        nextPeer += 2;
        openingsOwed++;
        int window = reserveWindow(Limits.OPENER_CREDIT_BYTES, Limits.OPENER_CREDIT_BYTES);      // C-6
        int send = window < 0 ? -1 : reserve(Limits.LEAST_SEND_QUEUE_BYTES, Limits.LEAST_SEND_QUEUE_BYTES);
        if (send < 0) {
            releaseWindow(Math.max(0, window));
            return null;
        }
        peerOpen++;
        Channel channel = new Channel(id, ChannelState.OFFERED, new Credit(creditBytes), new ReceiveWindow(window), send);
        open.put(id, channel);
        return channel;
    }

    /** Makes the window larger by up to {@code bytes}, as far as the budget goes; returns by how much. Nothing is granted yet. */
    int enlargeWindow(Channel channel, int bytes) {
        int added = reserveWindow(bytes, 0);
        channel.window().enlarge(added);
        return added;
    }

    /** Makes the send queue's bound larger, as far as the budget goes. */
    void enlargeSendQueue(Channel channel, int boundBytes) {
        int missing = Math.max(0, boundBytes - channel.sendBoundBytes());
        channel.sendBoundBytes(channel.sendBoundBytes() + Math.max(0, reserve(missing, 0)));
    }

    /** Lets a window shrink to {@code bytes}. */
    void reduceWindow(Channel channel, int bytes) {
        releaseWindow(channel.window().reduceTo(bytes));
    }

    /** C-8: the consumer took bytes of a channel, which counts for the connection too. */
    void take(Channel channel, int bytes) {
        releaseWindow(channel.window().take(bytes));
        connection.window().take(bytes);
        if (channel.window().outgrown()) {
            growWindow(channel);
        }
    }

    /** L-11: makes the window twice as large, where the connection and the budget have it to spare. */
    private void growWindow(Channel channel) {
        int more = Math.min(channel.window().windowBytes(), Limits.MOST_CHANNEL_CREDIT_BYTES - channel.window().windowBytes());
        if (more > 0 && more <= unshared() && more <= budget.growthBytes() && budget.reserve(more)) {
            windowBytes += more;
            channel.window().enlarge(more);
        }
    }

    /** As {@link #growWindow}, for the send queue. */
    void growSendQueue(Channel channel) {
        int more = Math.min(channel.sendBoundBytes(), Limits.MOST_SEND_QUEUE_BYTES - channel.sendBoundBytes());
        if (more > 0 && more <= budget.growthBytes() && budget.reserve(more)) {
            channel.sendBoundBytes(channel.sendBoundBytes() + more);
        }
    }

    /** Removes a channel and all it holds; C-8: what it held counts as taken for the connection. False where it was removed before. */
    boolean remove(Channel channel) {
        if (!open.remove(channel.id(), channel)) {
            return false;
        }
        connection.window().take(channel.dropIncoming());
        channel.dropOutgoing();
        channel.state(new ChannelState(ChannelState.Phase.OPEN, ChannelState.Sending.CLOSED, ChannelState.Receiving.CLOSED));
        requestsAsked -= channel.asked().clear();
        requestsOwed -= channel.owed().clear();
        if (own(channel.id())) {
            ownOpen--;
        } else {
            peerOpen--;
        }
        releaseWindow(channel.window().windowBytes());
        budget.release(channel.sendBoundBytes());
        last = connection;
        return true;
    }

    /** One of our openings was answered. */
    void openingAnswered() {
        openingsAsked--;
    }

    /** We answered one of the peer's openings. */
    void openingSettled() {
        openingsOwed--;
    }

    /** C-10: whether we may ask for one more answer. */
    boolean mayAsk() {
        return requestsAsked < Limits.UNANSWERED_REQUESTS;
    }

    void ask(Channel channel, int requestId) {
        channel.asked().add(requestId);
        requestsAsked++;
    }

    /** C-10: a reply to nothing is a fault. */
    void answered(Channel channel, int requestId) throws ProtocolException {
        if (!channel.asked().remove(requestId)) {
            throw new ProtocolException(Reason.STATE, "reply to nothing: " + Integer.toUnsignedString(requestId));
        }
        requestsAsked--;
    }

    /** The peer asks for an answer. C-10: not too many, and not two under one id. */
    void owe(Channel channel, int requestId) throws ProtocolException {
        if (requestsOwed >= Limits.UNANSWERED_REQUESTS) {
            throw new ProtocolException(Reason.LIMIT, requestsOwed + " requests");
        }
        if (channel.owed().contains(requestId)) {
            throw new ProtocolException(Reason.STATE, "request id in use: " + Integer.toUnsignedString(requestId));
        }
        channel.owed().add(requestId);
        requestsOwed++;
    }

    /** We answered one of the peer's requests. */
    void settled(Channel channel, int requestId) {
        if (channel.owed().remove(requestId)) {
            requestsOwed--;
        }
    }

    /** After our CLOSE nothing of the peer's is answered on this channel. */
    void forgetOwed(Channel channel) {
        requestsOwed -= channel.owed().clear();
    }

    /** After the peer's CLOSE nothing of ours is answered on this channel. */
    void forgetAsked(Channel channel) {
        requestsAsked -= channel.asked().clear();
    }

    private boolean own(int id) {
        return (id & 1) == ownParity;
    }

    private int reserveWindow(int want, int least) {
        long share = Math.max(least, unshared() / WINDOW_SHARE);
        int reserved = reserve((int) Math.min(want, share), least);
        windowBytes += Math.max(0, reserved);
        return reserved;
    }

    /** What the channels' windows leave of the connection's. */
    private long unshared() {
        return SHARED_WINDOW_BYTES - (windowBytes - (long) peerOpen * Limits.OPENER_CREDIT_BYTES);
    }

    private void releaseWindow(int bytes) {
        windowBytes -= bytes;
        budget.release(bytes);
    }

    /** Takes {@code want} bytes from the budget or its share, or a half, or a quarter..., but not less than {@code least}; -1 where even that is not there. */
    private int reserve(int want, int least) {
        for (int bytes = (int) Math.min(want, budget.openingBytes()); bytes > least; bytes /= 2) {
            if (budget.reserve(bytes)) {
                return bytes;
            }
        }
        return budget.reserve(least) ? least : -1;
    }
}
