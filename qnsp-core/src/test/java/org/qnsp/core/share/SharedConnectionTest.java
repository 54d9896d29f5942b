package org.qnsp.core.share;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Loop;

/** A master and its clients over real sockets; the connection that they share leads nowhere. */
@Timeout(60)
final class SharedConnectionTest {
    private static final byte[] GREETING = "qnspctl1".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path dir;

    private Path path;
    private Loop loop;
    private SharedMaster master;

    @BeforeEach
    void start() throws IOException {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
        path = dir.resolve("control");
        loop = new Loop("test-loop", bug -> {
            throw bug;
        });
        Connection shared = new Connection(true, Budget.UNLIMITED, new Connection.Listener() {});
        master = new SharedMaster(loop, ControlSocket.listen(path, new byte[16]), shared, 0, null, new Alone());
        master.start();
    }

    @AfterEach
    void stop() throws IOException {
        master.close();
        loop.close();
    }

    /** What a master's owner says where there is nothing to share but the connection. */
    private static final class Alone implements SharedMaster.Terms {
        @Override
        public void permit(Consumer<Boolean> answer) {
            answer.accept(true);
        }

        @Override
        public boolean sharesAgent() {
            return false;
        }

        @Override
        public String info() {
            return "i".repeat(10_000);
        }

        @Override
        public int forward(ForwardSpec spec) throws IOException {
            throw new IOException("not here");
        }

        @Override
        public void cancel(ForwardSpec spec) throws IOException {
            throw new IOException("not here");
        }

        @Override
        public void exitAsked() {}

        @Override
        public void unused() {}
    }

    @Test
    void aClientLearnsWhoTheMasterIs() throws Exception { // M-4, M-6, L-23
        Connection connection = SharedClient.connection(new Connection.Listener() {});
        try (SharedClient client = SharedClient.connect(path, connection, bug -> {})) {
            Channel.Reply reply = client.ask(new ControlRequest.Check());
            assertTrue(reply.ok());
            assertArrayEquals(new BodyWriter().u32(ProcessHandle.current().pid()).toBytes(), reply.body());
            assertEquals(Limits.CONTROL_TEXT_BYTES, ControlRequest.words(client.ask(new ControlRequest.Info()).body()).length());
        }
    }

    @Test
    void anotherGreetingEndsTheStream() throws Exception { // M-2
        try (SocketChannel stranger = ControlSocket.connect(path)) {
            stranger.configureBlocking(true);
            assertArrayEquals(GREETING, read(stranger, GREETING.length));
            stranger.write(ByteBuffer.wrap("SSH-2.0-OpenSSH\r\n".getBytes(StandardCharsets.US_ASCII)));
            assertEquals(0, read(stranger, 1).length);
        }
    }

    @Test
    void aRecordThatIsTooLongEndsTheStream() throws Exception { // M-3, L-21
        try (SocketChannel stranger = ControlSocket.connect(path)) {
            stranger.configureBlocking(true);
            read(stranger, GREETING.length);
            int length = Limits.LOCAL_RECORD_BYTES;
            // channel 0, kind REQUEST, length: F-9
            stranger.write(ByteBuffer.wrap(new byte[] {'q', 'n', 's', 'p', 'c', 't', 'l', '1', 0, 0, 0, 0, 24, (byte) (length >> 8), (byte) length}));
            assertEquals(0, read(stranger, 1).length);
        }
    }

    @Test
    void noMoreClientsThanTheLimit() throws Exception { // L-22
        List<SocketChannel> all = new ArrayList<>();
        try {
            for (int i = 0; i < Limits.SHARING_CLIENTS; i++) {
                SocketChannel client = ControlSocket.connect(path);
                client.configureBlocking(true);
                all.add(client);
                assertEquals(GREETING.length, read(client, GREETING.length).length, "client " + i);
            }
            try (SocketChannel oneMore = ControlSocket.connect(path)) {
                oneMore.configureBlocking(true);
                assertEquals(0, read(oneMore, 1).length);
            }
        } finally {
            for (SocketChannel client : all) {
                client.close();
            }
        }
    }

    @Test
    void forwardingsAreDecodedAsTheyWereEncodedAndNothingElseIs() throws Exception { // M-8
        ForwardSpec spec = ForwardSpec.parse(ForwardSpec.Kind.LOCAL, "8080:[::1]:80");
        ControlRequest request = new ControlRequest.Forward(spec);
        assertEquals(Optional.of(request), ControlRequest.decode(request.name(), request.encode()));
        byte[] encoded = request.encode();
        encoded[0] = 7;
        assertThrows(ProtocolException.class, () -> ControlRequest.decode(request.name(), encoded));
        assertThrows(ProtocolException.class, () -> ControlRequest.decode(ControlRequest.Check.NAME, new byte[1]));
    }

    /** Up to so many bytes; fewer where the stream ends. */
    private static byte[] read(SocketChannel from, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        try {
            while (buffer.hasRemaining() && from.read(buffer) >= 0) {
                // on
            }
        } catch (IOException e) {
            // a stream that was closed with something unread
        }
        return java.util.Arrays.copyOf(buffer.array(), buffer.position());
    }
}
