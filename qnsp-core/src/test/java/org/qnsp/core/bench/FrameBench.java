package org.qnsp.core.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Secret;

/** Run by hand and by scripts/bench: nanoseconds of processor time to seal and to open a frame. Prints {@code name value} lines. */
final class FrameBench {
    private static final int FRAMES = 32;
    private static final int TURNS = 3_000;
    private static final int ROUNDS = 7;

    private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean(); // not the clock: what else the machine does stays out

    private FrameBench() {}

    public static void main(String[] arguments) throws ProtocolException {
        FrameSealer sealer = new FrameSealer(Secret.zeros(32), 2, 0);
        FrameOpener opener = new FrameOpener(Secret.zeros(32), 2, 0);
        byte[] frames = new byte[FRAMES * FrameLayout.FRAME_BYTES];
        double[] seal = new double[ROUNDS];
        double[] open = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long sealing = 0;
            long opening = 0;
            for (int turn = 0; turn < TURNS; turn++) {
                long began = THREAD.getCurrentThreadCpuTime();
                for (int i = 0; i < FRAMES; i++) {
                    sealer.seal(frames, i * FrameLayout.FRAME_BYTES, FrameType.DATA, FrameLayout.PAYLOAD_BYTES, turn);
                }
                long sealed = THREAD.getCurrentThreadCpuTime();
                for (int i = 0; i < FRAMES; i++) {
                    opener.open(frames, i * FrameLayout.FRAME_BYTES);
                }
                sealing += sealed - began;
                opening += THREAD.getCurrentThreadCpuTime() - sealed;
            }
            seal[round] = sealing / (double) (TURNS * FRAMES);
            open[round] = opening / (double) (TURNS * FRAMES);
        }
        System.out.printf("seal %.0f ns (best %.0f)%nopen %.0f ns (best %.0f)%n", median(seal), best(seal), median(open), best(open));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double best(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }
}
