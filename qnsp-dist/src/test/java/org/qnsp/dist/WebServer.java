package org.qnsp.dist;

import java.io.IOException;
import java.io.OutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** A small web server of a test's own: {@code /N} are N bytes that a client can know; anything else is what it sent, once it has ended its side. */
final class WebServer implements AutoCloseable {
    private final ServerSocket listening;
    private final AtomicInteger open = new AtomicInteger();

    WebServer() throws IOException {
        this("127.0.0.1");
    }

    WebServer(String address) throws IOException {
        listening = new ServerSocket(0, 1024, InetAddress.getByName(address));
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    Socket client = listening.accept();
                    Thread.ofVirtual().start(() -> serve(client));
                }
            } catch (IOException e) {
                // closed
            }
        });
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Connections that are open. */
    int open() {
        return open.get();
    }

    /** What {@code /N} is. */
    static byte[] bytes(int n) {
        byte[] bytes = new byte[n];
        new Random(n).nextBytes(bytes);
        return bytes;
    }

    private void serve(Socket client) {
        open.incrementAndGet();
        try (client; InputStream in = client.getInputStream(); OutputStream out = client.getOutputStream()) {
            StringBuilder head = new StringBuilder();
            int c = 0;
            while (head.indexOf("\r\n\r\n") < 0 && (c = in.read()) >= 0) {
                head.append((char) c);
            }
            if (c < 0) {
                out.write(("late: " + head).getBytes(StandardCharsets.ISO_8859_1));
                return;
            }
            byte[] body = bytes(Integer.parseInt(head.substring(head.indexOf("/") + 1, head.indexOf(" HTTP"))));
            out.write(("HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body);
        } catch (IOException e) {
            // it left
        } finally {
            open.decrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
