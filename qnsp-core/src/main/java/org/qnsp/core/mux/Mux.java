package org.qnsp.core.mux;

import java.util.ArrayList;
import java.util.Objects;
import java.util.function.Consumer;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;

/**
 * The channels of one connection (section C). Three sides meet here, all under the caller's one lock:
 * <ul>
 * <li>the writer pulls: {@link #fill} once for each frame; an empty queue gives 0, which is Noise (C-20);</li>
 * <li>the reader brings: {@link #receive} each opened payload; it never waits for a consumer (C-22);</li>
 * <li>the application writes, reads, opens and closes; nothing of it blocks.</li>
 * </ul>
 * What happens is told to the sink given in. It is called from within {@code fill} and {@code receive}, at the end of a step, so it may call
 * the application's side, but not {@code fill} or {@code receive}. Sink and application must bound what they keep: a peer may send as many
 * requests without reply as it likes.
 *
 * <p>A channel number that is gone stays harmless, since the application cannot know at once: writes and reads return -1, the rest does
 * nothing. A number that never was, or a call that makes no sense in the channel's state, is an IllegalStateException.
 */
public final class Mux {
    private final Channels channels;
    private final Outbound outbound;
    private final Inbound inbound;
    private final int sendQueueBytes;
    private int lastRequestId;
    private boolean ended;

    /** One end of a connection; the send queue of each channel holds {@code sendQueueBytes}, less where the budget is short. */
    public Mux(boolean client, int sendQueueBytes, Budget budget, Consumer<MuxEvent> events) {
        if (sendQueueBytes < Limits.LEAST_SEND_QUEUE_BYTES) {
            throw new IllegalArgumentException("send queue of " + sendQueueBytes);
        }
        this.sendQueueBytes = sendQueueBytes;
        channels = new Channels(client, budget);
        outbound = new Outbound(channels, events);
        inbound = new Inbound(channels, outbound, events);
    }

    /** One end with the default send queue and without a shared budget. */
    public Mux(boolean client, Consumer<MuxEvent> events) {
        this(client, Limits.SEND_QUEUE_BYTES, Budget.UNLIMITED, events);
    }

    // ---- the wire

    /** C-20: writes the records of the next frame into at most {@code room} bytes (717 for all of one). Returns their length; 0 is Noise. */
    public int fill(byte[] frame, int offset, int room) {
        Objects.checkFromIndexSize(offset, room, frame.length);
        return outbound.fill(frame, offset, room);
    }

    /** F-7: the type of the frame that {@link #fill} made last. */
    public FrameType typeOfLastFill() {
        return outbound.type();
    }

    /** Applies the records of a payload. After a fault this end reads no more; what came before can still be read. */
    public void receive(byte[] payload, int offset, int length) throws ProtocolException {
        Objects.checkFromIndexSize(offset, length, payload.length);
        if (ended) {
            return;
        }
        boolean whole = false;
        try {
            inbound.receive(payload, offset, length);
            whole = true;
        } finally {
            ended |= !whole;
        }
    }

    /** As {@link #receive(byte[], int, int)} for a payload that is a whole frame's, whose type must be that of its first record (F-9). */
    public void receive(FrameType type, byte[] payload, int offset, int length) throws ProtocolException {
        Objects.checkFromIndexSize(offset, length, payload.length);
        RecordReader.requireType(type, payload, offset, length);
        receive(payload, offset, length);
    }

    /** C-12: the next frame carries this as the last record; what is queued is lost, so wait for {@link #idle} first where it matters. */
    public void disconnect(DisconnectReason reason, String text) {
        outbound.farewell(farewell(reason, text));
    }

    /** C-40: once the peer has opened a channel, all are closed by this side and everything is answered and sent, this side says DISCONNECT. */
    public void endWithChannels() {
        outbound.endWithChannels(farewell(DisconnectReason.DONE, ""));
    }

    private static ControlMessage farewell(DisconnectReason reason, String text) {
        return new ControlMessage(0, RecordKind.DISCONNECT, 0, new BodyWriter().u8(reason.code()).textCut16(text, Limits.TEXT_BYTES).toBytes());
    }

    /** The wire is gone: nothing more is sent or received. What came can still be read; writes return -1; {@link #close} ends each channel. */
    public void end() {
        ended = true;
        outbound.end();
    }

    /** As {@link #end}, and all channels with all they hold are gone, their budget released. No event tells so. */
    public void release() {
        end();
        for (Channel channel : new ArrayList<>(channels.all())) {
            channels.remove(channel);
        }
    }

    /** Bytes that could be sent now: control records, and data as far as credit goes. Decides between L0 and bulk (C-25). */
    public long backlogBytes() {
        return outbound.backlogBytes();
    }

    /** Whether nothing at all waits to be sent, not even for credit. */
    public boolean idle() {
        if (!outbound.quiet()) {
            return false;
        }
        for (Channel channel : channels.all()) {
            if (channel.queuedBytes() > 0 && !outbound.ended()) {
                return false;
            }
        }
        return true;
    }

    /** Whether DISCONNECT was sent or came, or {@link #end} was called: this side has nothing more to say. */
    public boolean finished() {
        return outbound.ended() && outbound.quiet();
    }

