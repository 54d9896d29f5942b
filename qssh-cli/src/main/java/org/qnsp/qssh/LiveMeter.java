package org.qnsp.qssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.qnsp.core.transport.WireMeter;

/** Draws the meter of {@code ~w} once a second from when it is switched on until it is switched off. */
final class LiveMeter {
    /** Asks the connection; the answer comes on another thread. */
    @FunctionalInterface
    interface Source {
        void ask(Consumer<WireMeter> answer);
    }

    private final Source source;
    private final WritableByteChannel to;
    private CountDownLatch stop;

    /** @param to the terminal */
    LiveMeter(Source source, WritableByteChannel to) {
        this.source = source;
        this.to = to;
    }

    /** On, or off. */
    void toggle() {
        if (stop != null) {
            off();
        } else {
            CountDownLatch until = new CountDownLatch(1);
            stop = until;
            Thread.ofPlatform().daemon().name("qssh-meter").start(() -> draw(until));
        }
    }

    /** Off, if it is on. */
    void off() {
        if (stop != null) {
            stop.countDown();
            stop = null;
            write(MeterLine.erase(size()[0]));
        }
    }

    private void draw(CountDownLatch until) {
        MeterLine line = new MeterLine();
        try {
            do {
                CompletableFuture<WireMeter> answer = new CompletableFuture<>();
                source.ask(answer::complete);
                WireMeter now = answer.get(1, TimeUnit.SECONDS);
                int[] size = size();
                if (until.getCount() > 0) {
                    write(line.draw(now, System.nanoTime(), size[0], size[1]));
                }
            } while (!until.await(1, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            until.countDown(); // the connection is over, and so is the session
        }
    }

    private static int[] size() {
        int[] size = Terminal.size();
        return size[0] > 0 && size[1] > 0 ? size : new int[] {24, 80};
    }

    private void write(String text) {
        try {
            for (ByteBuffer bytes = StandardCharsets.UTF_8.encode(text); bytes.hasRemaining(); ) {
                to.write(bytes);
            }
        } catch (IOException e) {
            stop = null; // the terminal is gone
        }
    }
}
