package org.qnsp.dist.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures the commands of QNSP and OpenSSH against daemons that run already, in turns: one after the other, again and again, each pair a ratio. Called by
 * scripts/bench, which prepares all it needs; prints a table and writes the same to the report file, if one is named.
 * Arguments: work directory, directory of the programs, extent, report file or "", works to do separated by commas or "", port of sshd, port of qsshd, port and
 * process of a second qsshd for idle sessions, then the command that starts a Java program of the tests.
 */
final class Bench {
    /** How much is done: bounds of sizes and numbers. What fits into the time lies between. */
    private enum Extent {
        BRIEF(1, 1, 16, 16, 200, 3, 8, 10, new int[] {1}),
        USUAL(3, 5, 64, 1024, 2_000, 100, 200, 48, new int[] {1, 100, 1000}),
        FULL(5, 9, 1024, 1024, 2_000, 100, 600, 128, new int[] {1, 100, 1000});

        final int least;
        final int most;
        final int leastMebibytes;
        final int mostMebibytes;
        final int files;
        final int farFiles;
        final int keys;
        final int sessions;
        final int[] idle;

        Extent(int least, int most, int leastMebibytes, int mostMebibytes, int files, int farFiles, int keys, int sessions, int[] idle) {
            this.least = least;
            this.most = most;
            this.leastMebibytes = leastMebibytes;
            this.mostMebibytes = mostMebibytes;
            this.files = files;
            this.farFiles = farFiles;
            this.keys = keys;
            this.sessions = sessions;
            this.idle = idle;
        }
    }

    /** What makes rows. */
    private interface Work {
        void run() throws Exception;
    }

    private static final Row.Target NONE = new Row.Target.None();
    private static final double[] NOTHING = {};
    private static final boolean[] WAYS = {true, false};
    private static final String GCM = "aes128-gcm@openssh.com";
    private static final int DIRECTORIES = 20;
    private static final int AT_ONCE = 32;
    /** Starts of Java: with more of them the time to log in runs out on few processors. */
    private static final int FEW_AT_ONCE = 4;
    private static final int FAR_MILLIS = 100;
    /** What one work may take for all its turns. */
    private static final double BULK_SECONDS = 26;
    private static final double SHORT_SECONDS = 10;
    private static final double FAR_SECONDS = 26;
    private static final double FAR_RUN_SECONDS = 6;
    private static final double PREPARATION_SECONDS = 1.5;
    /** After this long no turn is taken that need not be, so that the whole stays below ten minutes. */
    private static final double ENOUGH_SECONDS = 420;

    private final long began = System.nanoTime();
    private final Path work;
    private final Path bin;
    private final Extent extent;
    /** Works to do; all where there are none. */
    private final List<String> only;
    private final Set<String> unknown;
    private final int sshPort;
    private final int qsshPort;
    private final String idlePort;
    private final String idleDaemon;
    private final List<String> java;
    private final Runner runner;
    private final Side openssh;
    private final Side gcm;
    private final Side qnsp;
    private final Report report;

    private Bench(String[] a) {
        work = Path.of(a[0]);
        bin = Path.of(a[1]);
        extent = Extent.valueOf(a[2]);
        only = a[4].isEmpty() ? List.of() : List.of(a[4].split(","));
        unknown = new TreeSet<>(only);
        sshPort = Integer.parseInt(a[5]);
        qsshPort = Integer.parseInt(a[6]);
        idlePort = a[7];
        idleDaemon = a[8];
        java = List.of(a).subList(9, a.length);
        runner = new Runner(work);
        openssh = openssh(sshPort);
        gcm = openssh(sshPort, "-c", GCM);
        qnsp = qnsp(qsshPort);
        report = new Report(a[3].isEmpty() ? null : Path.of(a[3]), bin);
    }

    private Side openssh(int port, String... options) {
        return Side.openssh(work, port, options);
    }

    private Side qnsp(int port, String... options) {
        return Side.qnsp(work, bin, port, options);
    }