    /** Whether a request about the connection has begun to come and is not complete (C-5). */
    public boolean requestArriving() {
        return inbound.unfinished(0);
    }

    /** Channels that are not gone. */
    public int channelCount() {
        return channels.all().size();
    }

    // ---- openings

    /**
     * C-6: opens a channel and returns its number; it can be written to at once. {@code creditBytes} is the window wished for what the peer
     * sends. Returns -1 where 64 openings are unanswered, 1024 channels open, the control queue or the budget full: try later.
     */
    public int open(String type, byte[] body, int creditBytes) {
        if (outbound.ended() || !channels.mayOpen() || outbound.controlBytes() >= Limits.CONTROL_QUEUE_BYTES) {
            return -1;
        }
        byte[] parameters = new BodyWriter().text8(type).bytes(body).toBytes();
        if (parameters.length > Limits.BODY_BYTES - Integer.BYTES) {              // L-8
            throw new IllegalArgumentException("opening with " + parameters.length + " bytes");
        }
        Channel channel = channels.addOwn(creditBytes, sendQueueBytes);
        if (channel == null) {
            return -1;
        }
        byte[] whole = new BodyWriter().u32(channel.window().windowBytes()).bytes(parameters).toBytes();
        outbound.queue(channels.connection(), new ControlMessage(channel.id(), RecordKind.OPEN, 0, whole));     // C-1: in the order of the numbers
        return channel.id();
    }

    /** C-6: accepts the peer's channel. {@code creditBytes} is the credit wished besides the 65536 that it has; {@code body} at most 706 bytes. */
    public void accept(int channel, int creditBytes, byte[] body) {
        Channel offered = channels.known(channel);
        if (offered == null || outbound.ended()) {
            return;
        }
        ChannelState next = offered.state().accepted();
        if (creditBytes < 0 || body.length > ControlMessage.RECORD_BODY_BYTES - Integer.BYTES) {
            throw new IllegalArgumentException("credit " + creditBytes + ", answer of " + body.length + " bytes");
        }
        channels.enlargeWindow(offered, creditBytes);
        channels.enlargeSendQueue(offered, sendQueueBytes);
        byte[] whole = new BodyWriter().u32(offered.window().grant()).bytes(body).toBytes();
        offered.state(next);
        outbound.queue(offered, new ControlMessage(channel, RecordKind.OPENED, 0, whole));
    }

    /** C-6: refuses the peer's channel, which is gone at once; {@code text} is cut to 512 bytes. */
    public void refuse(int channel, OpenFailure reason, String text) {
        Channel offered = channels.known(channel);
        if (offered == null || outbound.ended()) {
            return;
        }
        offered.state().accepted();                                               // refuses what is no offer
        channels.remove(offered);
        outbound.activate(channels.connection());
        outbound.queue(channels.connection(), openFailed(channel, reason, text));
    }

    /** Makes the window of a channel, what the peer may have under way and we hold, larger (as the budget allows) or, as data is taken, smaller. */
    public void window(int channel, int windowBytes) {
        if (windowBytes < 0) {
            throw new IllegalArgumentException("window " + windowBytes);
        }
        Channel known = channels.known(requireChannel(channel));
        if (known == null) {
            return;
        }
        int now = known.window().windowBytes();
        if (windowBytes > now) {
            channels.enlargeWindow(known, windowBytes - now);
            outbound.activate(known);
        } else {
            channels.reduceWindow(known, windowBytes);
        }
    }

    // ---- data

