package org.qnsp.core.transport;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.crypto.FrameCipher;

/**
 * Has the code that seals and opens many frames at once compiled, in processes that will need it: a server's at its start, a client's once it moves bulk.
 * Compiling costs more than it saves where little is moved, and can hold up the end of a process.
 */
public final class WarmUp {
    /** Frames in batches of some size after which more are expected: 360 KiB. */
    private static final int BULK_FRAMES = 512;
    private static final long BULK_BYTES = (long) BULK_FRAMES * FrameLayout.PAYLOAD_BYTES;
    private static final int BATCH_FRAMES = 8;
    private static final int FULL_FRAMES = 64;

    private static final AtomicBoolean begun = new AtomicBoolean();
    private static final AtomicInteger frames = new AtomicInteger();

    private WarmUp() {}

    /** Begins now, on a thread of its own; not in a process whose launcher has all compiled simply, where that would never end. */
    public static void begin() {
        if (!Boolean.getBoolean("qnsp.simple") && begun.compareAndSet(false, true)) {
            start("qnsp-warm-up", FrameCipher::warmUp);
            start("qnsp-warm-up-aes", FrameCipher::warmUpAes);
        }
    }

    private static void start(String name, Runnable work) {
        Thread.ofPlatform().daemon().name(name).priority(Thread.MIN_PRIORITY).start(work);
    }

    /** So much waits to be sent: what takes the prologue's time to compile is there when the first burst is. */
    static void backlog(long bytes) {
        if (bytes >= BULK_BYTES && !begun.get()) {
            begin();
        }
    }

    /** So many frames in a row came full: who fills them has more to say than they take, and may soon hurry. */
    static void full(int count) {
        if (count >= FULL_FRAMES && !begun.get()) {
            begin();
        }
    }

    /** So many frames were sealed or opened at once. */
    static void batch(int count) {
        if (count >= BATCH_FRAMES && !begun.get() && frames.addAndGet(count) >= BULK_FRAMES) {
            begin();
        }
    }
}
