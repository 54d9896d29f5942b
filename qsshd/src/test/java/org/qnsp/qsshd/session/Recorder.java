package org.qnsp.qsshd.session;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Listens to one process, keeps its output and lets a test wait for what it expects. */
final class Recorder implements UserProcess.Events {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<UserProcess.Source, ByteArrayOutputStream> outputs = new EnumMap<>(UserProcess.Source.class);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch exited = new CountDownLatch(1);
    private int room = Integer.MAX_VALUE;
    private long inputTaken;
    private int endedSources;
    private volatile ExitStatus status;

    Recorder() {
        for (UserProcess.Source source : UserProcess.Source.values()) {
            outputs.put(source, new ByteArrayOutputStream());
        }
    }

    static Recorder of(UserProcess process) {
        Recorder recorder = new Recorder();
        process.start(recorder);
        return recorder;
    }

    /** Limits the bytes of all output together from now on. */
    synchronized Recorder room(int bytes) {
        room = bytes;
        return this;
    }

    @Override
    public synchronized int room(UserProcess.Source source) {
        return room;
    }

    @Override
    public synchronized void output(UserProcess.Source source, byte[] bytes, int length) {
        outputs.get(source).write(bytes, 0, length);
        room = room == Integer.MAX_VALUE ? room : room - length;
        notifyAll();
    }

    @Override
    public synchronized void outputEnded(UserProcess.Source source) {
        endedSources++;
        notifyAll();
    }

    @Override
    public synchronized void inputTaken(int bytes) {
        inputTaken += bytes;
        notifyAll();
    }

    @Override
    public void exited(ExitStatus exit) {
        status = exit;
        exited.countDown();
    }

    @Override
    public void ended() {
        ended.countDown();
    }

    synchronized byte[] bytes(UserProcess.Source source) {
        return outputs.get(source).toByteArray();
    }

    synchronized int size(UserProcess.Source source) {
        return outputs.get(source).size();
    }

    String output() {
        return new String(bytes(UserProcess.Source.OUTPUT), StandardCharsets.UTF_8);
    }

    String error() {
        return new String(bytes(UserProcess.Source.ERROR), StandardCharsets.UTF_8);
    }

    synchronized long inputTaken() {
        return inputTaken;
    }

    synchronized int endedSources() {
        return endedSources;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }

    /** The exit status, once all is over. */
    ExitStatus awaitEnd() throws InterruptedException {
        if (!ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("not ended; output so far: " + output() + error());
        }
        return status;
    }

    ExitStatus awaitExit() throws InterruptedException {
        if (!exited.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("not exited; output so far: " + output() + error());
        }
        return status;
    }

    /** Waits for the output to contain {@code text}. */
    void awaitOutput(String text) throws InterruptedException {
        await("output " + text, () -> output().contains(text));
    }

    /** Waits, woken by every event, for a condition on what was recorded. */
    synchronized void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("no " + what + "; output so far: " + output() + error());
            }
            wait(left);
        }
    }

    /** Polls the world (not the process's events) for a condition. */
    static void eventually(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("never: " + what);
            }
            Thread.sleep(2);
        }
    }
}
