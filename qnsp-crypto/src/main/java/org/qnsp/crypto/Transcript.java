package org.qnsp.crypto;

/** The transcript hash th (H-1, H-2): 32 bytes that stand for all that was said so far. Immutable. */
public final class Transcript {
    private final byte[] hash;

    private Transcript(byte[] hash) {
        this.hash = hash;
    }

    /** th = H(LP(part) | LP(part) | ...) (H-1). */
    public static Transcript start(byte[]... lpParts) {
        return new Transcript(Sha3.hash(Encoding.lpAll(lpParts)));
    }

    /** th := H(th | m) (H-2), as a new transcript. */
    public Transcript absorb(byte[] m) {
        return new Transcript(Sha3.hash(hash, m));
    }

    /** th, a copy of 32 bytes. */
    public byte[] hash() {
        return hash.clone();
    }
}
