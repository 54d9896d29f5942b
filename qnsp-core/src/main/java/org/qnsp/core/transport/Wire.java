package org.qnsp.core.transport;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/** A byte stream in each direction that a selector can wait for: a socket, or any pair of streams behind two pipes. */
public final class Wire implements Closeable {
    /** Ends the sending direction, so that the peer reads end-of-stream. */
    private interface OutputEnd {
        void shut() throws IOException;
    }

    private final SelectableChannel input;
    private final SelectableChannel output;
    private final OutputEnd outputEnd;
    private final String peer;

    private Wire(SelectableChannel input, SelectableChannel output, OutputEnd outputEnd, String peer) {
        this.input = input;
        this.output = output;
        this.outputEnd = outputEnd;
        this.peer = peer;
    }

    /** Takes over a connected socket. */
    public static Wire of(SocketChannel socket) throws IOException {
        socket.configureBlocking(false);
        if (socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        return new Wire(socket, socket, socket::shutdownOutput, String.valueOf(socket.getRemoteAddress()));
    }

    /**
     * Takes over two blocking streams, such as a process's or this process's own; two daemon threads move the bytes.
     *
     * @param peer what to call the other end in messages
     */
    public static Wire of(InputStream in, OutputStream out, String peer) throws IOException {
        Pipe inward = Pipe.open();
        Pipe outward = Pipe.open();
        pump("qnsp-wire-in", Channels.newChannel(in), inward.sink());
        pump("qnsp-wire-out", outward.source(), Channels.newChannel(out));
        inward.source().configureBlocking(false);
        outward.sink().configureBlocking(false);
        return new Wire(inward.source(), outward.sink(), outward.sink()::close, peer);
    }

    private static void pump(String name, ReadableByteChannel from, WritableByteChannel to) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
            try (from; to) {
                while (from.read(buffer) >= 0) {
                    buffer.flip();
                    while (buffer.hasRemaining()) {
                        to.write(buffer);
                    }
                    buffer.clear();
                }
            } catch (IOException e) {
                // one side is gone; closing both passes that on to the loop, which says so
            }
        });
    }

    /** What is read from; the owner of the wire registers it. */
    public SelectableChannel input() {
        return input;
    }

    SelectableChannel output() {
        return output;
    }

    /** Reads what is there. @return bytes read, -1 at the end */
    public int read(ByteBuffer buffer) throws IOException {
        return ((ReadableByteChannel) input).read(buffer);
    }

    int write(ByteBuffer buffer) throws IOException {
        return ((WritableByteChannel) output).write(buffer);
    }

    void shutdownOutput() throws IOException {
        outputEnd.shut();
    }

    /** The peer's address, for messages. */
    public String peer() {
        return peer;
    }

    @Override
    public void close() throws IOException {
        try (input; output) {
            // both, whatever happens
        }
    }
}
