package org.qnsp.core.mux;

import java.util.Arrays;
import org.qnsp.core.message.BodyReader;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/** Puts the bodies that came in PARTs together (C-5): one at a time in a connection, so that it holds at most L-8. */
final class BodyAssembly {
    private static final byte[] NONE = new byte[0];

    private boolean active;
    private int channel;
    private byte[] bytes = NONE;
    private int length;

    /** C-5: another channel's body must not begin before this one's is complete. */
    void part(int id, byte[] payload, int offset, int n) throws ProtocolException {
        if (active && channel != id) {
            throw new ProtocolException(Reason.STATE, "PART while the body of another channel is unfinished");
        }
        append(payload, offset, n);
        active = true;
        channel = id;
    }

    /** The whole body of an OPEN, REQUEST or REPLY: what PARTs brought, then these bytes. */
    BodyReader finish(int id, byte[] payload, int offset, int n) throws ProtocolException {
        if (!unfinished(id)) {
            return new BodyReader(payload, offset, n);
        }
        append(payload, offset, n);
        BodyReader whole = new BodyReader(bytes, 0, length);
        active = false;
        bytes = NONE;
        length = 0;
        return whole;
    }

    /** Whether PARTs of this channel wait for their end. */
    boolean unfinished(int id) {
        return active && channel == id;
    }

    private void append(byte[] payload, int offset, int n) throws ProtocolException {
        if (n > Limits.BODY_BYTES - length) {                                     // L-8
            throw new ProtocolException(Reason.LIMIT, "body of more than " + Limits.BODY_BYTES + " bytes");
        }
        if (n > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + n, bytes.length * 2));
        }
        System.arraycopy(payload, offset, bytes, length, n);
        length += n;
    }
}
