package org.qnsp.core.mux;

import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;

/** Run by hand: megabytes a second of write, fill, receive, read on one thread, without any crypto. */
final class MuxThroughput {
    private static final long BYTES = 1L << 30;

    private MuxThroughput() {
    }

    /** Argument: channels that share the bytes (1 where absent). */
    public static void main(String[] arguments) throws ProtocolException {
        int channels = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        for (int round = 0; round < 4; round++) {
            long began = System.nanoTime();
            long frames = move(channels);
            double seconds = (System.nanoTime() - began) / 1e9;
            System.out.printf("%d channels: %.0f MB/s, %.0f ns a frame%n", channels, BYTES / seconds / 1e6, seconds * 1e9 / frames);
        }
    }

    private static long move(int channels) throws ProtocolException {
        SimPair pair = new SimPair(0);
        Mux from = pair.client.mux;
        Mux to = pair.server.mux;
        int[] ids = new int[channels];
        for (int i = 0; i < channels; i++) {
            ids[i] = from.open("x", new byte[0], 0);
            pair.run();
            to.accept(ids[i], Limits.CHANNEL_CREDIT_BYTES, new byte[0]);
            pair.run();
        }
        byte[] chunk = new byte[32 << 10];
        byte[] frame = new byte[Limits.PAYLOAD_BYTES];
        long read = 0;
        long frames = 0;
        while (read < BYTES) {
            for (int id : ids) {
                from.write(id, DataStream.MAIN, chunk, 0, chunk.length);
            }
            for (int n = from.fill(frame, 0, frame.length); n > 0; n = from.fill(frame, 0, frame.length)) {
                to.receive(frame, 0, n);
                frames++;
            }
            for (int id : ids) {
                for (int n = to.read(id, DataStream.MAIN, chunk, 0, chunk.length); n > 0; n = to.read(id, DataStream.MAIN, chunk, 0, chunk.length)) {
                    read += n;
                }
            }
            for (int n = to.fill(frame, 0, frame.length); n > 0; n = to.fill(frame, 0, frame.length)) {
                from.receive(frame, 0, n);
            }
        }
        return frames;
    }
}
