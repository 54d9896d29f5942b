package org.qnsp.core.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.Login;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;

/**
 * Run by scripts/bench: many clients in one process, in the default mode, each with a connection and a session of its own on a daemon that runs already. Prints
 * lines of {@code name values}. Arguments: directory with keys, port, then
 * <pre>
 * open AT_ONCE COUNT                       opened N            sessions a second, login to exit of `true`
 * idle PID GC-COMMAND SECONDS NUMBER...    idle N KIB CORES    of the daemon itself, without what its sessions run
 * </pre>
 * NaN where so many sessions could not be had. GC-COMMAND makes the daemon collect its garbage, given its process id; memory is what smaps_rollup calls proportional, beyond that of a daemon that has
 * served one session.
 */
final class ManyClients {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** For all that are begun together. */
    private static final Duration TOGETHER = Duration.ofSeconds(120);
    private static final int LOGINS_AT_ONCE = 48;
    private static final long SETTLED_MILLIS = 2_000; // past the prologue, and past ZUncommitDelay as scripts/bench sets it

    private final Connector connector = new Connector(bug -> System.err.println("bench: " + bug));
    private final ClientHandshake.Settings settings;
    private final int port;

    private ManyClients(Path work, int port) throws Exception {
        this.port = port;
        try (KeyFile file = KeyFile.parse(Files.readAllBytes(work.resolve("qssh_id")))) {
            var identity = UserAuth.identity(file.open(null).key(), RandomSource.system());
            var host = new ClientHandshake.Trust.Pinned(PublicKey.parseLine(Files.readString(work.resolve("qssh_host.pub")).strip()).key());
            settings = new ClientHandshake.Settings(Mode.DUPLEX, System.getProperty("user.name"), host, List.of(identity), false, Cover.NORMAL);
        }
    }

    public static void main(String[] args) throws Exception {
        ManyClients clients = new ManyClients(Path.of(args[0]), Integer.parseInt(args[1]));
        List<String> rest = List.of(args).subList(3, args.length);
        if (args[2].equals("open")) {
            clients.open(Integer.parseInt(rest.get(0)), Integer.parseInt(rest.get(1)));
        } else {
            clients.idle(Long.parseLong(rest.get(0)), rest.get(1), Integer.parseInt(rest.get(2)), rest.stream().skip(3).mapToInt(Integer::parseInt).toArray());
        }
        System.exit(0); // closing a thousand connections one by one is nobody's figure
    }

    private void open(int atOnce, int count) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(atOnce)) {
            many(pool, atOnce, "true"); // what is compiled on the way is not the daemon's
            long start = System.nanoTime();
            many(pool, count, "true");
            System.out.printf(Locale.ROOT, "opened %.2f%n", count / ((System.nanoTime() - start) / 1e9));
        }
    }

    private void idle(long daemon, String collect, int seconds, int[] numbers) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(LOGINS_AT_ONCE)) {
            many(pool, 1, "true");
            double before = settled(daemon, collect);
            int there = 0;
            for (int wanted : numbers) {
                try {
                    many(pool, wanted - there, "echo; exec cat >/dev/null");
                } catch (ExecutionException | TimeoutException e) {
                    System.err.println("bench: not " + wanted + " sessions at once: " + (e.getCause() == null ? "they take longer than " + TOGETHER : e.getCause().getMessage()));
                    Arrays.stream(numbers).filter(n -> n >= wanted).forEach(n -> System.out.println("idle " + n + " NaN NaN"));
                    System.exit(0); // the pool still waits
                }
                there = wanted;
                double kib = (settled(daemon, collect) - before) / wanted;
                double cpu = cpu(daemon);
                long start = System.nanoTime();
                Thread.sleep(seconds * 1_000L);
                System.out.printf(Locale.ROOT, "idle %d %.1f %.4f%n", wanted, kib, (cpu(daemon) - cpu) / ((System.nanoTime() - start) / 1e9));
            }
        }
    }

    private void many(ExecutorService pool, int count, String command) throws Exception {
        List<Future<?>> under = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            under.add(pool.submit(() -> session(command)));
        }
        long until = System.nanoTime() + TOGETHER.toNanos();
        for (Future<?> each : under) {
            each.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    /** Logs in and runs a command until the first byte of its output or, without any, its end. */
    private Void session(String command) throws IOException {
        Connection connection = Connector.connection(new Connection.Listener() {});
        Channel channel = connection.open("session", new byte[0], Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        SessionRequest.Exec exec = new SessionRequest.Exec(command);
        Channel.Request asked = channel.ask(exec.name(), exec.encode());
        Login login = connector.login(settings, connection, key -> false, Connector.tcp(List.of(InetAddress.getLoopbackAddress()), port, null, PATIENCE));
        login.await(PATIENCE, PATIENCE);
        channel.awaitOpened();
        if (!asked.await().ok()) {
            throw new IOException("the command was refused");
        }
        if (channel.input(DataStream.MAIN).read() < 0) {
            channel.awaitClosed();
            connection.disconnect(DisconnectReason.DONE, "");
            login.awaitFarewell(false);
        }
        return null;
    }

    /** KiB. */
    private static double settled(long daemon, String collect) throws IOException, InterruptedException {
        Thread.sleep(SETTLED_MILLIS);
        if (new ProcessBuilder(collect, Long.toString(daemon)).redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor() != 0) {
            throw new IOException(collect + " failed");
        }
        Thread.sleep(SETTLED_MILLIS);
        return Files.readAllLines(Path.of("/proc/" + daemon + "/smaps_rollup")).stream().filter(l -> l.startsWith("Pss:")).mapToDouble(l -> Long.parseLong(l.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }

    /** Seconds of processor time so far. */
    private static double cpu(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }
}
