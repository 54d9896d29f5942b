package org.qnsp.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PublicKey;

/**
 * The built daemon, dist/bin/qsshd, as a process of its own on a free loopback port, with a host key, an authorized_keys file and a log in a directory of the
 * test. It serves the user who runs the test. StrictModes is off: a temporary directory lies under one that everybody may write to.
 */
public final class TestDaemon implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;
    private static final int FIRST_PORT = 23_000; // above the default port, with which known_hosts has no [host]:port
    private static final int PORTS = 9_000;
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS) / 2 * 2 + Integer.getInteger("surefire.forkNumber", 0) % 2);
    private static final Pattern SOCKET = Pattern.compile("socket:\\[\\d+]");

    private final Path dir;
    private final int port;
    private final KemKeyPair hostKey = KemKeyPair.generate(RandomSource.system());
    private final List<String> options;
    private boolean readsFile;
    private Process process;

    /**
     * Makes its files; {@link #start} starts it.
     *
     * @param dir an empty directory
     * @param options lines of configuration, such as {@code LogLevel=DEBUG}; they win over what this class sets
     */
    public TestDaemon(Path dir, String... options) throws IOException {
        this.dir = dir;
        this.port = freePort();
        this.options = List.of(options);
        KeyFile.write(hostKeyFile(), KeyFile.encode(hostKey, "host", null, PassphraseCost.STANDARD, RandomSource.system()), false);
        Files.createFile(authorizedKeys());
    }

    /** A port that stays free until it is used: below those that the kernel gives to whoever names none, and another test process takes those of its own parity. */
    static int freePort() throws IOException {
        for (int tries = 0; tries < PORTS; tries++) {
            int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndAdd(2), PORTS);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException e) {
                // taken: the next one
            }
        }
        throw new BindException("no free port from " + FIRST_PORT + " to " + (FIRST_PORT + PORTS));
    }

    /** Where the programs are. Fails where scripts/build has not made them. */
    public static Path dist() {
        String property = System.getProperty("qnsp.dist", "");
        if (property.isEmpty() || !Files.isExecutable(Path.of(property, "bin", "qsshd"))) {
            throw new AssertionError("no built distribution: run scripts/build and give its directory as -Dqnsp.dist=DIR (scripts/check does both)");
        }
        return Path.of(property);
    }

    /** A command of the distribution, to be run in the daemon's directory, which is HOME too. */
    public ProcessBuilder program(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(dist().resolve("bin").resolve(name).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile());
        builder.environment().put("HOME", dir.toString());
        return builder;
    }

    /** Starts it and waits until it listens. */
    public TestDaemon start() throws IOException, InterruptedException {
        long before = Files.exists(log()) ? Files.size(log()) : 0;
        List<String> arguments = new ArrayList<>(List.of("-D", "-E", log().toString()));
        arguments.addAll(configuration());
        process = program("qsshd", arguments.toArray(String[]::new)).redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(complaints().toFile())).redirectError(ProcessBuilder.Redirect.appendTo(complaints().toFile())).start();
        await("the daemon listens", () -> !process.isAlive() || logText().substring((int) before).contains("listening on"));
        if (!process.isAlive()) {
            throw new AssertionError("the daemon did not start: " + Files.readString(complaints()));
        }
        return this;
    }

    /** Its configuration as command line options, for a second process with the same keys and files too ({@code qsshd -i}). */
    public List<String> configuration() {
        List<String> arguments = new ArrayList<>();
        for (String option : options) {
            arguments.addAll(List.of("-o", option));
        }
        arguments.addAll(List.of("-f", readsFile ? configurationFile().toString() : "/dev/null", "-h", hostKeyFile().toString(), "-o", "ListenAddress=127.0.0.1:" + port, "-o", "PidFile=none",
                "-o", "StrictModes=no", "-o", "AuthorizedKeysFile=" + authorizedKeys()));
        return arguments;
    }

    /** Has it read {@link #configurationFile} too, which the caller writes. */
    TestDaemon readsFile() {
        readsFile = true;
        return this;
    }

    Path configurationFile() {
        return dir.resolve("qsshd_config");
    }

    /** Ends it as an administrator would, and waits. @return its exit status */
    public int stop() throws InterruptedException {
        process.destroy();
        return ended();
    }

    /** Ends it without a warning, and waits. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        ended();
    }

    private int ended() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the daemon did not end within " + PATIENCE_SECONDS + " s");
        }
        return process.exitValue();
    }

    /** Lets this key log in. */
    public TestDaemon authorize(PublicKey key) throws IOException {
        Files.writeString(authorizedKeys(), key.line("test") + "\n", StandardOpenOption.APPEND);
        return this;
    }

    /**
     * {@code qssh} that logs in with this key through a port of the loopback interface, knowing the daemon's key, asking no one.
     *
     * @param port the daemon's, or that of someone on the path to it
     * @param arguments options, then the command
     */
    public ProcessBuilder qssh(KemKeyPair key, int port, String... arguments) throws IOException {
        Path identity = dir.resolve("identity-" + HexFormat.of().formatHex(key.publicKey().fingerprint(), 0, 4));
        if (Files.notExists(identity)) {
            KeyFile.write(identity, KeyFile.encode(key, "test", null, PassphraseCost.STANDARD, RandomSource.system()), false);
        }
        Path knownHosts = dir.resolve("known_hosts-" + port);
        Files.writeString(knownHosts, "[127.0.0.1]:" + port + " " + hostKey.publicKey().line("") + "\n");
        List<String> all = new ArrayList<>(List.of("-F", "none", "-i", identity.toString(), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o",
                "UserKnownHostsFile=" + knownHosts, "-p", String.valueOf(port), "-l", user()));
        int options = 0;
        while (options < arguments.length && arguments[options].startsWith("-")) {
            options += arguments[options].equals("-o") ? 2 : 1;
        }
        all.addAll(List.of(arguments).subList(0, options));
        all.add("127.0.0.1");
        all.addAll(List.of(arguments).subList(options, arguments.length));
        return program("qssh", all.toArray(String[]::new));
    }

    /** Runs {@code qsshd invite} and gives what it prints. */
    public String invite(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("invite", "-f", "/dev/null", "-h", hostKeyFile().toString(), "-o", "ListenAddress=127.0.0.1:" + port));
        all.addAll(List.of(arguments));
        Process child = program("qsshd", all.toArray(String[]::new)).redirectErrorStream(true).start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (child.waitFor() != 0) {
            throw new IOException("qsshd invite: " + said);
        }
        return said;
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    public int port() {
        return port;
    }

    /** The account that it serves, which is the test's. */
    public String user() {
        return System.getProperty("user.name");
    }

    public PublicKey hostKey() {
        return hostKey.publicKey();
    }

    public Path hostKeyFile() {
        return dir.resolve("host_key");
    }

    public Path authorizedKeys() {
        return dir.resolve("authorized_keys");
    }

    /** The file of openings that were seen. */
    public Path openings() {
        return dir.resolve("host_key.openings");
    }

    public Path log() {
        return dir.resolve("qsshd.log");
    }

    /** What it said on its standard output and error; empty as long as all is well. */
    public Path complaints() {
        return dir.resolve("qsshd.err");
    }

    /** All of its log so far. */
    public String logText() {
        try {
            return Files.exists(log()) ? Files.readString(log()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until its log has this text. */
    public void awaitLog(String text) throws InterruptedException {
        await("the log says " + text, () -> logText().contains(text));
    }

    /** Waits for something that should come about soon. */
    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited " + PATIENCE_SECONDS + " s in vain until " + what);
            }
            Thread.sleep(10);
        }
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Processes that it has started and that still run, their own included. */
    public List<ProcessHandle> children() {
        return process.descendants().toList();
    }

    /** Resident memory, KiB. */
    public long residentKiB() throws IOException {
        Matcher line = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(Files.readString(proc("status")));
        if (!line.find()) {
            throw new IOException("no VmRSS");
        }
        return Long.parseLong(line.group(1));
    }

    /** Open descriptors. */
    public int descriptors() throws IOException {
        try (Stream<Path> open = Files.list(proc("fd"))) {
            return (int) open.count();
        }
    }

    /** Open sockets, the listening one among them. */
    public int sockets() throws IOException {
        try (Stream<Path> open = Files.list(proc("fd"))) {
            return (int) open.filter(TestDaemon::socket).count();
        }
    }

    private static boolean socket(Path descriptor) {
        try {
            return SOCKET.matcher(Files.readSymbolicLink(descriptor).toString()).matches();
        } catch (IOException e) {
            return false; // closed since it was listed
        }
    }

    private Path proc(String name) {
        return Path.of("/proc", String.valueOf(process.pid()), name);
    }

    /** Ends it if it runs. */
    @Override
    public void close() {
        hostKey.close();
        if (process != null && process.isAlive()) {
            process.destroy();
            process.onExit().orTimeout(5, TimeUnit.SECONDS).exceptionally(late -> process.destroyForcibly()).join();
        }
    }
}
