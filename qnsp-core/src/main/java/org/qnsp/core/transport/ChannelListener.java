package org.qnsp.core.transport;

import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.mux.DataStream;

/** What happens on a channel, told on the loop: an implementation must not block and may call the channel's methods that do not. */
public interface ChannelListener {
    /** A listener that hears nothing, for those who use the blocking streams. */
    ChannelListener NONE = new ChannelListener() {};

    /** The peer accepted the channel that we opened. */
    default void opened() {}

    /** The peer refused it, in words of its own or none; {@link #closed} follows. */
    default void refused(OpenFailure reason, String text) {}

    /** There is something to read on a stream that was empty. */
    default void dataArrived(DataStream stream) {}

    /** The peer ended its direction; what it sent can still be read. */
    default void eofArrived() {}

    /** The send queue has room again after it had none. */
    default void roomAvailable() {}

    /** The peer asks for something; id is 0 where it wants no reply. */
    default void requested(int id, String name, byte[] body) {}

    /** The peer's answer to what {@link Channel#askNow} asked. */
    default void replied(int id, boolean ok, byte[] body) {}

    /** The peer closed the channel, or the connection is gone; what came can still be read. */
    default void closed() {}

    /** Both sides have closed the channel. Not told where the connection went first. */
    default void gone() {}
}
