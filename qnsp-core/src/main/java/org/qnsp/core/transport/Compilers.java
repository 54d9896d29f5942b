package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The threads that compile this program while it runs. */
public final class Compilers {
    private Compilers() {}

    /**
     * Has them run only while nothing else wants their processor, for good: for a process that is to answer keys at once and moves little. What wakes up beside an
     * ordinary thread that computes may wait for a tick of the scheduler, 4 ms. Linux's way, elsewhere nothing. Returns at once.
     */
    public static void giveWay() {
        Thread.ofPlatform().daemon().name("qnsp-compilers").start(() -> {
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
                for (Path thread : threads) {
                    if (name(thread).matches("C[12] Comp.*")) {
                        new ProcessBuilder("chrt", "-i", "-p", "0", thread.getFileName().toString()).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
                    }
                }
            } catch (IOException e) {
                // it is a little slower then
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Empty for one that has ended meanwhile. */
    private static String name(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
