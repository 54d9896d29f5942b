package org.qnsp.dist;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A connection to an agent's socket for saying anything. */
final class RawAgent implements AutoCloseable {
    private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);

    RawAgent(Path socket) throws IOException {
        channel.connect(UnixDomainSocketAddress.of(socket));
    }

    void send(byte[] bytes) throws IOException {
        for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
            channel.write(left);
        }
    }

    /** Whether the other side has closed, without another byte. */
    boolean ended() throws IOException {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (SocketException e) {
            return true; // a reset: it left some of what was sent unread
        }
    }

    /** Sends a message, type and body, and gives the reply's. */
    byte[] ask(byte[] message) throws IOException {
        send(ByteBuffer.allocate(4 + message.length).putInt(message.length).put(message).array());
        return receive(ByteBuffer.wrap(receive(4)).getInt());
    }

    private byte[] receive(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException();
            }
        }
        return buffer.array();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
