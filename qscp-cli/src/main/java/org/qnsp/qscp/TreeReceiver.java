package org.qnsp.qscp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.qnsp.core.copy.CopyCodec;
import org.qnsp.core.copy.CopyDigest;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.Content;
import org.qnsp.core.copy.CopyMessage.End;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.From;
import org.qnsp.core.copy.CopyMessage.Held;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyMessage.Report;
import org.qnsp.core.copy.CopyProtocolException;
import org.qnsp.core.copy.CopyReceiver;
import org.qnsp.core.copy.CopyReceiver.Step;
import org.qnsp.core.copy.DisplayText;

/**
 * The receiver's side in two threads: one reads, decodes and hashes the stream, the caller's stores files. Between them go
 * {@value #BATCHES} batches of 256 KiB, and that is all the memory a copy takes.
 */
final class TreeReceiver {
    private static final int BATCHES = 6;
    private static final int BATCH_BYTES = 262_144;
    private static final byte[] NO_DIGEST = new byte[0];

    /** A message, and for the end of a file the digest of what came. */
    private record Item(CopyMessage message, byte[] digest) {}

    private static final class Batch {
        final byte[] bytes = new byte[BATCH_BYTES];
        final List<Item> items = new ArrayList<>();
    }

    private final Handoff<Batch> free = new Handoff<>(BATCHES);
    private final Handoff<Batch> full = new Handoff<>(BATCHES);
    private final MessageReader in;
    private final OutputStream out;
    private final CopyReceiver order;
    private final LocalTarget target;
    private final Progress progress;
    private final Consumer<String> tellOwn;
    private final Consumer<String> tellPeers;
    /** What was hashed of the file that was offered last, for the thread that hashes on. */
    private volatile CopyDigest offered;
    private CopyDigest digest = new CopyDigest();
    private long failedThere;

    /**
     * @param out for reports and the summary; flushed after each
     * @param tellOwn takes what could not be stored
     * @param tellPeers takes what the sender left out
     */
    TreeReceiver(MessageReader in, OutputStream out, CopyReceiver order, LocalTarget target, Progress progress,
            Consumer<String> tellOwn, Consumer<String> tellPeers) {
        this.in = in;
        this.out = out;
        this.order = order;
        this.target = target;
        this.progress = progress;
        this.tellOwn = tellOwn;
        this.tellPeers = tellPeers;
    }

    /**
     * Stores what comes, up to END, and sends the summary.
     *
     * @throws CopyFailedException if the copy ended before; what was being written is removed then
     */
    Outcome run(boolean openingPending) throws CopyFailedException {
        for (int i = 0; i < BATCHES; i++) {
            free.put(new Batch());
        }
        Thread.ofPlatform().daemon().name("qscp-input").start(() -> input(openingPending));
        try (target) {
            for (Batch batch = full.take(); batch != null; batch = full.take()) {
                for (Item item : batch.items) {
                    perform(order.accept(item.message()), item.digest(), batch.bytes);
                }
                free.put(batch);
            }
            return new Outcome(order.summary().failed(), failedThere);
        } catch (CopyProtocolException e) {
            throw CopyFailedException.fault(e);
        } catch (CopyFailedException e) {
            throw e;
        } catch (IOException e) {
            throw CopyFailedException.lost();
        }
    }

    private void input(boolean openingPending) {
        try {
            if (openingPending) {
                in.opening();
            }
            boolean ended = false;
            while (!ended) {
                Batch batch = free.take();
                batch.items.clear();
                int count = in.read(batch.bytes);
                if (count < 0) {
                    throw CopyFailedException.lost();
                }
                ended = decode(batch, count);
                full.put(batch);
            }
            full.finish();
        } catch (CopyFailedException e) {
            full.finish(e); // files that came whole before are stored
        } catch (IOException e) {
            full.finish(CopyFailedException.lost());
        } catch (RuntimeException e) {
            full.finish(CopyFailedException.internal(e));
        }
    }

