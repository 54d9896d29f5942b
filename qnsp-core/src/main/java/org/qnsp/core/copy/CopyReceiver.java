package org.qnsp.core.copy;

import java.util.Optional;
import java.util.function.Predicate;
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
 * What a receiver does about each message: checks the order (P-5), sizes (P-11) and top names (P-24), and keeps what failed
 * entries still send away from the disk (P-22). It touches no file: the caller does the {@link Step} and, where that fails,
 * says {@link #failed}.
 */
public final class CopyReceiver {
    /** What the caller does next. */
    public sealed interface Step {
        /** Find out what the target is, for that many top entries (P-19). */
        record Prepare(int entries) implements Step {}

        /** Make a temporary file (P-20). */
        record Create(FileStart file, boolean top) implements Step {}

        /** The same, with what an earlier copy left of it where there is such, then send {@link #held}. {@code dropped}: make nothing, and hold nothing. */
        record Offer(FileStart file, boolean top, boolean dropped) implements Step {}

        /** Go on behind the first {@code offset} bytes, which are kept; 0 for an empty file. */
        record Continue(long offset) implements Step {}

        /** Write these bytes to it. */
        record Store(int offset, int length) implements Step {}

        /** Give it its name if the digest is this one, computed by the caller; else {@link #failed}. */
        record Commit(byte[] digest) implements Step {}

        /** Remove it. The text, where not empty, is for the user. */
        record Drop(String text) implements Step {}

        /** Make or open a directory. */
        record EnterDirectory(Enter directory, boolean top) implements Step {}

        /** Finish the innermost directory. */
        record LeaveDirectory() implements Step {}

        /** Tell the user: the sender left something out. */
        record Tell(String text) implements Step {}

        /** Send {@link #summary}. */
        record Finish(long senderFailed) implements Step {}

        /** Nothing. */
        record Ignore() implements Step {}
    }

    private sealed interface State {
        record New() implements State {}

        /** Between entries, {@code depth} directories open, of which the innermost {@code dropped} do not exist here. */
        record Tree(int depth, int dropped) implements State {}

        /** A resumable file began, of which {@code size} bytes in all may come. */
        record Asked(Tree in, long size, boolean failed) implements State {}

        /** In a file; {@code dropped} as well if it failed. */
        record File(Tree in, long sizeLeft, boolean failed) implements State {}

        record Ended() implements State {}
    }

    private static final Step IGNORE = new Step.Ignore();

    private final Predicate<EntryName> topNames;
    private final boolean resume;
    /** Bytes that were offered for the file that was asked for last; set by another thread where the answer only passes through. */
    private volatile long held;
    private State state = new State.New();
    private int topEntriesLeft;
    private long nextOrdinal;
    private long stored;
    private long failed;
    private int reports;

    /**
     * @param topNames names the top entries may have (P-24); a server accepts all
     * @param resume whether the request had P-28's flag
     */
    public CopyReceiver(Predicate<EntryName> topNames, boolean resume) {
        this.topNames = topNames;
        this.resume = resume;
    }

    /**
     * Takes the next message.
     *
     * @throws CopyProtocolException if it is out of place; the state stays as it was
     */
    public Step accept(CopyMessage message) throws CopyProtocolException {
        return switch (state) {
            case State.New s -> begin(message);
            case State.Tree s -> inTree(s, message);
            case State.Asked s -> answered(s, message);
            case State.File s -> inFile(s, message);
            case State.Ended s -> throw outOfPlace();
        };
    }

    /**
     * The last step failed: its entry counts as failed, and the rest of it is dropped.
     *
     * @return the report to send, empty when there were too many already (P-22)
     */
    public Optional<Report> failed(String text) {
        switch (state) {
            case State.Tree s when s.dropped() == 0 -> { }
            case State.Tree s -> throw new IllegalStateException("inside what failed");
            case State.Asked s -> state = new State.Asked(s.in(), s.size(), true);
            case State.File s -> state = new State.File(s.in(), s.sizeLeft(), true);
            case State.New s -> throw new IllegalStateException("nothing to fail");
            case State.Ended s -> throw new IllegalStateException("nothing to fail");
        }
        return report(text);
    }

    /** As {@link #failed}, after {@link Step.EnterDirectory}: all that is inside is dropped too. */
    public Optional<Report> directoryFailed(String text) {
        if (!(state instanceof State.Tree(int depth, int dropped)) || depth == 0 || dropped != 0) {
            throw new IllegalStateException("no directory was entered");
        }
        state = new State.Tree(depth, 1);
        return report(text);
    }

    /** The answer to {@link Step.Offer}. From here on {@link Step.Continue} may come. */
    public Held held(long bytes, byte[] digest) {
        held = bytes;
        return new Held(bytes, digest);
    }

    /** A file got its name. */
    public void committed() {
        stored++;
    }

    /** The last message of this side (P-6). */
    public Summary summary() {
        return new Summary(stored, failed);
    }

    /** Whether END came. */
    public boolean ended() {
        return state instanceof State.Ended;
    }

    private Optional<Report> report(String text) {
        failed++;
        // Steps act on the entry that began last, or on the directory being left, which the sender can no longer save.
        return reports++ < CopyLimits.REPORTS ? Optional.of(new Report(Math.max(0, nextOrdinal - 1), text)) : Optional.empty();
    }

    private Step begin(CopyMessage message) throws CopyProtocolException {
        if (!(message instanceof Begin(int entries))) {
            throw outOfPlace();
        }
        topEntriesLeft = entries;
        state = new State.Tree(0, 0);
        return new Step.Prepare(entries);
    }

    private Step inTree(State.Tree tree, CopyMessage message) throws CopyProtocolException {
        return switch (message) {
            case FileStart m -> {
                if (m.resumable() && !resume) {
                    throw new CopyProtocolException("a question that was not wanted (P-30)");
                }
                countEntry(tree, m.name());
                boolean dropped = tree.dropped() > 0;
                if (m.resumable()) {
                    held = 0;
                    state = new State.Asked(tree, m.size(), dropped);
                    yield new Step.Offer(m, tree.depth() == 0, dropped);
                }
                state = new State.File(tree, m.size(), dropped);
                yield dropped ? IGNORE : new Step.Create(m, tree.depth() == 0);
            }
            case Enter m -> {
                if (tree.depth() == CopyLimits.DEPTH || m.name() == EntryName.TARGET && tree.depth() > 0) {
                    throw outOfPlace();
                }
                countEntry(tree, m.name());
                boolean dropped = tree.dropped() > 0;
                state = new State.Tree(tree.depth() + 1, dropped ? tree.dropped() + 1 : 0);
                yield dropped ? IGNORE : new Step.EnterDirectory(m, tree.depth() == 0);
            }
            case Leave m -> {
                if (tree.depth() == 0) {
                    throw outOfPlace();
                }
                boolean dropped = tree.dropped() > 0;
                state = new State.Tree(tree.depth() - 1, dropped ? tree.dropped() - 1 : 0);
                yield dropped ? IGNORE : new Step.LeaveDirectory();
            }
            case Skipped m -> new Step.Tell(m.text());
            case End m -> {
                if (tree.depth() != 0) {
                    throw outOfPlace();
                }
                state = new State.Ended();
                yield new Step.Finish(m.failed());
            }
            case Opening m -> throw outOfPlace();
            case Put m -> throw outOfPlace();
            case Get m -> throw outOfPlace();
            case Begin m -> throw outOfPlace();
            case Content m -> throw outOfPlace();
            case From m -> throw outOfPlace();
            case FileEnd m -> throw outOfPlace();
            case FileFailed m -> throw outOfPlace();
            case Held m -> throw outOfPlace();
            case Report m -> throw outOfPlace();
            case Summary m -> throw outOfPlace();
            case Refused m -> throw outOfPlace();
        };
    }

    private Step answered(State.Asked asked, CopyMessage message) throws CopyProtocolException {
        if (!(message instanceof From(long offset))) {
            throw outOfPlace();
        }
        if (offset != 0 && offset != held || offset > asked.size()) {
            throw new CopyProtocolException("an offset that was not offered (P-31)");
        }
        state = new State.File(asked.in(), asked.size() - offset, asked.failed());
        return asked.failed() ? IGNORE : new Step.Continue(offset);
    }

    private Step inFile(State.File file, CopyMessage message) throws CopyProtocolException {
        switch (message) {
            case Content(int offset, int length) -> {
                if (length > file.sizeLeft()) {
                    throw new CopyProtocolException("more content than announced (P-11)");
                }
                state = new State.File(file.in(), file.sizeLeft() - length, file.failed());
                return file.failed() ? IGNORE : new Step.Store(offset, length);
            }
            case FileEnd(byte[] digest) -> {
                if (file.sizeLeft() != 0) {
                    throw new CopyProtocolException("less content than announced (P-11)");
                }
                state = file.in();
                return file.failed() ? IGNORE : new Step.Commit(digest);
            }
            case FileFailed(String text) -> {
                state = file.in();
                return file.failed() ? IGNORE : new Step.Drop(text);
            }
            default -> throw outOfPlace();
        }
    }

    private void countEntry(State.Tree tree, EntryName name) throws CopyProtocolException {
        if (tree.depth() == 0) {
            if (topEntriesLeft == 0) {
                throw new CopyProtocolException("more top entries than announced (P-14)");
            }
            if (!topNames.test(name)) {
                throw new CopyProtocolException("the peer sent a name that was not asked for (P-24)");
            }
            topEntriesLeft--;
        }
        nextOrdinal++;
    }

    private static CopyProtocolException outOfPlace() {
        return new CopyProtocolException("message out of place (P-5)");
    }
}
