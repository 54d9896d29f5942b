package org.qnsp.crypto;

import java.io.Serial;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/**
 * Seals and opens the 768 bytes of a keyed frame in place (F-1 to F-4): 736 bytes AES-256-CTR, then the tag of 32 bytes over
 * the ciphertext. One per direction and thread; it reuses its JDK objects and is not thread-safe.
 *
 * <p>Key copies: the JDK's cipher keeps the last key and its schedule until the next one is set, and the last block of key
 * stream until the next is made. Both are overwritten here with those of an all-zero key before a call returns, as is
 * the digest's state. The array that the cipher takes the key from is wiped by the cipher's initialisation. What the collector
 * has moved, and what the compiler keeps in registers and on the stack, is out of reach.
 */
public final class FrameCipher {
    /** A frame, bytes. */
    public static final int FRAME_BYTES = 768;
    /** The part of a frame that is encrypted, bytes. */
    public static final int SEALED_BYTES = 736;
    /** The tag at the end of a frame, bytes. */
    public static final int TAG_BYTES = Hmac.TAG_BYTES;
    /** Encryption key and MAC key, bytes each. */
    public static final int KEY_BYTES = 32;

    private static final int HEADER_BYTES = 4 + 1 + 8;
    private static final int BLOCK_BYTES = 16;
    private static final byte[] NO_KEY = new byte[KEY_BYTES];

    private final HmacSha3 hmac = new HmacSha3();
    private final Cipher aes;
    private final LentKey lentKey = new LentKey();
    // F-3: the counter block begins with zero, which is safe as each key serves one frame (F-2).
    private final IvParameterSpec counter = new IvParameterSpec(new byte[BLOCK_BYTES]);
    private final byte[] header = new byte[HEADER_BYTES];
    private final byte[] expected = new byte[TAG_BYTES];
    private final byte[] tag = new byte[TAG_BYTES];
    // The JDK copies its input into garbage where input and output are one array, so the input is copied here, and wiped.
    private final byte[] work = new byte[SEALED_BYTES];
    private final byte[] discarded = new byte[BLOCK_BYTES];

    public FrameCipher() {
        try {
            aes = Cipher.getInstance("AES/CTR/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no AES/CTR/NoPadding", e);
        }
    }

    /**
     * Encrypts {@code frame[off .. off+736)} in place and writes the tag to the 32 bytes after it.
     *
     * @param encKey encryption key of this frame alone, 32 bytes (the caller wipes it)
     * @param macKey MAC key of this frame alone, 32 bytes (the caller wipes it)
     * @param epoch stage of the connection, 0 to 2 (F-5)
     * @param direction 0 from the client, 1 from the server
     * @param seq sequence number within stage and direction, below 2^63 (F-5)
     */
    public void seal(byte[] frame, int off, byte[] encKey, byte[] macKey, int epoch, int direction, long seq) {
        checkArguments(frame, off, encKey, macKey, seq);
        crypt(frame, off, encKey);
        mac(frame, off, macKey, epoch, direction, seq, frame, off + SEALED_BYTES);
    }

    /**
     * Verifies the tag in constant time and, if it holds, decrypts the 736 bytes in place; arguments as in {@link #seal}.
     *
     * @return whether the tag holds; if not, the frame is untouched
     */
    public boolean open(byte[] frame, int off, byte[] encKey, byte[] macKey, int epoch, int direction, long seq) {
        checkArguments(frame, off, encKey, macKey, seq);
        mac(frame, off, macKey, epoch, direction, seq, expected, 0);
        System.arraycopy(frame, off + SEALED_BYTES, tag, 0, TAG_BYTES);
        boolean holds = MessageDigest.isEqual(expected, tag);
        // The right tag of a frame that was not verified is a secret: whoever has it can forge that frame.
        Arrays.fill(expected, (byte) 0);
        if (holds) {
            crypt(frame, off, encKey);
        }
        return holds;
    }

    private static void checkArguments(byte[] frame, int off, byte[] encKey, byte[] macKey, long seq) {
        if (off < 0 || off > frame.length - FRAME_BYTES) {
            throw new IllegalArgumentException("no frame of 768 bytes at offset " + off);
        }
        MlKem768.requireLength("encryption key", encKey, KEY_BYTES);
        MlKem768.requireLength("MAC key", macKey, KEY_BYTES);
        if (seq < 0) {
            throw new IllegalArgumentException("sequence number is not below 2^63");
        }
    }

    /** F-4: tag = HMAC(mac key, epoch u32 | direction u8 | seq u64 | ciphertext). */
    private void mac(byte[] frame, int off, byte[] macKey, int epoch, int direction, long seq, byte[] out, int outOff) {
        Encoding.putU32(header, 0, epoch);
        header[4] = (byte) direction;
        Encoding.putU64(header, 5, seq);
        hmac.start(macKey);
        hmac.update(header, 0, HEADER_BYTES);
        hmac.update(frame, off, SEALED_BYTES);
        hmac.finish(out, outOff);
    }

    /** F-3: AES-256-CTR over the 736 bytes, in place; the same both ways. */
    private void crypt(byte[] frame, int off, byte[] encKey) {
        try {
            aes.init(Cipher.ENCRYPT_MODE, lentKey.holding(encKey), counter);
            System.arraycopy(frame, off, work, 0, SEALED_BYTES);
            if (aes.update(work, 0, SEALED_BYTES, frame, off) != SEALED_BYTES) {
                throw new IllegalStateException("AES-CTR kept bytes back");
            }
            aes.init(Cipher.ENCRYPT_MODE, lentKey.holding(NO_KEY), counter); // forget key and key stream
            aes.update(work, 0, BLOCK_BYTES, discarded, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-CTR failed", e);
        } finally {
            Arrays.fill(work, (byte) 0);
            lentKey.wipe();
        }
    }

    /**
     * A key whose bytes are lent to the cipher for one initialisation, to leave no copy behind as SecretKeySpec does. JCA lets the
     * receiver of {@code getEncoded} own and wipe the array, so it is filled anew each time.
     */
    private static final class LentKey implements SecretKey {
        @Serial
        private static final long serialVersionUID = 1L;

        private final transient byte[] lent = new byte[KEY_BYTES];

        LentKey holding(byte[] key) {
            System.arraycopy(key, 0, lent, 0, KEY_BYTES);
            return this;
        }

        void wipe() {
            Arrays.fill(lent, (byte) 0);
        }

        @Override
        public String getAlgorithm() {
            return "AES";
        }

        @Override
        public String getFormat() {
            return "RAW";
        }

        @Override
        public byte[] getEncoded() {
            return lent;
        }
    }
}
