package org.qnsp.core.ratchet;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.qnsp.crypto.Secret;

/** Where secrets come from that two ends share by other means than this connection, to be mixed into their ratchets. Called on threads that may wait. */
public interface RatchetSecrets {
    /** There are none. */
    RatchetSecrets NONE = new RatchetSecrets() {
        @Override
        public Optional<Shared> fresh() {
            return Optional.empty();
        }

        @Override
        public Optional<Shared> find(List<KeyId> ids) {
            return Optional.empty();
        }

        @Override
        public boolean required() {
            return false;
        }
    };

    /** Names a key. @param id 1 to 255 bytes @param bits of the key, above 0 */
    record KeyId(byte[] id, long bits) {}

    /**
     * What both ends have.
     *
     * @param ids by which the other end finds it, 1 to 8
     * @param secret of 32 bytes or more; whoever is given it closes it
     * @param context the same at both ends: who has it from whom, and under which names
     */
    record Shared(List<KeyId> ids, Secret secret, byte[] context) {}

    /** A secret to offer the other end; empty where none is to be offered. @throws IOException if there should be one and none is to be had */
    Optional<Shared> fresh() throws IOException;

    /** What the other end offers; empty where it is not wanted or not there. @throws IOException if it cannot be had */
    Optional<Shared> find(List<KeyId> ids) throws IOException;

    /** Whether an exchange of ours comes to nothing without. */
    boolean required();
}
