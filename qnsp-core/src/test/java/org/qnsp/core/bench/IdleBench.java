package org.qnsp.core.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.Login;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;

/**
 * Run by scripts/bench: many connections of one client process that are logged in and say nothing, and what they cost a daemon that runs already. Arguments: work
 * directory with keys, port, the daemon's process id, then numbers of connections, rising. Prints lines of Markdown.
 */
final class IdleBench {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int AT_ONCE = 8;
    private static final long SECONDS = 10;

    private IdleBench() {}

    public static void main(String[] args) throws Exception {
        Path work = Path.of(args[0]);
        int port = Integer.parseInt(args[1]);
        long daemon = Long.parseLong(args[2]);
        PublicKey host = PublicKey.parseLine(Files.readString(work.resolve("qssh_host.pub")).strip()).key();
        List<Login> logins = new ArrayList<>();
        double before = pss(daemon);
        try (Connector connector = new Connector(bug -> System.err.println("bench: " + bug)); KeyFile file = KeyFile.parse(Files.readAllBytes(work.resolve("qssh_id")));
                ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE)) {
            var identity = UserAuth.identity(file.open(null).key(), RandomSource.system());
            var settings = new ClientHandshake.Settings(Mode.DUPLEX, System.getProperty("user.name"), new ClientHandshake.Trust.Pinned(host), List.of(identity), false, Cover.NORMAL);
            for (int i = 3; i < args.length; i++) {
                int wanted = Integer.parseInt(args[i]);
                long start = System.nanoTime();
                List<Future<Login>> under = new ArrayList<>();
                for (int n = logins.size(); n < wanted; n++) {
                    under.add(pool.submit(() -> login(connector, settings, port)));
                }
                int fresh = under.size();
                for (Future<Login> each : under) {
                    logins.add(each.get());
                }
                double perSecond = fresh / ((System.nanoTime() - start) / 1e9);
                Thread.sleep(2_000); // past the last prologue
                double cpu = cpu(daemon);
                double own = cpu(ProcessHandle.current().pid());
                Thread.sleep(SECONDS * 1_000);
                System.out.printf(Locale.ROOT, "- %d idle sessions in the default mode, of one client process: daemon %.1f %% of a core, client %.1f %%; daemon's memory %.0f KiB a session; logins came at %.0f a second%n",
                        wanted, 100 * (cpu(daemon) - cpu) / SECONDS, 100 * (cpu(ProcessHandle.current().pid()) - own) / SECONDS, (pss(daemon) - before) * 1024 / wanted, perSecond);
            }
        }
    }

    private static Login login(Connector connector, ClientHandshake.Settings settings, int port) throws IOException {
        Connection connection = Connector.connection(new Connection.Listener() {});
        Login login = connector.login(settings, connection, key -> false, Connector.tcp(List.of(InetAddress.getByName("127.0.0.1")), port, null, PATIENCE));
        login.await(PATIENCE, PATIENCE);
        return login;
    }

    /** Seconds of processor time so far. */
    private static double cpu(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    /** MiB. */
    private static double pss(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream().filter(l -> l.startsWith("Pss:")).mapToDouble(l -> Long.parseLong(l.replaceAll("\\D", "")) / 1024.0)
                .findFirst().orElse(0);
    }
}
