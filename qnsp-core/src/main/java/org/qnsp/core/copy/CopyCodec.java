package org.qnsp.core.copy;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.copy.CopyMessage.Begin;
import org.qnsp.core.copy.CopyMessage.Content;
import org.qnsp.core.copy.CopyMessage.End;
import org.qnsp.core.copy.CopyMessage.Enter;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileFailed;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.From;
import org.qnsp.core.copy.CopyMessage.Get;
import org.qnsp.core.copy.CopyMessage.Held;
import org.qnsp.core.copy.CopyMessage.Leave;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyMessage.Put;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyMessage.Report;
import org.qnsp.core.copy.CopyMessage.Skipped;
import org.qnsp.core.copy.CopyMessage.Summary;

/**
 * Bytes of the messages (P-1 to P-3), encode beside decode, one encoding for each value.
 *
 * <pre>
 *   type u8 | length u32 | body
 * </pre>
 */
public final class CopyCodec {
    static final byte[] MAGIC = "qnsp-copy".getBytes(StandardCharsets.US_ASCII);
    static final int OPENING_BYTES = MAGIC.length + 1;

    static final int PUT = 1;
    static final int GET = 2;
    static final int BEGIN = 16;
    static final int FILE = 17;
    static final int DATA = 18;
    static final int FILE_END = 19;
    static final int FILE_FAILED = 20;
    static final int ENTER = 21;
    static final int LEAVE = 22;
    static final int SKIPPED = 23;
    static final int END = 24;
    static final int FROM = 25;
    static final int REPORT = 32;
    static final int SUMMARY = 33;
    static final int REFUSED = 34;
    static final int HELD = 35;

    private static final int RECURSIVE = 1;
    private static final int PRESERVE = 2;
    private static final int INTO_DIRECTORY = 4;
    private static final int RESUME = 8;
    private static final int TIMES = 1;
    private static final int RESUMABLE = 2;
    private static final int TEXT_BODY = 2 + CopyLimits.TEXT_BYTES;
    private static final int ENTRY_BODY = 1 + 2 + 8 + FileTimes.BYTES + 1 + CopyLimits.NAME_BYTES;

    private CopyCodec() {}

    /** The bytes of a message. */
    public static byte[] encode(CopyMessage message) {
        ByteBuffer out = ByteBuffer.allocate(encodedBytes(message));
        encode(message, out);
        return out.array();
    }

    /** Writes a message at the buffer's position. {@link CopyLimits#MESSAGE_BYTES} suffice for all but PUT and GET. */
    public static void encode(CopyMessage message, ByteBuffer out) {
        if (message instanceof Opening opening) {
            out.put(MAGIC).put((byte) opening.version());
            return;
        }
        out.put((byte) type(message)).putInt(encodedBytes(message) - CopyLimits.HEADER_BYTES);
        switch (message) {
            case Put m -> encodePath(m.target(), out.put((byte) (requestFlags(m.recursive(), m.preserve(), m.resume())
                    | (m.intoDirectory() ? INTO_DIRECTORY : 0))));
            case Get m -> {
                out.put((byte) requestFlags(m.recursive(), m.preserve(), m.resume())).putShort((short) m.paths().size());
                m.paths().forEach(path -> encodePath(path, out));
            }
            case Begin m -> out.putInt(m.entries());
            case FileStart m -> {
                out.put((byte) (entryFlags(m.times()) | (m.resumable() ? RESUMABLE : 0))).putShort((short) m.mode()).putLong(m.size());
                encodeEntry(m.times(), m.name(), out);
            }
            case From m -> out.putLong(m.offset());
            case FileEnd m -> out.put(m.digest());
            case FileFailed m -> encodeText(m.text(), out);
            case Enter m -> {
                out.put(entryFlags(m.times())).putShort((short) m.mode());
                encodeEntry(m.times(), m.name(), out);
            }
            case Leave m -> { }
            case Skipped m -> encodeText(m.text(), out);
            case End m -> out.putLong(m.failed());
            case Held m -> out.putLong(m.bytes()).put(m.digest());
            case Report m -> encodeText(m.text(), out.putLong(m.ordinal()));
            case Summary m -> out.putLong(m.stored()).putLong(m.failed());
            case Refused m -> encodeText(m.text(), out);
            case Opening m -> throw new IllegalStateException("written above");
            case Content m -> throw new IllegalStateException("DATA is begun by encodeDataHeader");
        }
    }

    /** Writes the header of a DATA message (P-3) of {@code length} bytes, which the caller puts behind it. */
    public static void encodeDataHeader(int length, ByteBuffer out) {
        if (length < 1 || length > CopyLimits.DATA_BYTES) {
            throw new IllegalStateException("DATA of " + length + " bytes");
        }
        out.put((byte) DATA).putInt(length);
    }

