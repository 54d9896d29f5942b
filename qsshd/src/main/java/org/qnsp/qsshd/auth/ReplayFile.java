package org.qnsp.qsshd.auth;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.qnsp.crypto.Encoding;

/**
 * The openings that were accepted (H-26, K-9), shared by all processes of a host key. An opening is checked and inserted in one step and is on the disk before
 * {@link #insert} returns. From any thread; may block on the disk.
 */
public final class ReplayFile {
    /** Bytes of an opening's id. */
    public static final int ID_BYTES = 16;

    private static final byte[] MAGIC = Encoding.ascii("qnspropn");
    private static final int ENTRY_BYTES = ID_BYTES + 8;
    /** Entries that are too old to matter are tolerated up to this many before the file is written anew. */
    private static final int TOLERATED_OLD = 4096;

    private record Id(long high, long low) {}

    private final LockedFile file;
    private final long keepSeconds;
    private final Map<Id, Long> seen = new HashMap<>();
    private Object identity;
    private long known;

    /** @param clockWindowSeconds ids are kept twice as long @throws IOException if the file cannot be used */
    public ReplayFile(Path path, long clockWindowSeconds) throws IOException {
        this.file = new LockedFile(path);
        this.keepSeconds = 2 * clockWindowSeconds;
        file.locked(() -> {
            refresh();
            return null;
        });
    }

    /**
     * Inserts an id, durably.
     *
     * @param id 16 bytes
     * @param nowSeconds since 1970
     * @return false if it is there already: a replay
     * @throws IOException if it could not be checked and written for certain; then nothing may be answered
     */
    public boolean insert(byte[] id, long nowSeconds) throws IOException {
        ByteBuffer parts = ByteBuffer.wrap(id);
        Id key = new Id(parts.getLong(), parts.getLong());
        return file.locked(() -> {
            refresh();
            if (seen.containsKey(key)) {
                return false;
            }
            prune(nowSeconds);
            append(id, nowSeconds);
            seen.put(key, nowSeconds);
            return true;
        });
    }

    private void append(byte[] id, long nowSeconds) throws IOException {
        try (FileChannel out = FileChannel.open(file.path(), READ, WRITE)) {
            ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES).put(id).putLong(nowSeconds).flip();
            long at = known;
            while (entry.hasRemaining()) {
                at += out.write(entry, at);
            }
            out.force(true);
            known = at;
        }
    }

    /** Reads what other processes have added; makes the file if there is none. */
    private void refresh() throws IOException {
        if (Files.notExists(file.path())) {
            file.replace(MAGIC);
            identity = null;
        }
        Object now = Files.readAttributes(file.path(), BasicFileAttributes.class).fileKey();
        if (!now.equals(identity)) {
            seen.clear();
            known = 0;
            identity = now;
        }
        long size = Files.size(file.path());
        if (size < known || size > known) {
            readFrom(size);
        }
    }

    private void readFrom(long size) throws IOException {
        if (size < known) {
            throw new IOException("the file of openings " + file.path() + " has shrunk");
        }
        byte[] all = file.read();
        if (!Arrays.equals(all, 0, Math.min(all.length, MAGIC.length), MAGIC, 0, MAGIC.length)) {
            throw new IOException(file.path() + " is not a file of openings");
        }
        int whole = MAGIC.length + (all.length - MAGIC.length) / ENTRY_BYTES * ENTRY_BYTES;
        ByteBuffer entries = ByteBuffer.wrap(all, (int) Math.max(known, MAGIC.length), whole - (int) Math.max(known, MAGIC.length));
        while (entries.hasRemaining()) {
            seen.put(new Id(entries.getLong(), entries.getLong()), entries.getLong());
        }
        known = whole; // the rest, if any, is an entry that a crash cut off before it was answered; the next one is written over it
    }

    private void prune(long nowSeconds) throws IOException {
        if (seen.size() < TOLERATED_OLD || seen.values().stream().filter(t -> t < nowSeconds - keepSeconds).count() < TOLERATED_OLD) {
            return;
        }
        seen.values().removeIf(t -> t < nowSeconds - keepSeconds);
        ByteBuffer content = ByteBuffer.allocate(MAGIC.length + seen.size() * ENTRY_BYTES).put(MAGIC);
        seen.forEach((id, time) -> content.putLong(id.high).putLong(id.low).putLong(time));
        file.replace(content.array());
        identity = Files.readAttributes(file.path(), BasicFileAttributes.class).fileKey();
        known = content.capacity();
    }
}
