package org.qnsp.crypto;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The keys of the frames of one stage and direction, in order.
 *
 * <pre>
 * part(j) = XOF(LP("qnsp1 page") | LP(c) | u8(j), 132)
 * part(0) | ... | part(7) = 16 x (encryption key 32 | MAC key 32) | next chain key 32
 * </pre>
 *
 * Keys are wiped here as they are handed out, and a chain key as soon as its page exists: nothing in this object leads back
 * to a frame that was sent or received. Not thread-safe.
 */
public final class FrameKeyChain implements AutoCloseable {
    /** Chain key, encryption key and MAC key, bytes each. */
    public static final int KEY_BYTES = 32;
    /** Frames that a page serves. */
    public static final int PAGE_FRAMES = 16;

    private static final int FRAME_KEYS_BYTES = 2 * KEY_BYTES;
    private static final int NEXT_CHAIN_KEY = PAGE_FRAMES * FRAME_KEYS_BYTES;
    private static final int PAGE_BYTES = NEXT_CHAIN_KEY + KEY_BYTES;
    /** Size of the state that is handed over. */
    public static final int HANDED_OVER_BYTES = 1 + PAGE_BYTES;
    /** A chain needs it for one page in a hundred microseconds at most, so those of a thread share one. */
    private static final ThreadLocal<PageParts> PARTS = ThreadLocal.withInitial(PageParts::new);

    private final byte[] page = new byte[PAGE_BYTES];
    private int nextFrame;
    private boolean closed;

    /** Begins with a 32-byte chain key; takes ownership of it and closes it. */
    public FrameKeyChain(Secret chainKey) {
        try (chainKey) {
            MlKem768.requireLength("chain key", chainKey.bytes(), KEY_BYTES);
            System.arraycopy(chainKey.bytes(), 0, page, NEXT_CHAIN_KEY, KEY_BYTES);
        }
        turnPage();
    }

    private FrameKeyChain(int nextFrame) {
        this.nextFrame = nextFrame;
    }

    /**
     * What is left of the chain, for another process to go on with: u8 frames used of the page, then the page. This chain is closed.
     *
     * @return {@value #HANDED_OVER_BYTES} bytes; the caller's
     * @throws IllegalStateException after {@link #close()}
     */
    public Secret handOver() {
        if (closed) {
            throw new IllegalStateException("key chain used after it was closed");
        }
        byte[] state = new byte[HANDED_OVER_BYTES];
        state[0] = (byte) nextFrame;
        System.arraycopy(page, 0, state, 1, PAGE_BYTES);
        close();
        return Secret.owning(state);
    }

    /** Goes on where {@link #handOver} ended; takes ownership of the state and closes it. */
    public static FrameKeyChain resume(Secret state) {
        try (state) {
            MlKem768.requireLength("state of a key chain", state.bytes(), HANDED_OVER_BYTES);
            FrameKeyChain chain = new FrameKeyChain(state.bytes()[0]);
            System.arraycopy(state.bytes(), 1, chain.page, 0, PAGE_BYTES);
            return chain;
        }
    }

    /**
     * Writes the two keys of the next frame; the caller wipes them once the frame is sealed or opened.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public void next(byte[] encKey32, byte[] macKey32) {
        if (closed) {
            throw new IllegalStateException("key chain used after it was closed");
        }
        MlKem768.requireLength("encryption key", encKey32, KEY_BYTES);
        MlKem768.requireLength("MAC key", macKey32, KEY_BYTES);
        if (nextFrame == PAGE_FRAMES) {
            turnPage();
        }
        int at = nextFrame * FRAME_KEYS_BYTES;
        System.arraycopy(page, at, encKey32, 0, KEY_BYTES);
        System.arraycopy(page, at + KEY_BYTES, macKey32, 0, KEY_BYTES);
        Arrays.fill(page, at, at + FRAME_KEYS_BYTES, (byte) 0);
        nextFrame++;
    }

    /** The page of the chain key that ends the present one; writing it overwrites that chain key. */
    private void turnPage() {
        PARTS.get().derive(page);
        nextFrame = 0;
    }

    /** Wipes every key that was not handed out. */
    @Override
    public void close() {
        closed = true;
        Arrays.fill(page, (byte) 0);
    }

    /** The eight parts of a page, each of one permutation, side by side. */
    private static final class PageParts {
        private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        private static final int LANES = Keccak.LANES;
        private static final int PART_BYTES = PAGE_BYTES / LANES;
        private static final byte[] PREFIX = Encoding.concat(Encoding.lp(Encoding.ascii(Labels.PAGE)), Encoding.u32(KEY_BYTES));
        private static final byte PADDING = 0x1f;

        private final byte[] block = new byte[Keccak.BLOCK_WORDS * 8];
        private final long[] words = new long[Keccak.BLOCK_WORDS * LANES];
        private final long[] state = new long[Keccak.STATE_WORDS * LANES];

        void derive(byte[] page) {
            int number = PREFIX.length + KEY_BYTES;
            System.arraycopy(PREFIX, 0, block, 0, PREFIX.length);
            System.arraycopy(page, NEXT_CHAIN_KEY, block, PREFIX.length, KEY_BYTES);
            block[number + 1] = PADDING;
            block[block.length - 1] = (byte) 0x80;
            for (int i = 0; i < Keccak.BLOCK_WORDS; i++) {
                Arrays.fill(words, i * LANES, (i + 1) * LANES, (long) WORD.get(block, i * 8));
            }
            for (int lane = 0; lane < LANES; lane++) {
                words[number / 8 * LANES + lane] |= (long) lane << number % 8 * 8;
            }
            Keccak.absorb(state, words, 0, LANES);
            for (int lane = 0; lane < LANES; lane++) {
                for (int i = 0; i < Keccak.BLOCK_WORDS; i++) {
                    WORD.set(block, i * 8, state[i * LANES + lane]);
                }
                System.arraycopy(block, 0, page, lane * PART_BYTES, PART_BYTES);
            }
            Arrays.fill(block, (byte) 0);
            Arrays.fill(words, 0);
            Arrays.fill(state, 0);
        }
    }
}
