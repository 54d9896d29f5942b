package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.qnsp.core.handshake.HandshakeMessage.Challenge;
import org.qnsp.core.handshake.HandshakeMessage.ServerChallenge;
import org.qnsp.crypto.Kemeleon;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/** H-14: the same steps for a key that may log in and for one that may not, so that who only knows a public key does not learn whose it is. */
final class ChallengeTimeTest {
    private static final RandomSource RANDOM = RandomSource.system();
    private static final int KEYS = 4;

    private final KemKeyPair host = KemKeyPair.generate(RANDOM);
    private final KemKeyPair decoy = KemKeyPair.generate(RANDOM);
    private final PublicKey watched = SigKeyPair.generate(RANDOM).publicKey();

    /** A client that knows the public key alone. */
    private final Identity.Sig forger = new Identity.Sig() {
        @Override
        public PublicKey publicKey() {
            return watched;
        }

        @Override
        public byte[] sign(byte[] t, byte[] hostFingerprint, String user) {
            return RANDOM.bytes(KeyType.SIG.signatureBytes());
        }
    };

    /** Nanoseconds that a challenge takes to make. */
    private long challenge(boolean known) throws Exception {
        var settings = new ClientHandshake.Settings(Mode.DUPLEX, "someone", new ClientHandshake.Trust.Pinned(host.publicKey()),
                List.copyOf(IntStream.range(0, KEYS).mapToObj(i -> (Identity) forger).toList()), false, Cover.NORMAL);
        try (ClientHandshake client = new ClientHandshake(settings, RANDOM)) {
            List<Action> begin = client.begin(0);
            byte[] opening = ((Action.SendRaw) begin.getFirst()).bytes();
            HostKeyOps ops = HandshakePair.ops(host);
            KeySchedule schedule = KeySchedule.known(Suite.DEFAULT, host.publicKey().fingerprint());
            schedule.absorb(opening);
            schedule.mix(Labels.KS, ops.decapsulate(0, Kemeleon.decodeCiphertext(opening)));
            try (ServerHandshake server = new ServerHandshake(new ServerHandshake.Settings(ops, decoy, false, CoverPolicy.DEFAULT),
                    new ServerOpening.Accepted.Known(0, Suite.DEFAULT, schedule, new byte[16]), RANDOM)) {
                server.begin();
                List<byte[]> identity = new ArrayList<>();
                for (byte[] reply : sent(server.on(sent(begin).getFirst()))) {
                    for (Action action : client.on(reply)) {
                        if (action instanceof Action.UseKeys use) {
                            use.work().run();
                            identity.addAll(sent(client.onKeysUsed()));
                        }
                    }
                }
                server.on(identity.getFirst());
                List<PublicKey> keys = new ArrayList<>(IntStream.range(0, KEYS).mapToObj(i -> known ? watched : (PublicKey) null).toList());
                long start = System.nanoTime();
                List<Action> challenge = server.onKeysFound(keys, null);
                long took = System.nanoTime() - start;
                var entries = IntStream.range(0, KEYS).mapToObj(i -> new HandshakeMessage.Entry(HandshakeMessage.Method.SIG, new byte[32], null)).toList();
                ServerChallenge message = (ServerChallenge) HandshakeMessage.decode(sent(challenge).getFirst(), Suite.DEFAULT, entries);
                message.challenges().forEach(c -> assertEquals(new Challenge.Sig(false), c));
                return took;
            }
        }
    }

    private static List<byte[]> sent(List<Action> actions) {
        return actions.stream().filter(Action.Send.class::isInstance).map(a -> ((Action.Send) a).message()).toList();
    }

    @Test
    void aForgedSignatureTakesAsLongForAKeyThatIsNotThere() throws Exception { // H-14
        long[][] nanos = new long[2][60];
        for (int i = 0; i < 2 * nanos[0].length; i++) {
            nanos[i & 1][i / 2] = challenge((i & 1) == 1);
        }
        double unknown = Arrays.stream(nanos[0]).skip(20).sorted().skip(10).findFirst().getAsLong();
        double known = Arrays.stream(nanos[1]).skip(20).sorted().skip(10).findFirst().getAsLong();
        assertTrue(unknown > known / 1.5 && unknown < known * 1.5, "unknown " + unknown / 1000 + " us, known " + known / 1000 + " us");
    }
}
