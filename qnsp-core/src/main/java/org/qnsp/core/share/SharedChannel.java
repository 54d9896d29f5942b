package org.qnsp.core.share;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;

/**
 * A channel of a client of the master, joined to one of the same type on the master's connection (M-5): data, ends, requests, answers and closings go through both
 * ways. A side that takes nothing leaves its data in the other side's window, from where credit stops the sender (C-8). On the loop.
 */
final class SharedChannel {
    private static final DataStream[] STREAMS = DataStream.values();
    /** What the client may have under way to the master; memory is all that is between them. */
    private static final int WINDOW_BYTES = 256 << 10;
    private static final long RETRY_NANOS = 50_000_000L;
    /** How long a session waits for another to end before its client is to look for another way; and how long at most, while others end. */
    private static final long PATIENCE_NANOS = 3_000_000_000L;
    private static final long MOST_PATIENCE_NANOS = 60_000_000_000L;

    private final Guest guest;
    private final Connection nearConnection;
    private final String type;
    private final byte[] body;
    private final byte[] buffer;
    private final Side near = new Side();
    private final Side far = new Side();
    private boolean accepted;
    /** Nothing goes to the host before it has accepted the channel, so that a refusal can be tried again. */
    private boolean careful;
    private boolean abandoned;
    private long firstRefusalNanos;

    /** One of the two ends. */
    private static final class Side {
        private Channel channel;
        /** The peer of this side sends no more. */
        private boolean ended;
        /** The peer of this side has closed it, or it never was. */
        private boolean closed;
        private boolean eofSent;
        private boolean left;
        /** Ids of requests passed to this side, with the ids under which the other side asked. */
        private final Map<Integer, Integer> asked = new HashMap<>();
    }

    /** @param buffer of the master, used within one call */
    SharedChannel(Guest guest, Connection nearConnection, int id, String type, byte[] body, byte[] buffer) {
        this.guest = guest;
        this.nearConnection = nearConnection;
        this.type = type;
        this.body = body;
        this.buffer = buffer;
        near.channel = nearConnection.hold(id, new NearEvents());
    }

    /** Opens the other end; false where that has to be tried later. C-10: not more than may be unanswered. */
    boolean open(Connection connection) {
        if (near.closed) {
            refuse(OpenFailure.CONNECT_FAILED, "");
            return true;
        }
        careful |= isSession() && guest.manySessions();
        try {
            far.channel = connection.tryOpen(type, body, Limits.CHANNEL_CREDIT_BYTES, new FarEvents());
            if (far.channel == null && connection.channelCount() < Limits.CHANNELS) {
                return false; // C-10: when others are answered
            }
            if (far.channel == null) {
                refuse(OpenFailure.RESOURCES, "too many channels are open");
            }
        } catch (IOException e) {
            refuse(OpenFailure.CONNECT_FAILED, String.valueOf(e.getMessage()));
        }
        return true;
    }

    boolean isSession() {
        return type.equals(ChannelOpening.Session.TYPE);
    }

    /** Whether it is one of the host's sessions, or about to be. */
    boolean occupies() {
        return isSession() && far.channel != null && !far.closed;
    }

    /** Whether the host may be sent what the client has sent. */
    private boolean passable() {
        return far.channel != null && (accepted || !careful);
    }

    /** The host has no room for one more session: soon it may have, as they come and go. */
    private boolean triesAgain(OpenFailure reason) {
        long now = System.nanoTime();
        if (!careful || reason != OpenFailure.RESOURCES || near.closed) {
            return false;
        }
        if (firstRefusalNanos == 0) {
            firstRefusalNanos = now;
        }
        long waitedNanos = now - firstRefusalNanos;
        if (waitedNanos > MOST_PATIENCE_NANOS || Math.min(waitedNanos, guest.sinceSessionEndedNanos(now)) > PATIENCE_NANOS) {
            return false;
        }
        far.channel = null;
        guest.later(RETRY_NANOS, this::openAgain);
        return true;
    }

    /** Not behind what the client asked of the channel meanwhile, which waits for this. */
    private void openAgain() {
        if (!abandoned && !open(guest.host())) {
            guest.later(RETRY_NANOS, this::openAgain);
        }
    }

    void refuse(OpenFailure reason, String text) {
        far.closed = true;
        nearConnection.refuse(near.channel.id(), reason, text);
        guest.forget(this);
    }

