package org.qnsp.crypto;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the system says of the processor that the JVM does not: Linux's way, elsewhere nothing is known. */
final class Processor {
    /** AMD's Zen 5; its predecessors have vectors of 512 bits and work on them in halves. */
    private static final String ZEN5 = "26";
    private static final int LINES = 10;

    private Processor() {}

    /** Whether vectors of 512 bits, if there are any, are worked on whole. */
    static boolean wholeVectorsOf512() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            String vendor = "";
            for (String line : lines.limit(LINES).toList()) {
                String value = line.substring(line.indexOf(':') + 1).strip();
                if (line.startsWith("vendor_id")) {
                    vendor = value;
                } else if (line.startsWith("cpu family")) {
                    return vendor.equals("GenuineIntel") || vendor.equals("AuthenticAMD") && value.equals(ZEN5);
                }
            }
            return false;
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }
}
