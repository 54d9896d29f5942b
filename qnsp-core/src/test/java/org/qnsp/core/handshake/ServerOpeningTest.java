package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.ServerOpening.Accepted;
import org.qnsp.core.handshake.ServerOpening.ActiveInvite;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.Kemeleon;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/** What a server makes of three frames (H-24 to H-27). */
final class ServerOpeningTest {
    private static final long NOW = 1_800_000_000_000_000L;
    private static final long WINDOW = Limits.CLOCK_WINDOW_SECONDS * 1_000_000L; // L-13
    private static final long HOUR = 3_600_000_000L;

    private final RandomSource random = RandomSource.system();
    private final List<KemKeyPair> keys = Stream.generate(() -> KemKeyPair.generate(random)).limit(Limits.HOST_KEYS).toList();

    @Test
    void everyHostKeyIsTriedUpToThree() { // H-24, L-3
        for (int i = 0; i < 3; i++) {
            Accepted accepted = examine(false, opening(pinned(i), NOW), List.of(), NOW).orElseThrow();
            assertEquals(i, assertInstanceOf(Accepted.Known.class, accepted).hostKey());
        }
        PublicKey other = KemKeyPair.generate(random).publicKey();
        assertTrue(examine(false, opening(new ClientHandshake.Trust.Pinned(other), NOW), List.of(), NOW).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"0, true", "-3600000000, true", "3600000000, true", "-3600000001, false", "3600000001, false"})
    void theTimeOfTheThirdFrameDecides(long offset, boolean fresh) { // H-25, L-13
        assertEquals(3600, Limits.CLOCK_WINDOW_SECONDS);
        assertEquals(fresh, examine(false, opening(pinned(0), NOW + offset), List.of(), NOW).isPresent());
    }

    @Test
    void theIdIsOfTheCiphertextHoweverItIsEncoded() { // H-26
        byte[] frames = opening(pinned(0), NOW);
        byte[] ciphertext = Kemeleon.decodeCiphertext(Arrays.copyOf(frames, ServerOpening.OPENING_BYTES));
        byte[] expected = Arrays.copyOf(Sha3.hash(Labels.OPENING.getBytes(StandardCharsets.US_ASCII), ciphertext), 16);
        assertArrayEquals(expected, examine(false, frames, List.of(), NOW).orElseThrow().replayId());
        // The same ciphertext encoded anew is another opening: the bytes as sent are in the keys (H-2).
        byte[] again = frames.clone();
        System.arraycopy(Kemeleon.encodeCiphertext(ciphertext, random), 0, again, 0, ServerOpening.OPENING_BYTES);
        assertTrue(examine(false, again, List.of(), NOW).isEmpty());
    }

    @Test
    void anInviteHoldsInItsHourAndTheOnesBesideIt() { // H-24, H-25
        byte[] key = random.bytes(32);
        List<ActiveInvite> invites = List.of(new ActiveInvite("other", random.bytes(32)), new ActiveInvite("right", key));
        byte[] frames = opening(new ClientHandshake.Trust.Invited(keys.getFirst().publicKey().fingerprint(), key), NOW);
        for (long hours = -2; hours <= 2; hours++) {
            Optional<Accepted> accepted = examine(false, frames, invites, NOW + hours * HOUR);
            assertEquals(Math.abs(hours) <= 1, accepted.isPresent(), "hours apart: " + hours);
        }
        Accepted.First first = assertInstanceOf(Accepted.First.class, examine(true, frames, invites, NOW).orElseThrow());
        assertEquals("right", first.invite().id());
        assertNotNull(first.replayId());
    }

    @Test
    void openContactTakesTheRestAndInsertsNothing() { // H-24, H-27
        byte[] junk = random.bytes(ServerOpening.DECISION_BYTES);
        assertTrue(examine(false, junk, List.of(), NOW).isEmpty());
        Accepted.First first = assertInstanceOf(Accepted.First.class, examine(true, junk, List.of(), NOW).orElseThrow());
        assertNull(first.invite());
        assertNull(first.replayId());
    }

    @Test
    void anOpeningThatIsNotAnsweredLeavesNoKeys() {
        Accepted accepted = examine(false, opening(pinned(0), NOW), List.of(), NOW).orElseThrow();
        accepted.discard();
        assertThrows(IllegalStateException.class, () -> new ServerHandshake(new ServerHandshake.Settings(host(), keys.getFirst(), false, CoverPolicy.DEFAULT), accepted, random).begin());
    }

    private ClientHandshake.Trust pinned(int key) {
        return new ClientHandshake.Trust.Pinned(keys.get(key).publicKey());
    }

    private Optional<Accepted> examine(boolean open, byte[] frames, List<ActiveInvite> invites, long now) {
        return new ServerOpening(host(), open, WINDOW).examine(frames, invites, now);
    }

    /** The first three frames of a client whose clock shows this. */
    private byte[] opening(ClientHandshake.Trust trust, long micros) {
        byte[] frames = new byte[ServerOpening.DECISION_BYTES];
        try (ClientHandshake client = new ClientHandshake(new ClientHandshake.Settings(Mode.SIMPLEX, "", trust, List.of(), false, Cover.NORMAL), random);
                StageWriter writer = new StageWriter(0, random)) {
            client.begin(micros / HOUR).forEach(writer::on);
            for (int at = 0; at < frames.length; at += FrameLayout.FRAME_BYTES) {
                writer.build(frames, at, micros, new Silent());
            }
            return frames;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nothing to say. */
    private static final class Silent implements StageWriter.Records {
        @Override
        public int fill(byte[] frame, int offset, int room) {
            return 0;
        }

        @Override
        public FrameType type() {
            return FrameType.NOISE;
        }
    }

    private HostKeyOps host() {
        return new HostKeyOps() {
            @Override
            public List<PublicKey> publicKeys() {
                return keys.stream().map(KemKeyPair::publicKey).toList();
            }

            @Override
            public Secret decapsulate(int key, byte[] ciphertext) {
                return keys.get(key).decapsulate(ciphertext);
            }

            @Override
            public Secret agree(int key, byte[] ephemeral) throws GeneralSecurityException {
                return keys.get(key).agree(ephemeral);
            }
        };
    }
}
