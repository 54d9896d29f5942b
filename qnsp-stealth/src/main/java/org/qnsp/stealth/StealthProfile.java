package org.qnsp.stealth;

/**
 * The public schedule of one direction. Nothing in it depends on what is sent.
 *
 * @param prologueNanos how long the prologue lasts (C-24)
 * @param prologuePeriodNanos from slot to slot in the prologue
 * @param prologueFrames frames in a slot of the prologue
 * @param periodNanos from slot to slot after it (C-25)
 * @param frames frames in a slot after it
 * @param epochNanos from one decision about bulk to the next
 * @param dwellNanos the least time that bulk lasts
 * @param bulkThresholdBytes the backlog above which an edge rises to bulk
 */
public record StealthProfile(
        long prologueNanos,
        long prologuePeriodNanos,
        int prologueFrames,
        long periodNanos,
        int frames,
        long epochNanos,
        long dwellNanos,
        long bulkThresholdBytes) {
    private static final long MILLI = 1_000_000;
    /** Payload bytes of a frame. */
    private static final int PAYLOAD_BYTES = 717;

    public StealthProfile {
        if (prologueNanos % prologuePeriodNanos != 0 || prologueFrames < 1 || frames < 1 || periodNanos < MILLI) {
            throw new IllegalArgumentException("profile");
        }
    }

    /** The default mode: level L0 and bulk. @param client whose sending it is: the client sends 1 frame a slot, the server 2 */
    public static StealthProfile normal(boolean client) {
        int frames = client ? 1 : 2;
        long goodputPerSecond = frames * PAYLOAD_BYTES * 50L;
        return new StealthProfile(500 * MILLI, 5 * MILLI, 2, 20 * MILLI, frames, 250 * MILLI, 1000 * MILLI, goodputPerSecond);
    }
}
