package org.qnsp.qsshd.sftp;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The answers on their way out, gathered until there is nothing more to answer, or much. */
final class Answers {
    static final int OK = 0;
    static final int EOF = 1;
    static final int NO_SUCH_FILE = 2;
    static final int PERMISSION_DENIED = 3;
    static final int FAILURE = 4;
    static final int BAD_MESSAGE = 5;
    static final int UNSUPPORTED = 8;

    /** Room for the longest answer and what gathers before it. */
    private static final int BYTES = 1 << 20;
    private static final String[] TEXTS = {"Success", "End of file", "No such file", "Permission denied", "Failure", "Bad message", "No connection",
        "Connection lost", "Operation unsupported"};
    private static final int VERSION = 2;
    private static final int STATUS = 101;
    private static final int HANDLE = 102;
    private static final int DATA = 103;
    private static final int NAME = 104;
    private static final int ATTRS = 105;
    private static final int EXTENDED_REPLY = 201;

    private final ByteBuffer out = ByteBuffer.allocateDirect(BYTES);
    private final long address = MemorySegment.ofBuffer(out).address();
    private final int descriptor;
    private int start;

    /** @param descriptor where they are written; waits for the reader */
    Answers(int descriptor) {
        this.descriptor = descriptor;
    }

    /** The status for an error number, as sftp-server has them. */
    static int statusOf(int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENOTDIR, Errno.EBADF, Errno.ELOOP -> NO_SUCH_FILE;
            case Errno.EPERM, Errno.EACCES, Errno.EFAULT -> PERMISSION_DENIED;
            case Errno.ENAMETOOLONG, Errno.EINVAL -> BAD_MESSAGE;
            case Errno.ENOSYS -> UNSUPPORTED;
            default -> FAILURE;
        };
    }

    void version(int version, Iterable<Operation> extensions) throws IOException {
        begin(VERSION, 4096);
        out.putInt(version);
        for (Operation extension : extensions) {
            string(extension.extension());
            string(extension.version());
        }
        end();
    }

    void status(int id, int status) throws IOException {
        begin(STATUS, 64);
        out.putInt(id).putInt(status);
        string(TEXTS[status]);
        string("");
        end();
    }

    void handle(int id, int handle) throws IOException {
        begin(HANDLE, 16);
        out.putInt(id).putInt(4).putInt(handle);
        end();
    }

    void attributes(int id, Attributes attributes) throws IOException {
        begin(ATTRS, 4 + Attributes.BYTES_MAX);
        out.putInt(id);
        attributes.encode(out);
        end();
    }

    /** One name without attributes. */
    void name(int id, byte[] name) throws IOException {
        beginNames(id, 1, 2 * name.length + 64);
        entry(name, name, new Attributes(0, 0, 0, 0, 0, 0, 0));
        end();
    }

    void beginNames(int id, int count, int room) throws IOException {
        begin(NAME, 8 + room);
        out.putInt(id).putInt(count);
    }

    void entry(byte[] name, byte[] line, Attributes attributes) {
        string(name);
        string(line);
        if (attributes.present() == 0) {
            out.putInt(0);
        } else {
            attributes.encode(out);
        }
    }

    void end() {
        out.putInt(start, out.position() - start - 4);
    }

    void beginExtended(int id, int room) throws IOException {
        begin(EXTENDED_REPLY, 4 + room);
        out.putInt(id);
    }

    ByteBuffer fields() {
        return out;
    }

    /** Reads a file straight into the answer. @return false at the end of the file, and then nothing is answered */
    boolean data(int id, int fd, long offset, int length) throws IOException {
        begin(DATA, 8 + length);
        int head = out.position() + 8;
        int read;
        try {
            read = Kernel.readAt(fd, address + head, length, offset);
        } catch (IOException e) {
            out.position(start);
            throw e;
        }
        if (read == 0) {
            out.position(start);
            return false;
        }
        out.putInt(id).putInt(read).position(head + read);
        end();
        return true;
    }

    void string(byte[] bytes) {
        out.putInt(bytes.length).put(bytes);
    }

    private void string(String ascii) {
        string(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    private void begin(int type, int room) throws IOException {
        if (out.remaining() < 5 + room) {
            flush();
        }
        start = out.position();
        out.putInt(0).put((byte) type);
    }

    /** Whether so much has gathered that it should go out. */
    boolean many() {
        return out.position() >= BYTES / 2;
    }

    void flush() throws IOException {
        for (int at = 0; at < out.position(); ) {
            at += Kernel.write(descriptor, address + at, out.position() - at);
        }
        out.clear();
    }
}
