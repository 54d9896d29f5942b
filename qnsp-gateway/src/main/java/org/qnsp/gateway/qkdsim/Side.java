package org.qnsp.gateway.qkdsim;

/** An end of the link. */
enum Side {
    /** The client's. */
    A,
    /** The server's. */
    B;

    /** The id of its key server. */
    String kme() {
        return "qkd-sim-kme-" + name().toLowerCase(java.util.Locale.ROOT);
    }

    Side other() {
        return this == A ? B : A;
    }
}
