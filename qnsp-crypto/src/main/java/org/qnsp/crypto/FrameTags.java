package org.qnsp.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The tags of frames (F-4), HMAC-SHA3-256 under a key each, eight at a time. A frame's words are laid beside those of others as it is added, and its tag is there
 * once {@link #compute} has run. Keys, and tags of frames that do not verify, are wiped then; ciphertext is not. Not thread-safe.
 *
 * <pre>
 * block    0              1 to 6                                       7              8
 *          key ^ inner    header 13 | ciphertext 736 | padding         key ^ outer    inner hash | padding
 * </pre>
 */
final class FrameTags {
    /** Frames at a time. */
    static final int MOST = Keccak.LANES;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int LANES = Keccak.LANES;
    private static final int BLOCK = Keccak.BLOCK_WORDS * LANES;
    private static final int KEY_WORDS = 4 * LANES;
    private static final int OUTER_KEY = 7 * BLOCK;
    private static final int INNER_HASH = 8 * BLOCK;
    private static final int MESSAGE = BLOCK;
    private static final int DATA_BYTES = FrameCipher.SEALED_BYTES;
    /** The second word of the message holds 5 bytes of header, then 3 of data. */
    private static final int DATA_SHIFT = 5 * 8;
    private static final int LATER_WORDS = (DATA_BYTES - 3) / 8;
    private static final int LAST_WORD = MESSAGE + (2 + LATER_WORDS) * LANES;
    private static final int LAST_BYTES = (DATA_BYTES - 3) % 8;

    private static final long INNER = 0x3636363636363636L;
    private static final long OUTER = 0x5c5c5c5c5c5c5c5cL;
    private static final long PADDING = 0x06;

    private final long[] words = new long[9 * BLOCK];
    private final long[] state = new long[Keccak.STATE_WORDS * LANES];
    private int count;

    FrameTags() {
        Arrays.fill(words, 0, BLOCK, INNER);
        Arrays.fill(words, OUTER_KEY, OUTER_KEY + BLOCK, OUTER);
        Arrays.fill(words, INNER_HASH + KEY_WORDS, INNER_HASH + KEY_WORDS + LANES, PADDING);
        Arrays.fill(words, OUTER_KEY - LANES, OUTER_KEY, Keccak.LAST_BIT);
        Arrays.fill(words, INNER_HASH + BLOCK - LANES, INNER_HASH + BLOCK, Keccak.LAST_BIT);
    }

    /** Frames that were added. */
    int count() {
        return count;
    }

    /** Adds a frame, if there are fewer than {@link #MOST}; arguments as for {@link FrameCipher#seal}. */
    void add(byte[] frame, int off, byte[] macKey, int epoch, int direction, long seq) {
        int lane = count++;
        for (int i = 0; i < 4; i++) {
            long key = (long) WORD.get(macKey, i * 8);
            words[i * LANES + lane] = key ^ INNER;
            words[OUTER_KEY + i * LANES + lane] = key ^ OUTER;
        }
        // epoch u32 | direction u8 | seq u64, then the data
        words[MESSAGE + lane] = Integer.reverseBytes(epoch) & 0xffffffffL | (direction & 0xffL) << 32 | Long.reverseBytes(seq) << DATA_SHIFT;
        words[MESSAGE + LANES + lane] = Long.reverseBytes(seq) >>> Long.SIZE - DATA_SHIFT | (long) WORD.get(frame, off) << DATA_SHIFT;
        for (int i = 0, to = MESSAGE + 2 * LANES + lane, from = off + 3; i < LATER_WORDS; i++, to += LANES, from += 8) {
            words[to] = (long) WORD.get(frame, from);
        }
        words[LAST_WORD + lane] = (long) WORD.get(frame, off + DATA_BYTES - 8) >>> Long.SIZE - LAST_BYTES * 8 | PADDING << LAST_BYTES * 8;
    }

    /** Computes the tags of all that were added. */
    void compute() {
        for (int block = 0; block < 7; block++) {
            Keccak.absorb(state, words, block, count);
        }
        System.arraycopy(state, 0, words, INNER_HASH, KEY_WORDS);
        Arrays.fill(state, 0);
        Keccak.absorb(state, words, 7, count);
        Keccak.absorb(state, words, 8, count);
    }

    /** Writes the tag of the frame that was added as that one, once computed. */
    void write(int index, byte[] out, int off) {
        for (int i = 0; i < 4; i++) {
            WORD.set(out, off + i * 8, state[i * LANES + index]);
        }
    }

    /** Compares, in constant time, the tag of the frame that was added as that one, once computed. */
    boolean matches(int index, byte[] tag, int off) {
        long difference = 0;
        for (int i = 0; i < 4; i++) {
            difference |= (long) WORD.get(tag, off + i * 8) ^ state[i * LANES + index];
        }
        return difference == 0;
    }

    /** Wipes keys, tags and states, and begins again. */
    void clear() {
        Arrays.fill(words, 0, KEY_WORDS, INNER);
        Arrays.fill(words, OUTER_KEY, OUTER_KEY + KEY_WORDS, OUTER);
        Arrays.fill(words, INNER_HASH, INNER_HASH + KEY_WORDS, 0);
        Arrays.fill(state, 0);
        count = 0;
    }
}
