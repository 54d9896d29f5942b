package org.qnsp.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A running {@code qssh} whose forwardings a test uses; what it says is kept. */
final class Forwarder implements AutoCloseable {
    private final Process process;
    private final Path said;

    /** Starts it, with its standard input open. */
    Forwarder(ProcessBuilder qssh, Path dir) throws IOException {
        said = Files.createTempFile(dir, "qssh", ".err");
        process = qssh.redirectError(said.toFile()).start();
    }

    /** What it has said so far. */
    String said() {
        try {
            return Files.readString(said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it says this; gives the first group. */
    String await(String regex) throws InterruptedException {
        Pattern pattern = Pattern.compile(regex, Pattern.MULTILINE);
        TestDaemon.await("qssh says " + regex + ", not\n" + said(), () -> pattern.matcher(said()).find() || !process.isAlive());
        Matcher found = pattern.matcher(said());
        if (!found.find()) {
            throw new AssertionError("qssh ended with " + process.exitValue() + " and said\n" + said());
        }
        return found.groupCount() == 0 ? found.group() : found.group(1);
    }

    /** Waits until it listens at a port of the loopback interface. */
    Forwarder listening(int... ports) throws InterruptedException {
        for (int port : ports) {
            TestDaemon.await("something listens at port " + port, () -> isListening(port) || !process.isAlive());
            if (!process.isAlive()) {
                throw new AssertionError("qssh ended with " + process.exitValue() + " and said\n" + said());
            }
        }
        return this;
    }

    static boolean isListening(int port) {
        String address = String.format("0100007F:%04X 00000000:0000 0A", port);
        String all = String.format("%032X:%04X %032X:0000 0A", 0, port, 0);
        try {
            return Files.readString(Path.of("/proc/net/tcp")).contains(address) || Files.readString(Path.of("/proc/net/tcp6")).contains(all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Process process() {
        return process;
    }

    /** Waits for its end. Gives the exit status. */
    int ended() throws InterruptedException {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new AssertionError("qssh does not end; it said\n" + said());
        }
        return process.exitValue();
    }

    /** Sockets that it has open, listening ones among them. */
    long sockets() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).mapToLong(Forwarder::sockets).sum();
    }

    private static long sockets(ProcessHandle of) {
        try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(of.pid()), "fd"))) {
            return open.filter(descriptor -> {
                try {
                    return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
                } catch (IOException e) {
                    return false; // closed since it was listed
                }
            }).count();
        } catch (IOException e) {
            return 0; // it has ended
        }
    }

    /** A connection to a port of the loopback interface. */
    static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
        socket.setSoTimeout(60_000);
        return socket;
    }

    /** Fetches a path from a web server at a port; gives the body. @throws IOException if what comes is not whole */
    static byte[] fetch(Socket socket, String path) throws IOException {
        socket.getOutputStream().write(("GET " + path + " HTTP/1.0\r\nHost: test\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        byte[] all = socket.getInputStream().readAllBytes();
        String text = new String(all, StandardCharsets.ISO_8859_1);
        int head = text.indexOf("\r\n\r\n") + 4;
        Matcher length = Pattern.compile("(?i)content-length: (\\d+)").matcher(text);
        if (head < 4 || !length.find() || Integer.parseInt(length.group(1)) != all.length - head) {
            throw new IOException(all.length + " bytes, which are no whole answer");
        }
        return java.util.Arrays.copyOfRange(all, head, all.length);
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
