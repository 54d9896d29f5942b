package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.qnsp.core.VectorFile;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.SigKeyPair;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/** S-1 to S-3: what a suite is, and that a host answers none but those that it allows. */
final class SuiteTest {
    private static final List<String> LOGINS = List.of("simplex", "duplex-kem", "duplex-sig", "duplex-mixed", "duplex-zk", "invite-duplex-enrol", "open-simplex",
            "duplex-auth-key", "duplex-quantum");

    private static HandshakePair pair(String login, Suite suite, List<Suite> allowed) throws Exception {
        return HandshakePair.of(VectorFile.read("handshake-" + login + ".txt"), CoverPolicy.DEFAULT, suite, allowed);
    }

    @ParameterizedTest
    @EnumSource(Suite.class)
    void everyLoginIsOneInEverySuite(Suite suite) throws Exception {
        for (String login : LOGINS) {
            HandshakePair pair = pair(login, suite, List.of(suite));
            pair.run();
            assertArrayEquals(pair.clientResult().id(), pair.serverResult().id(), login);
            assertArrayEquals(pair.clientResult().secrets().exporter().bytes(), pair.serverResult().secrets().exporter().bytes(), login);
            assertEquals(suite.kem(), pair.clientRoots().kem());
            assertEquals(suite.kem(), pair.serverRoots().kem());
            if (login.equals("duplex-sig")) {
                assertEquals(suite.signatures(), pair.serverResult().key().type());
            }
            assertTrue(pair.sentByClient().size() < 100 && pair.sentByServer().size() < 100, "a prologue carries it: " + pair.sentByClient().size() + ", " + pair.sentByServer().size());
        }
    }

    @ParameterizedTest
    @EnumSource(Suite.class)
    void whatIsNotAllowedMeetsSilence(Suite suite) throws Exception {
        List<Suite> others = Arrays.stream(Suite.values()).filter(other -> other != suite).toList();
        for (String login : LOGINS) {
            HandshakePair pair = pair(login, suite, others);
            assertThrows(ProtocolException.class, pair::run, login);
            if (!login.startsWith("invite") && !login.startsWith("open")) {
                assertEquals(List.of(), pair.sentByServer(), "not a byte");
            } else {
                // the host key is what an invite or open contact gives, and all that it gives
                assertEquals(null, pair.clientResult());
                assertEquals(null, pair.serverResult());
            }
        }
    }

    @Test
    void stringsAndNamesAreDistinct() {
        Set<String> texts = new HashSet<>();
        for (Suite suite : Suite.values()) {
            assertTrue(texts.add(suite.text()) && texts.add(suite.label()));
            assertEquals(Optional.of(suite), Suite.named(suite.label()));
            assertTrue(suite.text().startsWith("QNSP-1/kemeleon-02/mlkem768+"), "the opening is the same in all");
        }
        assertEquals(Optional.of(Suite.MLKEM768), Suite.named("default"));
        assertEquals(Optional.empty(), Suite.named("rsa"));
        assertFalse(Suite.STANDARD.contains(Suite.HQC192), "no standard yet");
    }

    @Test
    void aSignatureOfAnotherSuiteIsNeverOffered() {
        RandomSource random = RandomSource.system();
        for (KeyType type : List.of(KeyType.SIG, KeyType.SIG87)) {
            Identity identity = UserAuth.identity(SigKeyPair.generate(type, random), random);
            for (Suite suite : Suite.values()) {
                assertEquals(type == suite.signatures(), suite.takes(type));
                if (type != suite.signatures()) {
                    assertThrows(IllegalArgumentException.class, () -> new ClientHandshake.Settings(Mode.DUPLEX, "u", new ClientHandshake.Trust.Unknown(), List.of(identity), false,
                            Cover.NORMAL, false, List.of(), false, false, suite));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Suite.class)
    void theLongestMessageFits(Suite suite) throws Exception { // L-1
        RandomSource random = RandomSource.system();
        var entry = new HandshakeMessage.Entry(HandshakeMessage.Method.SIG, new byte[32], new byte[suite.signatures().signatureBytes()]);
        byte[] enrol = SigKeyPair.generate(suite.signatures(), random).publicKey().encoded();
        byte[] longest = new HandshakeMessage.ClientIdentity(new byte[suite.kem().ctBytes()], "u".repeat(Limits.USER_NAME_BYTES), List.of(entry, entry, entry, entry), enrol,
                List.of(new byte[16], new byte[16])).encode();
        assertTrue(longest.length <= Limits.HANDSHAKE_MESSAGE_BYTES, longest.length + " bytes");
        assertArrayEquals(longest, HandshakeMessage.decode(longest, suite, List.of()).encode());
    }

    @Test
    void aHostThatTakesTwoSuitesFindsTheOneThatIsSpoken() throws Exception {
        for (Suite suite : Suite.values()) {
            byte[] early = opening(suite);
            var accepted = new ServerOpening(HandshakePair.ops(HOST), false, 3_600_000_000L, List.of(Suite.values())).examine(early, List.of(), MICROS).orElseThrow();
            assertEquals(suite, ((ServerOpening.Accepted.Known) accepted).suite());
            accepted.discard();
        }
    }

    private static final KemKeyPair HOST = KemKeyPair.generate(RandomSource.system());
    private static final long MICROS = 1_700_000_000_000_000L;

    private static byte[] opening(Suite suite) throws Exception {
        var settings = new ClientHandshake.Settings(Mode.SIMPLEX, "", new ClientHandshake.Trust.Pinned(HOST.publicKey()), List.of(), false, Cover.NORMAL, false, List.of(), false, false, suite);
        StageWriter writer = new StageWriter(0, RandomSource.system());
        try (ClientHandshake client = new ClientHandshake(settings, RandomSource.system())) {
            client.begin(MICROS / 3_600_000_000L).forEach(writer::on);
            byte[][] frames = new byte[3][FrameLayout.FRAME_BYTES];
            for (byte[] frame : frames) {
                writer.build(frame, 0, MICROS, null);
            }
            return Encoding.concat(frames);
        }
    }
}
