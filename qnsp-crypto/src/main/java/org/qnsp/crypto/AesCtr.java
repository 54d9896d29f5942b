package org.qnsp.crypto;

import java.io.Serial;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import jdk.internal.misc.Unsafe;

/**
 * AES-256-CTR by the JDK's cipher, from a zero counter, with another key each time (F-3). One per thread; not thread-safe.
 *
 * <p>The JDK expands a key for both directions, of which CTR needs one, into arrays that it throws away: a quarter of what a frame cost (0129). Where its cipher can be
 * looked into, which a runtime has to allow ({@code --add-exports}), the key is expanded here (FIPS 197, 5.2), straight into the array that the cipher works with. Where it
 * cannot, or is not as expected, the cipher is told each key in the usual way.
 */
final class AesCtr {
    private static final int KEY_BYTES = FrameCipher.KEY_BYTES;
    private static final int BLOCK_BYTES = 16;
    private static final int ROUND_KEY_WORDS = 60;
    private static final byte[] NO_KEY = new byte[KEY_BYTES];
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    /** For the key 00, 01, .. 1f; what the zero block becomes by it. */
    private static final byte[] KNOWN_ANSWER = HexFormat.of().parseHex("f29000b62a499fd0a9f39a6add2e7780");

    /** A frame takes AES a microsecond or two once it is compiled, fifty before. */
    private static final long WARM_NANOS = 5_000;
    /** Frames in a row that are to be as quick as that. */
    private static final int WARM_FRAMES = 50;
    private static final long PATIENCE_NANOS = 1_000_000_000L;

    private final Cipher cipher;
    // The counter begins with zero, which is safe as each key serves once (F-2).
    private final IvParameterSpec counter = new IvParameterSpec(new byte[BLOCK_BYTES]);
    private final LentKey lentKey = new LentKey();
    /** The round keys that the JDK's cipher encrypts with; null where they are out of reach. */
    private final int[] roundKeys;
    private final byte[] sBox;
    // The JDK copies its input into garbage where input and output are one array, so the input is copied here.
    private final byte[] work;
    private final byte[] discarded = new byte[BLOCK_BYTES];

    /** @param mostBytes that are ever encrypted at once */
    AesCtr(int mostBytes) {
        this(mostBytes, true);
    }

    /** @param direct whether round keys are put into the cipher, where that can be done */
    AesCtr(int mostBytes, boolean direct) {
        work = new byte[mostBytes];
        try {
            cipher = Cipher.getInstance("AES/CTR/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no AES-CTR", e);
        }
        tell(NO_KEY);
        byte[] table = null;
        int[] words = null;
        try {
            if (direct) {
                Object engine = Inside.field(Inside.field(Inside.field(Inside.field(cipher, "spi"), "core"), "cipher"), "embeddedCipher");
                table = (byte[]) Inside.field(engine, "S");
                words = (int[]) Inside.field(engine, "K");
            }
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
            // another JDK than we know, or one that keeps this to itself
        }
        sBox = table;
        roundKeys = words != null && words.length == ROUND_KEY_WORDS && table.length == 256 && isRight(words) ? words : null;
    }

    /** As {@link FrameCipher#warmUpAes}. @param bytes of a frame that are encrypted */
    static void warmUp(int bytes) {
        AesCtr aes = new AesCtr(bytes);
        byte[] frame = new byte[bytes];
        long began = System.nanoTime();
        int quick = 0;
        for (long now = began; now - began < PATIENCE_NANOS && quick < WARM_FRAMES; ) {
            aes.crypt(frame, 0, bytes, NO_KEY);
            long then = System.nanoTime();
            quick = then - now < WARM_NANOS ? quick + 1 : 0;
            now = then;
        }
    }

    /** Reads what a JDK's class keeps to itself: plain reflection makes classes for each field at each start of a program, 8 ms of a processor. */
    private static final class Inside {
        private static final Unsafe UNSAFE = Unsafe.getUnsafe();

