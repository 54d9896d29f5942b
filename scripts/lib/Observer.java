import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;

/**
 * Stands on the path like an observer of the network: passes connections on and keeps what it saw. {@code java Observer.java PORT_FILE TARGET_PORT REPORT_FILE};
 * writes its own port to the first file, and at the end of its standard input the report to the last.
 */
class Observer {
    private static final int FRAME = 768;

    private static final class Direction {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    }

    private final Direction toServer = new Direction();
    private final Direction toClient = new Direction();
    private int connections;

    public static void main(String[] args) throws Exception {
        Observer observer = new Observer();
        ServerSocket listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Files.writeString(Path.of(args[0] + ".new"), listener.getLocalPort() + "\n");
        Files.move(Path.of(args[0] + ".new"), Path.of(args[0]));
        int target = Integer.parseInt(args[1]);
        Thread.ofPlatform().daemon().start(() -> observer.accept(listener, target));
        while (System.in.read() >= 0) {
            // until whoever started this is done
        }
        Files.writeString(Path.of(args[2]), observer.report());
    }

    private void accept(ServerSocket listener, int target) {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                connections++;
                pass(client, server, toServer);
                pass(server, client, toClient);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void pass(Socket from, Socket to, Direction seen) throws IOException {
        from.setTcpNoDelay(true);
        Thread.ofPlatform().daemon().start(() -> {
            byte[] buffer = new byte[65536];
            try (InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    synchronized (seen) {
                        seen.bytes.write(buffer, 0, n);
                    }
                    out.write(buffer, 0, n);
                }
            } catch (IOException e) {
                // one of the two is gone
            }
        });
    }

    private String report() {
        return connections + " connections.\n" + describe("client to server", toServer) + describe("server to client", toClient);
    }

    private static String describe(String name, Direction direction) {
        byte[] bytes;
        synchronized (direction) {
            bytes = direction.bytes.toByteArray();
        }
        long[] counts = new long[256];
        long ones = 0;
        for (byte b : bytes) {
            counts[b & 0xff]++;
            ones += Integer.bitCount(b & 0xff);
        }
        double expected = bytes.length / 256.0;
        double chiSquare = 0;
        for (long count : counts) {
            chiSquare += (count - expected) * (count - expected) / expected;
        }
        Set<String> blocks = new HashSet<>();
        int repeated = 0;
        for (int i = 0; i + 16 <= bytes.length; i += 16) {
            repeated += blocks.add(new String(bytes, i, 16, java.nio.charset.StandardCharsets.ISO_8859_1)) ? 0 : 1;
        }
        return String.format("""
                %s: %d bytes = %d frames of 768%s
                  bits that are 1: %.3f %% (random: 50); chi-square of the byte values: %.0f (random: 255, give or take 45)
                  repeated 16-byte blocks: %d; deflate makes of 100 bytes: %.2f
                """, name, bytes.length, bytes.length / FRAME, bytes.length % FRAME == 0 ? ", and nothing else" : " AND " + bytes.length % FRAME + " BYTES MORE",
                100.0 * ones / (8.0 * bytes.length), chiSquare, repeated, 100.0 * deflated(bytes) / bytes.length);
    }

    private static int deflated(byte[] bytes) {
        Deflater deflater = new Deflater(9);
        deflater.setInput(bytes);
        deflater.finish();
        byte[] out = new byte[65536];
        int total = 0;
        while (!deflater.finished()) {
            total += deflater.deflate(out);
        }
        deflater.end();
        return total;
    }
}
