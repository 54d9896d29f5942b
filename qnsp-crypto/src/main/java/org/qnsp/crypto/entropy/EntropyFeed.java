package org.qnsp.crypto.entropy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.EntropyPool;

/**
 * Feeds the pool from a source, on a thread of its own, as long as the source is sound (E-5 to E-9). It is opened again and tested from the start after every fault.
 * Says what changes, and never a byte of it.
 */
public final class EntropyFeed implements AutoCloseable {
    /** Of the source (E-7). */
    enum State {
        /** Not tested yet. */
        STARTING,
        /** Feeds the pool. */
        OK,
        /** A test failed; its block was thrown away, and the tests of the start run again. */
        SUSPECT,
        /** Gives nothing, or failed twice; tried again later. */
        FAILED
    }

    /** How patient a feed is. @param stall without a byte @param block for a block @param retry before the source is opened again, doubled up to {@code longest} */
    record Patience(Duration stall, Duration block, Duration retry, Duration longest) {
        static final Patience USUAL = new Patience(Duration.ofSeconds(8), Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(30));
    }

    private static final int BLOCK_BYTES = 128; // 768 bits at 6 a byte: more than the 512 of a seed

    private final EntropySettings settings;
    private final Source.Opener opener;
    private final Patience patience;
    private final Consumer<byte[]> pool;
    private final Consumer<String> told;
    private final HealthTests tests = new HealthTests();
    /** For calls that may never return; one thread: while it is stuck the source has failed. */
    private final ThreadPoolExecutor caller = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1),
            Thread.ofPlatform().daemon().name("qnsp-entropy-read").factory());
    private final Thread thread = Thread.ofPlatform().daemon().name("qnsp-entropy").unstarted(this::run);
    private State state = State.STARTING;
    private String name;
    private String why = "";
    private boolean counts;
    private String warned;
    private String trouble;
    private long received;
    private Future<Source> opening;
    private volatile boolean closed;

    EntropyFeed(EntropySettings settings, Source.Opener opener, Patience patience, Consumer<byte[]> pool, Consumer<String> told) {
        this.settings = settings;
        this.opener = opener;
        this.patience = patience;
        this.pool = pool;
        this.told = told;
        this.name = settings.source() == null ? "a QRNG" : EntropySettings.name(settings.source());
    }

    /**
     * Begins to feed this process's pool.
     *
     * @param told what a user should know: the source's faults and that it is back; on the feed's thread
     */
    public static EntropyFeed begin(EntropySettings settings, Consumer<String> told) {
        String source = settings.source();
        Source.Opener opener = source == null ? () -> DeviceSource.first(DeviceSource.USUAL)
            : EntropySettings.isUrl(source) ? () -> new HttpsSource(source, settings.keyFile())
            : () -> DeviceSource.open(Path.of(source), settings.allowFile());
        return new EntropyFeed(settings, opener, Patience.USUAL, EntropyPool.system()::stir, told).start();
    }

    EntropyFeed start() {
        if (settings.use() != EntropySettings.Use.SYSTEM) {
            thread.start();
        }
        return this;
    }

    /** Waits until the source is known to be sound or not, at most so long. */
    public synchronized EntropyFeed await(Duration longest) throws InterruptedException {
        long deadline = System.nanoTime() + longest.toNanos();
        while (settings.use() != EntropySettings.Use.SYSTEM && state != State.OK && state != State.FAILED) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                break;
            }
            wait(millis);
        }
        return this;
    }

    /** E-9: why no key may be made now, for the user; null where one may. */
    public synchronized String missing() {
        if (settings.use() != EntropySettings.Use.REQUIRE || state == State.OK && counts) {
            return null;
        }
        return "Entropy qrng-only, and " + name + switch (state) {
            case OK -> " counts for nothing, since a file says the same every time";
            case STARTING -> " gave no more than " + received + " bytes yet";
            case SUSPECT, FAILED -> " cannot be used: " + why;
        };
    }

    /** What feeds the pool, for logs: {@code operating system; /dev/qrandom0 (OK)}. */
    public synchronized String description() {
        return settings.use() == EntropySettings.Use.SYSTEM ? "operating system"
            : "operating system; " + name + " (" + state + (state == State.OK ? counts ? "" : ", mixed in, counted as nothing" : why.isEmpty() ? "" : ": " + why) + ")";
    }

    public EntropySettings settings() {
        return settings;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        caller.shutdownNow();
    }

    // ---- the thread

    private void run() {
        try {
            Duration pause = patience.retry;
            while (true) {
                pause = attempt() ? patience.retry : pause;
                Thread.sleep(pause);
                pause = pause.multipliedBy(2).compareTo(patience.longest) < 0 ? pause.multipliedBy(2) : patience.longest;
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** From opening the source to its fault. Returns whether it was sound in between. */
    private boolean attempt() throws InterruptedException {
        boolean sound = false;
        Source source;
        try {
            source = open();
        } catch (IOException e) {
            change(State.FAILED, e);
            return false;
        }
        try {
            found(source);
            startUp(source);
            sound = true;
            feed(source);
        } catch (IOException e) {
            change(State.FAILED, e); // before it is closed, which a driver may keep us from for ever
        } finally {
            closeQuietly(source);
        }
        return sound;
    }

    private void found(Source source) {
        synchronized (this) {
            name = source.name();
            counts = source.counts();
            received = 0;
        }
        if (source.warning() != null && !source.warning().equals(warned)) {
            warned = source.warning();
            told.accept(name + ": " + warned);
        }
    }

    private void startUp(Source source) throws IOException, InterruptedException {
        String fault = startUpFault(source);
        if (fault != null) {
            suspect(source, fault);
        } else {
            change(State.OK, "");
        }
    }

    /** E-7: after a failed test the source has one more chance. */
    private void suspect(Source source, String fault) throws IOException, InterruptedException {
        change(State.SUSPECT, fault);
        String second = startUpFault(source);
        if (second != null) {
            throw new IOException(second);
        }
        change(State.OK, "");
    }

    private String startUpFault(Source source) throws IOException, InterruptedException {
        tests.reset();
        return use(take(source, source.startUpBytes(), null));
    }

    private void feed(Source source) throws IOException, InterruptedException {
        while (true) {
            Thread.sleep(source.pause());
            String fault = use(take(source, Math.min(BLOCK_BYTES, source.startUpBytes()), patience.block));
            if (fault != null) {
                suspect(source, fault);
            }
        }
    }

    /** Tests bytes and stirs them in if they pass. Returns which test failed, else null. */
    private String use(byte[] bytes) {
        String fault = tests.fault(bytes);
        if (fault == null) {
            pool.accept(bytes);
        }
        Arrays.fill(bytes, (byte) 0);
        return fault;
    }

    /** So many bytes, or more if they come in one piece. @param within null for as long as it takes */
    private byte[] take(Source source, int n, Duration within) throws IOException, InterruptedException {
        long began = System.nanoTime();
        byte[] all = new byte[0];
        while (all.length < n) {
            byte[] more = read(source, n - all.length);
            byte[] joined = Encoding.concat(all, more);
            Arrays.fill(all, (byte) 0);
            Arrays.fill(more, (byte) 0);
            all = joined;
            synchronized (this) {
                received += more.length;
            }
            if (within != null && System.nanoTime() - began > within.toNanos()) {
                throw new IOException("it gives less than " + n + " bytes in " + within.toSeconds() + " s");
            }
        }
        return all;
    }

    /** An open that has not returned yet is waited for again: of a pipe it returns when somebody writes, who must not find it closed. */
    private Source open() throws IOException, InterruptedException {
        if (opening == null) {
            opening = submit(() -> {
                Source source = opener.open();
                if (closed) {
                    closeQuietly(source);
                }
                return source;
            });
        }
        try {
            Source source = result(opening);
            opening = null;
            return source;
        } catch (TimeoutException e) {
            throw silence(e);
        } catch (IOException e) {
            opening = null;
            throw e;
        }
    }

    private byte[] read(Source source, int wanted) throws IOException, InterruptedException {
        Future<byte[]> reading = submit(() -> source.read(wanted));
        try {
            return result(reading);
        } catch (TimeoutException e) {
            reading.cancel(false);
            throw silence(e); // whereupon the source is closed, which ends the read, if the driver lets it
        }
    }

    private <T> Future<T> submit(Callable<T> work) throws IOException {
        try {
            return caller.submit(work);
        } catch (RejectedExecutionException e) {
            throw new IOException("it does not answer", e);
        }
    }

    private <T> T result(Future<T> call) throws IOException, InterruptedException, TimeoutException {
        try {
            return call.get(patience.stall.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause() instanceof IOException cause && cause.getMessage() != null ? cause.getMessage() : "it cannot be read", e);
        }
    }

    private IOException silence(TimeoutException e) {
        return new IOException("it gives nothing for " + patience.stall.toSeconds() + " s", e);
    }

    private static void closeQuietly(Source source) {
        try {
            source.close();
        } catch (IOException e) {
            // it is not used any more
        }
    }

    private void change(State to, IOException fault) {
        change(to, fault.getMessage());
    }

    private void change(State to, String reason) {
        String text = null;
        synchronized (this) {
            boolean wasSound = state == State.OK;
            state = to;
            why = reason;
            if (to == State.OK) {
                text = trouble == null ? null : name + " is sound again";
                trouble = null;
            } else if ((to == State.FAILED || wasSound) && !(to + reason).equals(trouble)) {
                trouble = to + reason;
                text = name + ": " + reason + "; " + (to == State.SUSPECT ? "it is tested again"
                    : settings.use() == EntropySettings.Use.REQUIRE ? "no key is made until it is sound (qrng-only)" : "the operating system's entropy goes on alone");
            }
        }
        if (text != null) {
            told.accept(text);
        }
        synchronized (this) {
            notifyAll(); // who waits finds it said
        }
    }
}
