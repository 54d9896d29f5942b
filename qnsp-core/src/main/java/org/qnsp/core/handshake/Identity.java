package org.qnsp.core.handshake;

import java.io.IOException;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;

/** A user's key as the handshake needs it: in this process or behind an agent, which never gives away more than these two answers. */
public sealed interface Identity {
    /** The public half. */
    PublicKey publicKey();

    /** Whether an answer may take its time, as it comes from elsewhere; the thread of the handshake then does not wait for it. */
    default boolean waits() {
        return false;
    }

    /** A key that answers challenges. */
    non-sealed interface Kem extends Identity {
        /**
         * The authentication secret a of H-14, 32 bytes. A wrong ciphertext gives a secret that fits nothing.
         *
         * @param ciphertext 1088 bytes
         * @param serverEphemeral the server's X25519 key, 32 bytes
         * @param hostFingerprint H(pk_S), 32 bytes
         * @param th the transcript after CI, 32 bytes
         * @throws IOException when the holder of the key does not answer
         */
        Secret answer(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException;
    }

    /** A key that signs. */
    non-sealed interface Sig extends Identity {
        /**
         * ML-DSA-65 and Ed25519 signatures, 3373 bytes, over the structure of H-12, which the holder of the key makes of these parts itself.
         *
         * @param t as in H-12, 32 bytes
         * @param hostFingerprint H(pk_S), 32 bytes
         * @throws IOException when the holder of the key does not answer
         */
        byte[] sign(byte[] t, byte[] hostFingerprint, String user) throws IOException;
    }
}
