package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.Limits;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;

/** What OpenSSH's test of this name asks: a daemon lets through what its configuration and the key allow, and nothing else; what it does is done as the user (C-27, C-28). */
@Timeout(240)
final class ForwardControlTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident user;
    private static TestClient client;
    private static ServerSocket web;
    private static ServerSocketChannel unixWeb;

    @BeforeAll
    static void start() throws Exception {
        user = Resident.create().authorize("");
        house = new House(dir, "LogLevel=DEBUG");
        client = new TestClient(user.keyPair());
        web = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        unixWeb = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket("web")));
        Files.setPosixFilePermissions(socket("web"), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(user.home(), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterAll
    static void stop() throws Exception {
        client.close();
        house.close();
        web.close();
        unixWeb.close();
        user.close();
    }

    private static Path socket(String name) {
        return user.home().resolve(name);
    }

    private TestClient.Session login() throws IOException {
        return client.login(house.daemon().address(), new Trust.Pinned(house.daemon().hostKey()), user.name());
    }

    private static boolean opens(TestClient.Session session, ChannelOpening opening) {
        try {
            Channel channel = session.connection().open(opening, Limits.STREAM_CREDIT_BYTES, ChannelListener.NONE);
            channel.awaitOpened();
            channel.close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Channel.Reply asks(TestClient.Session session, ConnectionRequest request) throws IOException {
        return session.connection().ask(0, request.name(), request.encode()).await();
    }

    private static Endpoint at(String host, int port) {
        return new Endpoint(host, port);
    }

    /** connect to the web server, listen at a port, connect to its Unix socket, listen at one: a + for each that is let through. */
    private String letThrough() throws IOException {
        try (TestClient.Session session = login()) {
            boolean[] all = {
                opens(session, new ChannelOpening.DirectTcp(at("127.0.0.1", web.getLocalPort()), at("", 0))),
                asks(session, new ConnectionRequest.ListenTcp(at("localhost", 0))).ok(),
                opens(session, new ChannelOpening.DirectUnix(socket("web").toString())),
                asks(session, new ConnectionRequest.ListenUnix(socket("listen").toString())).ok()};
            StringBuilder out = new StringBuilder();
            for (boolean one : all) {
                out.append(one ? '+' : '-');
            }
            return out.toString();
        } finally {
            awaitGone(socket("listen"));
        }
    }

    private static void awaitGone(Path file) {
        try {
            TestDaemon.await(file + " is removed", () -> !Files.exists(file, LinkOption.NOFOLLOW_LINKS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void eachKeywordIsObeyed() throws Exception {
        String open = "PermitOpen 127.0.0.1:" + web.getLocalPort();
        String[][] cases = {
            {"++++", ""}, {"--++", "AllowTcpForwarding no"}, {"+-++", "AllowTcpForwarding local"}, {"-+++", "AllowTcpForwarding remote"},
            {"++--", "AllowStreamLocalForwarding no"}, {"+++-", "AllowStreamLocalForwarding local"}, {"++-+", "AllowStreamLocalForwarding remote"},
            {"----", "DisableForwarding yes"}, {"-+++", "PermitOpen none"}, {"-+++", "PermitOpen 127.0.0.1:1"}, {"++++", open}, {"-+++", open.replace("127.0.0.1", "localhost")},
            {"+-++", "PermitListen none"}, {"+-++", "PermitListen 8080"}, {"++++", "PermitListen *:*"},
            {"----", "Match User " + user.name() + "\nDisableForwarding yes"}, {"++++", "Match User somebody\nDisableForwarding yes"}};
        for (String[] one : cases) {
            house.configure(one[1]);
            assertEquals(one[0], letThrough(), one[1]);
        }
    }

    @Test
    void eachOptionOfAKeyIsObeyed() throws Exception {
        house.configure("");
        String here = "127.0.0.1:" + web.getLocalPort();
        String[][] cases = {
            {"----", "no-port-forwarding"}, {"----", "restrict"}, {"++++", "restrict,port-forwarding"}, {"++++", "permitopen=\"" + here + "\""},
            {"-+++", "permitopen=\"127.0.0.1:1\""}, {"++++", "permitopen=\"127.0.0.1:1\",permitopen=\"127.0.0.1:*\""}, {"+-++", "permitlisten=\"8080\""},
            {"++++", "permitlisten=\"localhost:*\""}, {"----", "restrict,permitopen=\"" + here + "\""}};
        try {
            for (String[] one : cases) {
                user.authorize(one[1]);
                assertEquals(one[0], letThrough(), one[1]);
            }
            house.configure("PermitOpen 127.0.0.1:1");
            user.authorize("permitopen=\"" + here + "\"");
            assertEquals("-+++", letThrough(), "both count");
        } finally {
            user.authorize("");
            house.configure("");
        }
    }

    @Test
    void portsAreBoundWhereGatewayPortsSays() throws Exception {
        record Case(String line, String host, boolean everywhere) {}
        for (Case one : new Case[] {new Case("", "", false), new Case("", "localhost", false), new Case("GatewayPorts yes", "localhost", true),
            new Case("GatewayPorts clientspecified", "localhost", false), new Case("GatewayPorts clientspecified", "", true),
            new Case("GatewayPorts clientspecified", "127.0.0.1", false)}) {
            house.configure(one.line());
            try (TestClient.Session session = login()) {
                int port = ConnectionRequest.ListenTcp.boundPort(asks(session, new ConnectionRequest.ListenTcp(at(one.host(), 0))).body());
                assertEquals(one.everywhere(), Files.readString(Path.of("/proc/net/tcp6")).contains(String.format("00000000000000000000000000000000:%04X", port))
                    || Files.readString(Path.of("/proc/net/tcp")).contains(String.format("00000000:%04X", port)), one.toString());
            }
        }
        house.configure("");
    }

    @Test
    void portsAreTakenBackAndLowOnesAreRootsAndThereAreNotTooMany() throws Exception { // L-20
        house.configure("");
        try (TestClient.Session session = login()) {
            assertFalse(asks(session, new ConnectionRequest.ListenTcp(at("localhost", 1023))).ok());
            int port = ConnectionRequest.ListenTcp.boundPort(asks(session, new ConnectionRequest.ListenTcp(at("localhost", 0))).body());
            assertFalse(asks(session, new ConnectionRequest.CancelListenTcp(at("localhost", port + 1))).ok());
            assertTrue(asks(session, new ConnectionRequest.CancelListenTcp(at("localhost", port))).ok());
            TestDaemon.await("the port is free", () -> bindable(port));
            for (int i = 0; i < Limits.REMOTE_LISTENERS; i++) {
                assertTrue(asks(session, new ConnectionRequest.ListenTcp(at("127.0.0.1", 0))).ok());
            }
            assertFalse(asks(session, new ConnectionRequest.ListenTcp(at("127.0.0.1", 0))).ok());
        }
    }

    private static boolean bindable(int port) {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void unixSocketsAreTheUsers() throws Exception {
        house.configure("");
        Path roots = socket("roots");
        try (ServerSocketChannel _ = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(roots)); TestClient.Session session = login()) {
            Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwx------"));
            assertFalse(opens(session, new ChannelOpening.DirectUnix(roots.toString())), "root's socket");
            assertFalse(asks(session, new ConnectionRequest.ListenUnix("/etc/qnsp-test.sock")).ok(), "root's directory");
            Path mine = socket("mine");
            assertTrue(asks(session, new ConnectionRequest.ListenUnix(mine.toString())).ok());
            assertEquals((int) user.uid(), Files.getAttribute(mine, "unix:uid"));
            assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(mine));
            assertFalse(asks(session, new ConnectionRequest.ListenUnix(mine.toString())).ok(), "it is in use");
            assertEquals(Set.of("mine", ".qssh"), listed("mine", ".q"), "nothing else is left beside it");
        }
        awaitGone(socket("mine"));
        house.configure("StreamLocalBindUnlink yes", "StreamLocalBindMask 0117");
        user.write(socket("old"), "in the way", "rw-r--r--");
        try (TestClient.Session session = login()) {
            assertTrue(asks(session, new ConnectionRequest.ListenUnix(socket("old").toString())).ok());
            assertEquals(PosixFilePermissions.fromString("rw-rw----"), Files.getPosixFilePermissions(socket("old")));
            try (SocketChannel connected = SocketChannel.open(UnixDomainSocketAddress.of(socket("old")))) {
                assertTrue(connected.isConnected());
            }
        }
        house.configure("");
    }

    private static Set<String> listed(String... beginnings) throws IOException {
        try (var files = Files.list(user.home())) {
            return files.map(file -> file.getFileName().toString()).filter(name -> java.util.Arrays.stream(beginnings).anyMatch(name::startsWith))
                .collect(java.util.stream.Collectors.toSet());
        }
    }

    @Test
    void whoIsNobodyInParticularForwardsOnlyWhereALineSaysSo() throws Exception {
        house.configure("AnonymousUser " + user.name());
        String to = "127.0.0.1:" + web.getLocalPort();
        Command.Result refused = house.client("qssh", user.keyFile(), "-o", "Mode=simplex", "-W", to).with(House.at(user)).run();
        assertEquals("channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\n", refused.expect(255).err());
        house.configure("AnonymousUser " + user.name(), "AllowTcpForwarding local");
        Thread.ofVirtual().start(() -> {
            try (var accepted = web.accept()) {
                accepted.getOutputStream().write("welcome\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // then nothing is read
            }
        });
        assertEquals("welcome\n", house.client("qssh", user.keyFile(), "-o", "Mode=simplex", "-W", to).with(House.at(user)).run().expect(0).out());
        house.configure("");
    }

    @Test
    void afterNoMoreSessionsThereIsNone() throws Exception { // C-32
        house.configure("");
        try (TestClient.Session session = login()) {
            assertTrue(opens(session, new ChannelOpening.Session()));
            assertTrue(asks(session, new ConnectionRequest.NoMoreSessions()).ok());
            assertFalse(opens(session, new ChannelOpening.Session()));
            assertTrue(opens(session, new ChannelOpening.DirectTcp(at("127.0.0.1", web.getLocalPort()), at("", 0))));
        }
        int said = house.daemon().logText().length();
        assertEquals("0\n", house.qssh(user, "expr $(id -u) - $(id -u); true").run().expect(0).out());
        assertTrue(house.daemon().logText().substring(said).contains(user.name() + " asked for no more sessions"), "a client that shares with nobody asks for it");
    }
}
