package org.qnsp.core.ratchet;

import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Secret;

/** What a ratchet needs of the connection that it serves; called on the thread that the ratchet is used on. */
public interface RatchetHost {
    /** What is to be done after work elsewhere. */
    interface Then {
        /** Goes on. @throws ProtocolException the peer's fault */
        void run() throws ProtocolException;
    }

    /** Do this work on a thread that may wait and compute, then go on here. */
    void work(Runnable elsewhere, Then then);

    /** Frames are sealed with this chain's keys from that one on; the key is taken over. @param epoch of those frames */
    void sends(long fromFrame, int epoch, Secret chainKey);

    /** The peer's frames have this chain's keys from that one on; the key is taken over. @param epoch of those frames */
    void reads(long fromFrame, int epoch, Secret chainKey);

    /** A secret that should have gone into a ratchet did not. @param why for the user */
    void without(String why);
}
