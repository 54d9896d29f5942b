package org.qnsp.dist;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.handshake.Suite;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.stealth.Cover;

/** The first frames that a client sends, made by the client's own code, for tests that send them on their own. */
final class Opening {
    private static final KemKeyPair USER = KemKeyPair.generate(RandomSource.system());
    private static final byte[] NOTHING = new byte[0];

    private Opening() {}

    /** As a client makes it now. @param frames how many, 3 at least for the server to decide on */
    static byte[] frames(Trust trust, int frames) {
        return frames(trust, frames, Instant.now(), Instant.now(), RandomSource.system());
    }

    /** As a client makes it now that speaks this suite. */
    static byte[] frames(Trust trust, int frames, Suite suite) {
        return frames(trust, frames, Instant.now(), Instant.now(), RandomSource.system(), suite);
    }

    /** @param frameClock the time in the frames @param hourClock the time of the invite's hour */
    static byte[] frames(Trust trust, int frames, Instant frameClock, Instant hourClock, RandomSource random) {
        return frames(trust, frames, frameClock, hourClock, random, Suite.DEFAULT);
    }

    private static byte[] frames(Trust trust, int frames, Instant frameClock, Instant hourClock, RandomSource random, Suite suite) {
        ClientHandshake.Settings settings = new ClientHandshake.Settings(Mode.DUPLEX, "root", trust, List.of(UserAuth.identity(USER, random)), false, Cover.NORMAL, false, List.of(), false,
                false, suite);
        try (ClientHandshake handshake = new ClientHandshake(settings, random); StageWriter writer = new StageWriter(0, random)) {
            for (Action action : handshake.begin(hourClock.getEpochSecond() / 3600)) {
                writer.on(action);
            }
            byte[] bytes = new byte[frames * FrameLayout.FRAME_BYTES];
            long micros = frameClock.getEpochSecond() * 1_000_000 + frameClock.getNano() / 1_000;
            for (int i = 0; i < frames; i++) {
                writer.build(bytes, i * FrameLayout.FRAME_BYTES, micros, null);
            }
            return bytes;
        } catch (ProtocolException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Two openings of one ciphertext: other encodings, other ephemeral keys, and both of them valid. */
    static List<byte[]> twins(Trust trust) {
        byte[] encapsulation = RandomSource.system().bytes(32);
        return List.of(frames(trust, 4, Instant.now(), Instant.now(), new FirstDraw(encapsulation)), frames(trust, 4, Instant.now(), Instant.now(), new FirstDraw(encapsulation)));
    }

    /** The system's randomness but for the first bytes that are drawn, which are the ciphertext's. */
    private static final class FirstDraw implements RandomSource {
        private byte[] first;

        FirstDraw(byte[] first) {
            this.first = first;
        }

        @Override
        public void fill(byte[] out) {
            if (first.length > 0 && out.length == first.length) {
                System.arraycopy(first, 0, out, 0, out.length);
                first = NOTHING;
            } else {
                RandomSource.system().fill(out);
            }
        }
    }

    /** With one bit changed. */
    static byte[] flipped(byte[] bytes, int offset, int bit) {
        byte[] changed = bytes.clone();
        changed[offset] ^= (byte) (1 << bit);
        return changed;
    }

    /** The first bytes. */
    static byte[] cut(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }
}
