package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.VectorFile;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Secret;

/** H-1 to H-23, H-31 to H-38 and K-8, K-10 against whole handshakes that an independent implementation made from the specification, byte for byte. */
class HandshakeVectorsTest {
    @ParameterizedTest
    @ValueSource(strings = {"simplex", "duplex-kem", "duplex-sig", "duplex-mixed", "duplex-denied", "invite-duplex-enrol", "open-simplex", "duplex-zk", "duplex-zk-denied",
        "duplex-auth-key", "duplex-auth-key-alone", "duplex-quantum", "duplex-quantum-none", "simplex-quantum", "mlkem1024", "mlkem1024-invite", "hqc192"})
    void theWholeHandshakeIsAsSpecified(String name) throws Exception {
        play(name);
    }

    /** the thread of the handshake does nothing with the user's keys. */
    @ParameterizedTest
    @ValueSource(strings = {"simplex", "duplex-kem", "duplex-sig", "duplex-mixed", "duplex-denied", "invite-duplex-enrol", "duplex-zk"})
    void keysAreUsedElsewhere(String name) throws Exception {
        HandshakePair pair = play(name);
        assertEquals(name.equals("simplex") ? 0 : name.equals("duplex-mixed") || name.equals("duplex-zk") ? 2 : 1, pair.keysUsed());
    }

    private static HandshakePair play(String name) throws Exception {
        VectorFile v = VectorFile.read("handshake-" + name + ".txt");
        HandshakePair pair = HandshakePair.of(v);
        List<byte[]> c2s = pair.sentByClient();
        List<byte[]> s2c = pair.sentByServer();
        pair.run();
        compare(v, "c2s", c2s);
        compare(v, "s2c", s2c);
        assertEquals(v.number("stream-bytes-read.client"), pair.clientRandom().bytesRead());
        assertEquals(v.number("stream-bytes-read.server"), pair.serverRandom().bytesRead());
        if (v.text("expect").equals("ok")) {
            assertNotNull(pair.clientResult());
            assertNotNull(pair.serverResult());
            if (v.number("mode") == 2) {
                assertEquals(v.text("user"), pair.serverResult().user());
                assertArrayEquals(loginKey(v), pair.serverResult().key() == null ? null : pair.serverResult().key().encoded());
                assertEquals(v.number("auth-key"), pair.clientResult().authKey());
                assertEquals(v.number("auth-key"), pair.serverResult().authKey());
                assertEquals(v.number("auth-key"), pair.earlyAuthKey());
                assertArrayEquals(v.bytes("next-auth-key"), Encoding.concat(pair.earlyNext().id(), pair.earlyNext().key().bytes()));
            }
            for (Action.Established result : List.of(pair.clientResult(), pair.serverResult())) {
                assertArrayEquals(v.bytes("exporter"), result.secrets().exporter().bytes());
                if (v.number("mode") == 2) {
                    assertArrayEquals(v.bytes("next-auth-key"), Encoding.concat(result.secrets().next().id(), result.secrets().next().key().bytes()));
                }
            }
            boolean quantum = v.has("quantum.confirmation");
            assertTrue(pair.quantumKeys().stream().allMatch(keys -> (keys != null) == quantum), "both know what was agreed");
            roots(v, pair.clientRoots());
            roots(v, pair.serverRoots());
            assertEquals(!v.text("enrol").equals("none"), pair.serverResult().enrolled());
        } else {
            assertEquals(v.number("denied.reason"), pair.clientDenial().reason());
            assertFalse(pair.serverResult() != null || pair.clientResult() != null);
        }
        return pair;
    }

    /** The first that the server knows and the client named; with zero knowledge the first that it knows, whatever the client named. */
    private static byte[] loginKey(VectorFile v) {
        if (v.number("identities") == 0) {
            return null;
        }
        int which = v.number("which");
        while (v.text("zk").equals("yes") && v.text("identity." + which + ".known").equals("no")) {
            which++;
        }
        return v.bytes("identity." + which + ".public");
    }

    /** from the chain and th that the application stage begins with. */
    private static void roots(VectorFile v, Action.Roots roots) {
        byte[] th = v.bytes(v.has("th.CA") ? "th.CA" : "th.CF");
        Secret ck = Secret.owning(v.bytes("ck.CA"));
        assertTrue(roots.c2s().matches(Kdf.expand(ck, "qnsp1 ratchet c2s", th).bytes()));
        assertTrue(roots.s2c().matches(Kdf.expand(ck, "qnsp1 ratchet s2c", th).bytes()));
    }

    /** Flights are sent whole in the vectors and frame by frame here; in each direction the order is the same. */
    private static void compare(VectorFile v, String direction, List<byte[]> sent) {
        int raw = 0;
        int keyed = 0;
        for (byte[] frame : sent) {
            String name = v.has(direction + ".raw." + raw) ? direction + ".raw." + raw++ : direction + ".frame." + keyed++;
            assertTrue(v.has(name), () -> "sent more than " + name);
            assertArrayEquals(v.bytes(name), frame, name);
        }
        assertFalse(v.has(direction + ".frame." + keyed), "sent less than the vector");
    }
}
