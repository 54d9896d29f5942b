package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;

/** What OpenSSH's test of this name asks, and what users notice besides: streams through -L, -R and -W, whole, both ways, many at a time, and gone without a trace (C-27 to C-29). */
@Timeout(180)
final class ForwardingTest {
    @TempDir
    static Path dir;

    private static TestDaemon daemon;
    private static KemKeyPair key;
    private static WebServer web;

    @TempDir
    Path scratch;

    @BeforeAll
    static void start() throws Exception {
        key = KemKeyPair.generate(RandomSource.system());
        daemon = new TestDaemon(dir).authorize(key.publicKey()).start();
        web = new WebServer();
    }

    @AfterAll
    static void stop() throws Exception {
        web.close();
        daemon.stop();
        key.close();
    }

    private Forwarder forwarder(String... arguments) throws IOException {
        return new Forwarder(daemon.qssh(key, daemon.port(), arguments), scratch);
    }

    private static Command.Result run(ProcessBuilder qssh, String input) throws IOException, InterruptedException {
        return Command.of(qssh.command()).input(input).env("HOME", dir.toString()).run();
    }

    private static byte[] fetch(int port, int bytes) throws IOException {
        try (Socket socket = Forwarder.connect(port)) {
            return Forwarder.fetch(socket, "/" + bytes);
        }
    }

    @Test
    void aChainOfForwardsFromOptionsAndAFileCarriesWhatIsFetched() throws Exception {
        int a = TestDaemon.freePort();
        int b = TestDaemon.freePort();
        int c = TestDaemon.freePort();
        Path config = scratch.resolve("config");
        Files.writeString(config, "Host *\n  LocalForward 127.0.0.1:" + b + " 127.0.0.1:" + c + "\n  RemoteForward " + c + " localhost:" + web.port() + "\n");
        ProcessBuilder qssh = daemon.qssh(key, daemon.port(), "-N", "-L" + a + ":localhost:" + b);
        int none = qssh.command().indexOf("none");
        qssh.command().set(none, config.toString());
        try (Forwarder forwarder = new Forwarder(qssh, scratch).listening(a, b, c)) {
            Command.Result got = Command.of("curl", "-s", "-S", "-m", "60", "-o", scratch.resolve("got").toString(), "http://localhost:" + a + "/300000").run().expect(0);
            assertEquals("", got.err());
            assertArrayEquals(WebServer.bytes(300_000), Files.readAllBytes(scratch.resolve("got")));
            assertEquals("", forwarder.said());
        }
    }

