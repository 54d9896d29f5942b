package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A pipe between two threads of this process, for a copy from here to here. Holds up to {@value #BYTES} bytes. */
final class BytePipe {
    private static final int BYTES = 262_144;

    private final byte[] ring = new byte[BYTES];
    private int start;
    private int held;
    private boolean ended;
    private boolean broken;

    InputStream reader() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return take(bytes, offset, length);
            }

            @Override
            public void close() {
                breakOff();
            }
        };
    }

    OutputStream writer() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                give(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                give(bytes, offset, length);
            }

            @Override
            public void close() {
                end();
            }
        };
    }

    private synchronized int take(byte[] bytes, int offset, int length) throws IOException {
        while (held == 0 && !ended) {
            await();
        }
        if (held == 0) {
            return -1;
        }
        int count = Math.min(Math.min(length, held), BYTES - start);
        System.arraycopy(ring, start, bytes, offset, count);
        start = (start + count) % BYTES;
        held -= count;
        notifyAll();
        return count;
    }

    private synchronized void give(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        int left = length;
        while (left > 0) {
            while (held == BYTES && !broken) {
                await();
            }
            if (broken) {
                throw new IOException("nobody reads");
            }
            int end = (start + held) % BYTES;
            int count = Math.min(Math.min(left, BYTES - held), BYTES - end);
            System.arraycopy(bytes, at, ring, end, count);
            held += count;
            at += count;
            left -= count;
            notifyAll();
        }
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    private synchronized void breakOff() {
        broken = true;
        notifyAll();
    }

    private void await() throws IOException {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }
}