    /** Whether END was among the messages; what follows it is not read (P-5). */
    private boolean decode(Batch batch, int count) throws CopyFailedException {
        ByteBuffer bytes = ByteBuffer.wrap(batch.bytes, 0, count);
        for (CopyMessage message = in.decode(bytes); message != null; message = in.decode(bytes)) {
            byte[] computed = NO_DIGEST;
            switch (message) {
                case FileStart m -> digest.start();
                case From m -> digest = m.offset() > 0 && offered != null ? offered : new CopyDigest();
                case Content m -> digest.update(batch.bytes, m.offset(), m.length());
                case FileEnd m -> computed = digest.finish();
                case Refused(String text) -> throw new CopyFailedException(CopyFailedException.Kind.REFUSED, text);
                default -> { }
            }
            batch.items.add(new Item(message, computed));
            if (message instanceof End) {
                return true;
            }
        }
        return false;
    }

    private void perform(Step step, byte[] computed, byte[] bytes) throws IOException {
        switch (step) {
            case Step.Prepare s -> prepare(s.entries());
            case Step.Create s -> {
                progress.started(s.file().name(), s.file().size());
                attempt(() -> target.create(s.file(), s.top()));
            }
            case Step.Offer s -> offer(s);
            case Step.Continue s -> {
                attempt(() -> target.continueAt(s.offset()));
                progress.continued(s.offset());
            }
            case Step.Store s -> {
                attempt(() -> target.write(bytes, s.offset(), s.length()));
                progress.moved(s.length());
            }
            case Step.Commit s -> commit(s.digest(), computed);
            case Step.Drop s -> {
                target.drop();
                progress.ended();
                tell(s.text());
            }
            case Step.EnterDirectory s -> enter(s);
            case Step.LeaveDirectory s -> attempt(target::leave);
            case Step.Tell s -> tell(s.text());
            case Step.Finish s -> {
                failedThere = s.senderFailed();
                send(order.summary());
            }
            case Step.Ignore s -> { }
        }
    }

    private void prepare(int entries) throws IOException {
        try {
            target.prepare(entries);
        } catch (IOException e) {
            throw new CopyFailedException(CopyFailedException.Kind.REFUSED, e.getMessage());
        }
    }

    /** Tells what is there of a file; whatever comes of it, the sender waits for an answer (P-30). */
    private void offer(Step.Offer step) throws IOException {
        CopyDigest held = new CopyDigest();
        long bytes = 0;
        if (!step.dropped()) {
            progress.started(step.file().name(), step.file().size());
            attempt(() -> target.create(step.file(), step.top()));
            bytes = target.held(held);
        }
        Held answer = order.held(bytes, held.soFar());
        offered = held;
        send(answer);
    }

    private void commit(byte[] claimed, byte[] computed) throws IOException {
        attempt(() -> {
            if (!MessageDigest.isEqual(claimed, computed)) {
                throw new IOException(target.fileDisplay() + ": content arrived damaged (P-20)");
            }
            target.commit();
            order.committed();
        });
        progress.ended();
    }

    private void enter(Step.EnterDirectory step) throws IOException {
        try {
            target.enter(step.directory(), step.top());
        } catch (IOException e) {
            report(e.getMessage(), order.directoryFailed(e.getMessage()));
        }
    }

    private interface Storing {
        void run() throws IOException;
    }

    private void attempt(Storing storing) throws IOException {
        try {
            storing.run();
        } catch (IOException e) {
            target.drop();
            report(e.getMessage(), order.failed(e.getMessage()));
        }
    }

    private void report(String text, Optional<Report> report) throws IOException {
        tellOwn.accept(text);
        if (report.isPresent()) {
            send(report.get());
        }
    }

    private void tell(String text) {
        if (!text.isEmpty()) {
            tellPeers.accept(DisplayText.of(text));
        }
    }

    private void send(CopyMessage message) throws IOException {
        out.write(CopyCodec.encode(message));
        out.flush();
    }
}
