package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the JVM's compilers and collectors give way to whoever wakes up. On a kernel that does not preempt by itself a thread that becomes ready beside one that
 * computes waits for a tick, 1 to 4 ms: a slot would be late, and an echo too. They lose none of their share of the processors.
 */
public final class LongSlices {
    private static final Logger LOG = LoggerFactory.getLogger(LongSlices.class);
    private static final long NANOS = 100_000_000;
    private static final Pattern NAMES = Pattern.compile("(C[12] Comp|ZWorker|Training).*");

    private LongSlices() {}

    /** Of those that there are; others that they start take after them. @return of how many */
    public static int begin() {
        int found = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (NAMES.matcher(name(thread)).matches()) {
                    Posix.slice(Integer.parseInt(thread.getFileName().toString()), NANOS);
                    found++;
                }
            }
        } catch (IOException e) {
            LOG.debug("compilers and collectors do not give way: {}", e.getMessage());
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
