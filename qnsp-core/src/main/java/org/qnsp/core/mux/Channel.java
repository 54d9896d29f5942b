package org.qnsp.core.mux;

import java.util.ArrayDeque;
import org.qnsp.core.message.RecordKind;

/**
 * One channel's queues, credit and state. Channel 0 is the connection itself: its credit and window are those of C-7 for the sum of all
 * channels, and it has no data of its own.
 */
final class Channel {
    private final int id;
    private final Credit credit;
    private final ReceiveWindow window;
    private final ArrayDeque<ControlMessage> control = new ArrayDeque<>(2);
    private final ByteQueue[] outgoing = {new ByteQueue(), new ByteQueue()};
    private final ByteQueue[] incoming = {new ByteQueue(), new ByteQueue()};
    private final MuxEvent.DataArrived[] arrivals;
    private final RequestIds asked = new RequestIds();
    private final RequestIds owed = new RequestIds();
    private ChannelState state;
    private int sendBoundBytes;
    private boolean unattended;
    private boolean announced;
    private boolean inRing;
    private boolean starved;
    private int lastStream;

    Channel(int id, ChannelState state, Credit credit, ReceiveWindow window, int sendBoundBytes) {
        this.id = id;
        this.state = state;
        this.credit = credit;
        this.window = window;
        this.sendBoundBytes = sendBoundBytes;
        this.announced = state.phase() != ChannelState.Phase.OPENING;
        this.arrivals = new MuxEvent.DataArrived[] {
            new MuxEvent.DataArrived(id, DataStream.MAIN), new MuxEvent.DataArrived(id, DataStream.EXTENDED)};
    }

    int id() {
        return id;
    }

    ChannelState state() {
        return state;
    }

    void state(ChannelState next) {
        state = next;
    }

    Credit credit() {
        return credit;
    }

    ReceiveWindow window() {
        return window;
    }

    /** Control records that go before any data (C-11). */
    ArrayDeque<ControlMessage> control() {
        return control;
    }

    /** Our requests without an answer. */
    RequestIds asked() {
        return asked;
    }

    /** The peer's requests without an answer. */
    RequestIds owed() {
        return owed;
    }

    ByteQueue incoming(DataStream stream) {
        return incoming[stream.ordinal()];
    }

    ByteQueue outgoing(DataStream stream) {
        return outgoing[stream.ordinal()];
    }

    /** The event of new data, made once: most records allocate nothing. */
    MuxEvent.DataArrived arrival(DataStream stream) {
        return arrivals[stream.ordinal()];
    }

    /** Bytes written and not yet sent, both streams together. */
    int queuedBytes() {
        return outgoing[0].length() + outgoing[1].length();
    }

    /** The most that both send queues hold together. */
    int sendBoundBytes() {
        return sendBoundBytes;
    }

    void sendBoundBytes(int bytes) {
        sendBoundBytes = bytes;
    }

    /** Lets its send queue grow. */
    void unattended() {
        unattended = true;
    }

    /** Whether its send queue is half full and the peer would take more than it holds. */
    boolean crowded() {
        return unattended && queuedBytes() >= sendBoundBytes / 2 && credit.availableBytes() > sendBoundBytes;
    }

    /** Whether its OPEN is out, so that its own records may follow. */
    boolean announced() {
        return announced;
    }

    void announce() {
        announced = true;
    }

    /** Whether it waits for its turn to send. */
    boolean inRing() {
        return inRing;
    }

    void inRing(boolean in) {
        inRing = in;
    }

    /** A write found no room: say so when there is some. */
    void starve() {
        starved = true;
    }

    /** True once when a starved queue is at most half full. */
    boolean fedAgain() {
        if (starved && queuedBytes() <= sendBoundBytes / 2) {
            starved = false;
            return true;
        }
        return false;
    }

    /** The stream whose turn it is: they alternate while both have data; null where neither has. */
    DataStream nextStream() {
        DataStream other = lastStream == 0 ? DataStream.EXTENDED : DataStream.MAIN;
        DataStream same = lastStream == 0 ? DataStream.MAIN : DataStream.EXTENDED;
        DataStream next = outgoing(other).length() > 0 ? other : outgoing(same).length() > 0 ? same : null;
        if (next != null) {
            lastStream = next.ordinal();
        }
        return next;
    }

    /** Bytes of data that its own credit lets go now. */
    int sendableBytes() {
        return Math.min(queuedBytes(), credit.availableBytes());
    }

    /** The EOF or CLOSE that nothing is queued before, or null. */
    RecordKind readyEnd() {
        return control.isEmpty() && queuedBytes() == 0 ? state.endKind() : null;
    }

    boolean grantDue() {
        return state.grants() && window.grantDue();
    }

    /** Whether a turn to send would be of use, the connection's credit aside. */
    boolean hasWork() {
        return announced && (!control.isEmpty() || grantDue() || sendableBytes() > 0 || readyEnd() != null);
    }

    /** Forgets what was to be sent as data. */
    void dropOutgoing() {
        for (ByteQueue queue : outgoing) {
            queue.clear();
        }
    }

    /** Forgets what came; returns how many bytes that was. */
    int dropIncoming() {
        int bytes = 0;
        for (ByteQueue queue : incoming) {
            bytes += queue.length();
            queue.clear();
        }
        return bytes;
    }
}
