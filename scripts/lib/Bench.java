import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures the commands of QNSP and OpenSSH against two daemons that run already, in turns. Called by scripts/bench, which says with what arguments; prints a
 * table and writes the same to the report file, if one is named.
 */
final class Bench {
    private static final long MIB = 1 << 20;
    private static final int FILES = 2_000;
    private static final int DIRECTORIES = 20;
    private static final int KEYS = 150;
    private static final int IDLE_SESSIONS = 10;
    private static final int COMMAND_SECONDS = 120;
    /** After this much nothing new is begun, so that the whole stays below ten minutes. */
    private static final long ENOUGH_NANOS = 480_000_000_000L;

    /** One of the two: its name, its clients, its daemon. */
    private record Side(String name, List<String> shell, List<String> copy, String host, ProcessHandle daemon) {}

    /** Something to be timed; what it returns is its figure. */
    private interface Run {
        double measure(Side side, int round) throws Exception;
    }

    private record Row(String what, String unit, double[] qnsp, double[] openssh, boolean moreIsBetter) {}

    private final Path work;
    private final int mebibytes;
    private final int runs;
    private final Side qnsp;
    private final Side openssh;
    private final Path report;
    private final long began = System.nanoTime();
    private final List<Row> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    private Bench(String[] a) {
        work = Path.of(a[0]);
        mebibytes = Integer.parseInt(a[2]);
        runs = Integer.parseInt(a[3]);
        String user = System.getProperty("user.name");
        List<String> ssh = List.of("-F", "none", "-i", work + "/ssh_id", "-o", "UserKnownHostsFile=" + work + "/ssh_known", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR");
        List<String> qssh = List.of("-F", "none", "-i", work + "/qssh_id", "-o", "UserKnownHostsFile=" + work + "/qssh_known");
        openssh = new Side("OpenSSH", with(List.of("ssh"), ssh, "-p", a[4]), with(List.of("scp", "-q"), ssh, "-P", a[4]), user + "@127.0.0.1", daemon(a[6]));
        qnsp = new Side("QNSP", with(List.of(a[1] + "/qssh"), qssh, "-p", a[5]), with(List.of(a[1] + "/qscp", "-q"), qssh, "-P", a[5]), user + "@127.0.0.1", daemon(a[7]));
        report = a.length > 8 && !a[8].isEmpty() ? Path.of(a[8]) : null;
    }

    private static List<String> with(List<String> program, List<String> options, String... more) {
        return Stream.of(program, options, List.of(more)).flatMap(List::stream).toList();
    }

    private static ProcessHandle daemon(String pid) {
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    public static void main(String[] arguments) throws Exception {
        new Bench(arguments).run();
    }

    private void run() throws Exception {
        String load = load();
        Path big = work.resolve("big");
        Path tree = work.resolve("tree");
        prepare(big, tree);
        double fresh = memory(qnsp.daemon, "Rss");
        compare("`true`, login to exit", "ms", false, runs * 5, (side, round) -> millis(timed(side, null, shell(side, "true"))));
        compare("pipe up", "MiB/s", true, runs, (side, round) -> rate(timed(side, big.toFile(), shell(side, "cat >/dev/null"))));
        compare("pipe down", "MiB/s", true, runs, (side, round) -> rate(timed(side, null, shell(side, "cat " + big))));
        compare("copy a file up", "MiB/s", true, runs, (side, round) -> rate(copied(side, big, work.resolve("up"), true)));
        compare("copy a file down", "MiB/s", true, runs, (side, round) -> rate(copied(side, big, work.resolve("down"), false)));
        compare(FILES + " files of 4 KiB up", "files/s", true, runs, (side, round) -> FILES / (copied(side, tree, work.resolve("treeup"), true) / 1e9));
        compare(FILES + " files of 4 KiB down", "files/s", true, runs, (side, round) -> FILES / (copied(side, tree, work.resolve("treedown"), false) / 1e9));
        for (String mode : List.of("normal", "low", "max")) {
            echoes(mode);
        }
        modes(big);
        idle();
        notes.add(String.format("Memory of qsshd: %.0f MiB before the first session, %.0f MiB after all of the above.", fresh, memory(qnsp.daemon, "Rss")));
        show(load, load());
    }

    private void prepare(Path big, Path tree) throws IOException {
        Random random = new Random(1);
        byte[] chunk = new byte[(int) MIB];
        try (OutputStream out = Files.newOutputStream(big)) {
            for (int i = 0; i < mebibytes; i++) {
                random.nextBytes(chunk);
                out.write(chunk);
            }
        }
        byte[] small = new byte[4096];
        for (int i = 0; i < FILES; i++) {
            random.nextBytes(small);
            Path directory = Files.createDirectories(tree.resolve("d" + i % DIRECTORIES));
            Files.write(directory.resolve("f" + i), small);
        }
    }

    // ---- measuring

    private void compare(String what, String unit, boolean moreIsBetter, int rounds, Run run) throws Exception {
        double[] a = new double[rounds];
        double[] b = new double[rounds];
        int done = 0;
        for (; done < rounds && (done == 0 || System.nanoTime() - began < ENOUGH_NANOS); done++) {
            a[done] = run.measure(qnsp, done);
            b[done] = run.measure(openssh, done);
        }
        add(new Row(what, unit, Arrays.copyOf(a, done), Arrays.copyOf(b, done), moreIsBetter));
    }

    private void add(Row row) {
        rows.add(row);
        System.err.println("bench: " + line(row));
    }

    private static List<String> shell(Side side, String command) {
        return Stream.of(side.shell, List.of(side.host, command)).flatMap(List::stream).toList();
    }

    private long timed(Side side, File input, List<String> command) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectInput(input == null ? new File("/dev/null") : input)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("not done after " + COMMAND_SECONDS + " s: " + command);
        }
        long nanos = System.nanoTime() - start;
        if (process.exitValue() != 0) {
            throw new IOException("exit status " + process.exitValue() + " of " + command);
        }
        return nanos;
    }

