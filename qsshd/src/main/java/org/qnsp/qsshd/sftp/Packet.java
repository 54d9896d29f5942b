package org.qnsp.qsshd.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The fields of one request, read in order; every length is looked at before it is used. */
final class Packet {
    /** A request that is not one: there is no telling where the next begins to make sense, so the service ends. */
    static final class MalformedException extends IOException {
        private static final long serialVersionUID = 1L;

        MalformedException(String what) {
            super("bad request: " + what);
        }
    }

    private final ByteBuffer fields;

    /** @param fields from position to limit, big-endian; read through here only */
    Packet(ByteBuffer fields) {
        this.fields = fields;
    }

    int u8() throws MalformedException {
        return need(1).get() & 0xff;
    }

    int u32() throws MalformedException {
        return need(4).getInt();
    }

    long u64() throws MalformedException {
        return need(8).getLong();
    }

    byte[] string() throws MalformedException {
        ByteBuffer bytes = data();
        byte[] string = new byte[bytes.remaining()];
        bytes.get(string);
        return string;
    }

    /** A string as the part of the buffer that it lies in. */
    ByteBuffer data() throws MalformedException {
        int length = u32();
        if (length < 0 || length > fields.remaining()) {
            throw new MalformedException("a string longer than the request");
        }
        ByteBuffer part = fields.slice(fields.position(), length);
        fields.position(fields.position() + length);
        return part;
    }

    private ByteBuffer need(int bytes) throws MalformedException {
        if (fields.remaining() < bytes) {
            throw new MalformedException("it is cut short");
        }
        return fields;
    }
}
