package org.qnsp.core.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.qnsp.crypto.RandomSource;

/** Host names as OpenSSH hides them (K-6): {@code |1|base64 salt|base64 HMAC-SHA1(salt, name)}. No protection of keys rests on it. */
final class HashedName {
    static final String MAGIC = "|1|";

    private static final int BYTES = 20;

    private HashedName() {
    }

    /** A hash under a fresh salt; draws 20 bytes. */
    static String of(String name, RandomSource random) {
        byte[] salt = random.bytes(BYTES);
        Base64.Encoder base64 = Base64.getEncoder();
        return MAGIC + base64.encodeToString(salt) + "|" + base64.encodeToString(hmac(salt, name));
    }

    static boolean matches(String hashed, String name) {
        int bar = hashed.indexOf('|', MAGIC.length());
        if (bar < 0) {
            return false;
        }
        try {
            byte[] salt = Base64.getDecoder().decode(hashed.substring(MAGIC.length(), bar));
            byte[] hash = Base64.getDecoder().decode(hashed.substring(bar + 1));
            return salt.length == BYTES && MessageDigest.isEqual(hash, hmac(salt, name));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] hmac(byte[] salt, String name) {
        try {
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(salt, "HmacSHA1"));
            return mac.doFinal(name.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
