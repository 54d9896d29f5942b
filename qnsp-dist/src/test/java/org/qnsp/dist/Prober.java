package org.qnsp.dist;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** One prober's connection. */
final class Prober implements AutoCloseable {
    private static final int ANSWER_MILLIS = 10_000;

    private final Socket socket;
    private final InetSocketAddress end;
    private final String what;

    private Prober(Socket socket, String what) {
        this.socket = socket;
        this.end = (InetSocketAddress) socket.getLocalSocketAddress();
        this.what = what;
    }

    /** Connects and sends. @param from an address of this machine */
    static Prober send(String from, InetSocketAddress to, Probe probe) throws IOException, InterruptedException {
        Socket socket = new Socket(to.getAddress(), to.getPort(), InetAddress.getByName(from), 0);
        socket.setTcpNoDelay(true);
        Prober prober = new Prober(socket, probe.name());
        switch (probe.how()) {
            case WHOLE -> socket.getOutputStream().write(probe.bytes());
            case HALF_CLOSED -> {
                socket.getOutputStream().write(probe.bytes());
                socket.shutdownOutput();
            }
            case DRIBBLED -> {
                for (byte one : probe.bytes()) {
                    socket.getOutputStream().write(one);
                }
            }
        }
        return prober;
    }

    static Prober send(InetSocketAddress to, Probe probe) throws IOException, InterruptedException {
        return send("127.0.0.1", to, probe);
    }

    /** This end's address, which names the conversation in a recording. */
    InetSocketAddress end() {
        return end;
    }

    String what() {
        return what;
    }

    /** Ends its own direction and waits for the other end to do likewise. @return what was sent meanwhile, which should be nothing */
    int finish() throws IOException {
        socket.setSoTimeout(ANSWER_MILLIS);
        if (!socket.isOutputShutdown()) {
            socket.shutdownOutput();
        }
        int bytes = 0;
        byte[] buffer = new byte[4096];
        for (int n = socket.getInputStream().read(buffer); n >= 0; n = socket.getInputStream().read(buffer)) {
            bytes += n;
        }
        socket.close();
        return bytes;
    }

    /** Bytes that are there to be read. */
    int available() throws IOException {
        return socket.getInputStream().available();
    }

    /** Waits for bytes from the other end. @return whether any came in time */
    boolean answered(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            return socket.getInputStream().read() >= 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        }
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
