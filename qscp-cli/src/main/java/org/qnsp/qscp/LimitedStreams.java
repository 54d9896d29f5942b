package org.qnsp.qscp;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;

/** Streams that keep to a rate. */
final class LimitedStreams {
    private LimitedStreams() {}

    static OutputStream out(OutputStream out, RateLimit limit) {
        return new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int at = 0; at < length; at += RateLimit.STEP_BYTES) {
                    int part = Math.min(RateLimit.STEP_BYTES, length - at);
                    out.write(bytes, offset + at, part);
                    out.flush();
                    pause(limit, part);
                }
            }
        };
    }

    static InputStream in(InputStream in, RateLimit limit) {
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int count = in.read(bytes, offset, Math.min(length, RateLimit.STEP_BYTES));
                if (count > 0) {
                    pause(limit, count);
                }
                return count;
            }
        };
    }

    private static void pause(RateLimit limit, int bytes) throws IOException {
        long nanos = limit.waitNanos(bytes, System.nanoTime());
        if (nanos > 0) {
            try {
                Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }
    }
}
