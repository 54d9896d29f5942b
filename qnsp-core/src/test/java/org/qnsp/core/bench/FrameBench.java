package org.qnsp.core.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.FrameKeyChain;
import org.qnsp.crypto.Secret;

/** Run by hand and by scripts/bench: processor time of a frame in batches of several sizes, and of its parts; once one by one, once with vectors. */
final class FrameBench {
    private static final int MOST = 64;
    private static final int FRAMES_A_ROUND = 60_000;
    private static final int ROUNDS = 9;

    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean(); // not the clock: what else the machine does stays out

    /** Does a batch. */
    private interface Batch {
        void run(int frames) throws ProtocolException;
    }

    private final FrameCipher cipher = new FrameCipher();
    private final FrameSealer sealer = new FrameSealer(Secret.zeros(32), 2, 0, cipher);
    private final FrameOpener opener = new FrameOpener(Secret.zeros(32), 2, 0, cipher);
    private final FrameKeyChain chain = new FrameKeyChain(Secret.zeros(32));
    private final byte[] frames = new byte[MOST * FrameLayout.FRAME_BYTES];
    private final byte[] key = new byte[32];
    private final byte[] macKey = new byte[32];
    private final boolean[] verdicts = new boolean[MOST];

    private FrameBench() {}

    public static void main(String[] arguments) throws ProtocolException {
        FrameBench bench = new FrameBench();
        bench.all("one by one");
        FrameCipher.warmUp();
        bench.all("with vectors");
    }

    private void all(String how) throws ProtocolException {
        for (int batch : new int[] {1, 2, 8, 32, 64}) {
            double[] both = new double[2];
            long[] bytes = new long[2];
            sealAndOpen(batch, both, bytes);
            System.out.printf("%s, batches of %d: seal %.0f ns, open %.0f ns; allocated %d and %d bytes a frame%n", how, batch, both[0], both[1], bytes[0], bytes[1]);
        }
        System.out.printf("%s, parts in batches of 32: AES %.0f ns, tags %.0f ns, keys %.0f ns%n", how, part(this::aes), part(this::tags), part(this::keys));
    }

    /** Medians of processor time, nanoseconds a frame, and what was allocated in the last round. */
    private void sealAndOpen(int batch, double[] nanos, long[] bytes) throws ProtocolException {
        double[][] rounds = new double[2][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long[] spent = new long[2];
            long[] allocated = new long[2];
            for (int done = 0; done < FRAMES_A_ROUND; done += MOST) {
                long heap = THREAD.getCurrentThreadAllocatedBytes();
                long began = THREAD.getCurrentThreadCpuTime();
                for (int at = 0; at < MOST; at += batch) {
                    seal(at, batch);
                }
                long sealed = THREAD.getCurrentThreadCpuTime();
                long sealedHeap = THREAD.getCurrentThreadAllocatedBytes();
                for (int at = 0; at < MOST; at += batch) {
                    open(at, batch);
                }
                spent[0] += sealed - began;
                spent[1] += THREAD.getCurrentThreadCpuTime() - sealed;
                allocated[0] += sealedHeap - heap;
                allocated[1] += THREAD.getCurrentThreadAllocatedBytes() - sealedHeap;
            }
            for (int i = 0; i < 2; i++) {
                rounds[i][round] = spent[i] / (double) Math.ceilDiv(FRAMES_A_ROUND, MOST) / MOST;
                bytes[i] = allocated[i] / Math.ceilDiv(FRAMES_A_ROUND, MOST) / MOST;
            }
        }
        nanos[0] = median(rounds[0]);
        nanos[1] = median(rounds[1]);
    }

    private void seal(int from, int count) {
        for (int i = from; i < from + count; i++) {
            sealer.sealLater(frames, i * FrameLayout.FRAME_BYTES, FrameType.DATA, FrameLayout.PAYLOAD_BYTES, 1);
        }
        cipher.finish();
    }

    private void open(int from, int count) throws ProtocolException {
        for (int i = from; i < from + count; i++) {
            opener.open(frames, i * FrameLayout.FRAME_BYTES, from + count - i);
        }
        cipher.finish();
    }

    private void aes(int count) {
        for (int i = 0; i < count; i++) {
            key[0]++; // the cipher does nothing for the key that it has
            cipher.decrypt(frames, i * FrameLayout.FRAME_BYTES, key);
        }
        cipher.finish();
    }

    private void tags(int count) {
        for (int i = 0; i < count; i++) {
            cipher.verifyLater(frames, i * FrameLayout.FRAME_BYTES, macKey, 2, 0, i, verdicts, i);
        }
        cipher.finish();
    }

    private void keys(int count) {
        for (int i = 0; i < count; i++) {
            chain.next(key, macKey);
        }
    }

    private static double part(Batch part) throws ProtocolException {
        double[] rounds = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long began = THREAD.getCurrentThreadCpuTime();
            for (int done = 0; done < FRAMES_A_ROUND; done += 32) {
                part.run(32);
            }
            rounds[round] = (THREAD.getCurrentThreadCpuTime() - began) / (double) Math.ceilDiv(FRAMES_A_ROUND, 32) / 32;
        }
        return median(rounds);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
