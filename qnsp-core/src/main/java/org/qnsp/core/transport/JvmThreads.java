package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The threads of this process as the system knows them, those of the virtual machine among them. Linux's way. */
public final class JvmThreads {
    private JvmThreads() {}

    /** The numbers of those whose names, which the system cuts to 15 characters, are of this pattern. @throws IOException where the system does not tell */
    public static List<Integer> named(String pattern) throws IOException {
        List<Integer> found = new ArrayList<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (name(thread).matches(pattern)) {
                    found.add(Integer.parseInt(thread.getFileName().toString()));
                }
            }
        }
        return found;
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
