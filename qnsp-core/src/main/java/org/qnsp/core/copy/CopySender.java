package org.qnsp.core.copy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.LongPredicate;
import org.qnsp.core.copy.CopyMessage.Begin;
import org.qnsp.core.copy.CopyMessage.End;
import org.qnsp.core.copy.CopyMessage.Enter;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileFailed;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.From;
import org.qnsp.core.copy.CopyMessage.Leave;
import org.qnsp.core.copy.CopyMessage.Skipped;

/**
 * The order a sender keeps (P-5), the ordinals (P-13) and the count of failures (P-18). Each method gives the message to
 * send; a call out of order is our own mistake and an {@link IllegalStateException}.
 */
public final class CopySender {
    private enum Phase { NEW, TREE, ASKING, FILE, ENDED }

    private final Deque<Long> open = new ArrayDeque<>();
    private Phase phase = Phase.NEW;
    private long nextOrdinal;
    private long fileOrdinal;
    private long sizeLeft;
    private long failed;
    private int topEntriesLeft;

    public Begin begin(int entries) {
        if (entries < 0 || entries > CopyLimits.TOP_ENTRIES) {
            throw new IllegalStateException(entries + " top entries (P-14)");
        }
        step(Phase.NEW, Phase.TREE);
        topEntriesLeft = entries;
        return new Begin(entries);
    }

    /** @param size bytes that {@link #content} will account for before {@link #fileEnd} */
    public FileStart file(EntryName name, int mode, long size, Optional<FileTimes> times) {
        require(Phase.TREE);
        countTopEntry();
        phase = Phase.FILE;
        fileOrdinal = nextOrdinal++;
        sizeLeft = size;
        return new FileStart(name, mode, size, times, false);
    }

    /** As {@link #file}; next comes what the receiver answered, by {@link #from}. */
    public FileStart resumableFile(EntryName name, int mode, long size, Optional<FileTimes> times) {
        file(name, mode, size, times);
        phase = Phase.ASKING;
        return new FileStart(name, mode, size, times, true);
    }

    /** @param offset of the first byte that is sent (P-31) */
    public From from(long offset) {
        if (offset < 0 || offset > sizeLeft) {
            throw new IllegalStateException("offset outside of the file (P-31)");
        }
        step(Phase.ASKING, Phase.FILE);
        sizeLeft -= offset;
        return new From(offset);
    }

    /** Accounts for content about to be sent. */
    public void content(int bytes) {
        require(Phase.FILE);
        if (bytes > sizeLeft) {
            throw new IllegalStateException("more content than announced (P-11)");
        }
        sizeLeft -= bytes;
    }

    /** Bytes of the file that are still to be sent. */
    public long sizeLeft() {
        return sizeLeft;
    }

    /** @param digest 32 bytes; may be filled in later, in the encoded message */
    public FileEnd fileEnd(byte[] digest) {
        if (sizeLeft != 0) {
            throw new IllegalStateException("less content than announced (P-11)");
        }
        step(Phase.FILE, Phase.TREE);
        return new FileEnd(digest);
    }

    /** The file cannot be read on (P-16). */
    public FileFailed fileFailed(String text) {
        step(Phase.FILE, Phase.TREE);
        failed++;
        return new FileFailed(text);
    }

    /** The receiver reported the file already (P-18). */
    public FileFailed fileAbandoned() {
        step(Phase.FILE, Phase.TREE);
        return new FileFailed("");
    }

    /** Whether one more directory may be entered (P-5). */
    public boolean mayEnter() {
        return open.size() < CopyLimits.DEPTH;
    }

    public Enter enter(EntryName name, int mode, Optional<FileTimes> times) {
        require(Phase.TREE);
        if (!mayEnter() || name == EntryName.TARGET && !open.isEmpty()) {
            throw new IllegalStateException("ENTER out of place (P-5, P-8)");
        }
        countTopEntry();
        open.push(nextOrdinal++);
        return new Enter(name, mode, times);
    }

    public Leave leave() {
        require(Phase.TREE);
        open.pop();
        return new Leave();
    }

    public Skipped skipped(String text) {
        require(Phase.TREE);
        failed++;
        return new Skipped(text);
    }

    public End end() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("directories are open");
        }
        step(Phase.TREE, Phase.ENDED);
        return new End(failed);
    }

    /** Whether the receiver has no use for what would come now (P-18). */
    public boolean abandoned(LongPredicate reported) {
        return phase == Phase.FILE && reported.test(fileOrdinal) || open.stream().anyMatch(reported::test);
    }

    /** SKIPPED and FILE_FAILED so far. */
    public long failed() {
        return failed;
    }

    private void countTopEntry() {
        if (open.isEmpty() && topEntriesLeft-- == 0) {
            throw new IllegalStateException("more top entries than announced (P-14)");
        }
    }

    private void step(Phase from, Phase to) {
        require(from);
        phase = to;
    }

    private void require(Phase expected) {
        if (phase != expected) {
            throw new IllegalStateException("not in " + phase);
        }
    }
}
