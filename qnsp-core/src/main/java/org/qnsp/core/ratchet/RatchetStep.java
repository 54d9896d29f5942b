package org.qnsp.core.ratchet;

import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;

/**
 * What a ratchet makes of a direction's root: the next root, and the chain key of the next epoch. The two do not lead to each other, so that who takes the
 * root learns nothing of frames that were sent under the chain.
 *
 * @param root 32 bytes; the holder closes it
 * @param chainKey 32 bytes; the holder closes it
 */
record RatchetStep(Secret root, Secret chainKey) implements AutoCloseable {
    /** What goes into a step besides the root; closing it wipes all of it. */
    record Inputs(Secret kem, Secret agreed, byte[] tokens, Secret shared, byte[] sharedContextHash) implements AutoCloseable {
        /** @param offered the token of the offer @param replied that of the reply @param with null where no shared secret is mixed in; taken over, as the others */
        static Inputs of(Secret kem, Secret agreed, byte[] offered, byte[] replied, RatchetSecrets.Shared with) {
            return new Inputs(kem, agreed, Encoding.concat(offered, replied), with == null ? Secret.zeros(32) : with.secret(),
                with == null ? new byte[32] : Sha3.hash(with.context()));
        }

        @Override
        public void close() {
            kem.close();
            agreed.close();
            java.util.Arrays.fill(tokens, (byte) 0);
            shared.close();
        }
    }

    /**
     * The step to an epoch; the root stays the caller's, the inputs too.
     *
     * @param direction 0 client to server, 1 server to client
     * @param offer and reply as they were sent, with their headers
     */
    static RatchetStep of(Secret root, int direction, int epoch, Inputs in, byte[] offer, byte[] reply) {
        byte[] about = Encoding.concat(new byte[] {(byte) direction}, Encoding.u32(epoch));
        byte[] exchange = Sha3.hash(Encoding.concat(offer, reply));
        try (Secret step = Kdf.extract(root, Labels.RATCHET, in.kem.bytes(), in.agreed.bytes(), in.tokens, exchange, about, in.shared.bytes(), in.sharedContextHash)) {
            return new RatchetStep(Kdf.expand(step, Labels.RATCHET_ROOT, about), Kdf.expand(step, Labels.RATCHET_CHAIN, about));
        }
    }

    @Override
    public void close() {
        root.close();
        chainKey.close();
    }

    @Override
    public String toString() {
        return "RatchetStep";
    }
}
