package org.qnsp.core.ratchet;

/**
 * How long a direction goes without a ratchet.
 *
 * @param frames sent, Noise too
 * @param nanos of time
 */
public record RatchetLimit(long frames, long nanos) {
    /** What holds where nothing else is asked for. */
    public static final RatchetLimit DEFAULT = new RatchetLimit(1 << 20, 120_000_000_000L);

    private static final int FRAME_BYTES = 768;

    /** RekeyLimit as the configurations keep it: bytes on the wire and seconds, 0 for the default of either. */
    public static RatchetLimit of(String bytesAndSeconds) {
        int space = bytesAndSeconds.indexOf(' ');
        return of(Long.parseLong(bytesAndSeconds, 0, space, 10), Long.parseLong(bytesAndSeconds, space + 1, bytesAndSeconds.length(), 10));
    }

    static RatchetLimit of(long bytes, long seconds) {
        return new RatchetLimit(bytes == 0 ? DEFAULT.frames : Math.ceilDiv(bytes, FRAME_BYTES), seconds == 0 ? DEFAULT.nanos : seconds * 1_000_000_000L);
    }
}
