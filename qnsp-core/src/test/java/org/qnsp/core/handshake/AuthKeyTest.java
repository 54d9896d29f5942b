package org.qnsp.core.handshake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.qnsp.core.VectorFile;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;

/** H-15: a login by auth key is one that has the auth key in its keys. */
class AuthKeyTest {
    private static final int SC = 6;
    private static final int AUTH_KEY = 3; // the first byte of SC's body

    @Test
    void aHostCannotAcceptALoginByAuthKeyWithoutTheKey() throws Exception {
        HandshakePair pair = HandshakePair.of(VectorFile.read("handshake-duplex-auth-key-alone.txt"));
        pair.back(whole -> {
            if (whole[0] == SC) {
                assertEquals(1, whole[AUTH_KEY]);
                whole[AUTH_KEY] = 0;
            }
            return List.of(whole);
        });
        assertEquals(Reason.MALFORMED, assertThrows(ProtocolException.class, pair::run).reason());
        assertNull(pair.clientResult());
    }
}
