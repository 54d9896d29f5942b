package org.qnsp.dist.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What scripts/bench makes of measurements, and the long link it measures over. */
@Timeout(60)
final class BenchTest {
    private static final double[] NOTHING = {};
    private static final Row.Target SPEED = new Row.Target.Speed(1, 1.5);

    @Test
    void mediansAndQuantiles() {
        assertEquals(2, Figures.median(new double[] {9, 1, 2}));
        assertEquals(2.5, Figures.median(new double[] {3, 1, 2, 100}));
        double[] hundred = new Random(1).doubles(100).toArray();
        for (int i = 0; i < 100; i++) {
            hundred[i] = 100 - i;
        }
        assertEquals(50, Figures.quantile(hundred, 0.5));
        assertEquals(99, Figures.quantile(hundred, 0.99));
        assertEquals(7, Figures.quantile(new double[] {7}, 0.99));
    }

    @Test
    void aRatioIsTakenPairByPair() {
        double[] first = {10, 200, 30};
        double[] second = {20, 100, 15};
        assertEquals(2, Figures.speed(first, second, true), "0.5, 2 and 2: the pairs' own");
        assertEquals(0.5, Figures.speed(first, second, false), "a time of twice the length is half the speed");
    }

    @Test
    void aRowSaysWhoIsFasterAndWhatIsReached() {
        assertEquals("| pipe | MiB/s | 150 | 100 | **1.50 x faster** | 1.00 x | 1.50 x | aim | 1 |", row(true, 150, 100, SPEED).line());
        assertEquals("must", row(true, 149, 100, SPEED).reached());
        assertEquals("| pipe | ms | 400 | 100 | 4.00 x slower | 1.00 x | 1.50 x | NO | 1 |", row(false, 400, 100, SPEED).line());
        Row own = new Row("memory", "KiB", false, new double[] {31, 33, 90}, NOTHING, new Row.Target.Most(256, 32));
        assertEquals("| memory | KiB | 33.0 [31.0-90.0] |  |  | <= 256 | <= 32.0 | must | 3 |", own.line());
        Row failed = new Row("memory", "KiB", false, new double[] {Double.NaN}, NOTHING, new Row.Target.Most(256, 32));
        assertEquals("| memory | KiB | failed |  |  | <= 256 | <= 32.0 | NO | 1 |", failed.line(), "what cannot be measured is not reached");
        assertEquals("", row(true, 1, 1, new Row.Target.None()).reached());
    }

    private static Row row(boolean moreIsBetter, double qnsp, double openssh, Row.Target target) {
        return new Row("pipe", moreIsBetter ? "MiB/s" : "ms", moreIsBetter, new double[] {qnsp}, new double[] {openssh}, target);
    }

    @Test
    void theLongLinkIsLateByTheRoundTripAndLosesNothing() throws Exception {
        byte[] sent = new byte[24 << 20];
        new Random(1).nextBytes(sent);
        try (ServerSocket echo = new ServerSocket(0, 5, InetAddress.getLoopbackAddress()); DelayLine line = new DelayLine(echo.getLocalPort(), Duration.ofMillis(100), true);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), line.port()); ExecutorService pool = Executors.newCachedThreadPool()) {
            pool.submit(() -> echo(echo));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            for (int i = 0; i < 5; i++) {
                long began = System.nanoTime();
                socket.getOutputStream().write(i);
                assertEquals(i, in.read());
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                assertTrue(millis >= 100 && millis < 400, millis + " ms");
            }
            long began = System.nanoTime();
            Future<?> writing = pool.submit(() -> {
                socket.getOutputStream().write(sent);
                socket.shutdownOutput();
                return null;
            });
            byte[] came = in.readAllBytes();
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            writing.get();
            assertArrayEquals(sent, came);
            assertTrue(millis >= 100 && millis < 2_000, "the link holds what is on its way: " + millis + " ms"); // a window of 1 MiB would make it 2.4 s
        }
    }

    private static Void echo(ServerSocket server) throws IOException {
        try (Socket socket = server.accept(); InputStream in = socket.getInputStream()) {
            in.transferTo(socket.getOutputStream());
        }
        return null;
    }
}
