package org.qnsp.core.client;

import org.qnsp.crypto.keys.KeyType;

/**
 * How a user is to be authenticated.
 *
 * @param method which of the keys are offered, and how they prove themselves
 * @param authKey what becomes of auth keys (C-38)
 * @param authKeyFile the file with one that was made by hand, expanded; null for none
 */
public record AuthSettings(Method method, Continuity authKey, String authKeyFile) {
    /** Ways to prove a key. */
    public enum Method {
        /** Each key in its own way. */
        ANY,
        /** By answering challenges. */
        KEM,
        /** By signatures. */
        SIG,
        /** By zero knowledge, with keys that answer challenges. */
        ZK;

        boolean takes(KeyType type) {
            return this == ANY || type.signs() == (this == SIG);
        }
    }

    /** Whether a secret is kept from one login to the next. */
    public enum Continuity {
        /** None is. */
        OFF,
        /** One is, where both ends can. */
        PREFER,
        /** No login without. */
        REQUIRE
    }
}
