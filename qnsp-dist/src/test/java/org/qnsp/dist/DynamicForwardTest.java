package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;

/** What OpenSSH's test of this name asks: SOCKS 4, 4a and 5 at -D and at -R without a target, as curl speaks them; and what may be reached so. */
@Timeout(180)
final class DynamicForwardTest {
    @TempDir
    static Path dir;

    private static TestDaemon daemon;
    private static KemKeyPair key;
    private static WebServer four;
    private static WebServer six;

    @TempDir
    Path scratch;

    @BeforeAll
    static void start() throws Exception {
        key = KemKeyPair.generate(RandomSource.system());
        daemon = new TestDaemon(dir).authorize(key.publicKey()).start();
        four = new WebServer("127.0.0.1");
        six = new WebServer("::1");
    }

    @AfterAll
    static void stop() throws Exception {
        four.close();
        six.close();
        daemon.stop();
        key.close();
    }

    private Forwarder forwarder(String... arguments) throws IOException {
        return new Forwarder(daemon.qssh(key, daemon.port(), arguments), scratch);
    }

    private Command.Result curl(String proxy, int port, String url) throws IOException, InterruptedException {
        return Command.of("curl", "-s", "-S", "-m", "60", "-o", scratch.resolve("got").toString(), "--noproxy", "", "-x", proxy + "://127.0.0.1:" + port, url).run();
    }

    private void curls(int port) throws Exception {
        String[][] ways = {
            {"socks4", "http://127.0.0.1:" + four.port()}, {"socks4a", "http://localhost:" + four.port()}, {"socks5", "http://127.0.0.1:" + four.port()},
            {"socks5", "http://[::1]:" + six.port()}, {"socks5h", "http://localhost:" + four.port()}};
        for (String[] way : ways) {
            curl(way[0], port, way[1] + "/50000").expect(0);
            assertArrayEquals(WebServer.bytes(50_000), Files.readAllBytes(scratch.resolve("got")), String.join(" ", way));
        }
        assertEquals(97, curl("socks5h", port, "http://127.0.0.1:1/").status(), "a refusal is a refusal");
        assertTrue(curl("socks5h", port, "http://no-such-host.invalid/").status() != 0);
    }

    @Test
    void curlGoesThroughThisEnd() throws Exception {
        int port = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-N", "-D" + port).listening(port)) {
            curls(port);
            forwarder.await("^channel \\d+: open failed: connect failed: Connection refused$");
            forwarder.await("^channel \\d+: open failed: connect failed: Name or service not known$");
            long sockets = forwarder.sockets();
            try (Socket rude = Forwarder.connect(port)) {
                rude.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                assertEquals(-1, rude.getInputStream().read(), "what is no SOCKS is shown the door");
            } catch (java.net.SocketException e) {
                // by a reset, as it had more to say
            }
            TestDaemon.await("it is closed", () -> forwarder.sockets() <= sockets);
        }
    }

    @Test
    void dataBehindTheRequestIsNotLost() throws Exception {
        int port = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-N", "-D" + port).listening(port); Socket socket = Forwarder.connect(port)) {
            String request = String.format("04 01 %04x 7f000001 00", four.port()).replace(" ", "");
            String data = HexFormat.of().formatHex("GET /2000 HTTP/1.0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            socket.getOutputStream().write(HexFormat.of().parseHex(request + data));
            assertEquals("005a000000000000", HexFormat.of().formatHex(socket.getInputStream().readNBytes(8)));
            byte[] all = socket.getInputStream().readAllBytes();
            assertArrayEquals(WebServer.bytes(2000), java.util.Arrays.copyOfRange(all, all.length - 2000, all.length));
            assertTrue(forwarder.process().isAlive());
        }
    }

    @Test
    void curlGoesThroughTheOtherEnd() throws Exception {
        try (Forwarder forwarder = forwarder("-N", "-R0")) {
            int port = Integer.parseInt(forwarder.await("^Allocated port (\\d+) for remote forward to socks:0$"));
            curls(port);
            forwarder.await("^connect_to 127\\.0\\.0\\.1 port 1: failed\\.$");
        }
    }

    @Test
    void theOtherEndReachesWhatPermitRemoteOpenSays() throws Exception {
        try (Forwarder forwarder = forwarder("-N", "-R0", "-oPermitRemoteOpen=127.0.0.1:" + four.port() + " [::1]:*")) {
            int port = Integer.parseInt(forwarder.await("^Allocated port (\\d+) for"));
            curl("socks5h", port, "http://127.0.0.1:" + four.port() + "/10").expect(0);
            curl("socks5h", port, "http://[::1]:" + six.port() + "/10").expect(0);
            assertTrue(curl("socks5h", port, "http://localhost:" + four.port() + "/10").status() != 0);
            assertTrue(curl("socks5h", port, "http://127.0.0.1:" + six.port() + "/10").status() != 0);
        }
        try (Forwarder forwarder = forwarder("-N", "-R0", "-oPermitRemoteOpen=none")) {
            int port = Integer.parseInt(forwarder.await("^Allocated port (\\d+) for"));
            assertTrue(curl("socks5h", port, "http://127.0.0.1:" + four.port() + "/10").status() != 0);
        }
    }
}
