package org.qnsp.qscp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.qnsp.core.copy.CopyCodec;
import org.qnsp.core.copy.CopyDigest;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileFailed;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.From;

/** Packs messages back to back into blocks (P-7) and hands over the full ones. Content is read straight into its place. */
final class BlockWriter {
    /** A read of a large file is worth a block of its own rather than less than this. */
    private static final int LEAST_READ_BYTES = 32_768;

    /** Files up to this many bytes are read before they are announced, so that their size is what was read. */
    static final int SMALL_FILE_BYTES = 65_536;

    private static final int DATA_END_BYTES = CopyLimits.HEADER_BYTES + CopyLimits.HEADER_BYTES + CopyLimits.DIGEST_BYTES;
    /** Stands in FILE_END until the digest is known. */
    static final byte[] NO_DIGEST_YET = new byte[CopyLimits.DIGEST_BYTES];

    private final Handoff<Block> free;
    private final Handoff<Block> full;
    private Block block;

    BlockWriter(Handoff<Block> free, Handoff<Block> full) {
        this.free = free;
        this.full = full;
    }

    void write(CopyMessage message) throws IOException {
        ByteBuffer out = room(CopyLimits.MESSAGE_BYTES);
        CopyCodec.encode(message, out);
        switch (message) {
            case FileStart m -> {
                block.marks.add(new Block.Mark.Start(m.name(), m.size()));
                block.asks |= m.resumable();
            }
            case FileFailed m -> block.marks.add(new Block.Mark.Failed());
            case FileEnd m -> block.marks.add(new Block.Mark.Finish(out.position() - CopyLimits.DIGEST_BYTES));
            case CopyMessage.End m -> block.last = true;
            default -> { }
        }
    }

    /** Where a file goes on, and the digest of what is before. */
    void writeFrom(From from, CopyDigest before) throws IOException {
        write(from);
        block.marks.add(new Block.Mark.From(from.offset(), before));
    }

    /**
     * Reads up to {@code most} bytes as one DATA message.
     *
     * @return bytes read, -1 at the end of the file; then nothing was written
     */
    int writeContent(ReadableByteChannel file, long most) throws IOException {
        ByteBuffer out = room(DATA_END_BYTES + (int) Math.min(most, LEAST_READ_BYTES));
        int start = out.position();
        int length = (int) Math.min(most, Math.min(CopyLimits.DATA_BYTES, out.remaining() - DATA_END_BYTES));
        int offset = start + CopyLimits.HEADER_BYTES;
        int count = file.read(out.duplicate().position(offset).limit(offset + length));
        if (count > 0) {
            CopyCodec.encodeDataHeader(count, out);
            out.position(offset + count);
            block.marks.add(new Block.Mark.Content(offset, count));
        }
        return count;
    }

    /**
     * Where the content of a small file will lie once its header, of {@code headerBytes}, stands before it. Nothing is
     * taken until {@link #writeSmall}.
     */
    ByteBuffer smallContent(int headerBytes) throws IOException {
        // As much as write() asks for besides, so that the block stays the same between reading and announcing.
        ByteBuffer out = room(CopyLimits.MESSAGE_BYTES + DATA_END_BYTES + SMALL_FILE_BYTES);
        int offset = out.position() + headerBytes + CopyLimits.HEADER_BYTES;
        return out.duplicate().position(offset).limit(offset + SMALL_FILE_BYTES);
    }

    /** Puts header and end around {@code length} bytes that were read to {@link #smallContent}. */
    void writeSmall(FileStart start, int length) throws IOException {
        write(start);
        if (length > 0) {
            ByteBuffer out = block.bytes;
            CopyCodec.encodeDataHeader(length, out);
            block.marks.add(new Block.Mark.Content(out.position(), length));
            out.position(out.position() + length);
        }
    }

    /** Hands over what is there. */
    void flush() throws IOException {
        if (block != null && block.bytes.position() > 0) {
            full.put(block);
            block = null;
        }
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (block != null && block.bytes.remaining() < bytes) {
            flush();
        }
        if (block == null) {
            block = free.take();
            block.clear();
        }
        return block.bytes;
    }
}
