package org.qnsp.core;

import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.RandomSource;

/** The fixed randomness of the vectors: SHAKE256(LP("vector") | LP(seed)), read in order. */
public final class VectorRandom implements RandomSource {
    private final SHAKEDigest shake = new SHAKEDigest(256);
    private int read;

    public VectorRandom(byte[] seed) {
        byte[] input = Encoding.lpAll(Encoding.ascii("vector"), seed);
        shake.update(input, 0, input.length);
    }

    @Override
    public void fill(byte[] out) {
        shake.doOutput(out, 0, out.length);
        read += out.length;
    }

    public int bytesRead() {
        return read;
    }
}
