package org.qnsp.core.mux;

import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordWriter;

/** The sending half: fills frames from the channels that have something to say, in turn (C-11). */
final class Outbound {
    private static final int CREDIT_BYTES = 4;

    private final Channels channels;
    private final Consumer<MuxEvent> events;
    private final RecordWriter out = new RecordWriter();
    private final ArrayDeque<Channel> ring = new ArrayDeque<>();
    private byte[] frame;
    private ControlMessage unfinished;
    private ControlMessage farewell;
    /** What is said behind the last channel's CLOSE; else null. */
    private ControlMessage lastWord;
    private long controlBytes;
    private int turns;
    private boolean over;

    Outbound(Channels channels, Consumer<MuxEvent> events) {
        this.channels = channels;
        this.events = events;
    }

    /** Writes records into {@code room} bytes at {@code offset} and returns how many bytes they take; 0: nothing to say. */
    int fill(byte[] frame, int offset, int room) {
        this.frame = frame;
        out.start(frame, offset, room);
        if (farewell != null) {
            sayFarewell();
        } else if (!over) {
            serveAll();
            if (lastWord != null && ring.isEmpty() && channels.done()) {
                farewell = lastWord;
                sayFarewell();
            }
        }
        return out.length();
    }

    /** F-7: the type of the frame that {@link #fill} made last. */
    FrameType type() {
        return out.type();
    }

    /** Queues a control record behind those of its {@code sender}, which is the channel itself or channel 0. */
    void queue(Channel sender, ControlMessage message) {
        sender.control().add(message);
        controlBytes += message.restBytes();
        activate(sender);
    }

    /** Gives a channel a turn if it has use for one. */
    void activate(Channel channel) {
        if (!channel.inRing() && channel.hasWork()) {
            channel.inRing(true);
            ring.add(channel);
        }
    }

    /** Forgets a channel's control records, but finishes the body that the peer has the beginning of (C-5). */
    void dropControl(Channel channel) {
        for (ControlMessage message = channel.control().poll(); message != null; message = channel.control().poll()) {
            if (message == unfinished) {
                channels.connection().control().addFirst(message);
                activate(channels.connection());
            } else {
                controlBytes -= message.restBytes();
            }
        }
    }

    /** C-12: nothing but this record will be sent. */
    void farewell(ControlMessage disconnect) {
        if (!over && farewell == null) {
            farewell = disconnect;
        }
    }

    /** C-40: this record is the last, behind the CLOSE of the last channel. */
    void endWithChannels(ControlMessage disconnect) {
        lastWord = disconnect;
    }

    /** Nothing more will be sent. */
    void end() {
        over = true;
        farewell = null;
        ring.clear();
    }

    /** Whether no more is sent than perhaps a DISCONNECT. */
    boolean ended() {
        return over || farewell != null;
    }

    /** Bytes of control records that are queued. */
    long controlBytes() {
        return controlBytes;
    }

    /** Bytes that could be sent now: control records, and data as far as credit goes (C-23). */
    long backlogBytes() {
        if (farewell != null) {
            return farewell.restBytes();
        }
        long data = 0;
        int grants = 0;
        for (Channel channel : ring) {
            data += channel.sendableBytes();
            grants += channel.grantDue() ? CREDIT_BYTES : 0;
        }
        return over ? 0 : controlBytes + grants + Math.min(data, channels.connection().credit().availableBytes());
    }

    /** Whether nothing waits in the ring, nor a DISCONNECT. */
    boolean quiet() {
        return ring.isEmpty() && farewell == null;
    }

    private void sayFarewell() {
        if (farewell.writeTo(out)) {
            end();                                                                // C-12: the last record of its sender
        }
    }

    /**
     * C-11: each channel that waits has one turn, also one whose OPEN is sent here, so that its first request or data need not wait for a slot more; a bulk sender
     * fills the frame, and the next frame begins with the next channel.
     */
    private void serveAll() {
        for (turns = ring.size(); turns > 0 && !ring.isEmpty() && out.room() >= 0; turns--) {
            Channel channel = ring.poll();
            channel.inRing(false);
            int before = out.length();
            boolean fits = serve(channel);
            if (!fits && out.length() == before) {
                channel.inRing(true);
                ring.addFirst(channel);                                           // no room left for its record: first in the next frame
                return;
            }
            activate(channel);
            settle(channel);
        }
    }

