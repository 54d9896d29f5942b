package org.qnsp.dist.bench;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs programs to their end and times them, on files made for it. Times are in nanoseconds. */
final class Runner {
    static final int SMALL_FILE_BYTES = 4096;
    private static final int COMMAND_SECONDS = 200;
    private static final int PROGRAM_SECONDS = 600;
    private static final int BLOCK_BYTES = 8 << 20;

    private final Path work;
    private final Map<String, Path> made = new HashMap<>();

    Runner(Path work) {
        this.work = work;
    }

    /** Random bytes; the same file for the same size. */
    synchronized Path file(int mebibytes) throws IOException {
        Path file = work.resolve("big-" + mebibytes);
        if (made.putIfAbsent(file.toString(), file) == null) {
            byte[] block = new byte[BLOCK_BYTES];
            new SplittableRandom(mebibytes).nextBytes(block);
            try (OutputStream out = Files.newOutputStream(file)) {
                for (long left = (long) mebibytes << 20; left > 0; left -= block.length) {
                    out.write(block, 0, (int) Math.min(left, block.length));
                }
            }
        }
        return file;
    }

    /** Small files in directories. */
    synchronized Path tree(int files, int directories) throws IOException {
        Path tree = work.resolve("tree-" + files);
        if (made.putIfAbsent(tree.toString(), tree) == null) {
            SplittableRandom random = new SplittableRandom(files);
            byte[] bytes = new byte[SMALL_FILE_BYTES];
            for (int i = 0; i < files; i++) {
                random.nextBytes(bytes);
                Files.write(Files.createDirectories(tree.resolve("d" + i % directories)).resolve("f" + i), bytes);
            }
        }
        return tree;
    }

    Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    long timed(List<String> command, File input) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectInput(input).redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("not done after " + COMMAND_SECONDS + " s: " + command);
        }
        long nanos = System.nanoTime() - start;
        if (process.exitValue() != 0) {
            throw new IOException("exit status " + process.exitValue() + " of " + command);
        }
        return nanos;
    }

    long timed(List<String> command) throws IOException, InterruptedException {
        return timed(command, new File("/dev/null"));
    }

    /** Copies a file or a tree to where nothing is, and looks whether it is there afterwards. */
    long copied(Side side, Path from, boolean up) throws IOException, InterruptedException {
        Path to = Files.createTempDirectory(work, "to").resolve("copy");
        boolean tree = Files.isDirectory(from);
        try {
            long nanos = timed(side.copies(from, to, up, tree ? new String[] {"-r"} : new String[0]));
            if (tree ? count(from) != count(to) : Files.mismatch(from, to) >= 0) {
                throw new IOException(side.name() + " copied something else than " + from);
            }
            return nanos;
        } finally {
            delete(to.getParent());
        }
    }

    /** What a program prints, line by line; with what it says of errors, or those are shown. It is killed where it does not end. */
    static List<String> said(List<String> command, boolean errors) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(errors).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CompletableFuture.delayedExecutor(PROGRAM_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("exit status " + process.exitValue() + " of " + command + ": " + said);
        }
        return said.lines().toList();
    }

    private static long count(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            return all.filter(Files::isRegularFile).count();
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
