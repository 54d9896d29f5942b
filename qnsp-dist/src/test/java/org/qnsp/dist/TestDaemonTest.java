package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.dist.Capture.Conversation;

/** The daemon starts, stops, and starts again; and the observer sees what passes. */
final class TestDaemonTest {
    @TempDir
    Path scratch;

    @Test
    void startsStopsAndStartsAgain() throws Exception {
        try (TestDaemon daemon = new TestDaemon(scratch).start(); Sniffer sniffer = Sniffer.start(scratch.resolve("pcap"), daemon.port(), 0)) {
            try (Socket socket = new Socket(daemon.address().getAddress(), daemon.port())) {
                socket.getOutputStream().write("hello".getBytes());
            }
            assertTrue(daemon.sockets() >= 1 && daemon.residentKiB() > 1000);
            assertEquals(0, daemon.stop());
            daemon.start();
            daemon.kill();
            Map<?, Conversation> seen = sniffer.stop().conversations(daemon.port());
            assertEquals(1, seen.size());
            assertEquals("hello", new String(seen.values().iterator().next().sent()));
            assertEquals("", Files.readString(daemon.complaints()));
        }
    }
}
