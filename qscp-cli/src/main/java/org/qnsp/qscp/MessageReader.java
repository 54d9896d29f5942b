package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.qnsp.core.copy.CopyDecoder;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyProtocolException;

/** One direction of a copy, read message by message; what was read too far can be taken over by {@link #decode}. */
final class MessageReader {
    private static final int BUFFER_BYTES = 16_384;

    private final InputStream in;
    private final CopyDecoder decoder;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

    /** @param server whether the peer may send a request */
    MessageReader(InputStream in, boolean server) {
        this.in = in;
        this.decoder = new CopyDecoder(server);
    }

    /**
     * Waits for the next message.
     *
     * @throws CopyFailedException LOST at the end of the stream, FAULT for what cannot be decoded
     */
    CopyMessage next() throws IOException {
        while (true) {
            CopyMessage message = decode(buffer);
            if (message != null) {
                return message;
            }
            int count = in.read(buffer.array());
            if (count < 0) {
                throw CopyFailedException.lost();
            }
            buffer.clear().limit(count);
        }
    }

    /** Reads the opening (P-1). */
    void opening() throws IOException {
        if (!(next() instanceof Opening(int version))) {
            throw new IllegalStateException("the decoder begins with the opening");
        }
        if (version != CopyLimits.VERSION) {
            throw new CopyFailedException(CopyFailedException.Kind.REFUSED,
                    "the peer speaks version " + version + " of qnsp-copy, this program version " + CopyLimits.VERSION + " (P-1)");
        }
    }

    /** The request came (P-4). */
    void requestsDone() {
        decoder.requestsDone();
    }

    /** Reads up to a buffer full into {@code bytes}, first what is left over; -1 at the end. */
    int read(byte[] bytes) throws IOException {
        if (!buffer.hasRemaining()) {
            return in.read(bytes);
        }
        int count = Math.min(bytes.length, buffer.remaining());
        buffer.get(bytes, 0, count);
        return count;
    }

    /** The next message in bytes that came from {@link #read}, null when they are used up. */
    CopyMessage decode(ByteBuffer bytes) throws CopyFailedException {
        try {
            return decoder.next(bytes);
        } catch (CopyProtocolException e) {
            throw CopyFailedException.fault(e);
        }
    }
}
