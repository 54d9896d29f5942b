package org.qnsp.core.agent;

import org.qnsp.crypto.Secret;

/** Where an agent keeps the secret parts of its keys while they are not used. */
public interface Vault {
    /** The most bytes that a slot holds: both secrets of a key (K-4). */
    int SLOT_BYTES = 96;

    /** Keeps a copy of at most {@link #SLOT_BYTES} bytes. @throws IllegalStateException if it is full */
    Slot keep(byte[] secret);

    /** What is kept. Closing wipes it. */
    interface Slot extends AutoCloseable {
        /** A copy, the caller's to close. */
        Secret copy();

        @Override
        void close();
    }
}
