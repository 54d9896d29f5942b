package org.qnsp.core.ratchet;

import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.message.BodyReader;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.ratchet.RatchetSecrets.KeyId;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.X25519;

/** What ends say to each other about ratchets: type u8 | S16(body). */
sealed interface RatchetMessage {
    /** Bytes of the type and length before a body. */
    int HEADER_BYTES = 3;
    /** Bytes of fresh randomness that either side adds. */
    int TOKEN_BYTES = 32;

    /** Begins an exchange for the direction of its sender. */
    record Offer(byte[] ek, byte[] x, byte[] token, List<KeyId> keys) implements RatchetMessage {}

    /** Answers one. @param taken whether the keys that were offered are mixed in */
    record Reply(byte[] ct, byte[] x, byte[] token, boolean taken) implements RatchetMessage {}

    /** From this frame of its sender on the new chain is used. */
    record Switch(long frame) implements RatchetMessage {
        static final int WHOLE_BYTES = HEADER_BYTES + Long.BYTES;
    }

    /** Please refresh your direction too. */
    record Ask() implements RatchetMessage {}

    /** The whole message, header included. */
    default byte[] encode() {
        BodyWriter body = new BodyWriter();
        int type = switch (this) {
            case Offer(byte[] ek, byte[] x, byte[] token, List<KeyId> keys) -> {
                body.bytes(ek).bytes(x).bytes(token).u8(keys.size());
                keys.forEach(key -> body.s8(key.id()).u32(key.bits()));
                yield 1;
            }
            case Reply(byte[] ct, byte[] x, byte[] token, boolean taken) -> {
                body.bytes(ct).bytes(x).bytes(token).flag(taken);
                yield 2;
            }
            case Switch(long frame) -> {
                body.u64(frame);
                yield 3;
            }
            case Ask() -> 4;
        };
        return new BodyWriter().u8(type).s16(body.toBytes()).toBytes();
    }

    /** Reads a whole message. @param kem gives keys and ciphertexts their sizes */
    static RatchetMessage decode(byte[] whole, Kem kem) throws ProtocolException {
        BodyReader in = new BodyReader(whole, HEADER_BYTES, whole.length - HEADER_BYTES);
        RatchetMessage message = switch (whole[0] & 0xff) {
            case 1 -> new Offer(in.bytes(kem.ekBytes()), in.bytes(X25519.KEY_BYTES), in.bytes(TOKEN_BYTES), keys(in));
            case 2 -> new Reply(in.bytes(kem.ctBytes()), in.bytes(X25519.KEY_BYTES), in.bytes(TOKEN_BYTES), in.flag());
            case 3 -> new Switch(in.u64());
            case 4 -> new Ask();
            default -> throw new ProtocolException(Reason.KIND, "ratchet message " + (whole[0] & 0xff));
        };
        in.end();
        return message;
    }

    private static List<KeyId> keys(BodyReader in) throws ProtocolException {
        int count = in.u8();
        if (count > Limits.QUANTUM_KEYS) {
            throw new ProtocolException(Reason.LIMIT, count + " keys in an offer"); // L-25
        }
        List<KeyId> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add(new KeyId(in.s8(), in.u32()));
        }
        return keys;
    }
}
