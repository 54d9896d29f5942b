package org.qnsp.dist;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Watches a TCP port of the loopback interface from outside of both ends, with tcpdump. */
final class Sniffer implements AutoCloseable {
    private final Path file;
    private final Process process;
    private final BufferedReader said;

    private Sniffer(Path file, Process process) {
        this.file = file;
        this.process = process;
        this.said = process.errorReader();
    }

    /** Begins to record what passes this port. @param snapBytes of each packet that are kept, 0 for all */
    static Sniffer start(Path file, int port, int snapBytes) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder("tcpdump", "-i", "lo", "-Z", "root", "-n", "-U", "--immediate-mode", "-B", "131072", "-s", String.valueOf(snapBytes), "--time-stamp-precision=nano",
                    "-w", file.toString(), "tcp port " + port).start();
        } catch (IOException e) {
            throw new AssertionError("tcpdump is missing: install it, and run the tests as root");
        }
        Sniffer sniffer = new Sniffer(file, process);
        for (String line = sniffer.said.readLine(); line == null || !line.contains("listening on"); line = sniffer.said.readLine()) {
            if (line == null) {
                throw new AssertionError("tcpdump cannot watch the loopback interface: run the tests as root");
            }
        }
        return sniffer;
    }

    /** Ends the recording and reads it. */
    Capture stop() throws IOException, InterruptedException {
        Thread.sleep(200); // what was just sent is still on its way through the kernel
        process.toHandle().destroy(); // Process.destroy would close what it says at its end
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            if (line.endsWith("dropped by kernel") && !line.startsWith("0 ")) {
                throw new AssertionError("the recording has gaps: " + line);
            }
        }
        process.waitFor(10, TimeUnit.SECONDS);
        return Capture.read(file);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
