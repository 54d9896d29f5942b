package org.qnsp.qsshd.session;

/** The size of a terminal in characters and in pixels, each from 0 (unknown) to 65,535. */
public record WindowSize(int columns, int rows, int widthPixels, int heightPixels) {
    private static final int MAX = 0xFFFF;

    /** @throws IllegalArgumentException when a number does not fit 16 bits */
    public WindowSize {
        if (((columns | rows | widthPixels | heightPixels) & ~MAX) != 0) {
            throw new IllegalArgumentException("terminal size out of range");
        }
    }

    /** The nearest size the kernel can express to what a client asked for (32-bit unsigned on the wire). */
    public static WindowSize nearest(long columns, long rows, long widthPixels, long heightPixels) {
        return new WindowSize(clamp(columns), clamp(rows), clamp(widthPixels), clamp(heightPixels));
    }

    private static int clamp(long n) {
        return (int) Math.clamp(n, 0L, MAX);
    }
}
