package org.qnsp.core.handshake;

import java.util.List;
import org.qnsp.core.handshake.HandshakeMessage.Entry;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;

/** What a handshake asks of the transport that drives it, in order. */
public sealed interface Action {
    /** What the transport's owner is asked; reading waits for the answer. */
    sealed interface Question extends Action {}

    /** Send these bytes as they are, two raw frames (H-3, H-20, H-21). */
    record SendRaw(byte[] bytes) implements Action {}

    /** Begin to send keyed frames: the early stage (H-5). */
    record StartSending(Secret chainKey) implements Action {}

    /** Begin to read keyed frames: the early stage. With skip, frames before the first that verifies are passed over (H-21). */
    record StartReading(Secret chainKey, boolean skip) implements Action {}

    /** Queue this message, encoded. */
    record Send(byte[] message) implements Action {}

    /** End the sending stage after what is queued; go on with this chain key, epoch one higher (H-7). */
    record NextSendingStage(Secret chainKey) implements Action {}

    /** The chain key that the peer's STAGE_END will call for (H-7). */
    record NextReadingStage(Secret chainKey) implements Action {}

    /** What both sides send from the end of the prologue on (C-34). */
    record Agreed(Cover cover) implements Action {}

    /** First contact, client: tell the machine whether this host key is trusted. */
    record JudgeHostKey(PublicKey hostKey) implements Question {}

    /**
     * Client: the user's keys are wanted. Run the work off the thread of the handshake, then tell the machine: keys that lie elsewhere may take their time (a user
     * may be asked), and what others compute, which depends on their kind, would have slots wait.
     */
    record UseKeys(Runnable work) implements Question {}

    /**
     * Client: quantum keys are wanted for this connection. Get some, off the thread of the handshake, or decide to do without or to give up, then tell the machine.
     *
     * @param refusal why the server did not take those before, null at first
     */
    record GetQuantumKeys(QuantumRefusal refusal) implements Question {}

    /** Server: get these quantum keys, off the thread of the handshake, then tell the machine. */
    record FetchQuantumKeys(QuantumOffer offer) implements Question {}

    /**
     * Server: find out which of these keys may log in as this user, and whether the account may be used now. In SIMPLEX user is null and entries is empty.
     * enrol is empty, or the encoded public key that an invite may let in; authKeyIds are 0 to 2 of 16 bytes; quantum is whether quantum keys were agreed.
     */
    record FindKeys(String user, List<Entry> entries, byte[] enrol, List<byte[]> authKeyIds, boolean quantum) implements Question {}

    /** The KEM of the application stage's ratchets, and their roots for both directions. */
    record Roots(Kem kem, Secret c2s, Secret s2c) implements Action {}

    /**
     * Done: the application stage is on in both directions. user is null in SIMPLEX; key is the one that the login was proved with, null in SIMPLEX;
     * enrolled is whether that key came with an invite and has yet to be written down (server). id is th of H-17, 32 bytes: the connection's name, no secret.
     * authKey is which of the named auth keys was mixed in, from 1 on, 0 for none. secrets is the receiver's to close.
     */
    record Established(String user, PublicKey key, boolean enrolled, byte[] id, int authKey, Secrets secrets) implements Action {}

    /**
     * What lives on from a handshake besides the frames' keys (H-37, H-38).
     *
     * @param exporter 32 bytes
     * @param next the auth key that the next login may use, null in SIMPLEX
     */
    record Secrets(Secret exporter, AuthKey next) implements AutoCloseable {
        /** Expand(exporter, "qnsp1 export " and the name, context, n) (H-38). */
        public byte[] export(String name, byte[] context, int n) {
            return Kdf.expand(exporter, Labels.EXPORT + name, context, n);
        }

        @Override
        public void close() {
            exporter.close();
            if (next != null) {
                next.close();
            }
        }
    }

    /** Client: the server refused (H-19). Server: it refused this client. */
    record Denied(int reason, String text) implements Action {}
}