    /** Whether the client has all that there will be. */
    boolean over() {
        return near.left || far.channel == null;
    }

    /** The client is gone: what it did not take and what the host did not take is lost. */
    void abandon() {
        abandoned = true;
        near.closed = true;
        if (far.channel != null) {
            far.channel.abort();
        }
    }

    // ---- data

    private void move(Side from, Side to) {
        if (to == near ? !accepted : !passable()) {
            return;
        }
        boolean drained = true;
        for (DataStream stream : STREAMS) {
            drained &= drain(from, to, stream);
        }
        if (drained && (from.ended || from.closed) && !to.eofSent) {
            to.eofSent = true;
            to.channel.eof();
        }
        if (drained && from.closed) {
            if (!accepted) {
                accept(0); // the client closed what it opened before it heard of it
            }
            leave(to);
            leave(from);
        }
    }

    private void accept(int windowBytes) {
        accepted = true;
        nearConnection.accept(near.channel, windowBytes);
    }

    /** False where something is left. */
    private boolean drain(Side from, Side to, DataStream stream) {
        for (int room = to.channel.roomNow(); room != 0; room = to.channel.roomNow()) {
            int n = from.channel.readNow(stream, buffer, 0, room < 0 ? buffer.length : Math.min(room, buffer.length));
            if (n <= 0) {
                return true;
            }
            if (room > 0) {
                to.channel.writeNow(stream, buffer, 0, n); // room was for all of it, and only this thread writes
            }
        }
        return false; // roomAvailable goes on
    }

    private static void leave(Side side) {
        if (!side.left) {
            side.left = true;
            side.channel.close();
        }
    }

    // ---- requests

    /** Passes a request on; false where that has to be tried later. */
    private boolean pass(Side to, int id, String name, byte[] body) {
        if (to.closed || to.left) {
            return true;
        }
        if (to == far && !passable()) {
            return false;
        }
        if (id == 0) {
            return to.channel.tellNow(name, body);
        }
        int passed = to.channel.askNow(name, body);
        if (passed > 0) {
            to.asked.put(passed, id);
        }
        return passed > 0;
    }

    private static void answer(Side from, Side to, int id, boolean ok, byte[] answer) {
        Integer asked = from.asked.remove(id);
        if (asked != null && !to.left) {
            to.channel.reply(asked, ok, answer);
        }
    }

    /** What the client does. */
    private final class NearEvents implements ChannelListener {
        @Override
        public void dataArrived(DataStream stream) {
            move(near, far);
        }

        @Override
        public void eofArrived() {
            near.ended = true;
            move(near, far);
        }

        @Override
        public void roomAvailable() {
            move(far, near);
        }

        @Override
        public void requested(int id, String name, byte[] asked) {
            if (guest.permits(name)) {
                guest.attempt(() -> pass(far, id, name, asked));
            } else {
                guest.attempt(() -> answered(id));
            }
        }

        private boolean answered(int id) {
            if (accepted && !near.left) {
                near.channel.reply(id, false);
            }
            return accepted || far.closed;
        }

        @Override
        public void replied(int id, boolean ok, byte[] answer) {
            answer(near, far, id, ok, answer);
        }

        @Override
        public void closed() {
            near.closed = true;
            move(near, far);
        }

        @Override
        public void gone() {
            guest.forget(SharedChannel.this);
        }
    }

    /** What the host does. */
    private final class FarEvents implements ChannelListener {
        @Override
        public void opened() {
            accept(WINDOW_BYTES);
            move(near, far);
        }

        @Override
        public void refused(OpenFailure reason, String text) {
            if (!triesAgain(reason)) {
                refuse(reason, text);
            }
        }

        @Override
        public void dataArrived(DataStream stream) {
            move(far, near);
        }

        @Override
        public void eofArrived() {
            far.ended = true;
            move(far, near);
        }

        @Override
        public void roomAvailable() {
            move(near, far);
        }

        @Override
        public void requested(int id, String name, byte[] asked) {
            if (accepted && !pass(near, id, name, asked)) {
                far.channel.reply(id, false); // the client takes none
            }
        }

        @Override
        public void replied(int id, boolean ok, byte[] answer) {
            answer(far, near, id, ok, answer);
        }

        @Override
        public void closed() {
            if (far.channel == null) {
                return; // refused, to be tried again
            }
            far.closed = true;
            if (isSession()) {
                guest.sessionEnded();
            }
            if (accepted) {
                move(far, near);
            }
        }
    }
}
