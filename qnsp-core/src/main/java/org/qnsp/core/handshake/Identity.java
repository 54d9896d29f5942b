package org.qnsp.core.handshake;

import java.io.IOException;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;

/** A user's key as the handshake needs it: in this process or behind an agent, which never gives away more than these two answers. */
public sealed interface Identity {
    /** The public half. */
    PublicKey publicKey();

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

        /**
         * Commits to both secrets of a challenge, whatever the ciphertext is (H-34); parameters as in {@link #answer}, but for th, which is the transcript after SC.
         *
         * @throws IOException when the holder of the key does not answer
         */
        Commitment commit(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException;
    }

    /** A commitment that was made and is yet to be opened. */
    interface Commitment {
        /** com of H-34, 32 bytes. */
        byte[] value();

        /**
         * rho of H-36, 32 bytes, if the challenge was made of this message and scalar, all of it; else null. That is found out here and not before, so that no one learns
         * what a ciphertext of his making decapsulates to.
         *
         * @param message m, 32 bytes
         * @param scalar of the server's X25519 key, 32 bytes
         * @throws IOException when the holder of the key does not answer
         */
        byte[] open(byte[] message, byte[] scalar) throws IOException;
    }

    /** A key that signs. */
    non-sealed interface Sig extends Identity {
        /**
         * ML-DSA and Ed25519 signatures of the key's type, over the structure of H-12, which the holder of the key makes of these parts itself.
         *
         * @param t as in H-12, 32 bytes
         * @param hostFingerprint H(pk_S), 32 bytes
         * @throws IOException when the holder of the key does not answer
         */
        byte[] sign(byte[] t, byte[] hostFingerprint, String user) throws IOException;
    }
}
