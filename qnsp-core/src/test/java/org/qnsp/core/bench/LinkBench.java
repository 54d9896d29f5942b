package org.qnsp.core.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.client.Connector;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.Limits;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.LoopbackServer;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.stealth.Cover;

/** Run by hand: MiB/s of one channel up over loopback, both ends in this process. Argument: MiB a round (256 where absent). */
final class LinkBench {
    private static final int ROUNDS = 6;

    private LinkBench() {}

    public static void main(String[] arguments) throws Exception {
        int mebibytes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 256;
        KemKeyPair user = KemKeyPair.generate(RandomSource.system());
        try (LoopbackServer server = new LoopbackServer(Sink::new).user(user.publicKey()).start(); Connector connector = new Connector(Throwable::printStackTrace)) {
            Connection connection = Connector.connection(new Connection.Listener() {});
            var wanted = new ClientHandshake.Settings(Mode.DUPLEX, "user", new ClientHandshake.Trust.Pinned(server.hostKey()),
                    List.of(UserAuth.identity(user, RandomSource.system())), false, Cover.NORMAL);
            connector.login(wanted, connection, key -> false, Connector.tcp(List.of(InetAddress.getLoopbackAddress()), server.port(), null, Duration.ofSeconds(5)))
                    .await(Duration.ofSeconds(5), Duration.ofSeconds(5));
            Thread.sleep(600); // the prologue
            double[] rates = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                rates[round] = mebibytes / (up(connection, mebibytes) / 1e9);
            }
            System.out.printf("up%s MiB/s%n", Arrays.stream(rates).mapToObj(r -> String.format(" %.0f", r)).reduce("", String::concat));
        }
    }

    private static long up(Connection connection, int mebibytes) throws IOException {
        Channel channel = connection.open("sink", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        byte[] chunk = new byte[64 << 10];
        long began = System.nanoTime();
        OutputStream out = channel.output(DataStream.MAIN);
        for (int i = 0; i < mebibytes * 16; i++) {
            out.write(chunk);
        }
        channel.eof();
        channel.input(DataStream.MAIN).readAllBytes();
        long nanos = System.nanoTime() - began;
        channel.close();
        return nanos;
    }

    /** Reads what comes and then ends. */
    private static final class Sink implements Connection.Listener {
        @Override
        public void peerOpened(Connection connection, int id, String type, byte[] body) {
            Channel channel = connection.accept(id, Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
            Thread.ofPlatform().daemon().start(() -> {
                byte[] buffer = new byte[64 << 10];
                try (InputStream in = channel.input(DataStream.MAIN)) {
                    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                        // only counted by the one who sends
                    }
                } catch (IOException e) {
                    // the other side is gone, and says so itself
                }
                channel.eof();
                channel.close();
            });
        }
    }
}
