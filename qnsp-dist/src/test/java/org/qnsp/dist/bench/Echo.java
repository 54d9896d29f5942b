package org.qnsp.dist.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A session in a terminal that is raw: a key goes there and comes back. */
final class Echo {
    private static final int PROLOGUE_MILLIS = 1_500;
    private static final int LEAST_GAP_MILLIS = 10;
    private static final int MORE_GAP_MILLIS = 30;

    /** Keys of one session; then it is another side's turn. */
    private static final int PART = 120;

    private Echo() {}

    /** Milliseconds from key to echo, keys some 25 ms apart. */
    static void measure(Runner runner, Side side, double[] into, int from, int count) throws IOException, InterruptedException {
        Process process = runner.start(side.run("stty raw -echo; printf R; exec cat", "-tt"));
        try (OutputStream keys = process.getOutputStream(); InputStream screen = process.getInputStream()) {
            for (int c = screen.read(); c != 'R'; c = screen.read()) {
                if (c < 0) {
                    throw new IOException(side.name() + ": no session");
                }
            }
            Thread.sleep(PROLOGUE_MILLIS);
            Random random = new Random(from);
            for (int i = 0; i < count; i++) {
                Thread.sleep(LEAST_GAP_MILLIS + random.nextInt(MORE_GAP_MILLIS));
                long start = System.nanoTime();
                keys.write('x');
                keys.flush();
                if (screen.read() != 'x') {
                    throw new IOException("something else than the key came back");
                }
                into[from + i] = (System.nanoTime() - start) / 1e6;
            }
        } finally {
            process.destroy();
            process.waitFor(5, TimeUnit.SECONDS);
        }
    }

    /** Of each side, in turns. */
    static List<double[]> of(Runner runner, List<Side> sides, int count) throws IOException, InterruptedException {
        List<double[]> all = sides.stream().map(side -> new double[count]).toList();
        for (int part = 0; part < count; part += PART) {
            for (int s = 0; s < sides.size(); s++) {
                measure(runner, sides.get(s), all.get(s), part, Math.min(PART, count - part));
            }
        }
        return all;
    }
}
