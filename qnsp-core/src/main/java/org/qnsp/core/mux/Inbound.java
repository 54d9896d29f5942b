package org.qnsp.core.mux;

import java.util.function.Consumer;
import org.qnsp.core.message.BodyReader;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;

/** The receiving half: applies records one by one; each is checked whole before it changes anything, and its event comes last. */
final class Inbound {
    private final Channels channels;
    private final Outbound outbound;
    private final Consumer<MuxEvent> events;
    private final RecordReader in = new RecordReader();
    private final BodyAssembly assembly = new BodyAssembly();
    private byte[] payload;
    private boolean disconnected;

    Inbound(Channels channels, Outbound outbound, Consumer<MuxEvent> events) {
        this.channels = channels;
        this.outbound = outbound;
        this.events = events;
    }

    /** Applies the records of a payload. */
    void receive(byte[] payload, int offset, int length) throws ProtocolException {
        this.payload = payload;
        in.start(payload, offset, length);
        while (in.next()) {
            if (disconnected) {
                throw new ProtocolException(Reason.STATE, in.kind() + " after DISCONNECT");      // C-12
            }
            apply(in.channel(), in.kind(), in.bodyOffset(), in.bodyLength());
        }
    }

    private void apply(int id, RecordKind kind, int at, int n) throws ProtocolException {
        switch (kind) {
            case DATA -> data(id, DataStream.MAIN, at, n);
            case EXTENDED -> data(id, DataStream.EXTENDED, at, n);
            case CREDIT -> credit(id, new BodyReader(payload, at, n));
            case EOF -> eof(id, n);
            case CLOSE -> close(id, n);
            case OPEN -> open(id, assembly.finish(id, payload, at, n));
            case OPENED -> opened(id, new BodyReader(payload, at, n));
            case OPEN_FAILED -> openFailed(id, new BodyReader(payload, at, n));
            case PART -> part(id, at, n);
            case REQUEST -> request(id, assembly.finish(id, payload, at, n));
            case REPLY -> reply(id, assembly.finish(id, payload, at, n));
            case DISCONNECT -> disconnect(id, new BodyReader(payload, at, n));
            case HANDSHAKE, STAGE_END -> throw new ProtocolException(Reason.STATE, kind + " in the application stage");   // C-4
            case RATCHET -> throw new ProtocolException(Reason.STATE, kind + " behind other records");                    // the link takes those at the beginning
        }
    }

    private void data(int id, DataStream stream, int at, int n) throws ProtocolException {
        Channel connection = channels.connection();
        Channel channel = ofChannels(id, stream.kind());
        connection.window().require(n);                                           // C-7: the sum over the channels
        if (channel == null) {
            connection.window().arrive(n);
            connection.window().take(n);                                          // C-3, C-8: ignored, and given back
            outbound.activate(connection);
            return;
        }
        channel.state().received(stream.kind());
        channel.window().require(n);                                              // C-7: more than credited is a fault
        channel.window().arrive(n);
        connection.window().arrive(n);
        if (channel.state().left()) {
            channels.take(channel, n);
            outbound.activate(channel);
            outbound.activate(connection);
            return;
        }
        boolean first = channel.incoming(stream).length() == 0;
        channel.incoming(stream).write(payload, at, n);
        if (first && n > 0) {
            events.accept(channel.arrival(stream));
        }
    }

    private void credit(int id, BodyReader body) throws ProtocolException {
        Channel channel = channels.addressed(id);
        int bytes = body.u31();
        body.end();
        if (channel != null) {
            channel.state().received(RecordKind.CREDIT);
            channel.credit().grow(bytes);                                         // C-7: never above 2^31-1
            outbound.activate(channel);
        }
    }

    private void eof(int id, int n) throws ProtocolException {
        requireEmpty(RecordKind.EOF, n);
        Channel channel = ofChannels(id, RecordKind.EOF);
        if (channel == null) {
            return;
        }
        channel.state(channel.state().received(RecordKind.EOF));                  // C-9
        if (!channel.state().left()) {
            events.accept(new MuxEvent.EofArrived(id));
        }
    }

    private void close(int id, int n) throws ProtocolException {
        requireEmpty(RecordKind.CLOSE, n);
        Channel channel = ofChannels(id, RecordKind.CLOSE);
        if (assembly.unfinished(id)) {
            throw new ProtocolException(Reason.STATE, "CLOSE within a body");     // C-5
        }
        if (channel == null) {
            return;
        }
        channel.state(channel.state().received(RecordKind.CLOSE));                // C-9
        channel.dropOutgoing();
        channels.forgetAsked(channel);
        if (channel.state().gone()) {
            channels.remove(channel);
            outbound.activate(channels.connection());
            events.accept(new MuxEvent.Gone(id));
        } else if (!channel.state().left()) {
            events.accept(new MuxEvent.PeerClosed(id));
        } else {
            outbound.activate(channel);
        }
    }

