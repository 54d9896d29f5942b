package org.qnsp.qsshd;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.transport.Wire;
import org.qnsp.qsshd.config.ConnectionFacts;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.net.Policy;
import org.qnsp.qsshd.session.Account;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** The entry point of {@code qsshd}. */
public final class Main {
    private static final int FAILED = 255;
    /** Said on standard output to the process that waits for a daemon of its making to listen. */
    private static final String READY = "ready";
    private static final String HOME = "qnsp.home";
    private static final String ANNOUNCE = "QSSHD_ANNOUNCE";

    private Main() {}

    /** Exits 0 after a clean stop, 255 after a failure of our own, 1 for a wrong use. */
    public static void main(String[] args) {
        System.exit(run(List.of(args)));
    }

    private static int run(List<String> args) {
        try {
            if (!args.isEmpty() && args.getFirst().equals("invite")) {
                return InviteCommand.run(args.subList(1, args.size()), System.out);
            }
            if (!args.isEmpty() && args.getFirst().equals("authkey")) {
                return AuthKeyCommand.run(args.subList(1, args.size()), System.out);
            }
            return run(Arguments.parse(args));
        } catch (UsageException e) {
            System.err.println("qsshd: error: " + e.getMessage());
            System.err.print(Arguments.USAGE);
            return 1;
        } catch (IOException | ConfigException e) {
            System.err.println("qsshd: error: " + e.getMessage());
            return FAILED;
        } catch (InterruptedException e) {
            return FAILED;
        }
    }

    private static int run(Arguments wanted) throws IOException, ConfigException, InterruptedException {
        if (wanted.version()) {
            System.out.println("qsshd " + Main.class.getPackage().getImplementationVersion());
            return 0;
        }
        Setup setup = Setup.of(wanted.configFile(), wanted.options());
        ServerConfig config = setup.config();
        if (wanted.dump() || wanted.test()) {
            return check(wanted, setup, config);
        }
        if (wanted.onStreams()) {
            logs(wanted, config, false);
            return serveStreams(setup);
        }
        if (!wanted.foreground()) {
            return toBackground(wanted);
        }
        logs(wanted, config, true);
        return serve(wanted, setup, config);
    }

    private static int check(Arguments wanted, Setup setup, ServerConfig config) throws IOException, ConfigException {
        Policy policy = setup.policy(fault -> System.err.println("qsshd: error: " + fault));
        policy.retire();
        if (wanted.dump()) {
            boolean matched = !wanted.specifications().isEmpty();
            ServerConfig shown = matched ? config.forConnection(ConnectionFacts.parse(wanted.specifications(), Main::groupsOf)) : config;
            System.out.print(shown.dump());
        }
        return 0;
    }

    private static List<String> groupsOf(String user) {
        try {
            return Account.named(user).map(Account::groupNames).orElse(List.of());
        } catch (IOException e) {
            return List.of();
        }
    }

    /** In the foreground without -e or -E the log goes to standard error too: a service manager keeps it. */
    private static void logs(Arguments wanted, ServerConfig config, boolean foreground) throws IOException {
        if (wanted.logFile() != null) {
            Logs.toFile(wanted.logFile(), config.logLevel());
        } else if (wanted.standardError() || foreground && System.getenv(ANNOUNCE) == null) {
            Logs.toStandardError(config.logLevel());
        } else {
            Logs.toSystemLog(config.logLevel());
        }
    }

    private static int serve(Arguments wanted, Setup setup, ServerConfig config) throws IOException, ConfigException, InterruptedException {
        PidFile pidFile = new PidFile();
        try (Daemon daemon = new Daemon(() -> setup.policy(LoggerFactory.getLogger(Main.class)::warn), services(), () -> {}, next -> pidFile.write(next.pidFile()))) {
            Signal.handle(new Signal("HUP"), s -> daemon.reload());
            Signal.handle(new Signal("TERM"), s -> daemon.stop());
            Signal.handle(new Signal("INT"), s -> daemon.stop());
            daemon.listen();
            pidFile.write(config.pidFile());
            if (System.getenv(ANNOUNCE) != null) {
                if (!wanted.standardError()) {
                    System.err.close(); // it is that of whoever started the daemon, and who may wait for its end; /dev/null takes its place
                }
                System.out.println(READY);
                System.out.close();
            }
            daemon.awaitEnd();
            pidFile.delete();
            return 0;
        }
    }

    /** One connection on standard input and output, as from inetd or a ProxyCommand. */
    private static int serveStreams(Setup setup) throws IOException, ConfigException, InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        try (Daemon daemon = new Daemon(() -> setup.policy(LoggerFactory.getLogger(Main.class)::warn), services(), gone::countDown, next -> { })) {
            Signal.handle(new Signal("TERM"), s -> daemon.stop());
            if (System.inheritedChannel() instanceof SocketChannel socket) {
                daemon.serve(Wire.of(socket), (InetSocketAddress) socket.getRemoteAddress(), (InetSocketAddress) socket.getLocalAddress());
            } else {
                daemon.serve(Wire.of(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out), "standard input"), null, null);
            }
            gone.await();
            return 0;
        }
    }

    /** Starts itself again, in a session of its own and in the root directory, so as to hold nothing of whoever started it, and returns when it listens. */
    private static int toBackground(Arguments wanted) throws IOException {
        String home = System.getProperty(HOME);
        if (home == null) {
            throw new IOException("cannot go to the background outside an installation; use -D");
        }
        List<String> command = new ArrayList<>(List.of("setsid", home + "/bin/qsshd", "-D"));
        command.addAll(wanted.fromElsewhere());
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(new java.io.File("/dev/null")).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.directory(new java.io.File("/"));
        builder.environment().put(ANNOUNCE, "1");
        builder.environment().put(Setup.DIRECTORY, Path.of("").toAbsolutePath().toString());
        Process child = builder.start();
        try (var answer = child.inputReader()) {
            return READY.equals(answer.readLine()) ? 0 : FAILED;
        }
    }

    private static Services services() {
        return Services.of(System.getProperty(HOME));
    }
}
