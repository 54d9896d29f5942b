package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.message.FrameType;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.stealth.Cover;

/** Openings with something changed: none is taken, none throws (H-24, H-29). {@code -Dqnsp.fuzz=N} makes N/20 of them: each costs a decapsulation. */
final class OpeningFuzzTest {
    private static final int OPENINGS = Math.max(10, Integer.getInteger("qnsp.fuzz", 4_000) / 20);
    private static final long NOW = 1_800_000_000_000_000L;
    private static final StageWriter.Records NOTHING = new StageWriter.Records() {
        @Override
        public int fill(byte[] frame, int offset, int room) {
            return 0;
        }

        @Override
        public FrameType type() {
            return FrameType.NOISE;
        }
    };

    private final SplittableRandom random = new SplittableRandom(Long.getLong("qnsp.seed", 1));

    @Test
    void onlyTheWholeOpeningIsTaken() throws Exception { // H-20, H-24, H-25, H-29
        KemKeyPair host = KemKeyPair.generate(RandomSource.system());
        byte[] inviteKey = RandomSource.system().bytes(32);
        List<ServerOpening.ActiveInvite> invites = List.of(new ServerOpening.ActiveInvite("i", inviteKey));
        ServerOpening server = new ServerOpening(HandshakePair.ops(host), false, 3_600_000_000L);
        byte[] known = opening(new ClientHandshake.Trust.Pinned(host.publicKey()));
        byte[] invited = opening(new ClientHandshake.Trust.Invited(host.publicKey().fingerprint(), inviteKey));
        for (int i = 0; i < OPENINGS; i++) {
            boolean first = random.nextBoolean();
            byte[] frames = (first ? invited : known).clone();
            // what an invite covers with its tag; of the other kind every byte counts
            int covered = first ? ServerOpening.TAGGED_BYTES + 32 : frames.length;
            int changes = random.nextInt(20) == 0 ? 0 : random.nextInt(1, 4);
            if (random.nextInt(10) == 0) {
                random.nextBytes(frames);
                changes = -1;
            }
            for (int n = 0; n < changes; n++) {
                // one bit each, in a place of its own, so that no change undoes another
                frames[covered / 3 * n + random.nextInt(covered / 3)] ^= (byte) (1 << random.nextInt(8));
            }
            Optional<ServerOpening.Accepted> accepted = server.examine(frames, invites, NOW + random.nextLong(-3_600_000_000L, 3_600_000_000L));
            assertEquals(changes == 0, accepted.isPresent());
            accepted.ifPresent(a -> assertTrue(a instanceof ServerOpening.Accepted.First == first));
        }
    }

    private static byte[] opening(ClientHandshake.Trust trust) throws Exception {
        var settings = new ClientHandshake.Settings(Mode.SIMPLEX, "", trust, List.of(), false, Cover.NORMAL);
        StageWriter writer = new StageWriter(0, RandomSource.system());
        new ClientHandshake(settings, RandomSource.system()).begin(NOW / 3_600_000_000L).forEach(writer::on);
        byte[] frames = new byte[ServerOpening.DECISION_BYTES];
        for (int at = 0; at < frames.length; at += FrameLayout.FRAME_BYTES) {
            writer.build(frames, at, NOW, NOTHING);
        }
        return frames;
    }
}
