package org.qnsp.dist.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The rows, what they were measured on, and how they are to be read; as Markdown. */
final class Report {
    private final Path file;
    private final Path bin;
    private final List<Row> rows = new ArrayList<>();
    private final long began = System.nanoTime();
    private final String loadBefore = load();
    private final long[] ticksBefore = ticks();

    /** @param file null where nothing is to be written @param bin where QNSP's programs are */
    Report(Path file, Path bin) {
        this.file = file;
        this.bin = bin;
    }

    void add(Row row) {
        rows.add(row);
        System.err.println("bench: " + row.line());
    }

    void show() throws IOException, InterruptedException {
        long[] ticks = ticks();
        double stolen = 100.0 * (ticks[1] - ticksBefore[1]) / Math.max(1, ticks[0] - ticksBefore[0]);
        long met = rows.stream().filter(row -> row.reached().equals("aim") || row.reached().equals("must")).count();
        long missed = rows.stream().filter(row -> row.reached().equals("NO")).count();
        StringBuilder text = new StringBuilder();
        text.append("# Measured beside OpenSSH\n\n");
        text.append("Made by `scripts/bench`; how it measures and what the figures leave out is in [ADR 0120](adr/0120-measured-in-turns-beside-openssh.md). Run it on your own machine.\n\n");
        text.append("- ").append(LocalDate.now()).append("; ").append(machine()).append('\n');
        text.append("- QNSP: ").append(Runner.said(List.of(bin.resolve("qssh").toString(), "-V"), true).getFirst()).append(", default mode where none is named; OpenSSH: ")
                .append(Runner.said(List.of("ssh", "-V"), true).getFirst()).append(", its defaults where none are named, no PAM\n");
        text.append(String.format(Locale.ROOT, "- load average %s before, %s after; %.1f %% of the processor time was taken by other guests of the machine; it took %.0f s%n", loadBefore,
                load(), stolen, (System.nanoTime() - began) / 1e9));
        text.append("- of ").append(met + missed).append(" targets ").append(met).append(" are reached and ").append(missed).append(" are not\n\n");
        text.append(Row.HEAD);
        rows.forEach(row -> text.append(row.line()).append('\n'));
        text.append("""

                A figure is the median [least-most] of so many runs, a comparison the median of the ratios of pairs that ran one after the other. "x" is how many times
                as fast: 1.67 x is 0.6 of the time. Both ends share the processors of one machine; files are in memory. Where nothing else is said a run is a whole
                command: start of the client, login, work, exit.

                How to read it: a QNSP connection speaks in slots (C-24, C-25). A login takes some slots and never ends faster, an echo waits for slots, and bulk begins at
                an edge after the prologue, more than half a second after the start; so the larger the file the nearer the rate to that of the link. OpenSSH hides none of this.
                """);
        System.out.print(text);
        if (file != null) {
            Files.writeString(file, text);
            System.err.println("bench: written to " + file);
        }
    }

    private static String machine() throws IOException {
        String model = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("model name")).map(l -> l.substring(l.indexOf(':') + 2))
                .findFirst().orElse(System.getProperty("os.arch"));
        String memory = Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("\\D", "");
        return Runtime.getRuntime().availableProcessors() + " x " + model.strip() + ", " + Long.parseLong(memory) / 1024 / 1024 + " GiB, Linux " + System.getProperty("os.version")
                + ", Java " + Runtime.version();
    }

    private static String load() {
        try {
            return Arrays.stream(Files.readString(Path.of("/proc/loadavg")).split(" ")).limit(3).collect(Collectors.joining(" "));
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** All ticks of all processors, and those that the hypervisor gave to others. */
    private static long[] ticks() {
        try {
            long[] all = Arrays.stream(Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +")).skip(1).mapToLong(Long::parseLong).toArray();
            return new long[] {Arrays.stream(all).limit(8).sum(), all[7]};
        } catch (IOException e) {
            return new long[2];
        }
    }
}
