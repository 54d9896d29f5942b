package org.qnsp.qscp;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.qnsp.core.copy.CopyDigest;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.Held;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyMessage.Report;
import org.qnsp.core.copy.CopyMessage.Summary;
import org.qnsp.core.copy.DisplayText;

/**
 * The sender's side in three threads: one walks and reads files, the caller's hashes and writes the stream, one reads what the
 * receiver reports. Between the first two go {@value #BLOCKS} blocks of 256 KiB, and that is all the memory a copy takes.
 */
final class TreeSender {
    private static final int BLOCKS = 6;
    private static final int WATCHED_BYTES = 32_768;
    /** How long a broken stream waits for the peer's own words about it. */
    private static final long LAST_WORDS_MILLIS = 2_000;

    private final Handoff<Block> free = new Handoff<>(BLOCKS);
    private final Handoff<Block> full = new Handoff<>(BLOCKS);
    private final Set<Long> reported = ConcurrentHashMap.newKeySet();
    private final Handoff<Held> held = new Handoff<>(1);
    private final AtomicBoolean asked = new AtomicBoolean();
    private CopyDigest digest = new CopyDigest();
    private final MessageReader reports;
    private final OutputStream out;
    private final Progress progress;
    private final Consumer<String> tellPeers;
    private final BlockWriter blocks = new BlockWriter(free, full);
    private final LocalTree tree;
    private volatile Summary summary;
    private volatile boolean sent;
    private volatile CopyFailedException peerFailure;

    /**
     * @param reports the receiver's stream
     * @param tellOwn takes what is left out here
     * @param tellPeers takes what the receiver could not store, safe to print
     */
    TreeSender(MessageReader reports, OutputStream out, Manner manner, Progress progress, Consumer<String> tellOwn, Consumer<String> tellPeers) {
        this.reports = reports;
        this.out = out;
        this.progress = progress;
        this.tellPeers = tellPeers;
        this.tree = new LocalTree(blocks, manner, tellOwn, ordinal -> reported.contains(ordinal), this::ask);
    }

    /**
     * Sends everything and waits for the summary.
     *
     * @param openingPending whether the receiver's opening is still to come
     * @throws CopyFailedException if the copy ended before
     */
    Outcome run(List<Source> sources, boolean openingPending) throws CopyFailedException {
        for (int i = 0; i < BLOCKS; i++) {
            free.put(new Block());
        }
        Thread listener = Thread.ofPlatform().daemon().name("qscp-reports").start(() -> listen(openingPending));
        Thread.ofPlatform().daemon().name("qscp-walk").start(() -> walk(sources));
        try {
            for (Block block = full.take(); block != null; block = full.take()) {
                hash(block);
                sent = block.last;
                send(block);
                if (block.asks) {
                    out.flush();
                }
                free.put(block);
            }
            out.flush();
            join(listener, 0);
        } catch (IOException e) {
            CopyFailedException failure = e instanceof CopyFailedException f ? f : CopyFailedException.lost();
            fail(failure);
            join(listener, LAST_WORDS_MILLIS);
            throw peerFailure != null ? peerFailure : failure;
        }
        if (peerFailure != null) {
            throw peerFailure;
        }
        return new Outcome(tree.failed(), summary.failed());
    }

    private void walk(List<Source> sources) {
        try {
            tree.send(sources);
            full.finish();
        } catch (CopyFailedException e) {
            full.fail(e);
        } catch (IOException | RuntimeException e) {
            full.fail(CopyFailedException.internal(e));
        }
    }

    private void fail(CopyFailedException failure) {
        full.fail(failure);
        free.fail(failure);
        held.fail(failure);
    }

    /** For the walking thread: what it has said so far is on its way, and the receiver's answer comes. */
    private Held ask() throws IOException {
        asked.set(true);
        blocks.flush();
        return held.take();
    }

    private void hash(Block block) {
        byte[] bytes = block.bytes.array();
        for (Block.Mark mark : block.marks) {
            switch (mark) {
                case Block.Mark.Start m -> digest.start();
                case Block.Mark.From m -> digest = m.before();
                case Block.Mark.Content m -> digest.update(bytes, m.offset(), m.length());
                case Block.Mark.Finish m -> System.arraycopy(digest.finish(), 0, bytes, m.offset(), CopyLimits.DIGEST_BYTES);
                case Block.Mark.Failed m -> { }
            }
        }
    }

    /** In one piece, or where somebody watches in small ones, so that what is shown is what has gone. */
    private void send(Block block) throws IOException {
        byte[] bytes = block.bytes.array();
        int end = block.bytes.position();
        int at = 0;
        if (progress != Progress.NONE) {
            for (Block.Mark mark : block.marks) {
                switch (mark) {
                    case Block.Mark.Start m -> progress.started(m.name(), m.size());
                    case Block.Mark.From m -> progress.continued(m.offset());
                    case Block.Mark.Content(int offset, int length) -> {
                        while (at < offset + length) {
                            int piece = Math.min(offset + length - at, WATCHED_BYTES);
                            out.write(bytes, at, piece);
                            at += piece;
                            progress.moved(Math.clamp(at - offset, 0, piece));
                        }
                    }
                    case Block.Mark.Finish m -> progress.ended();
                    case Block.Mark.Failed m -> progress.ended();
                }
            }
        }
        out.write(bytes, at, end - at);
    }

    private void listen(boolean openingPending) {
        try {
            if (openingPending) {
                reports.opening();
            }
            while (summary == null) {
                hear(reports.next());
            }
        } catch (IOException e) {
            peerFailure = e instanceof CopyFailedException f ? f : CopyFailedException.lost();
            fail(peerFailure);
        }
    }

    private void hear(CopyMessage message) throws CopyFailedException {
        switch (message) {
            case Report(long ordinal, String text) -> {
                if (reported.size() == CopyLimits.REPORTS) {
                    throw new CopyFailedException(CopyFailedException.Kind.FAULT, "protocol fault: too many reports (P-22)");
                }
                reported.add(ordinal);
                tellPeers.accept(DisplayText.of(text));
            }
            case Held m when asked.compareAndSet(true, false) -> held.put(m);
            case Summary m when !sent -> throw new CopyFailedException(CopyFailedException.Kind.FAULT,
                    "protocol fault: summary before the end (P-6)");
            case Summary m -> summary = m;
            case Refused(String text) -> throw new CopyFailedException(CopyFailedException.Kind.REFUSED, text);
            default -> throw new CopyFailedException(CopyFailedException.Kind.FAULT, "protocol fault: message out of place (P-6)");
        }
    }

    private static void join(Thread thread, long millis) throws CopyFailedException {
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CopyFailedException(CopyFailedException.Kind.LOST, "interrupted");
        }
    }
}
