package org.qnsp.qscp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.copy.CopyDigest;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.EntryName;

/** A piece of the sender's stream on its way from the thread that reads files to the one that hashes and writes. */
final class Block {
    /** Room for the longest DATA and the messages around it. */
    static final int BYTES = CopyLimits.DATA_BYTES + 2 * CopyLimits.MESSAGE_BYTES;

    /** What the hashing thread does, in order. Offsets are into {@link #bytes}. */
    sealed interface Mark {
        record Start(EntryName name, long size) implements Mark {}

        record Content(int offset, int length) implements Mark {}

        /** The content begins at this offset, and this is the digest of what is before. */
        record From(long offset, CopyDigest before) implements Mark {}

        /** Put the digest here. */
        record Finish(int offset) implements Mark {}

        record Failed() implements Mark {}
    }

    final ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    final List<Mark> marks = new ArrayList<>();

    /** Whether END is in it. */
    boolean last;

    /** Whether its sender waits for an answer (P-30). */
    boolean asks;

    void clear() {
        bytes.clear();
        marks.clear();
        asks = false;
    }
}