        /** A field of an object, or of its class. @throws NoSuchFieldException if there is none of that name @throws IllegalAccessError if the runtime does not allow this */
        static Object field(Object of, String name) throws NoSuchFieldException {
            for (Class<?> c = of.getClass(); c != null; c = c.getSuperclass()) {
                for (Field field : c.getDeclaredFields()) {
                    if (field.getName().equals(name)) {
                        return Modifier.isStatic(field.getModifiers()) ? UNSAFE.getReference(UNSAFE.staticFieldBase(field), UNSAFE.staticFieldOffset(field))
                            : UNSAFE.getReference(of, UNSAFE.objectFieldOffset(field));
                    }
                }
            }
            throw new NoSuchFieldException(name);
        }
    }

    /** Whether the cipher works with the keys that are put there, and begins anew each time. */
    private boolean isRight(int[] words) {
        byte[] key = new byte[KEY_BYTES];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) i;
        }
        byte[] first = new byte[BLOCK_BYTES];
        byte[] second = new byte[BLOCK_BYTES];
        expand(key, sBox, words);
        stream(first, 0, BLOCK_BYTES);
        stream(second, 0, BLOCK_BYTES);
        return Arrays.equals(KNOWN_ANSWER, first) && Arrays.equals(first, second);
    }

    /** Whether keys are expanded here. */
    boolean isDirect() {
        return roundKeys != null;
    }

    /**
     * Encrypts, or decrypts, the bytes in place.
     *
     * @param key 32 bytes, that this is not used with again; the caller wipes it
     */
    void crypt(byte[] bytes, int off, int length, byte[] key) {
        if (roundKeys == null) {
            tell(key);
        } else {
            expand(key, sBox, roundKeys);
        }
        stream(bytes, off, length);
    }

    /** Overwrites what there is of the last key, of the stream that it made, and of the bytes. */
    void forget() {
        crypt(discarded, 0, BLOCK_BYTES, NO_KEY);
        Arrays.fill(work, (byte) 0);
    }

    private void tell(byte[] key) {
        try {
            cipher.init(Cipher.ENCRYPT_MODE, lentKey.holding(key), counter);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-CTR failed", e);
        } finally {
            lentKey.wipe();
        }
    }

    private void stream(byte[] bytes, int off, int length) {
        try {
            System.arraycopy(bytes, off, work, 0, length);
            if (cipher.doFinal(work, 0, length, bytes, off) != length) {
                throw new IllegalStateException("AES-CTR kept bytes back");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-CTR failed", e);
        }
    }

    /** FIPS 197, 5.2, for a key of 8 words: {@code w[0 .. 60)}. As the JDK's own, it looks up bytes of the key in a table of 256. */
    private static void expand(byte[] key, byte[] sBox, int[] w) {
        long ab = (long) WORDS.get(key, 0);
        long cd = (long) WORDS.get(key, 8);
        long ef = (long) WORDS.get(key, 16);
        long gh = (long) WORDS.get(key, 24);
        int a = (int) (ab >>> 32);
        int b = (int) ab;
        int c = (int) (cd >>> 32);
        int d = (int) cd;
        int e = (int) (ef >>> 32);
        int f = (int) ef;
        int g = (int) (gh >>> 32);
        int h = (int) gh;
        int last = ROUND_KEY_WORDS - 4;
        for (int i = 0, constant = 1 << 24; i < last; i += 8, constant <<= 1) {
            w[i] = a;
            w[i + 1] = b;
            w[i + 2] = c;
            w[i + 3] = d;
            w[i + 4] = e;
            w[i + 5] = f;
            w[i + 6] = g;
            w[i + 7] = h;
            a ^= substitute(Integer.rotateLeft(h, 8), sBox) ^ constant;
            b ^= a;
            c ^= b;
            d ^= c;
            e ^= substitute(d, sBox);
            f ^= e;
            g ^= f;
            h ^= g;
        }
        w[last] = a;
        w[last + 1] = b;
        w[last + 2] = c;
        w[last + 3] = d;
    }

    private static int substitute(int word, byte[] sBox) {
        return sBox[word >>> 24] << 24 | (sBox[word >>> 16 & 0xff] & 0xff) << 16 | (sBox[word >>> 8 & 0xff] & 0xff) << 8 | sBox[word & 0xff] & 0xff;
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
