package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.HandshakeMessage.ClientIdentity;
import org.qnsp.core.handshake.HandshakeMessage.Entry;
import org.qnsp.core.handshake.HandshakeMessage.Method;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/** The bounds of the handshake: what is just allowed, and what is one more. */
final class HandshakeLimitsTest {
    private static final long MICROS = 1_800_000_000_000_000L;
    private static final StageWriter.Records SILENT = new StageWriter.Records() {
        @Override
        public int fill(byte[] frame, int offset, int room) {
            return 0;
        }

        @Override
        public FrameType type() {
            return FrameType.NOISE;
        }
    };

    @Test
    void aMessageIsNoLongerThanItsBound() throws Exception { // L-1
        byte[] longest = message(Limits.HANDSHAKE_MESSAGE_BYTES);
        assertArrayEquals(longest, carried(longest).getFirst());
        ProtocolException e = assertThrows(ProtocolException.class, () -> carried(message(Limits.HANDSHAKE_MESSAGE_BYTES + 1)));
        assertEquals(Reason.LIMIT, e.reason());
    }

    @Test
    void aLoginHasOneToFourKeys() throws Exception { // L-2
        for (int count : new int[] {1, 4}) {
            assertEquals(count, ((ClientIdentity) HandshakeMessage.decode(identity("alice", count), Suite.DEFAULT, List.of())).entries().size());
        }
        for (int count : new int[] {0, 5}) {
            assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> HandshakeMessage.decode(identity("alice", count), Suite.DEFAULT, List.of())).reason());
        }
    }

    @Test
    void aUserNameHasOneTo255Bytes() throws Exception { // L-6
        String longest = "ü".repeat(127) + "u";
        assertEquals(longest, ((ClientIdentity) HandshakeMessage.decode(identity(longest, 1), Suite.DEFAULT, List.of())).user());
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> HandshakeMessage.decode(identity("", 1), Suite.DEFAULT, List.of())).reason());
        assertThrows(RuntimeException.class, () -> identity("ü".repeat(128), 1));
    }

    @Test
    void aLoginNamesUpToTwoAuthKeys() throws Exception { // L-27
        assertEquals(2, ((ClientIdentity) HandshakeMessage.decode(naming(2), Suite.DEFAULT, List.of())).authKeyIds().size());
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> HandshakeMessage.decode(naming(3), Suite.DEFAULT, List.of())).reason());
    }

    private static byte[] naming(int authKeys) {
        List<byte[]> ids = IntStream.range(0, authKeys).mapToObj(i -> new byte[AuthKey.ID_BYTES]).toList();
        return new ClientIdentity(new byte[1088], "alice", List.of(Entry.of(Method.KEM, new byte[32])), new byte[0], ids).encode();
    }

    @Test
    void anOfferHasUpToEightKeysOfUpTo8192Bits() throws Exception { // L-25, L-26
        assertEquals(8, offered(8, 8192).offer().keys().size());
        assertThrows(IllegalArgumentException.class, () -> offered(9, 256));
        byte[] nine = new HandshakeMessage.QuantumKeys(offer(8, 256)).encode();
        nine[3 + 2] = 9; // two empty names before the count
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> HandshakeMessage.decode(nine, Suite.DEFAULT, List.of())).reason());
        for (int bits : new int[] {0, 8193}) {
            assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> offered(1, bits)).reason());
        }
    }

    private static QuantumOffer offer(int keys, int bits) {
        return new QuantumOffer("", "", IntStream.range(0, keys).mapToObj(i -> new QuantumOffer.KeyName("key" + i, bits)).toList());
    }

    private static HandshakeMessage.QuantumKeys offered(int keys, int bits) throws ProtocolException {
        return (HandshakeMessage.QuantumKeys) HandshakeMessage.decode(new HandshakeMessage.QuantumKeys(offer(keys, bits)).encode(), Suite.DEFAULT, List.of());
    }

    /** A fourth offer is a fault, whatever became of the three. */
    @Test
    void aHandshakeHasUpToThreeOffers() throws Exception { // L-24
        HandshakePair pair = HandshakePair.of(org.qnsp.core.VectorFile.read("handshake-duplex-quantum-none.txt"));
        byte[] offer = new HandshakeMessage.QuantumKeys(offer(1, 256)).encode();
        pair.way(whole -> whole[0] == 13 && whole.length > 6 ? List.of(offer, offer, offer, offer) : List.of(whole));
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, pair::run).reason());
    }

    @Test
    void noiseBeforeTheFirstKeyedFrameIsSkippedUpToItsBound() throws Exception { // H-21, L-5
        assertEquals(0, readAfterNoise(Limits.SKIPPED_FRAMES));
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> readAfterNoise(Limits.SKIPPED_FRAMES + 1)).reason());
    }

    /** Opens so many frames of noise, then one that verifies; gives what the last open gave. */
    private static int readAfterNoise(int count) throws ProtocolException {
        byte[] chainKey = new byte[32];
        Random random = new Random(5);
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        try (StageReader reader = new StageReader(0); StageWriter writer = new StageWriter(0, RandomSource.system())) {
            reader.on(new Action.StartReading(Secret.copyOf(chainKey), true));
            for (int i = 0; i < count; i++) {
                random.nextBytes(frame);
                assertEquals(-1, reader.open(frame, 0));
            }
            writer.on(new Action.StartSending(Secret.copyOf(chainKey)));
            writer.build(frame, 0, MICROS, SILENT);
            return reader.open(frame, 0);
        }
    }

    /** Sends one message from a writer to a reader; gives what arrived. */
    private static List<byte[]> carried(byte[] message) throws Exception {
        List<byte[]> arrived = new ArrayList<>();
        byte[] chainKey = new byte[32];
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        try (StageReader reader = new StageReader(0); StageWriter writer = new StageWriter(0, RandomSource.system())) {
            reader.on(new Action.StartReading(Secret.copyOf(chainKey), false));
            writer.on(new Action.StartSending(Secret.copyOf(chainKey)));
            writer.on(new Action.Send(message));
            while (writer.pending()) {
                writer.build(frame, 0, MICROS, SILENT);
                int length = reader.open(frame, 0);
                reader.handshakeRecords(frame, 0, length, arrived::add);
            }
        }
        return arrived;
    }

    /** A message of so many bytes in all. */
    private static byte[] message(int bytes) {
        byte[] message = new byte[bytes];
        new Random(bytes).nextBytes(message);
        message[1] = (byte) (bytes - 3 >> 8);
        message[2] = (byte) (bytes - 3);
        return message;
    }

    private static byte[] identity(String user, int count) {
        List<Entry> entries = IntStream.range(0, count).mapToObj(i -> new Entry(Method.KEM, new byte[32], null)).toList();
        return new ClientIdentity(new byte[1088], user, entries, new byte[0], List.of()).encode();
    }
}
