package org.qnsp.core.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system grants a thread that has to act at a certain moment; Linux's ways, elsewhere nothing. */
final class Punctuality {
    private static final String PRIORITY = "10";

    private Punctuality() {
    }

    /** Has the calling thread's waits end when they are due, and not up to 50 microseconds later. */
    static void exactWaits() {
        try {
            Files.writeString(own().resolve("timerslack_ns"), "1");
        } catch (IOException e) {
            // it is a little less exact then
        }
    }

    /** Has the calling thread run before all others when it is ready to. @return whether the system allows it */
    static boolean realTime() {
        try {
            Process chrt = new ProcessBuilder("chrt", "-f", "-p", PRIORITY, own().getFileName().toString()).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return chrt.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Where Linux keeps what concerns the calling thread. */
    private static Path own() throws IOException {
        return Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")));
    }
}
