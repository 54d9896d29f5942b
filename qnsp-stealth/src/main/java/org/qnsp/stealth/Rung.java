package org.qnsp.stealth;

/**
 * A rate of slots.
 *
 * @param periodNanos from slot to slot
 * @param frames in each slot
 */
public record Rung(long periodNanos, int frames) {
    /** Payload bytes of a frame (F-1). */
    static final int PAYLOAD_BYTES = 717;
    /** Bytes of a frame. */
    static final int FRAME_BYTES = 768;

    /** Bytes of payload a second. */
    public long goodput() {
        return framesIn(1_000_000_000) * PAYLOAD_BYTES;
    }

    /** Bytes on the wire in an hour, without the headers of TCP and IP. */
    public long wireBytesPerHour() {
        return framesIn(3_600_000_000_000L) * FRAME_BYTES;
    }

    /** Frames sent in that time. */
    public long framesIn(long nanos) {
        return frames * (nanos / periodNanos);
    }
}
