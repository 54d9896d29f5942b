package org.qnsp.crypto;

import java.io.Serial;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/**
 * Seals and opens the 768 bytes of keyed frames in place (F-1 to F-4): 736 bytes AES-256-CTR, then the tag of 32 bytes over
 * the ciphertext. Tags cost least when several are computed at once, of whatever connections: so frames are sealed and verified
 * <em>later</em>, at the latest by {@link #finish}, which is owed after each batch. One per thread; not thread-safe.
 *
 * <p>Key copies: the JDK's cipher keeps the last key and its schedule until the next one is set, and the last block of key
 * stream until the next is made. {@link #finish} overwrites both with those of an all-zero key, and wipes the states of the
 * tags and the copy of the last frame. The array that the cipher takes the key from is wiped by the cipher's
 * initialisation. What the collector has moved, and what the compiler keeps in registers and on the stack, is out of reach.
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

    private static final int BLOCK_BYTES = 16;
    /** A frame takes AES a microsecond or two once it is compiled, fifty before. */
    private static final long WARM_NANOS = 5_000;
    /** Frames in a row that are to be as quick as that. */
    private static final int WARM_FRAMES = 50;
    private static final long AES_PATIENCE_NANOS = 1_000_000_000L;

    private static final byte[] NO_KEY = new byte[KEY_BYTES];

    private final FrameTags tags = new FrameTags();
    private final byte[][] frames = new byte[FrameTags.MOST][];
    private final int[] offsets = new int[FrameTags.MOST];
    /** Where to say whether a frame verifies, and as which; null for one that is sealed. */
    private final boolean[][] verdicts = new boolean[FrameTags.MOST][];
    private final int[] verdictIndices = new int[FrameTags.MOST];
    private final boolean[] verdict = new boolean[1];
    /** Made when it is first needed: providers take their time. */
    private Cipher aes;
    private final LentKey lentKey = new LentKey();
    // F-3: the counter block begins with zero, which is safe as each key serves one frame (F-2).
    private final IvParameterSpec counter = new IvParameterSpec(new byte[BLOCK_BYTES]);
    // The JDK copies its input into garbage where input and output are one array, so the input is copied here.
    private final byte[] work = new byte[SEALED_BYTES];
    private final byte[] discarded = new byte[BLOCK_BYTES];
    private boolean keyHeld;

    /** Has the JDK set up its ciphers, which takes the first one of a process some time; on a thread that has it. */
    public static void setUp() {
        FrameCipher first = new FrameCipher();
        first.crypt(first.discarded, 0, BLOCK_BYTES, NO_KEY);
    }

    /**
     * Has the code that computes several tags at once compiled, and from then on used; without it all goes one by one. Takes some tenths of a second of a
     * processor, the first time; on a thread of the caller's that has nothing else to do.
     */
    public static void warmUp() {
        Keccak.warmUp();
    }

    /** Has the JDK's AES compiled to the processor's instructions for it; as {@link #warmUp}, in a tenth of a second. */
    public static void warmUpAes() {
        FrameCipher cipher = new FrameCipher();
        byte[] frame = new byte[SEALED_BYTES];
        long began = System.nanoTime();
        int quick = 0;
        for (long now = began; now - began < AES_PATIENCE_NANOS && quick < WARM_FRAMES; ) {
            cipher.crypt(frame, 0, SEALED_BYTES, NO_KEY);
            long then = System.nanoTime();
            quick = then - now < WARM_NANOS ? quick + 1 : 0;
            now = then;
        }
    }

    /**
     * Encrypts {@code frame[off .. off+736)} in place and writes the tag to the 32 bytes after it; as {@link #sealLater} and {@link #finish}.
     *
     * @param encKey encryption key of this frame alone, 32 bytes (the caller wipes it)
     * @param macKey MAC key of this frame alone, 32 bytes (the caller wipes it)
     * @param epoch stage of the connection, 0 to 2 (F-5)
     * @param direction 0 from the client, 1 from the server
     * @param seq sequence number within stage and direction, below 2^63 (F-5)
     */
    public void seal(byte[] frame, int off, byte[] encKey, byte[] macKey, int epoch, int direction, long seq) {
        sealLater(frame, off, encKey, macKey, epoch, direction, seq);
        finish();
    }

    /** Encrypts as {@link #seal} does; the tag is there after {@link #finish}, until when the frame is left alone. The keys are not needed any more. */
    public void sealLater(byte[] frame, int off, byte[] encKey, byte[] macKey, int epoch, int direction, long seq) {
        checkArguments(frame, off, encKey, macKey, seq);
        crypt(frame, off, SEALED_BYTES, encKey);
        add(frame, off, macKey, epoch, direction, seq, null, 0);
    }

    /**
     * Verifies the tag in constant time and, if it holds, decrypts the 736 bytes in place; arguments as in {@link #seal}.
     *
     * @return whether the tag holds; if not, the frame is untouched
     */
    public boolean open(byte[] frame, int off, byte[] encKey, byte[] macKey, int epoch, int direction, long seq) {
        checkArguments(frame, off, encKey, macKey, seq);
        verifyLater(frame, off, macKey, epoch, direction, seq, verdict, 0);
        finish();
        if (verdict[0]) {
            decrypt(frame, off, encKey);
            finish();
        }
        return verdict[0];
    }

    /**
     * Verifies the tag in constant time, without a change to the frame, by the next {@link #finish}, until when the frame is left alone; arguments as in
     * {@link #seal}. The key is not needed any more.
     *
     * @param verdicts is told at the index whether the tag holds
     */
    public void verifyLater(byte[] frame, int off, byte[] macKey, int epoch, int direction, long seq, boolean[] verdicts, int index) {
        checkArguments(frame, off, NO_KEY, macKey, seq);
        verdicts[index] = false;
        add(frame, off, macKey, epoch, direction, seq, verdicts, index);
    }

    /** Decrypts the 736 bytes of a frame that verified, in place; {@link #finish} is owed. */
    public void decrypt(byte[] frame, int off, byte[] encKey) {
        checkArguments(frame, off, encKey, NO_KEY, 0);
        crypt(frame, off, SEALED_BYTES, encKey);
    }

    /** Completes what was to be done later, and forgets the keys. */
    public void finish() {
        computeTags();
        if (keyHeld) {
            crypt(discarded, 0, BLOCK_BYTES, NO_KEY);
            keyHeld = false;
            Arrays.fill(work, (byte) 0);
        }
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

    private void add(byte[] frame, int off, byte[] macKey, int epoch, int direction, long seq, boolean[] verdictsOrNull, int index) {
        int at = tags.count();
        frames[at] = frame;
        offsets[at] = off;
        verdicts[at] = verdictsOrNull;
        verdictIndices[at] = index;
        tags.add(frame, off, macKey, epoch, direction, seq);
        if (at + 1 == FrameTags.MOST) {
            computeTags();
        }
    }

    private void computeTags() {
        int count = tags.count();
        if (count == 0) {
            return;
        }
        tags.compute();
        for (int i = 0; i < count; i++) {
            int tagAt = offsets[i] + SEALED_BYTES;
            if (verdicts[i] == null) {
                tags.write(i, frames[i], tagAt);
            } else {
                verdicts[i][verdictIndices[i]] = tags.matches(i, frames[i], tagAt);
            }
            frames[i] = null;
            verdicts[i] = null;
        }
        // The right tag of a frame that was not verified is a secret: whoever has it can forge that frame.
        tags.clear();
    }

    /** F-3: AES-256-CTR over the bytes, in place; the same both ways. */
    private void crypt(byte[] frame, int off, int length, byte[] encKey) {
        try {
            if (aes == null) {
                aes = Cipher.getInstance("AES/CTR/NoPadding");
            }
            keyHeld = true;
            aes.init(Cipher.ENCRYPT_MODE, lentKey.holding(encKey), counter);
            System.arraycopy(frame, off, work, 0, length);
            if (aes.update(work, 0, length, frame, off) != length) {
                throw new IllegalStateException("AES-CTR kept bytes back");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-CTR failed", e);
        } finally {
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
