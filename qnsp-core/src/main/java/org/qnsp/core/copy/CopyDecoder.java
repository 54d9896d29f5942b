package org.qnsp.core.copy;

import java.nio.ByteBuffer;
import org.qnsp.core.copy.CopyMessage.Content;
import org.qnsp.core.copy.CopyMessage.Opening;

/**
 * Cuts one direction of a stream into messages, however the bytes arrive. Content is not copied or held: it is reported
 * piece by piece where it lies. What is held is less than one message without content, at most 4 MiB for a GET and
 * 1.1 KiB for all others; {@link #requestsDone} forbids the former once a copy runs.
 */
public final class CopyDecoder {
    private boolean opened;
    private boolean requestsAllowed;
    private int type;
    private int contentLeft;
    private ByteBuffer partial = ByteBuffer.allocate(CopyCodec.OPENING_BYTES);

    /** @param requestsAllowed whether PUT and GET may come: on the server's side, first */
    public CopyDecoder(boolean requestsAllowed) {
        this.requestsAllowed = requestsAllowed;
    }

    /** The request came; from here on PUT and GET are faults (P-4). */
    public void requestsDone() {
        requestsAllowed = false;
    }

    /** Whether the bytes so far end in the middle of something. */
    public boolean midMessage() {
        return contentLeft > 0 || partial.position() > 0;
    }

    /**
     * The next message, whose bytes are taken from the buffer, or null when more bytes are needed.
     *
     * @param in array-backed; a {@link Content} refers to its array
     * @throws CopyProtocolException if the bytes break P-1 to P-4; the decoder is of no use afterwards
     */
    public CopyMessage next(ByteBuffer in) throws CopyProtocolException {
        while (in.hasRemaining()) {
            if (contentLeft > 0) {
                return content(in);
            }
            fill(in);
            if (partial.hasRemaining()) {
                return null;
            }
            CopyMessage message = opened ? advance() : opening();
            if (message != null) {
                return message;
            }
        }
        return null;
    }

    private Content content(ByteBuffer in) {
        int length = Math.min(contentLeft, in.remaining());
        Content content = new Content(in.arrayOffset() + in.position(), length);
        in.position(in.position() + length);
        contentLeft -= length;
        return content;
    }

    private void fill(ByteBuffer in) {
        int length = Math.min(partial.remaining(), in.remaining());
        partial.put(partial.position(), in, in.position(), length);
        partial.position(partial.position() + length);
        in.position(in.position() + length);
    }

    private Opening opening() throws CopyProtocolException {
        partial.flip();
        for (byte expected : CopyCodec.MAGIC) {
            if (partial.get() != expected) {
                throw new CopyProtocolException("the peer does not speak qnsp-copy (P-1)");
            }
        }
        opened = true;
        Opening opening = new Opening(partial.get() & 0xff);
        expectHeader();
        return opening;
    }

    /** {@code partial} is full: a header, whose body comes next, or a body. */
    private CopyMessage advance() throws CopyProtocolException {
        partial.flip();
        if (type != 0) {
            CopyMessage message = CopyCodec.decode(type, partial);
            expectHeader();
            return message;
        }
        int next = partial.get() & 0xff;
        int length = partial.getInt();
        if (length < 0 || length > CopyCodec.bodyLimit(next)) {
            throw new CopyProtocolException("message too long (P-2)");
        }
        if (next <= CopyCodec.GET && !requestsAllowed) {
            throw new CopyProtocolException("request out of place (P-4)");
        }
        if (next == CopyCodec.DATA) {
            if (length == 0) {
                throw new CopyProtocolException("empty DATA (P-3)");
            }
            contentLeft = length;
            expectHeader();
            return null;
        }
        if (length == 0) {
            expectHeader();
            return CopyCodec.decode(next, ByteBuffer.allocate(0));
        }
        type = next;
        expect(length);
        return null;
    }

    private void expectHeader() {
        type = 0;
        expect(CopyLimits.HEADER_BYTES);
    }

    private void expect(int bytes) {
        // A request may be megabytes and comes once: its buffer is not kept, and grows no faster than limits allow.
        boolean reusable = partial.capacity() >= bytes && partial.capacity() <= CopyLimits.MESSAGE_BYTES;
        partial = reusable ? partial.clear().limit(bytes)
                : ByteBuffer.allocate(Math.max(bytes, CopyLimits.MESSAGE_BYTES)).limit(bytes);
    }
}
