package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.core.handshake.HandshakeMessage.Challenge;
import org.qnsp.core.handshake.HandshakeMessage.Entry;
import org.qnsp.core.handshake.HandshakeMessage.Method;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** Handshake messages that are nearly right: what decodes has this one encoding. {@code -Dqnsp.fuzz=N} sets their number. */
final class HandshakeMessageFuzzTest {
    private static final int MESSAGES = Integer.getInteger("qnsp.fuzz", 10_000);

    private final SplittableRandom random = new SplittableRandom(Long.getLong("qnsp.seed", 1));

    @ParameterizedTest
    @EnumSource(Suite.class)
    void whatDecodesHasOneEncoding(Suite suite) { // H-6, H-12, H-14, H-19
        List<Entry> entries = List.of(new Entry(Method.KEM, bytes(32), null), new Entry(Method.SIG, bytes(32), bytes(suite.signatures().signatureBytes())));
        List<byte[]> good = new ArrayList<>();
        for (HandshakeMessage message : samples(suite, entries)) {
            good.add(message.encode());
        }
        int decoded = 0;
        for (int i = 0; i < MESSAGES; i++) {
            byte[] whole = mutated(good.get(random.nextInt(good.size())));
            try {
                assertArrayEquals(whole, HandshakeMessage.decode(whole, suite, random.nextInt(8) == 0 ? List.of() : entries).encode());
                decoded++;
            } catch (ProtocolException e) {
                // what it declares
            }
        }
        assertTrue(decoded > 0 && decoded < MESSAGES, decoded + " of " + MESSAGES);
    }

    private static final Cover MAX = new Cover(PaddingMode.MAX, RateClass.LEAST);

    private List<HandshakeMessage> samples(Suite suite, List<Entry> entries) {
        int ek = suite.kem().ekBytes();
        int ct = suite.kem().ctBytes();
        return List.of(new HandshakeMessage.ClientHello(bytes(32), Mode.DUPLEX, 0, Cover.NORMAL, bytes(32), bytes(ek), bytes(32)),
                new HandshakeMessage.ServerHello(MAX, bytes(32), bytes(ct), bytes(32), bytes(ek)),
                new HandshakeMessage.ServerHello(MAX, bytes(32), bytes(ct), bytes(32), new byte[0]),
                new HandshakeMessage.ServerFinished(bytes(32)), new HandshakeMessage.ClientFinished(bytes(32)),
                new HandshakeMessage.ClientIdentity(bytes(ct), "us\u00e9r", entries, bytes(100), List.of(bytes(16), bytes(16))),
                new HandshakeMessage.ServerChallenge(0, List.of(new Challenge.Kem(bytes(1088), bytes(32)), new Challenge.Sig(true))),
                new HandshakeMessage.ClientIdentity(bytes(ct), "user", List.of(new Entry(Method.ZK, bytes(32), bytes(1240)), new Entry(Method.ZK, bytes(32), bytes(1240))), new byte[0], List.of()),
                new HandshakeMessage.ClientIdentity(bytes(ct), "user", List.of(Entry.of(Method.AUTH_KEY, new byte[32])), new byte[0], List.of(bytes(16))),
                new HandshakeMessage.QuantumKeys(new QuantumOffer("client", "server", List.of(new QuantumOffer.KeyName("id", 256), new QuantumOffer.KeyName("other", 8192)))),
                new HandshakeMessage.QuantumKeys(QuantumOffer.none()), new HandshakeMessage.QuantumAnswer(2, bytes(32)), new HandshakeMessage.QuantumConfirm(bytes(32)),
                new HandshakeMessage.ZkCommitments(List.of(bytes(32), bytes(32))), new HandshakeMessage.ZkProofs(List.of(bytes(32))),
                new HandshakeMessage.ZkOpenings(List.of(new HandshakeMessage.ZkOpening(bytes(32), bytes(32)))),
                new HandshakeMessage.ClientAnswer(1, bytes(32)), new HandshakeMessage.ServerAccept(bytes(32)),
                new HandshakeMessage.ServerDenial(2, "no"), new HandshakeMessage.HostKey(bytes(1240)),
                new HandshakeMessage.ContactHello(bytes(32), Mode.SIMPLEX, 0, MAX, bytes(32), bytes(1088), bytes(32), bytes(suite.contactExchange() ? ek : 0)),
                new HandshakeMessage.ContactReply(Cover.NORMAL, bytes(32), bytes(32), bytes(suite.contactExchange() ? ct : 0), bytes(ek)));
    }

    private byte[] bytes(int n) {
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A few bytes changed, the beginning more often; or cut or longer, with the header telling so or not. */
    private byte[] mutated(byte[] good) {
        byte[] whole = random.nextInt(4) > 0 ? good.clone() : Arrays.copyOf(good, random.nextInt(good.length + 40));
        for (int n = random.nextInt(4); n > 0 && whole.length > 0; n--) {
            int at = random.nextInt(random.nextInt(3) == 0 ? whole.length : Math.min(whole.length, 10));
            whole[at] = random.nextBoolean() ? (byte) random.nextInt(16) : (byte) random.nextInt(256);
        }
        if (whole.length > 3 && random.nextBoolean()) {
            whole[1] = (byte) (whole.length - 3 >>> 8);
            whole[2] = (byte) (whole.length - 3);
        }
        return whole;
    }
}