    /** One turn: control records, credit, data, end. False where a record did not fit. */
    private boolean serve(Channel channel) {
        if (!sendControl(channel)) {
            return false;
        }
        return !channel.control().isEmpty() || sendGrant(channel) && sendData(channel) && sendEnd(channel);
    }

    private boolean sendControl(Channel channel) {
        ArrayDeque<ControlMessage> control = channel.control();
        for (ControlMessage message = control.peek(); message != null; message = control.peek()) {
            if (message.needsParts() && unfinished != null && unfinished != message) {
                return true;                                                      // C-5: one unfinished body at a time; its channel has its turn
            }
            int rest = message.restBytes();
            boolean done = message.writeTo(out);
            controlBytes -= rest - message.restBytes();
            if (message.needsParts()) {
                unfinished = message.begun() ? message : null;
            }
            if (!done) {
                return false;
            }
            control.poll();
            sent(channel, message);
        }
        return true;
    }

    private void sent(Channel sender, ControlMessage message) {
        switch (message.kind()) {
            case OPEN -> {
                Channel announced = channels.announce(message.channel());
                if (announced != null) {
                    activate(announced);
                    turns++;
                }
            }
            case OPENED, OPEN_FAILED -> channels.openingSettled();
            case REPLY -> channels.settled(sender, message.requestId());
            case REQUEST -> { }
            case HANDSHAKE, STAGE_END, DATA, EXTENDED, CREDIT, EOF, CLOSE, PART, DISCONNECT, RATCHET -> throw new IllegalStateException("queued " + message.kind());
        }
    }

    private boolean sendGrant(Channel channel) {
        if (!channel.grantDue()) {
            return true;
        }
        if (out.room() < CREDIT_BYTES) {
            return false;
        }
        int at = out.begin(channel.id(), RecordKind.CREDIT, CREDIT_BYTES);
        int bytes = channel.window().grant();                                     // C-8
        frame[at] = (byte) (bytes >>> 24);
        frame[at + 1] = (byte) (bytes >>> 16);
        frame[at + 2] = (byte) (bytes >>> 8);
        frame[at + 3] = (byte) bytes;
        return true;
    }

    private boolean sendData(Channel channel) {
        Credit whole = channels.connection().credit();
        while (channel.sendableBytes() > 0 && whole.availableBytes() > 0) {
            if (out.room() <= 0) {
                return false;
            }
            DataStream stream = channel.nextStream();
            int credited = Math.min(channel.credit().availableBytes(), whole.availableBytes());
            int n = Math.min(Math.min(out.room(), credited), channel.outgoing(stream).length());
            channel.outgoing(stream).read(frame, out.begin(channel.id(), stream.kind(), n), n);
            channel.credit().spend(n);                                            // C-7: the channel's and the connection's
            whole.spend(n);
        }
        return true;
    }

    private boolean sendEnd(Channel channel) {
        RecordKind end = channel.readyEnd();
        if (end == null) {
            return true;
        }
        if (out.room() < 0) {
            return false;
        }
        out.begin(channel.id(), end, 0);
        channel.state(channel.state().endSent());
        return true;
    }

    /** What follows from a turn, once the channel's state is whole again: the sink may call the mux. */
    private void settle(Channel channel) {
        if (channel.state().sending() == ChannelState.Sending.CLOSED) {
            channels.forgetOwed(channel);
        }
        if (channel.state().gone()) {
            if (channels.remove(channel)) {
                activate(channels.connection());
                events.accept(new MuxEvent.Gone(channel.id()));
            }
        } else if (!channel.state().left() && channel.fedAgain()) {
            events.accept(new MuxEvent.RoomAvailable(channel.id()));
        }
    }
}