    /** Size in bytes of a message, with its header. */
    public static int encodedBytes(CopyMessage message) {
        return CopyLimits.HEADER_BYTES + switch (message) {
            case Put m -> 1 + 2 + m.target().length;
            case Get m -> 1 + 2 + m.paths().stream().mapToInt(path -> 2 + path.length).sum();
            case Begin m -> 4;
            case FileStart m -> 1 + 2 + 8 + timesBytes(m.times()) + 1 + m.name().length();
            case From m -> 8;
            case FileEnd m -> CopyLimits.DIGEST_BYTES;
            case FileFailed m -> 2 + utf8(m.text()).length;
            case Enter m -> 1 + 2 + timesBytes(m.times()) + 1 + m.name().length();
            case Leave m -> 0;
            case Skipped m -> 2 + utf8(m.text()).length;
            case End m -> 8;
            case Held m -> 8 + CopyLimits.DIGEST_BYTES;
            case Report m -> 8 + 2 + utf8(m.text()).length;
            case Summary m -> 8 + 8;
            case Refused m -> 2 + utf8(m.text()).length;
            case Opening m -> OPENING_BYTES - CopyLimits.HEADER_BYTES;
            case Content m -> m.length();
        };
    }

    /**
     * The longest body a type may have, known before any of it is kept.
     *
     * @throws CopyProtocolException for an unknown type (P-2)
     */
    static int bodyLimit(int type) throws CopyProtocolException {
        return switch (type) {
            case PUT -> 1 + 2 + CopyLimits.PATH_BYTES;
            case GET -> 1 + 2 + CopyLimits.PATHS * (2 + CopyLimits.PATH_BYTES);
            case BEGIN -> 4;
            case FROM -> 8;
            case HELD -> 8 + CopyLimits.DIGEST_BYTES;
            case FILE, ENTER -> ENTRY_BODY;
            case DATA -> CopyLimits.DATA_BYTES;
            case FILE_END -> CopyLimits.DIGEST_BYTES;
            case FILE_FAILED, SKIPPED, REFUSED -> TEXT_BODY;
            case LEAVE -> 0;
            case END -> 8;
            case REPORT -> 8 + TEXT_BODY;
            case SUMMARY -> 16;
            default -> throw new CopyProtocolException("unknown message type (P-2)");
        };
    }

    /**
     * Decodes one body, all of it.
     *
     * @param type a type other than DATA that {@link #bodyLimit} accepted
     * @throws CopyProtocolException if it does not parse or has bytes left over (P-2)
     */
    static CopyMessage decode(int type, ByteBuffer body) throws CopyProtocolException {
        CopyMessage message;
        try {
            message = decodeBody(type, body);
        } catch (BufferUnderflowException e) {
            throw new CopyProtocolException("message too short (P-2)");
        }
        if (body.hasRemaining()) {
            throw new CopyProtocolException("bytes left over in a message (P-2)");
        }
        return message;
    }

    private static CopyMessage decodeBody(int type, ByteBuffer body) throws CopyProtocolException {
        return switch (type) {
            case PUT -> {
                int flags = flags(body, RECURSIVE | PRESERVE | INTO_DIRECTORY | RESUME);
                yield new Put((flags & RECURSIVE) != 0, (flags & PRESERVE) != 0, (flags & INTO_DIRECTORY) != 0, (flags & RESUME) != 0, path(body));
            }
            case GET -> {
                int flags = flags(body, RECURSIVE | PRESERVE | RESUME);
                yield new Get((flags & RECURSIVE) != 0, (flags & PRESERVE) != 0, (flags & RESUME) != 0, paths(body));
            }
            case BEGIN -> new Begin(Math.toIntExact(range(body.getInt() & 0xffff_ffffL, CopyLimits.TOP_ENTRIES)));
            case FILE -> {
                int flags = flags(body, TIMES | RESUMABLE);
                int mode = mode(body);
                long size = range(body.getLong(), Long.MAX_VALUE);
                Optional<FileTimes> times = times(body, flags);
                yield new FileStart(name(body, false), mode, size, times, (flags & RESUMABLE) != 0);
            }
            case FROM -> new From(range(body.getLong(), Long.MAX_VALUE));
            case FILE_END -> new FileEnd(bytes(body, CopyLimits.DIGEST_BYTES));
            case FILE_FAILED -> new FileFailed(text(body));
            case ENTER -> {
                int flags = flags(body, TIMES);
                int mode = mode(body);
                Optional<FileTimes> times = times(body, flags);
                yield new Enter(name(body, true), mode, times);
            }
            case LEAVE -> new Leave();
            case SKIPPED -> new Skipped(text(body));
            case END -> new End(range(body.getLong(), Long.MAX_VALUE));
            case HELD -> new Held(range(body.getLong(), Long.MAX_VALUE), bytes(body, CopyLimits.DIGEST_BYTES));
            case REPORT -> new Report(range(body.getLong(), Long.MAX_VALUE), text(body));
            case SUMMARY -> new Summary(range(body.getLong(), Long.MAX_VALUE), range(body.getLong(), Long.MAX_VALUE));
            case REFUSED -> new Refused(text(body));
            default -> throw new CopyProtocolException("unknown message type (P-2)");
        };
    }

