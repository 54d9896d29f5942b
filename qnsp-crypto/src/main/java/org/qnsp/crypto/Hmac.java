package org.qnsp.crypto;

import java.security.MessageDigest;
import java.util.Arrays;

/** HMAC (FIPS 198-1) with SHA3-256, block length 136 bytes, tag 32 bytes. */
public final class Hmac {
    /** Length of a tag in bytes. */
    public static final int TAG_BYTES = 32;

    private Hmac() {}

    /** HMAC(key, part | part | ...), 32 bytes. A key longer than the block of 136 bytes is hashed first. */
    public static byte[] mac(byte[] key, byte[]... parts) {
        HmacSha3 hmac = new HmacSha3();
        byte[] shortKey = key.length > HmacSha3.BLOCK_BYTES ? Sha3.hash(key) : key;
        hmac.start(shortKey);
        for (byte[] part : parts) {
            hmac.update(part, 0, part.length);
        }
        byte[] tag = new byte[TAG_BYTES];
        hmac.finish(tag, 0);
        if (shortKey != key) {
            Arrays.fill(shortKey, (byte) 0);
        }
        return tag;
    }

    /** Whether the tag is HMAC(key, part | part | ...), compared in constant time. */
    public static boolean verify(byte[] key, byte[] tag, byte[]... parts) {
        return MessageDigest.isEqual(mac(key, parts), tag);
    }
}
