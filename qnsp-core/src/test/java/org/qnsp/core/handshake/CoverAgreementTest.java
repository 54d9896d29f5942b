package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.VectorFile;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** C-34: what both sides agree on, in whole handshakes. */
class CoverAgreementTest {
    private static HandshakePair pair(String vector, CoverPolicy policy) throws Exception {
        return HandshakePair.of(VectorFile.read("handshake-" + vector + ".txt"), policy);
    }

    @ParameterizedTest
    @CsvSource({
        "simplex,             low,    15",
        "duplex-kem,          normal, 15",
        "duplex-sig,          max,    0",
        "invite-duplex-enrol, max,    3", // asks for 7
    })
    void bothSidesObeyWhatTheServerAnswers(String vector, String mode, int rate) throws Exception {
        HandshakePair pair = pair(vector, CoverPolicy.DEFAULT);
        pair.run();
        Cover expected = new Cover(PaddingMode.named(mode).orElseThrow(), new RateClass(rate));
        assertEquals(List.of(expected, expected), pair.agreed());
    }

    @ParameterizedTest
    @CsvSource({"simplex", "open-simplex"})
    void aServerMayHideMore(String vector) throws Exception {
        HandshakePair pair = pair(vector, new CoverPolicy(PaddingMode.MAX, true, RateClass.UNBOUNDED, RateClass.LEAST));
        pair.run();
        Cover expected = new Cover(PaddingMode.MAX, RateClass.LEAST);
        assertEquals(List.of(expected, expected), pair.agreed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"duplex-sig", "invite-duplex-enrol"})
    void aClientThatAsksForMoreThanItGetsGoesNoFurther(String vector) throws Exception {
        HandshakePair pair = pair(vector, new CoverPolicy(PaddingMode.LOW, false, RateClass.UNBOUNDED, RateClass.FAST));
        assertEquals(Reason.COVER, assertThrows(ProtocolException.class, pair::run).reason());
        assertEquals(1, pair.agreed().size());
    }
}
