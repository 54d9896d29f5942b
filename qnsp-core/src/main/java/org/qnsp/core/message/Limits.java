package org.qnsp.core.message;

/** Every bound of the protocol, each with its label in section L of the specification; the last group is this implementation's own. */
public final class Limits {
    /** L-1: bytes of a handshake message with its header. */
    public static final int HANDSHAKE_MESSAGE_BYTES = 32_768;
    /** L-2: key entries of one login. */
    public static final int KEY_ENTRIES = 4;
    /** L-3: host keys of a server. */
    public static final int HOST_KEYS = 3;
    /** L-4: active invites of a server. */
    public static final int ACTIVE_INVITES = 64;
    /** L-5: frames skipped at first contact (H-21). */
    public static final int SKIPPED_FRAMES = 16_384;
    /** L-6: bytes of a user name in UTF-8. */
    public static final int USER_NAME_BYTES = 255;
    /** L-7: channels that each side may have open. */
    public static final int CHANNELS = 1_024;
    /** L-8: bytes of a body that came in PART records, all together. */
    public static final int BODY_BYTES = 262_144;
    /** L-9: requests with an answer due, in each direction (C-10). */
    public static final int UNANSWERED_REQUESTS = 64;
    /** L-9: openings with an answer due, in each direction (C-10). */
    public static final int UNANSWERED_OPENINGS = 64;
    /** L-10: bytes of credit a connection starts with in each direction (C-7). */
    public static final int CONNECTION_CREDIT_BYTES = 64 << 20;
    /** L-11: bytes of credit this implementation gives a channel at first, while the budget allows. */
    public static final int CHANNEL_CREDIT_BYTES = 4 << 20;
    /** L-11: as much where no person waits in front of the channel. */
    public static final int BULK_CREDIT_BYTES = 16 << 20;
    /** L-11: the most that it grows to for a channel whose consumer keeps up. */
    public static final int MOST_CHANNEL_CREDIT_BYTES = 32 << 20;
    /** L-12: bytes that all connections of a daemon hold, at most (or a quarter of the heap if that is less). */
    public static final long HELD_BYTES = 1L << 30;
    /** L-13: seconds that an opening's time may differ from the server's clock (H-25). */
    public static final int CLOCK_WINDOW_SECONDS = 3_600;
    /** L-14: one of so many descriptors may serve a drained connection (H-28). */
    public static final int DRAIN_DESCRIPTOR_SHARE = 2;
    /** L-15: milliseconds from CI to SC (H-14). */
    public static final int CHALLENGE_DELAY_MILLIS = 15;
    /** L-16: environment variables of a session. */
    public static final int ENVIRONMENT_VARIABLES = 256;
    /** L-17: bytes of text in SD, DISCONNECT and OPEN_FAILED. */
    public static final int TEXT_BYTES = 512;
    /** L-18: bytes of a host or bind address. */
    public static final int HOST_BYTES = 255;
    /** L-19: bytes of the path of a Unix socket; a sockaddr_un has room for one more, the zero at its end. */
    public static final int SOCKET_PATH_BYTES = 107;
    /** L-20: places at which a server listens for one client (C-28). */
    public static final int REMOTE_LISTENERS = 128;
    /** L-21: bytes of a record with its header on a control socket (M-3). */
    public static final int LOCAL_RECORD_BYTES = 16_384;
    /** L-22: clients that share one connection at a time. */
    public static final int SHARING_CLIENTS = 512;
    /** L-23: bytes of an answer in words on a control socket (M-6, M-8). */
    public static final int CONTROL_TEXT_BYTES = 4_096;
    /** L-24: offers of quantum keys in a handshake. */
    public static final int QUANTUM_OFFERS = 3;
    /** L-25: quantum keys in an offer, in the handshake or a ratchet (H-31, R-11). */
    public static final int QUANTUM_KEYS = 8;
    /** L-26: bits of a quantum key. */
    public static final int QUANTUM_KEY_BITS = 8_192;
    /** L-27: auth keys that a client names. */
    public static final int AUTH_KEYS = 2;
    /** L-28: auth keys that a server keeps for a user. */
    public static final int AUTH_KEYS_OF_USER = 64;
    /** L-29: bytes of a message about ratchets with its header. */
    public static final int RATCHET_MESSAGE_BYTES = 12_288;
    /** L-30: frames that a switch is announced ahead, at most. */
    public static final int SWITCH_AHEAD_FRAMES = 1_024;

    /** F-1: bytes of records and padding in a frame. */
    public static final int PAYLOAD_BYTES = 717;
    /** C-6: bytes that the opener of a channel may send before it is answered. */
    public static final int OPENER_CREDIT_BYTES = 65_536;
    /** C-7: the most credit that a channel or connection can have. */
    public static final int CREDIT_BYTES = Integer.MAX_VALUE;

    /** Ours: the window of a forwarded stream while the budget allows. */
    public static final int STREAM_CREDIT_BYTES = 2 << 20;
    /** Ours: bytes a channel's send queue holds by default, both streams together. */
    public static final int SEND_QUEUE_BYTES = 256 << 10;
    /** Ours: what it grows to where no person waits in front of the channel: enough for C-25 to see that the top of the ladder is wanted. */
    public static final int MOST_SEND_QUEUE_BYTES = 4 << 20;
    /** Ours: the least send queue that a channel gets when the budget is short. */
    public static final int LEAST_SEND_QUEUE_BYTES = 16 << 10;
    /** Ours: the least window that a channel gets when the budget is short. */
    public static final int LEAST_WINDOW_BYTES = 16 << 10;
    /** Ours: control bytes a connection queues before openings and requests have to wait. */
    public static final int CONTROL_QUEUE_BYTES = 1 << 20;

    private Limits() {
    }
}
