package org.qnsp.core.transport;

import java.io.IOException;

/** The threads that compile this program while it runs. */
public final class Compilers {
    private Compilers() {}

    /**
     * Has them run only while nothing else wants their processor, for good: for a process that is to answer keys at once and moves little. What wakes up beside an
     * ordinary thread that computes may wait for a tick of the scheduler, 4 ms. Linux's way, elsewhere nothing. Returns at once.
     */
    public static void giveWay() {
        Thread.ofPlatform().daemon().name("qnsp-compilers").start(() -> {
            try {
                for (int thread : JvmThreads.named("C[12] Comp.*")) {
                    new ProcessBuilder("chrt", "-i", "-p", "0", Integer.toString(thread)).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
                }
            } catch (IOException e) {
                // it is a little slower then
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