    /** Queues what the send queue has room for and returns how much; -1 where nothing can be sent any more. Room again: RoomAvailable. */
    public int write(int channel, DataStream stream, byte[] from, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, from.length);
        Channel known = channels.known(requireChannel(channel));
        if (known == null || outbound.ended() || !writable(known.state())) {
            return -1;
        }
        int n = Math.min(length, roomOf(known));
        known.outgoing(stream).write(from, offset, n);
        if (n < length) {
            known.starve();
        }
        outbound.activate(known);
        return n;
    }

    /** Takes up to {@code length} bytes that came; 0 where there are none yet, -1 at the end. What is taken is credited to the peer again (C-8). */
    public int read(int channel, DataStream stream, byte[] to, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, to.length);
        Channel known = channels.known(requireChannel(channel));
        if (known == null || known.state().left()) {
            return -1;
        }
        int n = known.incoming(stream).read(to, offset, length);
        if (n == 0) {
            boolean over = ended || outbound.ended() || known.state().receiving() != ChannelState.Receiving.FLOWING;
            return over && known.incoming(stream).length() == 0 ? -1 : 0;
        }
        take(known, n);
        return n;
    }

    /** Bytes that {@link #read} would give now. */
    public int available(int channel, DataStream stream) {
        Channel known = channels.known(requireChannel(channel));
        return known == null ? 0 : known.incoming(stream).length();
    }

    /** Bytes that {@link #write} would take now; -1 where it would return -1. 0 counts as a write that found no room: RoomAvailable follows. */
    public int room(int channel) {
        Channel known = channels.known(requireChannel(channel));
        if (known == null || outbound.ended() || !writable(known.state())) {
            return -1;
        }
        int room = roomOf(known);
        if (room == 0) {
            known.starve();
        }
        return room;
    }

    private int roomOf(Channel channel) {
        if (channel.crowded()) {
            channels.growSendQueue(channel);
        }
        return channel.sendBoundBytes() - channel.queuedBytes();
    }

    /** No person waits in front of this channel, so more may be queued and under way: what is when it is interrupted bothers nobody. */
    public void unattended(int channel) {
        Channel known = channels.known(requireChannel(channel));
        if (known != null && !known.state().left()) {
            known.unattended();
            channels.enlargeWindow(known, Math.max(0, Limits.BULK_CREDIT_BYTES - known.window().windowBytes()));
            outbound.activate(known);
        }
    }

    /** C-9: no more data from us; EOF follows what is queued. */
    public void eof(int channel) {
        Channel known = channels.known(requireChannel(channel));
        if (known != null) {
            known.state(known.state().ending());
            outbound.activate(known);
        }
    }

    /**
     * C-9: done with the channel: CLOSE follows what is queued, what came is dropped, and only Gone is told of it any more. When the
     * connection is over the channel is gone at once, and no event tells so. An offered channel is accepted or refused instead.
     */
    public void close(int channel) {
        Channel known = channels.known(requireChannel(channel));
        if (known == null) {
            return;
        }
        if (ended || outbound.ended()) {
            channels.remove(known);
            return;
        }
        known.state(known.state().closing());
        int dropped = known.dropIncoming();
        take(known, dropped);
    }

    /** As {@link #close}, but data that is queued is lost. Control records that are queued still go. */
    public void abort(int channel) {
        Channel known = channels.known(requireChannel(channel));
        if (known != null) {
            known.dropOutgoing();
            close(channel);
        }
    }

    // ---- requests

    /**
     * C-10: asks for something on a channel, or on 0 about the connection. Returns the id that the answer will have, 0 where none is wanted,
     * -1 where 64 are unanswered or the control queue is full (try later) or the channel has been closed (do not).
     */
    public int request(int channel, String name, byte[] body, boolean wantReply) {
        Channel known = channels.known(channel);
        if (known == null || outbound.ended() || !speaks(known.state()) || outbound.controlBytes() >= Limits.CONTROL_QUEUE_BYTES
                || wantReply && !channels.mayAsk()) {
            return -1;
        }
        int id = wantReply ? nextRequestId(known) : 0;
        byte[] whole = new BodyWriter().u32(id & 0xffff_ffffL).text8(name).bytes(body).toBytes();
        ControlMessage message = new ControlMessage(channel, RecordKind.REQUEST, 0, whole);
        if (wantReply) {
            channels.ask(known, id);
        }
        outbound.queue(known, message);
        return id;
    }

    /** C-10: answers the peer's request. */
    public void reply(int channel, int id, boolean ok, byte[] body) {
        Channel known = channels.known(channel);
        if (known == null || outbound.ended() || known.state().left()) {
            return;
        }
        if (known.state().phase() == ChannelState.Phase.OFFERED || !known.owed().contains(id)) {
            throw new IllegalStateException("nothing to reply to: " + Integer.toUnsignedString(id));
        }
        byte[] whole = new BodyWriter().u32(id & 0xffff_ffffL).flag(ok).bytes(body).toBytes();
        outbound.queue(known, new ControlMessage(channel, RecordKind.REPLY, id, whole));
    }

    /** C-6: the record that refuses a channel. */
    static ControlMessage openFailed(int channel, OpenFailure reason, String text) {
        byte[] body = new BodyWriter().u8(reason.code()).textCut16(text, Limits.TEXT_BYTES).toBytes();
        return new ControlMessage(channel, RecordKind.OPEN_FAILED, 0, body);
    }

    /** A channel's books, 0 for the connection's, null where it is gone: for the tests that check that credit is conserved. */
    Channel books(int channel) {
        return channels.find(channel);
    }

    private int nextRequestId(Channel channel) {
        do {
            lastRequestId++;
        } while (lastRequestId == 0 || channel.asked().contains(lastRequestId));
        return lastRequestId;
    }

    private void take(Channel channel, int bytes) {
        channels.take(channel, bytes);
        outbound.activate(channel);
        outbound.activate(channels.connection());
    }

    /** Whether data can still be written: an application that ended its direction itself should know, so it is told the same as of the peer's. */
    private static boolean writable(ChannelState state) {
        requireAnswered(state);
        return state.sending() == ChannelState.Sending.FLOWING && state.receiving() != ChannelState.Receiving.CLOSED;
    }

    private static boolean speaks(ChannelState state) {
        requireAnswered(state);
        return !state.left() && state.receiving() != ChannelState.Receiving.CLOSED;
    }

    private static void requireAnswered(ChannelState state) {
        if (state.phase() == ChannelState.Phase.OFFERED) {
            throw new IllegalStateException("a channel that is neither accepted nor refused");
        }
    }

    private static int requireChannel(int channel) {
        if (channel == 0) {
            throw new IllegalStateException("channel 0 has no data");
        }
        return channel;
    }
}
