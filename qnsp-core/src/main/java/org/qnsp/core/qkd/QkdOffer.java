package org.qnsp.core.qkd;

import java.util.List;
import org.qnsp.core.handshake.QuantumOffer.KeyName;
import org.qnsp.core.message.Limits;

/**
 * What a client has to offer: keys that the server can fetch by their names. Whoever holds it closes it, which wipes the keys.
 *
 * @param keys      at most {@link #MOST_KEYS}, together of {@link #BITS} bits or more
 * @param sae       the client's own id
 * @param peer      the server's
 * @param kme       the key server's name for itself, for the user to read
 * @param simulated whether they are a simulator's
 */
public record QkdOffer(List<QkdKey> keys, String sae, String peer, String kme, boolean simulated) implements AutoCloseable {
    /** Keys of an offer. */
    public static final int MOST_KEYS = Limits.QUANTUM_KEYS;
    /** What the keys of an offer amount to, at least. */
    public static final int BITS = 256;

    /** What the server is told of the keys. */
    public List<KeyName> names() {
        return keys.stream().map(key -> new KeyName(key.id(), key.bits())).toList();
    }

    @Override
    public void close() {
        QkdKey.closeAll(keys);
    }
}
