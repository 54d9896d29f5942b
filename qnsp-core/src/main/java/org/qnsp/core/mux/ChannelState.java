package org.qnsp.core.mux;

import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;

/**
 * Where a channel is in its life: how its opening stands, and each direction by itself (C-6, C-9). Immutable; a record that the state does
 * not allow is the peer's fault, a call that it does not allow ours.
 */
record ChannelState(Phase phase, Sending sending, Receiving receiving) {
    /** The opening. */
    enum Phase {
        /** We asked and wait for the answer. */
        OPENING,
        /** The peer asked and waits for ours. */
        OFFERED,
        /** Agreed. */
        OPEN
    }

    /** Our direction. */
    enum Sending {
        /** Data may be written. */
        FLOWING,
        /** EOF follows what is queued. */
        ENDING,
        /** EOF was sent. */
        ENDED,
        /** CLOSE follows what is queued. */
        CLOSING,
        /** CLOSE was sent. */
        CLOSED
    }

    /** The peer's direction. */
    enum Receiving {
        /** Data may come. */
        FLOWING,
        /** EOF came. */
        ENDED,
        /** CLOSE came. */
        CLOSED
    }

    static final ChannelState OPENING = new ChannelState(Phase.OPENING, Sending.FLOWING, Receiving.FLOWING);
    static final ChannelState OFFERED = new ChannelState(Phase.OFFERED, Sending.FLOWING, Receiving.FLOWING);
    static final ChannelState OPEN = new ChannelState(Phase.OPEN, Sending.FLOWING, Receiving.FLOWING);

    ChannelState {
        if (phase == Phase.OPENING && receiving != Receiving.FLOWING || phase == Phase.OFFERED && sending != Sending.FLOWING) {
            throw new IllegalStateException(phase + " " + sending + " " + receiving);
        }
    }

    /** The state after a record of this kind came. */
    ChannelState received(RecordKind kind) throws ProtocolException {
        return switch (kind) {
            case DATA, EXTENDED -> {
                require(phase != Phase.OPENING && receiving == Receiving.FLOWING, kind);
                yield this;
            }
            case CREDIT, REQUEST, REPLY, PART -> {
                require(phase != Phase.OPENING && receiving != Receiving.CLOSED, kind);
                yield this;
            }
            case EOF -> {
                require(phase != Phase.OPENING && receiving == Receiving.FLOWING, kind);
                yield new ChannelState(phase, sending, Receiving.ENDED);
            }
            case CLOSE -> {
                require(phase != Phase.OPENING && receiving != Receiving.CLOSED, kind);
                yield new ChannelState(phase, sending, Receiving.CLOSED);
            }
            case OPENED -> {
                require(phase == Phase.OPENING, kind);
                yield new ChannelState(Phase.OPEN, sending, receiving);
            }
            case OPEN_FAILED -> {
                require(phase == Phase.OPENING, kind);
                yield new ChannelState(Phase.OPEN, Sending.CLOSED, Receiving.CLOSED);
            }
            case OPEN, HANDSHAKE, STAGE_END, DISCONNECT, RATCHET -> throw new ProtocolException(Reason.STATE, kind + " on a channel in use");
        };
    }

    /** We agree to the peer's opening. */
    ChannelState accepted() {
        if (phase != Phase.OFFERED) {
            throw new IllegalStateException("accept in " + this);
        }
        return new ChannelState(Phase.OPEN, sending, receiving);
    }

    /** We write no more. */
    ChannelState ending() {
        return sending == Sending.FLOWING ? new ChannelState(phase, Sending.ENDING, receiving) : this;
    }

    /** We are done with the channel. */
    ChannelState closing() {
        return sending == Sending.CLOSED ? this : new ChannelState(phase, Sending.CLOSING, receiving);
    }

    /** EOF or CLOSE, whichever was waiting, has been sent. */
    ChannelState endSent() {
        return switch (sending) {
            case ENDING -> new ChannelState(phase, Sending.ENDED, receiving);
            case CLOSING -> new ChannelState(phase, Sending.CLOSED, receiving);
            case FLOWING, ENDED, CLOSED -> throw new IllegalStateException("no end to send in " + this);
        };
    }

    /** The record that follows the queued data, or null. */
    RecordKind endKind() {
        return switch (sending) {
            case ENDING -> RecordKind.EOF;
            case CLOSING -> RecordKind.CLOSE;
            case FLOWING, ENDED, CLOSED -> null;
        };
    }

    /** The application said that it is done: nothing reaches it any more. */
    boolean left() {
        return sending == Sending.CLOSING || sending == Sending.CLOSED;
    }

    /** Whether the peer can use more credit and may be told. */
    boolean grants() {
        return phase == Phase.OPEN && sending != Sending.CLOSED && receiving == Receiving.FLOWING;
    }

    /** C-9: closed in both directions. */
    boolean gone() {
        return sending == Sending.CLOSED && receiving == Receiving.CLOSED;
    }

    private void require(boolean legal, RecordKind kind) throws ProtocolException {
        if (!legal) {
            throw new ProtocolException(Reason.STATE, kind + " in " + this);
        }
    }
}
