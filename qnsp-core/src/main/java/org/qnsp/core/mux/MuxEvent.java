package org.qnsp.core.mux;

import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.OpenFailure;

/** What happened to a connection's channels. Byte arrays belong to the receiver of the event. */
public sealed interface MuxEvent {
    /** The peer opened a channel: answer with accept or refuse. {@code body} is the type's parameters. */
    record PeerOpened(int channel, String type, byte[] body) implements MuxEvent {
    }

    /** Our channel was accepted. */
    record Opened(int channel, byte[] body) implements MuxEvent {
    }

    /** Our channel was refused; this is its end, no Gone follows. */
    record OpenFailed(int channel, OpenFailure reason, String text) implements MuxEvent {
    }

    /** A stream that had nothing to read has now. Comes again only after it was read empty. */
    record DataArrived(int channel, DataStream stream) implements MuxEvent {
    }

    /** The peer sends no more data; what it sent can still be read. */
    record EofArrived(int channel) implements MuxEvent {
    }

    /** The peer is done with the channel; what it sent can still be read, what is written is lost. Unanswered requests get no answer. */
    record PeerClosed(int channel) implements MuxEvent {
    }

    /** Closed by both, the number is spent. */
    record Gone(int channel) implements MuxEvent {
    }

    /** The peer asks for something; {@code id} 0 where it wants no reply. On channel 0 it is about the connection. */
    record Requested(int channel, int id, String name, byte[] body) implements MuxEvent {
        /** Whether a reply is due (C-10). */
        public boolean wantsReply() {
            return id != 0;
        }
    }

    /** Our request was answered. */
    record Replied(int channel, int id, boolean ok, byte[] body) implements MuxEvent {
    }

    /** A send queue that could not take all of a write is half empty again. */
    record RoomAvailable(int channel) implements MuxEvent {
    }

    /** The peer's last word (C-12): no more records come, none should be sent. */
    record Disconnected(DisconnectReason reason, String text) implements MuxEvent {
    }
}
