package org.qnsp.qsshd.config;

import org.qnsp.core.handshake.HandshakeMessage.Method;

/** How users may be authenticated. */
public record AuthPolicy(Proof proof, Continuity authKey) {
    /** Ways to prove a key that are taken. */
    public enum Proof {
        /** All. */
        ANY,
        /** Answers to challenges. */
        KEM,
        /** Signatures. */
        SIG,
        /** Zero knowledge. */
        ZK
    }

    /** What becomes of secrets that are kept from one login to the next (C-38). */
    public enum Continuity {
        /** None is kept. */
        OFF,
        /** Kept and used where the client has one. */
        PREFER,
        /** No login without, but for one with an invite. */
        REQUIRE,
        /** As PREFER, and one is enough to log in. */
        SUFFICIENT
    }

    /** Whether an entry of CI may prove itself like this. */
    public boolean takes(Method method) {
        return switch (method) {
            case AUTH_KEY -> authKey == Continuity.SUFFICIENT;
            case KEM -> proof == Proof.ANY || proof == Proof.KEM;
            case SIG -> proof == Proof.ANY || proof == Proof.SIG;
            case ZK -> proof == Proof.ANY || proof == Proof.ZK;
        };
    }
}
