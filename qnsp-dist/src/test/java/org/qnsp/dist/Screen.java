package org.qnsp.dist;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A terminal as a person has it: a window of a tmux of its own, with a plain shell in it whose prompt is {@code local>}. */
final class Screen implements AutoCloseable {
    static final String PROMPT = "local> ";

    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final Path socket;

    Screen(Path dir, int columns, int rows) throws IOException, InterruptedException {
        Files.createDirectories(dir);
        socket = dir.resolve("tmux");
        Files.writeString(dir.resolve("tmux.conf"), "set -g status off\nset -g default-terminal screen\nset -g history-limit 20000\nset -g escape-time 0\n");
        Files.writeString(dir.resolve("rc"), "PS1='" + PROMPT + "'\n");
        List<String> words = new ArrayList<>(List.of("env", "-i", "PATH=" + System.getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "TERM=xterm"));
        words.addAll(List.of("tmux", "-S", socket.toString(), "-f", dir.resolve("tmux.conf").toString(), "new-session", "-d", "-x", String.valueOf(columns), "-y",
                String.valueOf(rows), "exec bash --rcfile '" + dir.resolve("rc") + "'"));
        Command.of(words).run().expect(0);
        awaitLine(Pattern.quote(PROMPT.strip()));
    }

    private String tmux(String... words) throws IOException, InterruptedException {
        return Command.of("tmux", "-S", socket.toString()).with(words).env("LANG", "C.UTF-8").run().expect(0).out();
    }

    /** Types text as it is. */
    void type(String text) throws IOException, InterruptedException {
        tmux("send-keys", "-l", "--", text);
    }

    /** Presses keys by tmux's names, such as Enter and C-c. */
    void press(String... keys) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("send-keys"));
        words.addAll(List.of(keys));
        tmux(words.toArray(String[]::new));
    }

    void enter(String line) throws IOException, InterruptedException {
        type(line);
        press("Enter");
    }

    /** Puts text in at once, as a mouse does. */
    void paste(String text) throws IOException, InterruptedException {
        Path file = socket.resolveSibling("paste");
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        tmux("load-buffer", file.toString());
        tmux("paste-buffer");
    }

    void resize(int columns, int rows) throws IOException, InterruptedException {
        tmux("resize-window", "-x", String.valueOf(columns), "-y", String.valueOf(rows));
    }

    /** What is to be seen, without blanks at the ends of lines. */
    String text() {
        try {
            return tmux("capture-pane", "-p").replaceAll("(?m) +$", "").stripTrailing();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until the screen has this somewhere. */
    void await(String regex) throws InterruptedException {
        Pattern pattern = Pattern.compile(regex, Pattern.MULTILINE);
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        String seen = text();
        while (!pattern.matcher(seen).find()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited in vain until the screen shows " + regex + "; it shows\n" + seen);
            }
            Thread.sleep(100); // looking costs a process
            seen = text();
        }
    }

    /** Waits until the last line is this. */
    void awaitLine(String regex) throws InterruptedException {
        await("(^|\\n)" + regex + "\\z");
    }

    /** Waits for the local shell's prompt. */
    void awaitPrompt() throws InterruptedException {
        awaitLine(Pattern.quote(PROMPT.strip()));
    }

    @Override
    public void close() {
        try {
            Command.of("tmux", "-S", socket.toString(), "kill-server").run();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
