package org.qnsp.dist;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program run as a user would run it: words, environment, standard input; and what came of it. Never longer than its limit. */
final class Command {
    /** @param status the exit status, 128 and more after a signal */
    record Result(List<String> words, int status, byte[] bytes, String err) {
        /** Standard output as text. */
        String out() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /** The same, if it ended as it should. */
        Result expect(int wanted) {
            if (status != wanted) {
                throw new AssertionError("status " + status + " and not " + wanted + " of " + this);
            }
            return this;
        }

        @Override
        public String toString() {
            String output = out();
            String line = String.join(" ", words);
            return (line.length() > 1000 ? line.substring(0, 1000) + "..." : line) + "\n[out] " + (output.length() > 4000 ? output.substring(0, 4000) + "..." : output)
                    + "\n[err] " + err;
        }
    }

    private final List<String> words;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private byte[] input = {};
    private Duration limit = Duration.ofSeconds(90);
    private Path directory;

    private Command(List<String> words) {
        this.words = words;
    }

    static Command of(String... words) {
        return of(List.of(words));
    }

    static Command of(List<String> words) {
        return new Command(new ArrayList<>(words));
    }

    /** A script for sh. */
    static Command script(String text) {
        return of("/bin/sh", "-c", text);
    }

    Command with(String... more) {
        words.addAll(List.of(more));
        return this;
    }

    /** A variable; null takes it away. */
    Command env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Command input(String text) {
        return input(text.getBytes(StandardCharsets.UTF_8));
    }

    Command input(byte[] bytes) {
        input = bytes;
        return this;
    }

    Command in(Path where) {
        directory = where;
        return this;
    }

    Command limit(Duration longest) {
        limit = longest;
        return this;
    }

    String[] words() {
        return words.toArray(String[]::new);
    }

    /** The words, for a shell to read. */
    String quoted() {
        return quoted(words);
    }

    static String quoted(List<String> words) {
        return String.join(" ", words.stream().map(word -> "'" + word.replace("'", "'\\''") + "'").toList());
    }

    /** Starts it and leaves its streams to the caller, standard input included. */
    Process start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        environment.forEach((name, value) -> {
            if (value == null) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        return builder.start();
    }

    /** Runs it to its end. */
    Result run() throws IOException, InterruptedException {
        Process process = start();
        CompletableFuture<byte[]> errors = CompletableFuture.supplyAsync(() -> all(process.getErrorStream()), task -> Thread.ofVirtual().start(task));
        Thread feeder = Thread.ofVirtual().start(() -> feed(process.getOutputStream()));
        CompletableFuture<Boolean> late = new CompletableFuture<Boolean>().completeOnTimeout(true, limit.toMillis(), TimeUnit.MILLISECONDS);
        late.thenAccept(tooLate -> {
            if (tooLate) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                close(process.getInputStream()); // someone else may hold the other end
                close(process.getErrorStream());
            }
        });
        byte[] output = all(process.getInputStream());
        int status = process.waitFor();
        Result result = new Result(List.copyOf(words), status, output, new String(errors.join(), StandardCharsets.UTF_8));
        if (!late.complete(false)) {
            throw new AssertionError("not over after " + limit + ": " + result);
        }
        feeder.join();
        return result;
    }

    private static byte[] all(InputStream stream) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            stream.transferTo(all);
        } catch (IOException e) {
            // closed when time was over
        }
        return all.toByteArray();
    }

    private static void close(InputStream stream) {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void feed(OutputStream to) {
        try (to) {
            to.write(input);
        } catch (IOException e) {
            // it reads no more
        }
    }
}
