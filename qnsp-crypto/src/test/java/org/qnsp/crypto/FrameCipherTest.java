package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bouncycastle.crypto.digests.SHA3Digest;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.modes.SICBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** F-2 to F-5 and against a naive version on Bouncy Castle. */
class FrameCipherTest {
    private final RandomSource random = Vectors.random(40);

    private static byte[] naive(byte[] plain, byte[] encKey, byte[] macKey, int epoch, int direction, long seq) {
        byte[] frame = new byte[768];
        var ctr = SICBlockCipher.newInstance(AESEngine.newInstance());
        ctr.init(true, new ParametersWithIV(new KeyParameter(encKey), new byte[16])); // F-3
        ctr.processBytes(plain, 0, 736, frame, 0);
        HMac mac = new HMac(new SHA3Digest(256)); // F-4
        mac.init(new KeyParameter(macKey));
        byte[] header = ByteBuffer.allocate(13).putInt(epoch).put((byte) direction).putLong(seq).array();
        mac.update(header, 0, 13);
        mac.update(frame, 0, 736);
        mac.doFinal(frame, 736);
        return frame;
    }

    @Test
    void framesAreWhatTheNaiveVersionMakes() { // F-3, F-4
        FrameCipher sealer = new FrameCipher();
        FrameCipher opener = new FrameCipher();
        for (int i = 0; i < 2000; i++) {
            byte[] plain = random.bytes(736);
            byte[] encKey = i == 7 ? new byte[32] : random.bytes(32);
            byte[] macKey = random.bytes(32);
            int epoch = i % 3;
            int direction = i & 1;
            long seq = ByteBuffer.wrap(random.bytes(8)).getLong() >>> 1 >>> i % 60;
            int off = i % 100;
            byte[] buffer = random.bytes(768 + 100);
            byte[] around = buffer.clone();
            System.arraycopy(plain, 0, buffer, off, 736);
            sealer.seal(buffer, off, encKey, macKey, epoch, direction, seq);
            System.arraycopy(naive(plain, encKey, macKey, epoch, direction, seq), 0, around, off, 768);
            assertArrayEquals(around, buffer);

            assertTrue(opener.open(buffer, off, encKey, macKey, epoch, direction, seq));
            assertArrayEquals(plain, Arrays.copyOfRange(buffer, off, off + 736));
        }
    }

    @Test
    void aFrameWithABadTagIsLeftUntouched() { // F-8
        FrameCipher cipher = new FrameCipher();
        byte[] encKey = random.bytes(32);
        byte[] macKey = random.bytes(32);
        byte[] frame = random.bytes(768);
        byte[] plain = Arrays.copyOf(frame, 736);
        cipher.seal(frame, 0, encKey, macKey, 1, 0, 5);
        for (int bit = 0; bit < 768 * 8; bit++) {
            byte[] changed = frame.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            byte[] kept = changed.clone();
            assertFalse(cipher.open(changed, 0, encKey, macKey, 1, 0, 5));
            assertArrayEquals(kept, changed);
        }
        assertFalse(cipher.open(frame, 0, encKey, macKey, 0, 0, 5)); // F-4: epoch, direction and seq are in the tag
        assertFalse(cipher.open(frame, 0, encKey, macKey, 1, 1, 5));
        assertFalse(cipher.open(frame, 0, encKey, macKey, 1, 0, 6));
        assertFalse(cipher.open(frame, 0, encKey, encKey, 1, 0, 5));
        assertTrue(cipher.open(frame, 0, encKey, macKey, 1, 0, 5));
        assertArrayEquals(plain, Arrays.copyOf(frame, 736));
    }

    @Test
    void keysAreTheCallersAndStayAsTheyAre() { // the caller wipes them
        byte[] encKey = random.bytes(32);
        byte[] macKey = random.bytes(32);
        byte[] encBefore = encKey.clone();
        byte[] macBefore = macKey.clone();
        new FrameCipher().seal(new byte[768], 0, encKey, macKey, 0, 0, 0);
        assertArrayEquals(encBefore, encKey);
        assertArrayEquals(macBefore, macKey);
    }