    private void open(int id, BodyReader body) throws ProtocolException {
        if (!channels.isNextOfPeer(id)) {
            channels.addressed(id);                                               // C-3: an unknown channel
            throw new ProtocolException(Reason.STATE, "OPEN of a used number");   // C-1
        }
        channels.requireOpening();                                                // C-10, L-7
        int credit = body.u31();
        String type = body.text8();
        byte[] parameters = body.rest();
        if (channels.addPeer(credit) != null) {
            events.accept(new MuxEvent.PeerOpened(id, type, parameters));
        } else {
            outbound.queue(channels.connection(), Mux.openFailed(id, OpenFailure.RESOURCES, ""));
        }
    }

    private void opened(int id, BodyReader body) throws ProtocolException {
        Channel channel = ofChannels(id, RecordKind.OPENED);
        if (channel == null) {
            throw new ProtocolException(Reason.STATE, "OPENED again");
        }
        ChannelState next = channel.state().received(RecordKind.OPENED);          // C-6
        int credit = body.u31();
        byte[] answer = body.rest();
        channel.credit().grow(credit);                                            // C-7: besides the opener's initial credit
        channel.state(next);
        channels.openingAnswered();
        outbound.activate(channel);
        if (!next.left()) {
            events.accept(new MuxEvent.Opened(id, answer));
        }
    }

    private void openFailed(int id, BodyReader body) throws ProtocolException {
        Channel channel = ofChannels(id, RecordKind.OPEN_FAILED);
        if (channel == null) {
            throw new ProtocolException(Reason.STATE, "OPEN_FAILED again");
        }
        channel.state().received(RecordKind.OPEN_FAILED);                         // C-6
        OpenFailure reason = OpenFailure.of(body.u8());
        String text = text(body);
        channels.openingAnswered();
        boolean left = channel.state().left();
        outbound.dropControl(channel);
        channels.remove(channel);
        events.accept(left ? new MuxEvent.Gone(id) : new MuxEvent.OpenFailed(id, reason, text));
    }

    /** Whether a body on this channel has begun to come and is not complete (C-5). */
    boolean unfinished(int id) {
        return assembly.unfinished(id);
    }

    private void part(int id, int at, int n) throws ProtocolException {
        if (!channels.isNextOfPeer(id)) {
            Channel channel = channels.addressed(id);
            if (channel != null) {
                channel.state().received(RecordKind.PART);
            }
        }
        assembly.part(id, payload, at, n);                                        // C-5, L-8
    }

    private void request(int id, BodyReader body) throws ProtocolException {
        Channel channel = channels.addressed(id);
        int requestId = (int) body.u32();
        String name = body.text8();
        byte[] parameters = body.rest();
        if (channel == null) {
            return;                                                               // C-3
        }
        channel.state().received(RecordKind.REQUEST);
        if (channel.state().left()) {
            return;                                                               // C-9: our CLOSE will be the answer
        }
        if (requestId != 0) {
            channels.owe(channel, requestId);                                     // C-10
        }
        events.accept(new MuxEvent.Requested(id, requestId, name, parameters));
    }

    private void reply(int id, BodyReader body) throws ProtocolException {
        Channel channel = channels.addressed(id);
        int requestId = (int) body.u32();
        boolean ok = body.flag();
        byte[] answer = body.rest();
        if (channel == null) {
            return;                                                               // C-3
        }
        channel.state().received(RecordKind.REPLY);
        channels.answered(channel, requestId);                                    // C-10: a reply to nothing is a fault
        if (!channel.state().left()) {
            events.accept(new MuxEvent.Replied(id, requestId, ok, answer));
        }
    }

    private void disconnect(int id, BodyReader body) throws ProtocolException {
        if (id != 0) {
            throw new ProtocolException(Reason.CHANNEL, "DISCONNECT on channel " + Integer.toUnsignedString(id));
        }
        DisconnectReason reason = DisconnectReason.of(body.u8());
        String text = text(body);
        disconnected = true;                                                      // C-12
        outbound.end();
        events.accept(new MuxEvent.Disconnected(reason, text));
    }

    /** The channel, or null where the record is to be ignored; channel 0 has no such records. */
    private Channel ofChannels(int id, RecordKind kind) throws ProtocolException {
        if (id == 0) {
            throw new ProtocolException(Reason.CHANNEL, kind + " on channel 0");
        }
        return channels.addressed(id);
    }

    private static String text(BodyReader body) throws ProtocolException {
        if (body.remaining() > Short.BYTES + Limits.TEXT_BYTES) {
            throw new ProtocolException(Reason.LIMIT, "text of more than " + Limits.TEXT_BYTES + " bytes");     // L-17
        }
        String text = body.text16();
        body.end();
        return text;
    }

    private static void requireEmpty(RecordKind kind, int n) throws ProtocolException {
        if (n != 0) {
            throw new ProtocolException(Reason.MALFORMED, kind + " with " + n + " bytes");
        }
    }
}
