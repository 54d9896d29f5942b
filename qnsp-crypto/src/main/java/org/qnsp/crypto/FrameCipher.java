package org.qnsp.crypto;

/**
 * Seals and opens the 768 bytes of keyed frames in place (F-1 to F-4): 736 bytes AES-256-CTR, then the tag of 32 bytes over
 * the ciphertext. Tags cost least when several are computed at once, of whatever connections: so frames are sealed and verified
 * <em>later</em>, at the latest by {@link #finish}, which is owed after each batch. One per thread; not thread-safe.
 *
 * <p>Key copies: the cipher keeps the round keys of the last key until there is another, and the last block of key stream until
 * the next is made. {@link #finish} overwrites both with those of an all-zero key, and wipes the states of the tags and the copy of
 * the last frame. What the collector has moved, and what the compiler keeps in registers and on the stack, is out of reach.
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

    private static final byte[] NO_KEY = new byte[KEY_BYTES];

    private final FrameTags tags = new FrameTags();
    private final byte[][] frames = new byte[FrameTags.MOST][];
    private final int[] offsets = new int[FrameTags.MOST];
    /** Where to say whether a frame verifies, and as which; null for one that is sealed. */
    private final boolean[][] verdicts = new boolean[FrameTags.MOST][];
    private final int[] verdictIndices = new int[FrameTags.MOST];
    private final boolean[] verdict = new boolean[1];
    /** Made when it is first needed: providers take their time. */
    private AesCtr aes;
    private boolean keyHeld;

    /** Has the JDK set up its ciphers, which takes the first one of a process some time; on a thread that has it. */
    public static void setUp() {
        new AesCtr(SEALED_BYTES).forget();
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
        AesCtr.warmUp(SEALED_BYTES);
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
        crypt(frame, off, encKey);
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
        crypt(frame, off, encKey);
    }

    /** Completes what was to be done later, and forgets the keys. */
    public void finish() {
        computeTags();
        if (keyHeld) {
            aes.forget();
            keyHeld = false;
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
    private void crypt(byte[] frame, int off, byte[] encKey) {
        if (aes == null) {
            aes = new AesCtr(SEALED_BYTES);
        }
        keyHeld = true;
        aes.crypt(frame, off, SEALED_BYTES, encKey);
    }
}