    private static int type(CopyMessage message) {
        return switch (message) {
            case Put m -> PUT;
            case Get m -> GET;
            case Begin m -> BEGIN;
            case FileStart m -> FILE;
            case Content m -> DATA;
            case From m -> FROM;
            case FileEnd m -> FILE_END;
            case FileFailed m -> FILE_FAILED;
            case Enter m -> ENTER;
            case Leave m -> LEAVE;
            case Skipped m -> SKIPPED;
            case End m -> END;
            case Held m -> HELD;
            case Report m -> REPORT;
            case Summary m -> SUMMARY;
            case Refused m -> REFUSED;
            case Opening m -> throw new IllegalStateException("the opening has no type");
        };
    }

    private static int requestFlags(boolean recursive, boolean preserve, boolean resume) {
        return (recursive ? RECURSIVE : 0) | (preserve ? PRESERVE : 0) | (resume ? RESUME : 0);
    }

    private static byte entryFlags(Optional<FileTimes> times) {
        return (byte) (times.isPresent() ? TIMES : 0);
    }

    private static int timesBytes(Optional<FileTimes> times) {
        return times.isPresent() ? FileTimes.BYTES : 0;
    }

    private static void encodePath(byte[] path, ByteBuffer out) {
        if (path.length > CopyLimits.PATH_BYTES) {
            throw new IllegalStateException("path of " + path.length + " bytes");
        }
        out.putShort((short) path.length).put(path);
    }

    private static void encodeText(String text, ByteBuffer out) {
        byte[] utf8 = utf8(text);
        out.putShort((short) utf8.length).put(utf8);
    }

    private static byte[] utf8(String text) {
        return DisplayText.bounded(text).getBytes(StandardCharsets.UTF_8);
    }

    private static void encodeEntry(Optional<FileTimes> times, EntryName name, ByteBuffer out) {
        if (times.isPresent()) {
            FileTimes t = times.get();
            out.putLong(t.modifiedSeconds()).putInt(t.modifiedNanos());
            out.putLong(t.accessedSeconds()).putInt(t.accessedNanos());
        }
        out.put((byte) name.length()).put(name.shared());
    }

    private static int flags(ByteBuffer body, int known) throws CopyProtocolException {
        int flags = body.get() & 0xff;
        if ((flags & ~known) != 0) {
            throw new CopyProtocolException("unknown flags (P-4, P-10)");
        }
        return flags;
    }

    private static int mode(ByteBuffer body) throws CopyProtocolException {
        return (int) range(body.getShort() & 0xffff, CopyLimits.MODE_MASK);
    }

    private static long range(long value, long max) throws CopyProtocolException {
        if (value < 0 || value > max) {
            throw new CopyProtocolException("number out of range (P-3)");
        }
        return value;
    }

    private static byte[] bytes(ByteBuffer body, int length) throws CopyProtocolException {
        if (length > body.remaining()) {
            throw new CopyProtocolException("length beyond the message (P-2)");
        }
        byte[] bytes = new byte[length];
        body.get(bytes);
        return bytes;
    }

    private static byte[] path(ByteBuffer body) throws CopyProtocolException {
        byte[] path = bytes(body, (int) range(body.getShort() & 0xffff, CopyLimits.PATH_BYTES));
        for (byte b : path) {
            if (b == 0) {
                throw new CopyProtocolException("NUL in a path (P-4)");
            }
        }
        return path;
    }

    private static List<byte[]> paths(ByteBuffer body) throws CopyProtocolException {
        int count = (int) range(body.getShort() & 0xffff, CopyLimits.PATHS);
        if (count == 0) {
            throw new CopyProtocolException("GET without paths (P-4)");
        }
        List<byte[]> paths = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            paths.add(path(body));
        }
        return paths;
    }

    private static String text(ByteBuffer body) throws CopyProtocolException {
        byte[] utf8 = bytes(body, (int) range(body.getShort() & 0xffff, CopyLimits.TEXT_BYTES));
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw new CopyProtocolException("text is not UTF-8 (P-26)");
        }
    }

    private static EntryName name(ByteBuffer body, boolean mayBeTarget) throws CopyProtocolException {
        byte[] raw = bytes(body, body.get() & 0xff);
        if (raw.length == 0 && mayBeTarget) {
            return EntryName.TARGET;
        }
        return EntryName.of(raw);
    }

    private static Optional<FileTimes> times(ByteBuffer body, int flags) throws CopyProtocolException {
        if ((flags & TIMES) == 0) {
            return Optional.empty();
        }
        long modifiedSeconds = body.getLong();
        int modifiedNanos = body.getInt();
        long accessedSeconds = body.getLong();
        int accessedNanos = body.getInt();
        if (!FileTimes.legal(modifiedSeconds, modifiedNanos) || !FileTimes.legal(accessedSeconds, accessedNanos)) {
            throw new CopyProtocolException("time out of range (P-10)");
        }
        return Optional.of(new FileTimes(modifiedSeconds, modifiedNanos, accessedSeconds, accessedNanos));
    }
}
