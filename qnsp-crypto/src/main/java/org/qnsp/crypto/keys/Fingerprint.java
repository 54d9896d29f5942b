package org.qnsp.crypto.keys;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.qnsp.crypto.InvalidKeyEncodingException;

/** How a fingerprint (32 bytes) is written for people (K-3). */
public final class Fingerprint {
    private static final String PREFIX = "SHA3-256:";
    private static final int WIDTH = 17;
    private static final int HEIGHT = 9;
    /** OpenSSH's scale of how often a field was visited; the last two are the start and the end. */
    private static final String SCALE = " .o+=*BOX@%&#/^SE";

    private Fingerprint() {}

    /** {@code SHA3-256:} and base64 without padding, 52 characters. */
    public static String text(PublicKey key) {
        return text(key.fingerprint());
    }

    /** {@code SHA3-256:} and base64 without padding, of a raw fingerprint of 32 bytes. */
    public static String text(byte[] fingerprint) {
        return PREFIX + Base64.getEncoder().withoutPadding().encodeToString(fingerprint);
    }

    /** {@code SHA256:} and base64 without padding of the SHA-256 of the encoded key (K-1): for display only, nothing takes it as a fingerprint. */
    public static String sha2Text(PublicKey key) {
        try {
            return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(MessageDigest.getInstance("SHA-256").digest(key.encoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this runtime has no SHA-256", e);
        }
    }

    /**
     * The 32 bytes of a written fingerprint.
     *
     * @throws InvalidKeyEncodingException if it is not {@code SHA3-256:} and the one base64 encoding of 32 bytes
     */
    public static byte[] parse(String text) throws InvalidKeyEncodingException {
        if (text.startsWith(PREFIX)) {
            try {
                byte[] raw = Base64.getDecoder().decode(text.substring(PREFIX.length()));
                if (raw.length == PublicKey.FINGERPRINT_BYTES && text(raw).equals(text)) {
                    return raw;
                }
            } catch (IllegalArgumentException e) {
                // said below
            }
        }
        throw new InvalidKeyEncodingException("not a fingerprint of the form SHA3-256:...");
    }

    /**
     * The picture of a key: OpenSSH's drunken bishop on 17 x 9 fields, in a frame that names the type and the hash; eleven lines,
     * without a line end after the last.
     */
    public static String randomart(PublicKey key) {
        String title = border("[" + key.type().title() + "]");
        return title + "\n" + walk(key.fingerprint()) + border("[SHA3-256]");
    }

    /** The nine rows of the walk that these bytes describe, two bits a step, each row between bars and with a line end. */
    static String walk(byte[] fingerprint) {
        int[][] visits = new int[HEIGHT][WIDTH];
        int end = SCALE.length() - 1;
        int start = end - 1;
        int x = WIDTH / 2;
        int y = HEIGHT / 2;
        for (byte b : fingerprint) {
            for (int bits = b & 0xff, step = 0; step < 4; step++, bits >>= 2) {
                x = Math.clamp(x + ((bits & 1) == 0 ? -1 : 1), 0, WIDTH - 1);
                y = Math.clamp(y + ((bits & 2) == 0 ? -1 : 1), 0, HEIGHT - 1);
                visits[y][x] = Math.min(visits[y][x] + 1, start - 1);
            }
        }
        visits[HEIGHT / 2][WIDTH / 2] = start;
        visits[y][x] = end;

        StringBuilder rows = new StringBuilder();
        for (int[] row : visits) {
            rows.append('|');
            Arrays.stream(row).forEach(n -> rows.append(SCALE.charAt(n)));
            rows.append("|\n");
        }
        return rows.toString();
    }

    private static String border(String title) {
        int left = (WIDTH - title.length()) / 2;
        return "+" + "-".repeat(left) + title + "-".repeat(WIDTH - left - title.length()) + "+";
    }
}
