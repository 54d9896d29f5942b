package org.qnsp.crypto;

import java.util.Arrays;

/** The key schedule's two functions, Extract and Expand, over HMAC with SHA3-256 (HKDF, RFC 5869). */
public final class Kdf {
    private static final int LARGEST_OUTPUT_BYTES = 255 * Hmac.TAG_BYTES;

    private Kdf() {}

    /**
     * Extract(ck, L, x, y...) = HMAC(ck, LP(L) | LP(x) | LP(y)...), 32 bytes. The chain is not closed: its owner decides.
     */
    public static Secret extract(Secret chain, String label, byte[]... inputs) {
        byte[] labelled = Encoding.lp(Encoding.ascii(label));
        byte[] body = Encoding.lpAll(inputs);
        try {
            return Secret.owning(Hmac.mac(chain.bytes(), labelled, body));
        } finally {
            Arrays.fill(body, (byte) 0);
        }
    }

    /** Expand(prk, L, c, 32). */
    public static Secret expand(Secret prk, String label, byte[] context) {
        return Secret.owning(expand(prk, label, context, Hmac.TAG_BYTES));
    }

    /**
     * Expand(prk, L, c, n): HKDF-Expand (RFC 5869 section 2.3) with info = LP(L) | LP(c).
     *
     * @param n output length in bytes, 1 to 8160
     */
    public static byte[] expand(Secret prk, String label, byte[] context, int n) {
        if (n < 1 || n > LARGEST_OUTPUT_BYTES) {
            throw new IllegalArgumentException("cannot expand to " + n + " bytes");
        }
        byte[] info = Encoding.lpAll(Encoding.ascii(label), context);
        byte[] out = new byte[n];
        byte[] block = new byte[0];
        for (int at = 0, counter = 1; at < n; at += Hmac.TAG_BYTES, counter++) {
            byte[] next = Hmac.mac(prk.bytes(), block, info, new byte[] {(byte) counter});
            Arrays.fill(block, (byte) 0);
            block = next;
            System.arraycopy(block, 0, out, at, Math.min(Hmac.TAG_BYTES, n - at));
        }
        Arrays.fill(block, (byte) 0);
        return out;
    }
}
