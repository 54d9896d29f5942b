package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.qnsp.core.client.Connector;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.StageReader;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.FrameType;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.stealth.Cover;

/** Ends of a link that no peer of our own making brings about. */
@Timeout(30)
final class LinkFaultTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    private final KemKeyPair kem = KemKeyPair.generate(RandomSource.system());
    private LoopbackServer server;

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void aFaultOfOursEndsTheConnectionAndDoesNotLeaveItHalfAlive() throws Exception { // H-29
        server = new LoopbackServer(() -> new Connection.Listener() {
            @Override
            public void requested(Connection connection, int id, String name, byte[] body) {
                throw new IllegalStateException("a bug");
            }
        }).user(kem.publicKey()).start();
        try (Connector connector = new Connector(e -> {})) {
            Connection connection = Connector.connection(new Connection.Listener() {});
            var settings = new ClientHandshake.Settings(Mode.DUPLEX, "someone", new Trust.Pinned(server.hostKey()),
                    List.of(UserAuth.identity(kem, RandomSource.system())), false, Cover.NORMAL);
            connector.login(settings, connection, key -> false, Connector.tcp(List.of(InetAddress.getLoopbackAddress()), server.port(), null, LONG)).await(LONG, LONG);
            connection.ask(0, "keepalive", new byte[0]);
            LoopbackServer.End end = server.ends().poll(10, TimeUnit.SECONDS);
            assertNotNull(end, "the connection goes on");
            assertEquals("a bug", server.bugs().take().getMessage());
        }
    }

    /** A client that ends its handshake stage with a frame of its own, as H-7 lets it. */
    @Test
    void theEndOfAStageMayComeInAFrameOfItsOwn() throws Exception { // H-7, H-17
        server = new LoopbackServer(() -> new Connection.Listener() {}).user(kem.publicKey()).start();
        var settings = new ClientHandshake.Settings(Mode.DUPLEX, "someone", new Trust.Pinned(server.hostKey()),
                List.of(UserAuth.identity(kem, RandomSource.system())), false, Cover.NORMAL);
        StageWriter.Records silent = new StageWriter.Records() {
            @Override
            public int fill(byte[] frame, int offset, int room) {
                return 0;
            }

            @Override
            public FrameType type() {
                return FrameType.NOISE;
            }
        };
        boolean[] established = new boolean[1];
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port()); ClientHandshake client = new ClientHandshake(settings, RandomSource.system());
                StageWriter writer = new StageWriter(0, RandomSource.system()); StageReader reader = new StageReader(1)) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            class Driver {
                void send() throws IOException {
                    byte[] frame = new byte[FrameLayout.FRAME_BYTES];
                    writer.build(frame, 0, Link.clockMicros(), silent);
                    out.write(frame);
                }

                void act(List<Action> actions) throws IOException {
                    for (Action action : actions) {
                        writer.on(action);
                        reader.on(action);
                        established[0] |= action instanceof Action.Established;
                        while (action instanceof Action.Send && writer.pending()) {
                            send(); // before what follows it is known
                        }
                        if (action instanceof Action.UseKeys use) {
                            use.work().run();
                            act(client.onKeysUsed());
                        }
                    }
                    while (writer.pending()) {
                        send();
                    }
                }
            }
            Driver driver = new Driver();
            driver.act(client.begin(0));
            byte[] frame = new byte[FrameLayout.FRAME_BYTES];
            while (!established[0]) {
                in.readFully(frame);
                int length = reader.open(frame, 0);
                if (length > 0) {
                    reader.handshakeRecords(frame, 0, length, whole -> driver.act(client.on(whole)));
                }
            }
            driver.send();
            for (int i = 0; i < 3 * 150; i++) { // three seconds of L0
                in.readFully(frame);
                assertEquals(0, reader.open(frame, 0));
            }
            assertTrue(server.ends().isEmpty(), "the server ended the connection");
        }
        assertTrue(server.bugs().isEmpty());
    }
}
