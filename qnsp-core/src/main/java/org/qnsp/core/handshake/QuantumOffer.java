package org.qnsp.core.handshake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;

/**
 * What a client says of the quantum keys that it got (H-31): who asked for them, for whom, and their names.
 *
 * @param clientSae the client's name in the network of the key servers, the master of these keys
 * @param serverSae the server's
 * @param keys 1 to 8; none where there are none to be had
 */
public record QuantumOffer(String clientSae, String serverSae, List<KeyName> keys) {
    /** The name of a key as its server gave it, and its size. */
    public record KeyName(String id, int bits) {
        /** Whole bytes that hold it. */
        public int bytes() {
            return (bits + 7) / 8;
        }
    }

    public QuantumOffer {
        keys = List.copyOf(keys);
        if (keys.size() > Limits.QUANTUM_KEYS) {
            throw new IllegalArgumentException(keys.size() + " quantum keys");
        }
    }

    /** An offer of none. */
    public static QuantumOffer none() {
        return new QuantumOffer("", "", List.of());
    }

    /** Bytes of all the keys, one after the other. */
    public int bytes() {
        return keys.stream().mapToInt(KeyName::bytes).sum();
    }

    /** H(qctx) of H-32, 32 bytes: roles, names and sizes, so that none of them can be exchanged without a change of every key that follows. */
    public byte[] context() {
        byte[] context = Encoding.concat(Encoding.lp(Encoding.ascii(Labels.QKD_CONTEXT)), new byte[] {0}, Encoding.lp(clientSae.getBytes(UTF_8)), Encoding.lp(serverSae.getBytes(UTF_8)));
        for (KeyName key : keys) {
            context = Encoding.concat(context, Encoding.lp(key.id.getBytes(UTF_8)), Encoding.u32(key.bits));
        }
        return Sha3.hash(context);
    }

    /** What is confirmed in both directions before anything that names the user is sent (H-32): a branch of the chain, which only the same keys give. The caller's. */
    Secret confirmation(KeySchedule schedule, Secret joined) {
        return schedule.branch(Labels.QKD_CONFIRM, joined.bytes(), context());
    }
}