    @Test
    void whatIsNoFrameOrKeyIsRefused() {
        FrameCipher cipher = new FrameCipher();
        byte[] key = new byte[32];
        assertThrows(IllegalArgumentException.class, () -> cipher.seal(new byte[767], 0, key, key, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> cipher.seal(new byte[768], 1, key, key, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> cipher.seal(new byte[768], -1, key, key, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> cipher.seal(new byte[768], 0, new byte[16], key, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> cipher.open(new byte[768], 0, key, new byte[33], 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> cipher.seal(new byte[768], 0, key, key, 0, 0, -1)); // F-5
    }

    @ParameterizedTest
    @MethodSource("org.qnsp.crypto.KeccakTest#ways")
    void framesOfABatchAreThoseOfOneByOne(Keccak.Absorber way) { // F-4, whatever is in the other lanes
        Keccak.use(way);
        FrameCipher cipher = new FrameCipher();
        for (int count = 1; count <= 2 * FrameTags.MOST + 1; count++) {
            byte[][] plain = new byte[count][];
            byte[][] keys = new byte[2 * count][];
            byte[][] frames = new byte[count][];
            for (int i = 0; i < count; i++) {
                plain[i] = random.bytes(768);
                frames[i] = Encoding.concat(new byte[i], plain[i]);
                keys[2 * i] = random.bytes(32);
                keys[2 * i + 1] = random.bytes(32);
                cipher.sealLater(frames[i], i, keys[2 * i], keys[2 * i + 1], 2 + i, i & 1, 1L << 3 * i);
            }
            cipher.finish();
            boolean[] verified = new boolean[count + 1];
            for (int i = 0; i < count; i++) {
                assertArrayEquals(Encoding.concat(new byte[i], naive(plain[i], keys[2 * i], keys[2 * i + 1], 2 + i, i & 1, 1L << 3 * i)), frames[i]);
                frames[i][i + (i % 2 == 0 ? 0 : random.bytes(1)[0] & 0xff)] ^= (byte) (i % 2 << count % 8); // every other one is not what was sent
                cipher.verifyLater(frames[i], i, keys[2 * i + 1], 2 + i, i & 1, 1L << 3 * i, verified, i + 1);
            }
            cipher.finish();
            for (int i = 0; i < count; i++) {
                assertEquals(i % 2 == 0, verified[i + 1]);
                cipher.decrypt(frames[i], i, keys[2 * i]);
                assertEquals(i % 2 == 0, Arrays.equals(plain[i], 0, 736, frames[i], i, i + 736));
            }
        }
    }

    @Test
    void eachBitOfATagCounts() { // F-8
        byte[] key = random.bytes(32);
        FrameCipher cipher = new FrameCipher();
        byte[] frame = random.bytes(768);
        cipher.seal(frame, 0, key, key, 2, 1, 5);
        for (int bit = 0; bit < 256; bit++) {
            byte[] other = frame.clone();
            other[736 + bit / 8] ^= (byte) (1 << bit % 8);
            byte[] before = other.clone();
            assertFalse(cipher.open(other, 0, key, key, 2, 1, 5));
            assertArrayEquals(before, other);
        }
        assertTrue(cipher.open(frame, 0, key, key, 2, 1, 5));
    }

    @ParameterizedTest
    @MethodSource("org.qnsp.crypto.KeccakTest#ways")
    void theKeyChainIsPagesOfShake256(Keccak.Absorber way) {
        Keccak.use(way);
        byte[] chainKey = random.bytes(32);
        byte[] expectedChain = chainKey.clone();
        byte[] encKey = new byte[32];
        byte[] macKey = new byte[32];
        try (FrameKeyChain chain = new FrameKeyChain(Secret.copyOf(chainKey))) {
            for (int page = 0; page < 20; page++) {
                byte[] out = new byte[1056];
                for (byte part = 0; part < 8; part++) {
                    SHAKEDigest shake = new SHAKEDigest(256);
                    byte[] in = Encoding.concat(Vectors.hex("0000000a"), Encoding.ascii("qnsp1 page"), Vectors.hex("00000020"), expectedChain, new byte[] {part});
                    shake.update(in, 0, in.length);
                    shake.doFinal(out, part * 132, 132);
                }
                for (int i = 0; i < 16; i++) {
                    chain.next(encKey, macKey);
                    assertArrayEquals(Arrays.copyOfRange(out, 64 * i, 64 * i + 32), encKey);
                    assertArrayEquals(Arrays.copyOfRange(out, 64 * i + 32, 64 * i + 64), macKey);
                }
                expectedChain = Arrays.copyOfRange(out, 1024, 1056);
            }
        }
    }

    @Test
    void theKeyChainTakesItsKeyAndEnds() {
        Secret chainKey = Secret.owning(random.bytes(32));
        FrameKeyChain chain = new FrameKeyChain(chainKey);
        assertThrows(IllegalStateException.class, chainKey::bytes);
        byte[] key = new byte[32];
        assertThrows(IllegalArgumentException.class, () -> chain.next(key, new byte[31]));
        chain.next(key, new byte[32]);
        chain.close();
        chain.close();
        assertThrows(IllegalStateException.class, () -> chain.next(key, new byte[32]));
        assertThrows(IllegalArgumentException.class, () -> new FrameKeyChain(Secret.zeros(31)));
    }
}