    public static void main(String[] arguments) throws Exception {
        Bench bench = new Bench(arguments);
        bench.all();
        bench.report.show();
    }

    private void all() throws Exception {
        Side low = qnsp(qsshPort, "--padding=low");
        work("true", () -> trues("`qssh host true`, cold", openssh, qnsp, 3, new Row.Target.Speed(1, 1 / 0.6)));
        work("true-relay", () -> overLine(0, true, (ssh, qssh) -> trues("the same through a relay that acknowledges at once", ssh, qssh, 3, NONE)));
        work("true-far", () -> overLine(FAR_MILLIS, false,
                (ssh, qssh) -> trues("`qssh host true` over a round trip of 100 ms", ssh, qssh, 1, new Row.Target.Speed(1 / 0.55, 1 / 0.45))));
        work("true-mux", this::shared);
        work("echo", this::echoes);
        work("pipe-up", () -> bulk("pipe up", this::pipedUp));
        work("pipe-down", () -> bulk("pipe down", this::pipedDown));
        work("copy-up", () -> bulk("qscp up", (side, mebibytes) -> runner.copied(side, runner.file(mebibytes), true), low));
        work("copy-down", () -> bulk("qscp down", (side, mebibytes) -> runner.copied(side, runner.file(mebibytes), false), low));
        work("files-up", () -> smallFiles(true));
        work("files-down", () -> smallFiles(false));
        work("pipe-far", () -> farPipe(FAR_MILLIS, new Row.Target.Speed(5, 15), true, 64));
        work("files-far", this::farFiles);
        work("links-20", () -> otherLinks(20, 128));
        if (extent != Extent.BRIEF) {
            work("links-200", () -> otherLinks(200, 32));
        }
        work("parts", this::parts);
        work("sessions", this::sessions);
        work("idle", this::idle);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("no work named " + String.join(", ", unknown));
        }
    }

    private void work(String name, Work it) throws Exception {
        if (!only.isEmpty() && !only.contains(name) && only.stream().noneMatch(word -> name.startsWith(word + "-"))) {
            return;
        }
        unknown.removeIf(word -> name.equals(word) || name.startsWith(word + "-"));
        long start = System.nanoTime();
        it.run();
        System.err.printf("bench: %s took %.1f s%n", name, (System.nanoTime() - start) / 1e9);
    }

    // ---- turns

    /** Figures of each, taken in turns: at least and at most so often, in between as often as the seconds allow. */
    private double[][] turns(int least, int most, double seconds, List<Callable<Double>> each) throws Exception {
        double[][] figures = new double[each.size()][most];
        long start = System.nanoTime();
        double enough = extent == Extent.FULL ? Double.MAX_VALUE : Math.min(seconds, ENOUGH_SECONDS - (start - began) / 1e9);
        int done = 0;
        for (; done < least || done < most && (System.nanoTime() - start) / 1e9 * (done + 1) / done < enough; done++) {
            for (int i = 0; i < each.size(); i++) {
                figures[i][done] = each.get(i).call();
            }
        }
        int count = done;
        return Arrays.stream(figures).map(f -> Arrays.copyOf(f, count)).toArray(double[][]::new);
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }

    private static double rate(double amount, long nanos) {
        return amount / (nanos / 1e9);
    }

    // ---- login to exit

    private void trues(String what, Side ssh, Side qssh, int times, Row.Target target) throws Exception {
        double[][] f = turns(extent.least, extent.most * times, SHORT_SECONDS, Stream.of(qssh, ssh).map(side -> (Callable<Double>) () -> millis(runner.timed(side.run("true")))).toList());
        report.add(Row.times(what, f[0], f[1], target));
    }

    private interface Far {
        void measure(Side ssh, Side qssh) throws Exception;
    }

    private void overLine(int roundTripMillis, boolean quickAck, Far far) throws Exception {
        Duration roundTrip = Duration.ofMillis(roundTripMillis);
        try (DelayLine toSsh = new DelayLine(sshPort, roundTrip, quickAck); DelayLine toQssh = new DelayLine(qsshPort, roundTrip, quickAck)) {
            far.measure(openssh(toSsh.port()), qnsp(toQssh.port()));
        }
    }

    private void shared() throws Exception {
        List<Side> sides = List.of(qnsp(qsshPort, "-S", work.resolve("q.sock").toString()), openssh(sshPort, "-S", work.resolve("s.sock").toString()));
        List<Process> masters = new ArrayList<>();
        try {
            for (Side side : sides) {
                masters.add(runner.start(side.run("true", "-M", "-N").subList(0, side.shell().size() + 3)));
                for (int i = 0; i < 100 && !runs(side.run("check", "-O", "check")); i++) {
                    Thread.sleep(50);
                }
            }
            Thread.sleep(2_000); // past the prologue
            double[][] f = turns(extent.least, 3 * extent.most, SHORT_SECONDS, sides.stream().map(side -> (Callable<Double>) () -> millis(runner.timed(side.run("true")))).toList());
            report.add(Row.times("`true` over ControlMaster", f[0], f[1], new Row.Target.Most(100, 75)));
        } finally {
            masters.forEach(Process::destroy);
        }
    }

    private static boolean runs(List<String> command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    }

    private void echoes() throws Exception {
        List<Side> sides = List.of(openssh, qnsp, qnsp(qsshPort, "--padding=low"), qnsp(qsshPort, "--padding=max"));
        List<double[]> all = Echo.of(runner, sides, extent.keys);
        echo("default mode", all.get(1), all.get(0), new Row.Target.Most(24, 24), new Row.Target.Most(41, 41));
        echo("mode low", all.get(2), all.get(0), NONE, new Row.Target.Most(4, 2));
        echo("mode max", all.get(3), all.get(0), NONE, NONE);
        overLine(0, true, (ssh, qssh) -> {
            List<double[]> relayed = Echo.of(runner, List.of(ssh, qssh), extent.keys / 2);
            echo("default mode, through the relay", relayed.get(1), relayed.get(0), NONE, NONE);
        });
    }

    private void echo(String how, double[] qssh, double[] ssh, Row.Target half, Row.Target nearlyAll) throws IOException {
        String what = "a key's echo, " + how + ", p";
        report.add(Row.times(what + "50 of " + qssh.length, new double[] {Figures.median(qssh)}, new double[] {Figures.median(ssh)}, half));
        report.add(Row.times(what + "99 of " + qssh.length, new double[] {Figures.quantile(qssh, 0.99)}, new double[] {Figures.quantile(ssh, 0.99)}, nearlyAll));
    }

    // ---- bulk

    private interface Transfer {
        long nanos(Side side, int mebibytes) throws Exception;
    }

    private long pipedUp(Side side, int mebibytes) throws IOException, InterruptedException {
        return runner.timed(side.run("cat >/dev/null"), runner.file(mebibytes).toFile());
    }

    private long pipedDown(Side side, int mebibytes) throws IOException, InterruptedException {
        return runner.timed(side.run("cat " + runner.file(mebibytes)));
    }

    /** The most that passes in some seconds, a power of two between what the extent allows, by the time that a first run takes. */
    private int fitting(Side side, double seconds, Transfer transfer) throws Exception {
        int mebibytes = extent.leastMebibytes;
        if (mebibytes < extent.mostMebibytes) {
            double rate = mebibytes / Math.max(0.05, transfer.nanos(side, mebibytes) / 1e9 - PREPARATION_SECONDS / 2);
            while (2 * mebibytes <= extent.mostMebibytes && 2 * mebibytes / rate < seconds && 8L * mebibytes << 20 < work.toFile().getUsableSpace()) {
                mebibytes *= 2;
            }
        }
        return mebibytes;
    }

    private void bulk(String what, Transfer transfer, Side... more) throws Exception {
        List<Side> sides = Stream.concat(Stream.of(qnsp, openssh, gcm), Stream.of(more)).toList();
        int mebibytes = fitting(qnsp, BULK_SECONDS / extent.least / 1.4, transfer); // the others take their share
        double[][] f = turns(extent.least, extent.most, BULK_SECONDS, sides.stream().map(side -> (Callable<Double>) () -> rate(mebibytes, transfer.nanos(side, mebibytes))).toList());
        String size = what + ", " + mebibytes + " MiB";
        report.add(Row.rates(size, f[0], f[1], new Row.Target.Speed(1, 1.5)));
        report.add(Row.rates(size + ", beside " + GCM, f[0], f[2], NONE));
        if (more.length > 0) {
            report.add(Row.rates(size + ", in mode low", f[3], f[1], NONE));
        }
    }

    private void smallFiles(boolean up) throws Exception {
        int files = extent.files;
        Path tree = runner.tree(files, DIRECTORIES);
        double[][] f = turns(extent.least, extent.most, SHORT_SECONDS, Stream.of(qnsp, openssh).map(side -> (Callable<Double>) () -> rate(files, runner.copied(side, tree, up))).toList());
        report.add(new Row(files + " files of 4 KiB " + (up ? "up" : "down"), "files/s", true, f[0], f[1], new Row.Target.Speed(1, 2)));
    }

    // ---- long links

    /** Each side moves what passes in some seconds, as one is held to its window and the other is not: the same amount would be all waiting or all login. */
    private void farPipe(int roundTripMillis, Row.Target target, boolean bothWays, int sshMebibytes) throws Exception {
        int ofSsh = extent == Extent.BRIEF ? 4 : sshMebibytes;
        overLine(roundTripMillis, false, (ssh, qssh) -> {
            for (boolean up : bothWays ? WAYS : new boolean[] {false}) {
                Transfer transfer = up ? this::pipedUp : this::pipedDown;
                int ofQssh = fitting(qssh, FAR_RUN_SECONDS, transfer);
                double[][] f = turns(extent.least, extent.most, FAR_SECONDS,
                        List.of(() -> rate(ofQssh, transfer.nanos(qssh, ofQssh)), () -> rate(ofSsh, transfer.nanos(ssh, ofSsh))));
                report.add(Row.rates("pipe " + (up ? "up" : "down") + " over a round trip of " + roundTripMillis + " ms, " + ofQssh + " and " + ofSsh + " MiB", f[0], f[1], target));
            }
        });
    }

    /** OpenSSH takes two or four round trips a file, which is most of a minute of nothing but waiting: its copies wait side by side, while ours run one by one. */
    private void farFiles() throws Exception {
        Path tree = runner.tree(extent.farFiles, 1);
        overLine(FAR_MILLIS, false, (ssh, qssh) -> {
            try (ExecutorService pool = Executors.newCachedThreadPool()) {
                List<List<Future<Double>>> waiting = new ArrayList<>();
                for (boolean up : WAYS) {
                    waiting.add(Stream.generate(() -> pool.submit(() -> rate(extent.farFiles, runner.copied(ssh, tree, up)))).limit(extent.least).toList());
                }
                Thread.sleep(1_000); // past their logins
                for (boolean up : WAYS) {
                    double[] ours = turns(extent.least, extent.least, 0, List.of(() -> rate(extent.farFiles, runner.copied(qssh, tree, up))))[0];
                    report.add(new Row(extent.farFiles + " files of 4 KiB " + (up ? "up" : "down") + " over a round trip of 100 ms", "files/s", true, ours,
                            gathered(waiting.get(up ? 0 : 1)), new Row.Target.Speed(10, 30)));
                }
            }
        });
    }

    private static double[] gathered(List<Future<Double>> waiting) throws ExecutionException, InterruptedException {
        double[] figures = new double[waiting.size()];
        for (int i = 0; i < figures.length; i++) {
            figures[i] = waiting.get(i).get();
        }
        return figures;
    }

    private void otherLinks(int roundTripMillis, int sshMebibytes) throws Exception {
        overLine(roundTripMillis, false, (ssh, qssh) -> trues("`qssh host true` over a round trip of " + roundTripMillis + " ms", ssh, qssh, 1, NONE));
        farPipe(roundTripMillis, NONE, false, sshMebibytes);
    }

    // ---- the parts and the daemon

    private List<String> program(String name, String... arguments) throws IOException, InterruptedException {
        return Runner.said(Stream.of(java, List.of(name), List.of(arguments)).flatMap(List::stream).toList(), false);
    }

    private void parts() throws Exception {
        for (String line : program("org.qnsp.core.bench.Parts", extent == Extent.FULL ? "3" : "1", extent == Extent.BRIEF ? "50" : "300", "FrameBench|HandshakeBench")) {
            String[] words = line.split("\t");
            if (words.length == 1) {
                continue; // what the JVM has to say
            }
            boolean frame = words[0].startsWith("FrameBench");
            report.add(new Row(frame ? "a frame, one core: " + words[0] : "a login, both ends on one core: " + words[0], "us", false,
                    Arrays.stream(words).skip(1).mapToDouble(Double::parseDouble).toArray(), NOTHING, words[0].endsWith(" 64") ? new Row.Target.Most(0.9, 0.6) : NONE));
        }
    }

    private void sessions() throws Exception {
        double[][] f = turns(extent.least, extent.least, 0, List.of(() -> openedByOne(extent.sessions), () -> opened(openssh, AT_ONCE, extent.sessions)));
        report.add(new Row("sessions opened, " + AT_ONCE + " at once: those of QNSP by one process", "/s", true, f[0], f[1], new Row.Target.Speed(1, 5)));
        double[][] processes = turns(1, extent.least, SHORT_SECONDS, Stream.of(qnsp, openssh).map(side -> (Callable<Double>) () -> opened(side, FEW_AT_ONCE, extent == Extent.BRIEF ? FEW_AT_ONCE : 3 * FEW_AT_ONCE)).toList());
        report.add(new Row("sessions opened, " + FEW_AT_ONCE + " at once, each by a client of its own", "/s", true, processes[0], processes[1], NONE));
    }

    private double openedByOne(int count) throws IOException, InterruptedException {
        return Double.parseDouble(program("org.qnsp.core.bench.ManyClients", work.toString(), Integer.toString(qsshPort), "open", Integer.toString(AT_ONCE), Integer.toString(count))
                .getLast().split(" ")[1]);
    }

    /** Sessions a second. */
    private double opened(Side side, int atOnce, int count) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(atOnce)) {
            long start = System.nanoTime();
            List<Future<Long>> all = IntStream.range(0, count).mapToObj(i -> pool.submit(() -> runner.timed(side.run("true")))).toList();
            for (Future<Long> each : all) {
                each.get();
            }
            return rate(count, System.nanoTime() - start);
        }
    }

    private void idle() throws Exception {
        List<String> arguments = new ArrayList<>(List.of(work.toString(), idlePort, "idle", idleDaemon, work.resolve("collect").toString(), extent == Extent.BRIEF ? "1" : "8"));
        Arrays.stream(extent.idle).mapToObj(Integer::toString).forEach(arguments::add);
        for (String line : program("org.qnsp.core.bench.ManyClients", arguments.toArray(String[]::new))) {
            String[] words = line.split(" ");
            boolean most = Integer.parseInt(words[1]) == 1_000;
            report.add(new Row("daemon's memory for one of " + words[1] + " idle sessions", "KiB", false, new double[] {Double.parseDouble(words[2])}, NOTHING,
                    most ? new Row.Target.Most(256, 32) : NONE));
            report.add(new Row("daemon's processor time with " + words[1] + " idle sessions", "cores", false, new double[] {Double.parseDouble(words[3])}, NOTHING,
                    most ? new Row.Target.Most(0.6, 0.3) : NONE));
        }
    }
}
