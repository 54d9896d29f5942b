package org.qnsp.core.client;

import java.util.Locale;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.Leakage;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;
import org.qnsp.stealth.StealthProfile;

/** What a cover costs and what it hides, for its user. */
public final class CoverText {
    private static final double PACKET_BYTES = 820; // a frame with the headers of TCP, with its timestamps, and IPv4
    private static final double FRAME_BYTES = 768;

    private CoverText() {
    }

    /** One line. */
    public static String of(Cover cover) {
        RateClass rate = cover.rate();
        return "padding " + cover.mode() + ": " + switch (cover.mode()) {
            case MAX -> rate.goodput() / 1000 + " kB/s each way at a constant rate, which says nothing";
            case NORMAL -> "what is said shows only if it is more than a second's worth of " + cover.profile(true).rungs().getFirst().goodput() / 1000 + " kB, and then in at most "
                + Math.round(Leakage.bitsPerHour(cover.profile(true))) + " bits an hour each way, besides the pace of bursts";
            case LOW -> "when and how much is said shows";
        } + "; idle " + perHour(cover) + " an hour both ways; adds about " + (cover.mode() == PaddingMode.LOW ? "1" : cover.mode() == PaddingMode.MAX ? "14" : "24") + " ms to a key's echo";
    }

    private static String perHour(Cover cover) {
        StealthProfile up = cover.profile(true);
        StealthProfile down = cover.profile(false);
        double bytes = (up.idleBytesPerHour() + down.idleBytesPerHour()) * (PACKET_BYTES / FRAME_BYTES);
        return bytes < 1e10 ? String.format(Locale.ROOT, "%.0f MB", bytes / 1e6) : String.format(Locale.ROOT, "%.0f GB", bytes / 1e9);
    }
}
