package org.qnsp.qssh;

import org.qnsp.core.transport.WireObserver;

/**
 * What went over the wire, and what it said, in steps of equal time. When there is no more room two steps become one; so an hour takes no more memory than a minute.
 * Written by the connection's loop, read when that is over.
 */
final class WireLog implements WireObserver {
    /** One direction. @param frames in each step @param said bytes in each step */
    record Direction(int[] frames, int[] said) {
        Direction(int steps) {
            this(new int[steps], new int[steps]);
        }

        private void halve() {
            for (int[] series : new int[][] {frames, said}) {
                for (int i = 0; i < series.length; i++) {
                    series[i] = i < series.length / 2 ? series[2 * i] + series[2 * i + 1] : 0;
                }
            }
        }

        long sumOfFrames() {
            return sum(frames);
        }

        long sumOfSaid() {
            return sum(said);
        }

        private static long sum(int[] series) {
            long sum = 0;
            for (int value : series) {
                sum += value;
            }
            return sum;
        }
    }

    private static final int STEPS = 1200;
    private static final long FIRST_STEP_NANOS = 50_000_000;

    private final Direction up = new Direction(STEPS);
    private final Direction down = new Direction(STEPS);
    private long startNanos;
    private long stepNanos = FIRST_STEP_NANOS;
    private long lastNanos;

    @Override
    public synchronized void sent(int frames, int said) {
        add(up, frames, said, System.nanoTime());
    }

    @Override
    public synchronized void received(int frames, int said) {
        add(down, frames, said, System.nanoTime());
    }

    synchronized void add(Direction to, int frames, int said, long nanos) {
        if (startNanos == 0) {
            startNanos = nanos;
        }
        lastNanos = nanos;
        while ((nanos - startNanos) / stepNanos >= STEPS) {
            up.halve();
            down.halve();
            stepNanos *= 2;
        }
        int step = (int) ((nanos - startNanos) / stepNanos);
        to.frames[step] += frames;
        to.said[step] += said;
    }

    synchronized Direction up() {
        return up;
    }

    synchronized Direction down() {
        return down;
    }

    /** Steps that there are. */
    synchronized int steps() {
        return startNanos == 0 ? 0 : (int) ((lastNanos - startNanos) / stepNanos) + 1;
    }

    synchronized double stepSeconds() {
        return stepNanos / 1e9;
    }

    synchronized double seconds() {
        return (lastNanos - startNanos) / 1e9;
    }
}
