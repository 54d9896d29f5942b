package org.qnsp.core.handshake;

import java.security.GeneralSecurityException;
import java.util.List;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;

/**
 * The private half of the host keys, as the handshake needs it: the seam along which a daemon can be split, so that the process that talks to the
 * network never holds a host key.
 */
public interface HostKeyOps {
    /** The host keys, 1 to 3, in the order in which they are tried (L-3). */
    List<PublicKey> publicKeys();

    /** K_S of this key for a ciphertext of 1088 bytes; for any ciphertext there is an answer (implicit rejection). */
    Secret decapsulate(int key, byte[] ciphertext);

    /**
     * X25519 of this key's static half with a public key of 32 bytes.
     *
     * @throws GeneralSecurityException if the shared point is zero
     */
    Secret agree(int key, byte[] ephemeral) throws GeneralSecurityException;
}
