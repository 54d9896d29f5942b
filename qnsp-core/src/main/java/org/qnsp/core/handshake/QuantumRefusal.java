package org.qnsp.core.handshake;

import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/** Why a server did not take the quantum keys that it was offered (H-32). */
public enum QuantumRefusal {
    /** One of them is not known to its key server, or no more. */
    UNKNOWN(1, "the server's key server does not know the key"),
    /** Its key server does not answer, or not in time. */
    UNREACHABLE(2, "the server cannot reach its key server"),
    /** Its key server refuses it. */
    NOT_AUTHORISED(3, "the server's key server refuses it"),
    /** It has none, or takes none under these names. */
    NOT_CONFIGURED(4, "the server takes no quantum keys under these names"),
    /** What its key server says is of no use. */
    FAULTY(5, "the server's key server gives faulty answers");

    final int code;
    private final String text;

    QuantumRefusal(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** @throws ProtocolException for a code that there is not */
    static QuantumRefusal of(int code) throws ProtocolException {
        for (QuantumRefusal each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        throw new ProtocolException(Reason.TYPE, "refusal " + code);
    }

    /** For the user. */
    public String text() {
        return text;
    }
}
