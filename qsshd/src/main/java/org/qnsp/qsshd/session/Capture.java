package org.qnsp.qsshd.session;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs small programs to their end and takes what they write, within a time and a length; what they complain of is dropped. */
final class Capture {
    /**
     * What came of it.
     *
     * @param refusal why the bytes must not be used, null where they may
     */
    record Captured(byte[] bytes, String refusal) {
    }

    private final ProcessPump pump;
    private final Duration timeMax;
    private final int bytesMax;

    Capture(ProcessPump pump, Duration timeMax, int bytesMax) {
        this.pump = pump;
        this.timeMax = timeMax;
        this.bytesMax = bytesMax;
    }

    /** Waits for the end of a program that has nothing to read. @throws IOException when it cannot be started */
    Captured run(List<String> arguments, List<String> environment) throws IOException, InterruptedException {
        UserProcess process = UserProcess.overPipes(pump, Optional.empty(), new UserProcess.Command() {
            @Override
            public List<String> arguments() {
                return arguments;
            }

            @Override
            public List<String> environment(Optional<String> terminal) {
                return environment;
            }
        }, (group, signal) -> Posix.signalGroup(group, signal.number()));
        Collected collected = new Collected(process, bytesMax);
        process.start(collected);
        process.closeInput();
        try {
            collected.done.get(timeMax.toMillis(), TimeUnit.MILLISECONDS);
            return new Captured(collected.bytes.toByteArray(), collected.refusal);
        } catch (TimeoutException e) {
            return new Captured(new byte[0], "not done within " + timeMax.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            if (!collected.done.isDone()) {
                process.kill();
                process.hangup();
            }
        }
    }

    /** Gathers what the program writes. */
    private static final class Collected implements UserProcess.Events {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private final UserProcess process;
        private final int bytesMax;
        private volatile String refusal;

        Collected(UserProcess process, int bytesMax) {
            this.process = process;
            this.bytesMax = bytesMax;
        }

        @Override
        public int room(UserProcess.Source source) {
            return ProcessPump.TRANSFER_BYTES;
        }

        @Override
        public void output(UserProcess.Source source, byte[] from, int length) {
            if (source == UserProcess.Source.ERROR || refusal != null) {
                return;
            }
            bytes.write(from, 0, length);
            if (bytes.size() > bytesMax) {
                refusal = "too long an answer";
                process.kill();
                process.hangup();
            }
        }

        @Override
        public void outputEnded(UserProcess.Source source) {
        }

        @Override
        public void inputTaken(int taken) {
        }

        @Override
        public void exited(ExitStatus status) {
            if (refusal == null && !status.equals(new ExitStatus.Exited(0))) {
                refusal = "the program ended with " + status;
            }
        }

        @Override
        public void ended() {
            done.complete(null);
        }
    }
}
