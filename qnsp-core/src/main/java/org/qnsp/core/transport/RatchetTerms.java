package org.qnsp.core.transport;

import org.qnsp.core.ratchet.RatchetLimit;
import org.qnsp.core.ratchet.RatchetSecrets;

/** How a link renews its keys, and who hears of it. */
public record RatchetTerms(RatchetLimit limit, RatchetSecrets secrets, Told told) {
    /** Who hears, on the loop. */
    public interface Told {
        /** Frames of this direction have new keys. @param sent whether it is what we send @param epoch of F-5 */
        void switched(boolean sent, int epoch);

        /** A secret that should be mixed in is not there; told once a link. @param required whether the keys stay what they were */
        default void without(String why, boolean required) {}
    }

    /** What holds where nothing else is asked for. */
    public static final RatchetTerms DEFAULT = new RatchetTerms(RatchetLimit.DEFAULT, RatchetSecrets.NONE, (sent, epoch) -> {});

    /** These limits, and no secrets from elsewhere. */
    public static RatchetTerms of(RatchetLimit limit, Told told) {
        return new RatchetTerms(limit, RatchetSecrets.NONE, told);
    }
}
