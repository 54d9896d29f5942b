package org.qnsp.qscp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import org.qnsp.core.copy.CopyDigest;

/** The first bytes of a file, which an earlier copy has brought over already. */
final class Prefix {
    private static final int BUFFER_BYTES = 262_144;

    private Prefix() {}

    /**
     * Hashes the first {@code bytes} of a file and leaves its position behind them.
     *
     * @return whether there were so many and all could be read; if not, the digest is of no use
     */
    static boolean hash(SeekableByteChannel file, long bytes, CopyDigest digest) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try {
            file.position(0);
            for (long left = bytes; left > 0; left -= buffer.position()) {
                buffer.clear().limit((int) Math.min(left, BUFFER_BYTES));
                if (file.read(buffer) <= 0) {
                    return false;
                }
                digest.update(buffer.array(), 0, buffer.position());
            }
            return true;
        } catch (IOException e) {
            return false; // who reads or writes on will meet it again, and say so
        }
    }
}
