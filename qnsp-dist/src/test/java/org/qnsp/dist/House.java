package org.qnsp.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.qnsp.core.handshake.ClientHandshake.Trust;

/** A daemon run by root for the real users of the system, with a configuration file that a test changes as it goes, and clients that know its host key. */
final class House implements AutoCloseable {
    private final Path dir;
    private final TestDaemon daemon;
    private final Map<Resident, TestClient> clients = new HashMap<>();

    /** @param options lines of configuration that hold throughout */
    House(Path dir, String... options) throws IOException, InterruptedException {
        this.dir = dir;
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of("StrictModes=yes", "AuthorizedKeysFile=.qssh/authorized_keys"));
        this.daemon = new TestDaemon(dir, all.toArray(String[]::new)).readsFile();
        Files.writeString(daemon.configurationFile(), "");
        Files.writeString(knownHosts(), "[127.0.0.1]:" + daemon.port() + " " + daemon.hostKey().line("") + "\n");
        Files.createDirectories(dir);
        daemon.start();
    }

    TestDaemon daemon() {
        return daemon;
    }

    Path knownHosts() {
        return dir.resolve("known_hosts");
    }

    /** From now on this is the whole configuration file. Returns once the daemon obeys it. */
    void configure(String... lines) throws IOException, InterruptedException {
        Files.writeString(daemon.configurationFile(), String.join("\n", lines) + "\n");
        int before = reloads();
        int said = daemon.logText().length();
        Command.of("kill", "-HUP", String.valueOf(daemon.handle().pid())).run().expect(0);
        try {
            TestDaemon.await("the daemon reloads", () -> reloads() > before);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; its log:\n" + daemon.logText(), e);
        }
        if (daemon.logText().substring(said).contains("configuration not reloaded")) {
            throw new AssertionError(daemon.logText());
        }
    }

    private int reloads() {
        return daemon.logText().split("configuration (not )?reloaded", -1).length - 1;
    }

    /** The client, with the key of one user, as yet without a host. */
    Command client(String program, Path key, String... words) {
        return Command.of(program(program), "-F", "none", "-o", "UserKnownHostsFile=" + knownHosts(), "-i", key.toString(), "-o", "Port=" + daemon.port())
                .with(words);
    }

    static String program(String name) {
        return TestDaemon.dist().resolve("bin").resolve(name).toString();
    }

    /** qssh to this user's account with the user's own key. */
    Command qssh(Resident user, String... words) {
        return client("qssh", user.keyFile()).with(at(user)).with(words);
    }

    /** Logs in within this process, which is a fraction of the work, and gives the output of a command. @throws LoginException if he may not */
    String quickly(Resident whose, String user, String command) throws IOException {
        TestClient client = clients.get(whose);
        if (client == null) {
            client = new TestClient(whose.keyPair());
            clients.put(whose, client);
        }
        try (TestClient.Session session = client.login(daemon.address(), new Trust.Pinned(daemon.hostKey()), user)) {
            return session.exec(command);
        }
    }

    static String at(Resident user) {
        return user.name() + "@127.0.0.1";
    }

    @Override
    public void close() {
        clients.values().forEach(TestClient::close);
        daemon.close();
    }
}
