package org.qnsp.stealth;

import java.util.Locale;
import java.util.Optional;

/** How much is hidden (C-34), from little to most. */
public enum PaddingMode {
    /** Frames leave at once and idle wires are nearly still: when and how much is said shows, in steps of a frame. */
    LOW(1),
    /** A stream that never stops; what bulk work shows is bounded and counted. */
    NORMAL(2),
    /** A constant rate: while the connection lasts nothing shows. */
    MAX(3);

    private final int code;

    PaddingMode(int code) {
        this.code = code;
    }

    /** Its number in the handshake. */
    public int code() {
        return code;
    }

    /** The mode of that number. */
    public static Optional<PaddingMode> of(int code) {
        return code < 1 || code > 3 ? Optional.empty() : Optional.of(values()[code - 1]);
    }

    /** The mode of that name: low, normal or max. */
    public static Optional<PaddingMode> named(String name) {
        for (PaddingMode mode : values()) {
            if (mode.toString().equals(name)) {
                return Optional.of(mode);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
