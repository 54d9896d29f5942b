package org.qnsp.core.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.qnsp.core.message.BodyTest.fault;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.ProtocolException.Reason;

final class SessionRequestTest {
    private static final SessionRequest.Window SIZE = new SessionRequest.Window(80, 24, 640, 480);

    private static final List<SessionRequest.FromClient> OF_CLIENT = List.of(
            new SessionRequest.Env("LANG", "C.UTF-8"), new SessionRequest.Pty("xterm", SIZE, new byte[] {1, 0, 0, 0, 3, 0}), new SessionRequest.Shell(),
            new SessionRequest.Exec("echo ü"), new SessionRequest.Subsystem(SessionRequest.Subsystem.COPY), SIZE, new SessionRequest.Signal("TERM"), new SessionRequest.Agent());

    private static final List<SessionRequest.FromServer> OF_SERVER = List.of(
            new SessionRequest.ExitStatus(0xffff_ffffL), new SessionRequest.ExitSignal("KILL", true, "out of memory"));

    @Test
    void everyRequestComesBack() throws ProtocolException {                       // C-13, C-14
        for (SessionRequest.FromClient request : OF_CLIENT) {
            assertEquals(request, SessionRequest.FromClient.decode(request.name(), request.encode()).orElseThrow());
        }
        for (SessionRequest.FromServer request : OF_SERVER) {
            assertEquals(request, SessionRequest.FromServer.decode(request.name(), request.encode()).orElseThrow());
        }
    }

    @Test
    void theCopyServiceHasItsName() {                                             // C-17
        assertEquals("qnsp-copy", SessionRequest.Subsystem.COPY);
    }

    @Test
    void bodiesAreThoseOfTheSpecification() {                                     // C-13, C-14
        assertEquals("00000001" + "41" + "00000002" + "6263", hex(new SessionRequest.Env("A", "bc")));
        assertEquals("00000001" + "78" + "00000050" + "00000018" + "00000280" + "000001e0" + "00000001" + "00",
                hex(new SessionRequest.Pty("x", SIZE, new byte[1])));
        assertEquals("", hex(new SessionRequest.Shell()));
        assertEquals("00000003", hex(new SessionRequest.ExitStatus(3)));
        assertEquals("00000003" + "494e54" + "00" + "00000000", hex(new SessionRequest.ExitSignal("INT", false, "")));
    }

    @Test
    void truncatedAndLongerBodiesAreFaults() {                                    // C-3
        for (SessionRequest.FromClient request : OF_CLIENT) {
            byte[] body = request.encode();
            for (int n = 0; n < body.length; n++) {
                byte[] cut = Arrays.copyOf(body, n);
                fault(Reason.MALFORMED, () -> SessionRequest.FromClient.decode(request.name(), cut));
            }
            fault(Reason.MALFORMED, () -> SessionRequest.FromClient.decode(request.name(), Arrays.copyOf(body, body.length + 1)));
        }
    }

    @Test
    void unknownNamesAreLeftToTheCaller() throws ProtocolException {              // C-19
        assertTrue(SessionRequest.FromClient.decode("exit-status", new byte[9]).isEmpty());
        assertTrue(SessionRequest.FromServer.decode("shell", new byte[9]).isEmpty());
        assertTrue(ConnectionRequest.decode("shell", new byte[9]).isEmpty());
    }

    @Test
    void textHasNoZeroByte() {                                                    // C-13
        assertThrows(IllegalArgumentException.class, () -> new SessionRequest.Exec("a\0b"));
        fault(Reason.MALFORMED, () -> SessionRequest.FromClient.decode("exec", new BodyWriter().text32("a\0b").toBytes()));
    }

    @Test
    void connectionRequestsComeBack() throws ProtocolException {                  // C-18
        for (ConnectionRequest request : List.of(new ConnectionRequest.Keepalive(), new ConnectionRequest.Banner("welcome\n"))) {
            assertEquals(request, ConnectionRequest.decode(request.name(), request.encode()).orElseThrow());
        }
        fault(Reason.MALFORMED, () -> ConnectionRequest.decode("keepalive", new byte[1]));
    }

    private static String hex(SessionRequest request) {
        return HexFormat.of().formatHex(request.encode());
    }
}
