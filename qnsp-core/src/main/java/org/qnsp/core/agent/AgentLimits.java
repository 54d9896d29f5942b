package org.qnsp.core.agent;

/** Every bound of the agent protocol. */
public final class AgentLimits {
    /** Bytes of a message, its type included, as with ssh's agent. */
    public static final int MESSAGE_BYTES = 256 << 10;
    /** Keys that an agent holds. */
    public static final int KEYS = 64;
    /** Hops that a connection is bound to. */
    public static final int HOPS = 16;
    /** Destinations that a key is held to. */
    public static final int DESTINATIONS = 64;
    /** Host keys of one end of a destination. */
    public static final int HOST_KEYS = 16;
    /** Bytes of a comment. */
    public static final int COMMENT_BYTES = 1024;
    /** Bytes of a host's name or a pattern of users. */
    public static final int NAME_BYTES = 255;
    /** Bytes of the passphrase that locks. */
    public static final int PASSPHRASE_BYTES = 1024;
    /** Connections that an agent serves at a time. */
    public static final int CONNECTIONS = 256;
    /** Agent channels that a client joins to its agent at a time, for one host; a session's socket takes no more either. */
    public static final int FORWARDED_CONNECTIONS = 16;
    /** The longest lifetime, seconds: what a u32 holds. */
    public static final long LIFETIME_SECONDS = 0xffff_ffffL;

    private AgentLimits() {
    }
}
