package org.qnsp.core.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.qnsp.core.message.BodyTest.fault;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.ProtocolException.Reason;

final class ChannelOpeningTest {
    private static final Endpoint WEB = new Endpoint("web.example", 80);
    private static final Endpoint FROM = new Endpoint("::1", 40000);

    private static final List<ChannelOpening> OPENINGS = List.of(new ChannelOpening.Session(), new ChannelOpening.DirectTcp(WEB, FROM),
            new ChannelOpening.Relay(WEB, new Endpoint("", 0)), new ChannelOpening.DirectUnix("/run/ü.sock"), new ChannelOpening.ForwardedTcp(new Endpoint("", 1), FROM),
            new ChannelOpening.ForwardedUnix("/tmp/s"), new ChannelOpening.Agent());
    private static final List<ConnectionRequest> REQUESTS = List.of(new ConnectionRequest.Keepalive(), new ConnectionRequest.Banner("hello\n"),
            new ConnectionRequest.ListenTcp(new Endpoint("", 0)), new ConnectionRequest.CancelListenTcp(WEB), new ConnectionRequest.ListenUnix("/a"),
            new ConnectionRequest.CancelListenUnix("/a"), new ConnectionRequest.NoMoreSessions(), new ConnectionRequest.EndWithChannels());

    @Test
    void everythingComesBack() throws ProtocolException { // C-27 to C-32
        for (ChannelOpening opening : OPENINGS) {
            assertEquals(opening, ChannelOpening.decode(opening.type(), opening.encode()).orElseThrow());
        }
        for (ConnectionRequest request : REQUESTS) {
            assertEquals(request, ConnectionRequest.decode(request.name(), request.encode()).orElseThrow());
        }
        assertTrue(ChannelOpening.decode("tunnel", new byte[0]).isEmpty());
        assertTrue(ConnectionRequest.decode("listen", new byte[0]).isEmpty());
        assertEquals(40_000, ConnectionRequest.ListenTcp.boundPort(ConnectionRequest.ListenTcp.reply(40_000)));
    }

    @Test
    void bodiesAreThoseOfTheSpecification() { // C-27, C-28
        assertEquals("00000001" + "61" + "00000050" + "00000000" + "00000000", hex(new ChannelOpening.DirectTcp(new Endpoint("a", 80), new Endpoint("", 0)).encode()));
        assertEquals("00000002" + "2f73", hex(new ChannelOpening.DirectUnix("/s").encode()));
        assertEquals("00000000" + "00001f90", hex(new ConnectionRequest.ListenTcp(new Endpoint("", 8080)).encode()));
        assertEquals("00001f90", hex(ConnectionRequest.ListenTcp.reply(8080)));
    }

    @Test
    void truncatedAndLongerBodiesAreFaults() { // C-3
        for (ChannelOpening opening : OPENINGS) {
            byte[] body = opening.encode();
            for (int n = 0; n < body.length; n++) {
                byte[] cut = Arrays.copyOf(body, n);
                fault(Reason.MALFORMED, () -> ChannelOpening.decode(opening.type(), cut));
            }
            fault(Reason.MALFORMED, () -> ChannelOpening.decode(opening.type(), Arrays.copyOf(body, body.length + 1)));
        }
        for (ConnectionRequest request : REQUESTS) {
            fault(Reason.MALFORMED, () -> ConnectionRequest.decode(request.name(), Arrays.copyOf(request.encode(), request.encode().length + 1)));
        }
    }

    @Test
    void whatNoSocketCanHaveIsRefused() { // L-18, L-19
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-tcp", tcp("h", 65_536)));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-tcp", tcp("h", 0)));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-tcp", tcp("", 80)));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("relay", tcp("h", 0)));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-tcp", tcp("a\0b", 80)));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-tcp", tcp("h".repeat(256), 80)));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-unix", new BodyWriter().text32("").toBytes()));
        fault(Reason.MALFORMED, () -> ChannelOpening.decode("direct-unix", new BodyWriter().text32("/".repeat(108)).toBytes()));
        fault(Reason.MALFORMED, () -> ConnectionRequest.decode("listen-unix", new BodyWriter().text32("/a\0").toBytes()));
        fault(Reason.MALFORMED, () -> ConnectionRequest.ListenTcp.boundPort(ConnectionRequest.ListenTcp.reply(0)));
        assertThrows(IllegalArgumentException.class, () -> new Endpoint("h", -1));
        assertThrows(IllegalArgumentException.class, () -> new ConnectionRequest.CancelListenUnix(""));
    }

    private static byte[] tcp(String host, int port) {
        return new BodyWriter().text32(host).u32(port).text32("").u32(0).toBytes();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