    @Test
    void twoHundredClientsAtATimeBehindEitherAndNothingIsLeft() throws Exception {
        int local = TestDaemon.freePort();
        int remote = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-N", "-L" + local + ":127.0.0.1:" + web.port(), "-R" + remote + ":127.0.0.1:" + web.port()).listening(local, remote)) {
            int before = daemon.sockets();
            long mine = forwarder.sockets();
            for (int port : new int[] {local, remote}) {
                fetchAll(port, 200, 200, 20_000);
            }
            TestDaemon.await("the daemon closes what it opened", () -> sockets() == before);
            TestDaemon.await("qssh closes what it opened", () -> forwarder.sockets() == mine);
        }
    }

    @Test
    void thousandsOfShortConnectionsLeaveNothing() throws Exception {
        int local = TestDaemon.freePort();
        int remote = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-N", "-L" + local + ":127.0.0.1:" + web.port(), "-R" + remote + ":127.0.0.1:" + web.port()).listening(local, remote)) {
            int before = daemon.sockets();
            long mine = forwarder.sockets();
            fetchAll(local, 1500, 60, 10);
            fetchAll(remote, 1500, 60, 10);
            TestDaemon.await("the daemon closes what it opened", () -> sockets() == before);
            TestDaemon.await("qssh closes what it opened", () -> forwarder.sockets() == mine);
            assertEquals("", forwarder.said());
        }
    }

    private static int sockets() {
        try {
            return daemon.sockets();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void fetchAll(int port, int times, int atOnce, int bytes) throws Exception {
        byte[] expected = WebServer.bytes(bytes);
        try (ExecutorService clients = Executors.newFixedThreadPool(atOnce, Thread.ofVirtual().factory())) {
            List<Future<byte[]>> all = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                all.add(clients.submit(() -> fetch(port, bytes)));
            }
            for (Future<byte[]> one : all) {
                assertArrayEquals(expected, one.get(100, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void aHalfClosedStreamGoesOnInTheOtherDirection() throws Exception {
        int port = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-N", "-L" + port + ":127.0.0.1:" + web.port()).listening(port); Socket socket = Forwarder.connect(port)) {
            socket.getOutputStream().write("no request".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertEquals("late: no request", new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            assertTrue(forwarder.process().isAlive());
        }
    }

    @Test
    void whoDoesNotReadHoldsUpNobodyElse() throws Exception {
        int port = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-N", "-L" + port + ":127.0.0.1:" + web.port()).listening(port)) {
            List<Socket> lazy = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Socket socket = Forwarder.connect(port);
                socket.getOutputStream().write("GET /50000000 HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                lazy.add(socket);
            }
            Thread.sleep(3000); // their windows are full by now
            long start = System.nanoTime();
            assertArrayEquals(WebServer.bytes(100_000), fetch(port, 100_000));
            assertTrue(System.nanoTime() - start < 15_000_000_000L, "it took " + (System.nanoTime() - start) / 1_000_000 + " ms");
            byte[] begin = lazy.getFirst().getInputStream().readNBytes(100_000); // and those who had to wait go on
            assertTrue(new String(begin, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.0 200 OK"));
            assertTrue(forwarder.process().isAlive());
            for (Socket socket : lazy) {
                socket.close();
            }
            TestDaemon.await("the server is rid of them", () -> web.open() == 0);
        }
    }

    @Test
    void unixSocketsOnEitherSide() throws Exception {
        Path far = scratch.resolve("far");
        Path near = scratch.resolve("near");
        Path back = scratch.resolve("back");
        int port = TestDaemon.freePort();
        int toUnix = TestDaemon.freePort();
        try (ServerSocketChannel target = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(far))) {
            Thread.ofVirtual().start(() -> greet(target));
            try (Forwarder forwarder = forwarder("-N", "-L" + near + ":" + far, "-R" + back + ":127.0.0.1:" + web.port(), "-L" + port + ":" + far,
                "-R" + toUnix + ":" + far).listening(port, toUnix)) {
                TestDaemon.await("the host listens at its socket", () -> Files.exists(back));
                assertEquals("hello", read(near));
                assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(near));
                for (int p : new int[] {port, toUnix}) {
                    try (Socket socket = Forwarder.connect(p)) {
                        assertEquals("hello", new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
                    }
                }
                try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(back))) {
                    socket.write(ByteBuffer.wrap("abc".getBytes(StandardCharsets.US_ASCII)));
                    socket.shutdownOutput();
                    assertEquals("late: abc", new String(Channels.newInputStream(socket).readAllBytes(), StandardCharsets.US_ASCII));
                }
                assertEquals("", forwarder.said());
            }
            TestDaemon.await("the sockets are removed", () -> Files.notExists(near) && Files.notExists(back));
        }
    }

    private static void greet(ServerSocketChannel at) {
        try {
            while (true) {
                try (SocketChannel client = at.accept()) {
                    client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static String read(Path socket) throws IOException {
        try (SocketChannel connected = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return new String(Channels.newInputStream(connected).readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void whatCannotBeHadIsSaidAndEndsOnlyWhereThatIsWanted() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")); ServerSocket six = new ServerSocket(taken.getLocalPort(), 1, InetAddress.getByName("::1"))) {
            int port = six.getLocalPort();
            String local = "bind [127.0.0.1]:" + port + ": Address already in use\nchannel_setup_fwd_listener_tcpip: cannot listen to port: " + port + "\nCould not request local forwarding.\n";
            String[] forward = {"-L" + port + ":127.0.0.1:1", "-R" + port + ":127.0.0.1:1"};
            Command.Result on = run(daemon.qssh(key, daemon.port(), forward[0], forward[1], "echo", "on"), "").expect(0);
            assertEquals("on\n", on.out());
            assertEquals(local + "Warning: remote port forwarding failed for listen port " + port + "\n", on.err());
            Command.Result localEnd = run(daemon.qssh(key, daemon.port(), "-oExitOnForwardFailure=yes", forward[0], "echo", "on"), "").expect(255);
            assertEquals(local, localEnd.err());
            assertEquals("", localEnd.out());
            Command.Result remoteEnd = run(daemon.qssh(key, daemon.port(), "-oExitOnForwardFailure=yes", forward[1], "echo", "on"), "").expect(255);
            assertEquals("Error: remote port forwarding failed for listen port " + port + "\n", remoteEnd.err());
            assertEquals("", remoteEnd.out());
            Command.Result cleared = run(daemon.qssh(key, daemon.port(), "-oExitOnForwardFailure=yes", "-oClearAllForwardings=yes", forward[0], forward[1], "echo", "on"), "").expect(0);
            assertEquals("", cleared.err());
        }
    }

    @Test
    void theHostChoosesPortZeroAndTheCommandCanUseIt() throws Exception {
        int target = web.port();
        int local = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-g", "-L" + local + ":127.0.0.1:" + target, "-R0:localhost:" + target, "cat")) {
            int port = Integer.parseInt(forwarder.await("^Allocated port (\\d+) for remote forward to localhost:" + target + "$"));
            assertArrayEquals(WebServer.bytes(1000), fetch(port, 1000));
            assertTrue(Files.readString(Path.of("/proc/net/tcp6")).contains(String.format(" %032X:%04X ", 0, local)), "-g is for everyone");
            forwarder.process().getOutputStream().close();
            assertEquals(0, forwarder.ended());
        }
    }

    @Test
    void whatIsForwardedOutlivesItsSession() throws Exception {
        int port = TestDaemon.freePort();
        try (Forwarder forwarder = forwarder("-L" + port + ":127.0.0.1:" + web.port(), "cat").listening(port); Socket socket = Forwarder.connect(port)) {
            socket.getOutputStream().write("still ".getBytes(StandardCharsets.US_ASCII));
            TestDaemon.await("the stream is there", () -> web.open() == 1);
            forwarder.process().getOutputStream().close(); // the session ends
            assertFalse(forwarder.process().waitFor(1500, TimeUnit.MILLISECONDS));
            socket.getOutputStream().write("here".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertEquals("late: still here", new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            assertEquals(0, forwarder.ended());
        }
    }

    @Test
    void standardInputAndOutputAreAStream() throws Exception {
        assertEquals("late: abc", run(daemon.qssh(key, daemon.port(), "-W127.0.0.1:" + web.port()), "abc").expect(0).out());
        Command.Result fetched = run(daemon.qssh(key, daemon.port(), "-W[127.0.0.1]:" + web.port()), "GET /70000 HTTP/1.0\r\n\r\n").expect(0);
        assertArrayEquals(WebServer.bytes(70_000), Arrays.copyOfRange(fetched.bytes(), fetched.bytes().length - 70_000, fetched.bytes().length));
        Command.Result refused = run(daemon.qssh(key, daemon.port(), "-W127.0.0.1:1"), "").expect(255);
        assertEquals("channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n", refused.err());
    }

    @Test
    void aForwardWithoutAHostIsExplained() throws Exception {
        Command.Result result = Command.of(House.program("qssh"), "-F", "none", "-L", "3000:localhost:3000").env("HOME", dir.toString()).run().expect(255);
        assertTrue(result.err().startsWith("qssh: error: there is no host to log in to\nqssh: hint: what is forwarded comes before it: qssh -L 3000:localhost:3000 [user@]host\nusage: "),
            result.err());
        assertEquals("Bad local forwarding specification '3000:localhost'\n",
            Command.of(House.program("qssh"), "-F", "none", "-L", "3000:localhost", "host").env("HOME", dir.toString()).run().expect(255).err());
        assertEquals("command-line line 0: Bad remote forwarding specification 'x:y:z'.\n",
            Command.of(House.program("qssh"), "-F", "none", "-o", "RemoteForward x y:z", "host").env("HOME", dir.toString()).run().expect(255).err());
    }

    @Test
    void aConnectionThatIsCutEndsItsStreamsAndThatShows() throws Exception {
        int port = TestDaemon.freePort();
        int sockets = daemon.sockets();
        try (Relay path = new Relay(daemon.address(), Relay.Manner.PLAIN, Relay.Manner.PLAIN.cut(3_000_000));
            Forwarder forwarder = new Forwarder(daemon.qssh(key, path.address().getPort(), "-N", "-L" + port + ":127.0.0.1:" + web.port()), scratch).listening(port);
            Socket socket = Forwarder.connect(port)) {
            socket.getOutputStream().write("GET /20000000 HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThrows(SocketException.class, in::readAllBytes, "a stream that was cut looks whole");
            assertEquals(255, forwarder.ended());
            assertEquals("Connection to 127.0.0.1 closed by remote host.\n", forwarder.said());
        }
        TestDaemon.await("the daemon closes its end", () -> sockets() == sockets);
        TestDaemon.await("the server is rid of it", () -> web.open() == 0);
    }

    @Test
    void forwardsAreMadeAndTakenBackOnTheEscapesCommandLine() throws Exception {
        int local = TestDaemon.freePort();
        int remote = TestDaemon.freePort();
        Path wrapper = scratch.resolve("q");
        Files.writeString(wrapper, "#!/bin/sh\nexec " + Command.quoted(daemon.qssh(key, daemon.port(), "-oEnableEscapeCommandline=yes", "-tt", "stty -echo; echo started; cat").command()) + "\n");
        wrapper.toFile().setExecutable(true);
        try (Screen screen = new Screen(scratch.resolve("screen"), 100, 40)) {
            screen.enter("clear; " + wrapper);
            screen.await("^started$");
            screen.enter("ready");
            screen.await("^ready$");
            screen.type("~C");
            screen.await("^qssh>$");
            screen.enter("-L " + local + ":127.0.0.1:" + web.port());
            screen.await("^Forwarding port\\.$");
            screen.press("Enter");
            screen.type("~C");
            screen.await("^qssh>$");
            screen.enter("-R" + remote + ":127.0.0.1:" + web.port());
            TestDaemon.await("both listen", () -> Forwarder.isListening(local) && Forwarder.isListening(remote));
            assertArrayEquals(WebServer.bytes(100), fetch(local, 100));
            assertArrayEquals(WebServer.bytes(100), fetch(remote, 100));
            try (Socket socket = Forwarder.connect(local)) {
                socket.getOutputStream().write('x');
                TestDaemon.await("the stream is there", () -> web.open() == 1);
                screen.press("Enter");
                screen.type("~#");
                screen.await("#1 direct-tcpip: listening port " + local + " for 127.0.0.1 port " + web.port() + ", connect from 127\\.0\\.0\\.1 port " + socket.getLocalPort()
                    + "\\s*\\(channel \\d+\\)");
            }
            for (String cancel : new String[] {"-KL" + local, "-KR " + remote}) {
                screen.press("Enter");
                screen.type("~C");
                screen.await("^qssh>$");
                screen.enter(cancel);
            }
            TestDaemon.await("neither listens", () -> !Forwarder.isListening(local) && !Forwarder.isListening(remote));
            screen.press("Enter");
            screen.type("~C");
            screen.await("^qssh>$");
            screen.enter("-X");
            screen.await("^(qssh> )?Invalid command\\.$");
            screen.press("Enter");
            screen.type("~.");
            screen.awaitPrompt();
        }
    }
}
