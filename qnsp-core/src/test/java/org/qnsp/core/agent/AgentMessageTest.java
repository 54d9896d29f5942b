package org.qnsp.core.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.agent.AgentMessage.Listed;
import org.qnsp.core.agent.KeyTerms.Destination;
import org.qnsp.core.agent.KeyTerms.Host;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.SigKeyPair;

/** one encoding for each message, and nothing else is one. */
final class AgentMessageTest {
    private static final RandomSource RANDOM = RandomSource.system();
    private static final KemKeyPair KEM = KemKeyPair.generate(RANDOM);
    private static final SigKeyPair SIG = SigKeyPair.generate(RANDOM);

    private static byte[] hash(int fill) {
        byte[] hash = new byte[32];
        Arrays.fill(hash, (byte) fill);
        return hash;
    }

    private static KemKeyPair copy() {
        try (Secret first = KEM.firstSecret(); Secret second = KEM.secondSecret()) {
            return KemKeyPair.fromSecrets(first.bytes(), second.bytes());
        }
    }

    private static List<AgentMessage> all() {
        Destination direct = new Destination(null, new Host("a", List.of(hash(1), hash(2))), "");
        Destination via = new Destination(new Host("a", List.of(hash(1))), new Host("[b]:22", List.of(hash(3))), "adm*");
        return List.of(new AgentMessage.Failure(), new AgentMessage.Success(), new AgentMessage.Hello(), new AgentMessage.Welcome(), new AgentMessage.ListKeys(),
                new AgentMessage.Keys(List.of()), new AgentMessage.Keys(List.of(new Listed(KEM.publicKey(), "ü", true, false), new Listed(SIG.publicKey(), "", false, true))),
                new AgentMessage.Commit(challenged()), new AgentMessage.Committed(hash(3)), new AgentMessage.Open(challenged(), hash(4), hash(5)), new AgentMessage.Opened(hash(6)),
                new AgentMessage.Answer(hash(1), new byte[1088], hash(2), hash(3), "user", hash(4)), new AgentMessage.Answered(Secret.owning(hash(9))),
                new AgentMessage.Sign(hash(1), hash(2), hash(3), "user"), new AgentMessage.Signed(new byte[3373]), new AgentMessage.Signed(new byte[4691]), new AgentMessage.Add(copy(), "c", KeyTerms.NONE),
                new AgentMessage.Add(copy(), "", new KeyTerms(AgentLimits.LIFETIME_SECONDS, true, List.of(direct, via))), new AgentMessage.Remove(hash(1)),
                new AgentMessage.RemoveAll(), new AgentMessage.Lock(Secret.copyOf(new byte[] {1})), new AgentMessage.Unlock(Secret.copyOf(new byte[0])),
                new AgentMessage.Bind(hash(7)));
    }

    @Test
    void whatIsEncodedIsDecodedToTheSame() throws Exception {
        List<Integer> types = new ArrayList<>();
        for (AgentMessage message : all()) {
            byte[] whole = message.encode();
            types.add(whole[0] & 0xff);
            AgentMessage again = AgentMessage.decode(whole);
            assertEquals(message.getClass(), again.getClass());
            assertArrayEquals(whole, again.encode());
        }
        assertEquals(List.of(5, 6, 240, 241, 242, 243, 243, 230, 231, 232, 233, 244, 245, 246, 247, 247, 248, 248, 249, 250, 251, 252, 253), types);
    }

    @Test
    void eachPrefixAndEachByteMoreIsRefused() throws Exception {
        for (AgentMessage message : all()) {
            byte[] whole = message.encode();
            for (int length = 0; length < whole.length; length += length < 64 ? 1 : 37) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThrows(ProtocolException.class, () -> AgentMessage.decode(cut), message + " cut to " + length);
            }
            assertThrows(ProtocolException.class, () -> AgentMessage.decode(Arrays.copyOf(whole, whole.length + 1)));
        }
    }

    @Test
    void bytesOfAllKindsAreDecodedToWhatEncodesAlikeOrRefused() {
        Random random = new Random(20261122);
        List<AgentMessage> messages = all();
        int decoded = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = messages.get(random.nextInt(messages.size())).encode();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                int at = random.nextInt(10) == 0 ? 0 : random.nextInt(Math.min(bytes.length, 300));
                bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : bytes[at] ^ 1 << random.nextInt(8));
            }
            try {
                AgentMessage message = AgentMessage.decode(bytes);
                assertArrayEquals(bytes, message.encode());
                message.close();
                decoded++;
            } catch (ProtocolException e) {
                assertFalse(e.getMessage().isEmpty());
            }
        }
        assertTrue(decoded > 1000, "only " + decoded + " were messages");
    }

    @Test
    void limitsAreKept() {
        byte[] many = new AgentMessage.Keys(List.of()).encode();
        many[2] = AgentLimits.KEYS + 1;
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> AgentMessage.decode(many)).reason());
        byte[] long_ = new AgentMessage.Lock(Secret.zeros(AgentLimits.PASSPHRASE_BYTES + 1)).encode();
        assertEquals(Reason.LIMIT, assertThrows(ProtocolException.class, () -> AgentMessage.decode(long_)).reason());
        assertThrows(IllegalArgumentException.class, () -> new Host("a", Collections.nCopies(AgentLimits.HOST_KEYS + 1, hash(1))));
        assertThrows(IllegalArgumentException.class, () -> new Host("a", List.of()));
        Destination to = new Destination(null, new Host("a", List.of(hash(1))), "");
        assertThrows(IllegalArgumentException.class, () -> new KeyTerms(0, false, Collections.nCopies(AgentLimits.DESTINATIONS + 1, to)));
        assertThrows(IllegalArgumentException.class, () -> new KeyTerms(1L << 32, false, List.of()));
        // the longest of messages fit
        Host host = new Host("n".repeat(AgentLimits.NAME_BYTES), Collections.nCopies(AgentLimits.HOST_KEYS, hash(1)));
        KeyTerms terms = new KeyTerms(1, true, Collections.nCopies(AgentLimits.DESTINATIONS, new Destination(host, host, "u".repeat(AgentLimits.NAME_BYTES))));
        assertTrue(new AgentMessage.Add(copy(), "c".repeat(AgentLimits.COMMENT_BYTES), terms).encode().length < AgentLimits.MESSAGE_BYTES);
        Listed key = new Listed(SIG.publicKey(), "c".repeat(AgentLimits.COMMENT_BYTES), true, true);
        assertTrue(new AgentMessage.Keys(Collections.nCopies(AgentLimits.KEYS, key)).encode().length < AgentLimits.MESSAGE_BYTES);
    }

    @Test
    void messagesOfSshsAgentsAreOfNoKnownKind() {
        for (int type : new int[] {1, 7, 11, 13, 17, 22, 27, 239, 254, 255}) {
            assertEquals(Reason.KIND, assertThrows(ProtocolException.class, () -> AgentMessage.decode(new byte[] {(byte) type})).reason());
        }
    }

    @Test
    void secretsAreNotPrinted() {
        assertEquals("Answered[a=Secret[32 bytes]]", new AgentMessage.Answered(Secret.owning(hash(65))).toString());
        assertFalse(new AgentMessage.Add(copy(), "c", KeyTerms.NONE).toString().contains("\\["));
    }

    private static AgentMessage.Challenged challenged() {
        return new AgentMessage.Challenged(hash(1), new byte[1088], hash(2), hash(7), "user", hash(8));
    }
}
