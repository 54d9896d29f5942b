package org.qnsp.core.frame;

/**
 * Where the fields of a keyed frame lie (F-1).
 *
 * <pre>
 *  0         8         16     17       19                                  736          768
 *  | seq u64 | time u64 | type | len u16 | payload 717 = records + zero pad   | tag 32 |
 *  '------------------- AES-256-CTR, 736 bytes ----------------------------' '- HMAC -'
 * </pre>
 */
public final class FrameLayout {
    /** A frame on the wire, in bytes. */
    public static final int FRAME_BYTES = 768;
    /** The authentication tag, in bytes. */
    public static final int TAG_BYTES = 32;

    static final int SEQUENCE = 0;
    static final int TIME = SEQUENCE + 8;
    static final int TYPE = TIME + 8;
    static final int LENGTH = TYPE + 1;
    /** Offset of the payload in a frame. */
    public static final int PAYLOAD = LENGTH + 2;
    static final int TAG = FRAME_BYTES - TAG_BYTES;
    /** Room for records in a frame, in bytes. */
    public static final int PAYLOAD_BYTES = TAG - PAYLOAD;

    static {
        if (PAYLOAD_BYTES != 717) {
            throw new AssertionError(PAYLOAD_BYTES);
        }
    }

    private FrameLayout() {}
}