    /** Copies to where nothing is, and looks whether it is there afterwards. */
    private long copied(Side side, Path from, Path to, boolean up) throws IOException, InterruptedException {
        delete(to);
        List<String> ends = up ? List.of(from.toString(), side.host + ":" + to) : List.of(side.host + ":" + from, to.toString());
        List<String> options = Files.isDirectory(from) ? List.of("-r") : List.of();
        long nanos = timed(side, null, Stream.of(side.copy, options, ends).flatMap(List::stream).toList());
        if (Files.isDirectory(from) ? count(to) != FILES : Files.mismatch(from, to) >= 0) {
            throw new IOException(side.name + " copied something else than " + from);
        }
        delete(to);
        return nanos;
    }

    private static long count(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            return all.filter(Files::isRegularFile).count();
        }
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> all = Files.walk(tree)) {
                for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** A program that holds a session open: sends one key at a time and waits for it to come back. */
    private static final class Session implements AutoCloseable {
        final Process process;
        final OutputStream keys;
        final InputStream screen;

        Session(Side side, boolean terminal) throws IOException {
            List<String> command = terminal
                    ? Stream.of(side.shell, List.of("-tt", side.host, "stty raw -echo; printf R; exec cat")).flatMap(List::stream).toList()
                    : shell(side, "printf R; exec cat");
            process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            keys = process.getOutputStream();
            screen = process.getInputStream();
            for (int c = screen.read(); c != 'R'; c = screen.read()) {
                if (c < 0) {
                    throw new IOException(side.name + ": no session");
                }
            }
        }

        long echo() throws IOException {
            long start = System.nanoTime();
            keys.write('x');
            keys.flush();
            if (screen.read() != 'x') {
                throw new IOException("something else than the key came back");
            }
            return System.nanoTime() - start;
        }

        /** The client and what it started, without shells that only wait. */
        List<ProcessHandle> processes() {
            return Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
        }

        @Override
        public void close() {
            process.destroy();
            try {
                process.waitFor(5, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The same side with another padding mode, a connection of its own. */
    private Side padded(String mode) {
        List<String> options = List.of("--padding=" + mode, "-o", "ControlPath=none");
        return new Side(qnsp.name, with(qnsp.shell, options), with(qnsp.copy, options), qnsp.host, qnsp.daemon);
    }

    /** What the default mode leaves of bulk, beside the mode that does not shape it. */
    private void modes(Path big) throws Exception {
        double[] normal = new double[runs];
        double[] low = new double[runs];
        for (int i = 0; i < runs; i++) {
            normal[i] = rate(copied(padded("normal"), big, work.resolve("down"), false));
            low[i] = rate(copied(padded("low"), big, work.resolve("down"), false));
        }
        notes.add(String.format(Locale.ROOT, "A copy down in padding mode normal runs at %.2f of its rate in mode low (%s and %s MiB/s, medians of %d).", median(normal) / median(low),
                number(median(normal)), number(median(low)), runs));
    }

    private void echoes(String mode) throws Exception {
        List<double[]> all = new ArrayList<>();
        List<Side> sides = List.of(padded(mode), openssh);
        double[][] times = new double[2][2 * KEYS];
        Random random = new Random(2);
        for (int half = 0; half < 2; half++) {
            for (int s = 0; s < 2; s++) {
                try (Session session = new Session(sides.get(s), true)) {
                    Thread.sleep(1_500); // past the prologue
                    for (int i = 0; i < KEYS; i++) {
                        Thread.sleep(20 + random.nextInt(40));
                        times[s][half * KEYS + i] = millis(session.echo());
                    }
                }
            }
        }
        for (double[] one : times) {
            Arrays.sort(one);
            all.add(one);
        }
        add(new Row("a key's echo in a terminal, mode " + mode + ", p50 of " + 2 * KEYS, "ms", new double[] {all.get(0)[KEYS]}, new double[] {all.get(1)[KEYS]}, false));
        add(new Row("a key's echo in a terminal, mode " + mode + ", p99 of " + 2 * KEYS, "ms", new double[] {all.get(0)[2 * KEYS * 99 / 100]}, new double[] {all.get(1)[2 * KEYS * 99 / 100]}, false));
    }

    /** Sessions that say nothing: memory, and processor time. */
    private void idle() throws Exception {
        List<double[]> figures = new ArrayList<>();
        for (Side side : List.of(qnsp, openssh)) {
            List<Session> sessions = new ArrayList<>();
            try {
                sessions.add(new Session(side, false));
                Thread.sleep(2_000); // past the prologue
                List<ProcessHandle> client = sessions.getFirst().processes();
                double clientCpu = cpu(client);
                double daemonCpu = cpu(family(side.daemon));
                long start = System.nanoTime();
                Thread.sleep(6_000);
                double seconds = (System.nanoTime() - start) / 1e9;
                clientCpu = (cpu(client) - clientCpu) / seconds;
                daemonCpu = (cpu(family(side.daemon)) - daemonCpu) / seconds;
                while (sessions.size() < IDLE_SESSIONS) {
                    sessions.add(new Session(side, false));
                }
                Thread.sleep(1_000);
                figures.add(new double[] {total(client, "Rss"), total(family(side.daemon), "Pss"), 100 * clientCpu, 100 * daemonCpu});
            } finally {
                sessions.forEach(Session::close);
            }
        }
        String[] names = {"client, idle: resident", "daemon and its children, " + IDLE_SESSIONS + " idle sessions: proportional",
            "client, idle: processor", "daemon, one idle session: processor"};
        String[] units = {"MiB", "MiB", "% of a core", "% of a core"};
        for (int i = 0; i < names.length; i++) {
            add(new Row(names[i], units[i], new double[] {figures.get(0)[i]}, new double[] {figures.get(1)[i]}, false));
        }
    }

    private static List<ProcessHandle> family(ProcessHandle daemon) {
        return Stream.concat(Stream.of(daemon), daemon.descendants()).toList();
    }

    private static double total(List<ProcessHandle> processes, String field) {
        return processes.stream().mapToDouble(p -> memory(p, field)).sum();
    }

    /** MiB; a process that is gone has none. */
    private static double memory(ProcessHandle process, String field) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/smaps_rollup"))) {
            return lines.filter(l -> l.startsWith(field + ":")).mapToDouble(l -> Long.parseLong(l.replaceAll("\\D", "")) / 1024.0).findFirst().orElse(0);
        } catch (IOException | java.io.UncheckedIOException e) {
            return 0;
        }
    }

    /** Seconds of processor time so far. */
    private static double cpu(List<ProcessHandle> processes) {
        double ticks = 0;
        for (ProcessHandle process : processes) {
            try {
                String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"), StandardCharsets.ISO_8859_1);
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
            } catch (IOException e) {
                // it is gone
            }
        }
        return ticks / 100; // USER_HZ, on every Linux there is
    }

    private double rate(long nanos) {
        return mebibytes / (nanos / 1e9);
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }

    // ---- telling

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted.length % 2 == 1 ? sorted[sorted.length / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
    }

    private static String number(double value) {
        return value >= 100 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
    }

    private static String figure(double[] values) {
        String middle = number(median(values));
        return values.length == 1 ? middle : middle + " [" + number(Arrays.stream(values).min().orElseThrow()) + "-" + number(Arrays.stream(values).max().orElseThrow()) + "]";
    }

    private static String line(Row row) {
        double ratio = median(row.qnsp) / median(row.openssh);
        String said = Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.2f", ratio) : "-";
        return "| " + row.what + " | " + row.unit + (row.moreIsBetter ? ", more is better" : "") + " | " + figure(row.qnsp) + " | " + figure(row.openssh) + " | " + said + " | "
                + row.qnsp.length + " |";
    }

    private void show(String loadBefore, String loadAfter) throws IOException, InterruptedException {
        text.append("# Measured beside OpenSSH\n\n");
        text.append("Made by `scripts/bench`, which runs both in turns on loopback with keys of its own; everything is in memory, no disk. A figure is the median\n");
        text.append("[least-most] of whole commands: start of the client, login, work, exit. Both ends share the processors, and so does whatever else the\n");
        text.append("machine does: the load average was ").append(loadBefore).append(" before and ").append(loadAfter).append(" after. Run it on your own.\n\n");
        text.append("- ").append(LocalDate.now()).append("; ").append(machine()).append('\n');
        text.append("- QNSP: ").append(first(List.of(qnsp.shell.getFirst(), "-V"))).append(", default mode; OpenSSH: ").append(first(List.of("ssh", "-V")))
                .append(", its default algorithms, no PAM\n");
        text.append("- bulk is ").append(mebibytes).append(" MiB of random bytes\n\n");
        text.append("| | unit | QNSP | OpenSSH | ratio | runs |\n|---|---|---|---|---|---|\n");
        rows.forEach(row -> text.append(line(row)).append('\n'));
        text.append("\nNot beside anything: processor time, one thread, no network:\n\n");
        for (String name : List.of("handshake", "frame")) {
            for (String said : Files.readAllLines(work.resolve(name + ".txt"))) {
                text.append("- ").append(name.equals("handshake") ? "login, both ends, with all frames of it: " : "one frame: ").append(said).append('\n');
            }
        }
        text.append("\nMany that say nothing:\n\n");
        for (String said : Files.readAllLines(work.resolve("idle.txt"))) {
            text.append(said).append('\n');
        }
        notes.forEach(note -> text.append("\n").append(note).append('\n'));
        text.append('\n').append("""
                How to read it: a QNSP connection speaks in slots (C-24, C-25). A login takes some slots and never ends faster, an echo waits for two of them (one every
                20 ms each way), and bulk begins at an edge after the prologue, about a second after the start; so the larger the file the nearer the rate to that of
                the link. OpenSSH hides none of this. An idle QNSP connection sends its slots all the same, which is what its processor time is.
                """);
        System.out.print(text);
        if (report != null) {
            Files.writeString(report, text);
            System.err.println("bench: written to " + report);
        }
    }

    private static String machine() throws IOException {
        String model = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("model name")).map(l -> l.substring(l.indexOf(':') + 2))
                .findFirst().orElse(System.getProperty("os.arch"));
        String memory = Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("\\D", "");
        return Runtime.getRuntime().availableProcessors() + " x " + model.strip() + ", " + Long.parseLong(memory) / 1024 / 1024 + " GiB, Linux " + System.getProperty("os.version")
                + ", Java " + Runtime.version();
    }

    private static String first(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said.lines().findFirst().orElse("?");
    }

    private static String load() throws IOException {
        return Arrays.stream(Files.readString(Path.of("/proc/loadavg")).split(" ")).limit(3).collect(Collectors.joining(" "));
    }
}
