package org.qnsp.qssh;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfigLoader;
import org.qnsp.core.client.ClientRequest;
import org.qnsp.core.client.ConnectFailure;
import org.qnsp.core.client.HostLogin;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.Login;
import org.qnsp.core.client.Messages;
import org.qnsp.core.client.Prompt;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Dialect;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.core.handshake.Suite;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.share.MasterSocket;
import org.qnsp.core.share.SharedClient;
import org.qnsp.core.transport.Compilers;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.RandomSource;
import org.qnsp.stealth.PaddingMode;

/** The program: from arguments to an exit status. */
final class Qssh {
    /** The exit status of everything that is not the remote program's. */
    static final int FAILED = 255;

    private static final String USAGE = """
        usage: qssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
                    [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
                    [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
                    [-J destination] [-L address] [-l login_name] [-m mac_spec]
                    [-O ctl_cmd] [-o option] [-P tag] [-p port] [-Q query_option]
                    [-R address] [-S ctl_path] [-W host:port]
                    [-w local_tun[:remote_tun]] [--stealth] [--padding=max|normal|low]
                    [--rate=bytes] [--wire-report=file] [--qrng | --qrng-only]
                    [--entropy-source=device|url] [--entropy-allow-file]
                    [--entropy-key-file=file] destination [command [argument ...]]
               qssh qssh://[user@]host[:port]?fp=...&invite=... [command [argument ...]]
               qssh --quantum-teleport file [user@]host[:path]
        """;
    private static final int RESIDENT_TRIES = 50;
    private static final long RESIDENT_PAUSE_MILLIS = 200;
    private static final String TELEPORT = "--quantum-teleport";

    private final StandardStreams streams;
    private final LocalUser local;
    private final Map<String, String> environment;
    private final Prompt prompt;
    private List<String> arguments = List.of();
    private Background background;
    private ResidentLock resident;
    private Messages messages;

    Qssh(StandardStreams streams, LocalUser local, Map<String, String> environment, Prompt prompt) {
        this.streams = streams;
        this.local = local;
        this.environment = environment;
        this.prompt = prompt;
        this.messages = new Messages("qssh", Channels.newOutputStream(streams.err()));
    }

    /** Runs. Returns the exit status. */
    int run(List<String> all) throws InterruptedException {
        try {
            if (!all.isEmpty() && all.getFirst().equals(TELEPORT)) {
                return teleport(all);
            }
            background = all.isEmpty() ? null : Background.of(all.getFirst());
            arguments = background == null ? all : all.subList(1, all.size());
            if (background != null) {
                background.rehearse();
            }
            return run(CommandLine.parse(arguments, file -> Files.exists(Path.of(file.startsWith("~/") ? local.home() + file.substring(1) : file))));
        } catch (UsageException e) {
            if (e.getMessage() != null) {
                messages.say(Messages.Level.FATAL, e.getMessage());
            }
            if (e.showsUsage()) {
                messages.say(Messages.Level.FATAL, USAGE);
            }
        } catch (ConfigException e) {
            e.lines().forEach(line -> messages.say(Messages.Level.FATAL, line));
        } catch (ConnectFailure e) {
            e.tell(messages);
        } catch (IOException e) {
            messages.error(String.valueOf(e.getMessage()));
        }
        return FAILED;
    }

    private int run(CommandLine line) throws UsageException, ConfigException, ConnectFailure, IOException, InterruptedException {
        if (line.printsVersion()) {
            messages.info(version());
            return 0;
        }
        if (line.query() != null) {
            return query(line.query());
        }
        if (line.logFile() != null) {
            messages = new Messages("qssh", appending(line.logFile()));
        }
        ClientConfigLoader loader = new ClientConfigLoader(new ConfigFiles(local.uid()), local, local::succeeds);
        if (line.host() == null) {
            loader.checkOptions(line.optionLines()); // a faulty option is said before a missing host: programs probe for options so
            throw UsageException.withUsage(line.forwarded() == null ? null : "qssh: error: there is no host to log in to\nqssh: hint: what is forwarded comes before it: qssh "
                + line.forwarded() + " [user@]host");
        }
        if (!line.printsConfiguration()) {
            RandomSource.setUp();
        }
        ClientConfig config = loader.load(new ClientRequest(line.host(), line.optionLines(), line.file(), line.command()));
        if (line.printsConfiguration()) {
            print(config.dump());
            return 0;
        }
        messages.level(config.logLevel());
        if (background == null) {
            line.warnings().forEach(messages::info); // else they were said already
        }
        messages.debug(version());
        line.notes().forEach(messages::debug);
        if (line.controlCommand() != null && !line.needsMaster()) {
            return Share.command(line.controlCommand(), config, messages, new PrintStream(Channels.newOutputStream(streams.out())));
        }
        return connect(config, line);
    }

    /** Decides which process does the work, and over whose connection. */
    private int connect(ClientConfig config, CommandLine line) throws UsageException, ConfigException, ConnectFailure, IOException, InterruptedException {
        SessionPlan.Decision decision = SessionPlan.of(config, line, streams.inputIsTerminal(), environment);
        SessionPlan plan = decision.plan();
        boolean isMaster = background != null && background.purpose() == Background.Purpose.MASTER;
        if (isMaster) {
            return config.resident() ? becomeResident(config, line) : ownConnection(config, line, SessionPlan.NONE, null);
        }
        if (config.forkAfterAuthentication() && background == null) {
            if (plan.start() instanceof SessionRequest.Shell) {
                throw UsageException.plain("Cannot fork into background without a command to execute.");
            }
            return Background.start(Background.Purpose.SESSION, arguments, environment);
        }
        if (decision.notice() != null) {
            messages.info(decision.notice());
        }
        Terminal terminal = plan.tty() && streams.inputIsTerminal() ? Terminal.open() : null;
        if (line.needsMaster()) {
            return sharedConnection(config, line, plan, terminal, true).orElse(FAILED);
        }
        OptionalInt status = config.controlPath() == null ? OptionalInt.empty() : sharedConnection(config, line, plan, terminal, true);
        if (status.isEmpty() && config.controlPath() != null && config.controlMaster() != ClientConfig.ControlMaster.NO && config.controlPersistSeconds() >= 0) {
            int started = Background.start(Background.Purpose.MASTER, arguments, environment);
            if (started != 0) {
                return started;
            }
            LocalCommand.run(config, environment);
            status = sharedConnection(config, line, plan, terminal, false);
        }
        for (int i = 0; status.isEmpty() && config.resident(); i++) { // a connection of its own would show
            if (i == RESIDENT_TRIES) {
                messages.error("the connection that is kept for --stealth takes no other session");
                messages.hint("it has a limit, which the host's MaxSessions is too; end some, or see ControlMaster");
                return FAILED;
            }
            Thread.sleep(RESIDENT_PAUSE_MILLIS);
            status = sharedConnection(config, line, plan, terminal, true);
        }
        return status.isPresent() ? status.getAsInt() : ownConnection(config, line, plan, terminal);
    }

    /** Makes the connection that --stealth keeps, unless another process has. */
    private int becomeResident(ClientConfig config, CommandLine line) throws UsageException, ConfigException, ConnectFailure, IOException, InterruptedException {
        try (ResidentLock lock = new ResidentLock(config);
                SharedClient other = MasterSocket.find(config, messages, SharedClient.connection(new Connection.Listener() {}))) {
            if (other == null) {
                resident = lock;
                return ownConnection(config, line, SessionPlan.NONE, null);
            }
        }
        leave();
        return 0;
    }

    /**
     * A session on the connection of a master.
     *
     * @param found whether it is another's master, which does not know yet what this process wants forwarded
     * @return its exit status; empty where there is no master, or it does not serve
     */
    private OptionalInt sharedConnection(ClientConfig config, CommandLine line, SessionPlan plan, Terminal terminal, boolean found)
            throws UsageException, ConfigException, IOException, InterruptedException {
        Forwarding forwarding = new Forwarding(config, List.of(), line.stdioForward(), streams, messages);
        RemoteSession session = new RemoteSession(config, plan, streams, terminal, environment.getOrDefault("TERM", ""), forwarding, messages);
        Connection connection = SharedClient.connection(session.listener());
        try (SharedClient client = share(config, line, connection, found)) {
            if (client == null) {
                return OptionalInt.empty();
            }
            if (found && !Share.forward(config, messages, client, null)) {
                return config.resident() ? OptionalInt.of(FAILED) : OptionalInt.empty(); // it is said, and trying again would not help
            }
            if (!session.openShared(connection)) {
                return OptionalInt.empty();
            }
            return OptionalInt.of(session.run(client, null, leaving()));
        }
    }

    private SharedClient share(ClientConfig config, CommandLine line, Connection connection, boolean found) throws UsageException, ConfigException {
        if (line.needsMaster()) {
            return Share.require(config, messages, connection);
        }
        return found ? MasterSocket.find(config, messages, connection) : MasterSocket.connect(config, messages, connection);
    }

    private int ownConnection(ClientConfig config, CommandLine line, SessionPlan plan, Terminal terminal)
            throws UsageException, ConfigException, ConnectFailure, IOException, InterruptedException {
        boolean own = background == null || background.purpose() == Background.Purpose.SESSION;
        Forwarding forwarding = new Forwarding(config, config.forwards(), own ? line.stdioForward() : null, streams, messages);
        try (HostLogin host = HostLogin.prepare(config, local, line.invite(), prompt, messages)) {
            if (background != null) {
                background.favourSlots();
            }
            RemoteSession session = new RemoteSession(config, plan, streams, terminal, environment.getOrDefault("TERM", ""), forwarding, messages);
            session.forwards(host.agentForward(local));
            WireLog wire = line.wireReport() == null ? null : new WireLog();
            host.observe(wire);
            Login login = login(host, session, config);
            if (login == null) {
                return FAILED;
            }
            if (plan.tty() && login.cover().mode() == PaddingMode.LOW) {
                Compilers.giveWay(); // where slots set the pace it would gain nothing, and sessions would differ
            }
            session.measures(answer -> login.meter(host.loop(), answer));
            session.ratchets(login::ratchet);
            boolean used = plan.start() != null || own && line.stdioForward() != null;
            try (Mastership master = Mastership.begin(config, messages, prompt, host.loop(), login, forwarding, used)) {
                RemoteSession.Readiness leaving = leaving();
                int status = session.run(login, master, () -> {
                    if (own) {
                        LocalCommand.run(config, environment); // else by whoever started the master, who has the streams
                    }
                    leaving.ready();
                });
                messages.debug("Exit status " + status);
                if (wire != null) {
                    WireReport.write(Path.of(line.wireReport()), wire, login.cover(), line.host());
                }
                return status;
            }
        }
    }

    /** Null where there is none and all is said; then the process is one that stayed behind for the sake of the wire (C-26). */
    private Login login(HostLogin host, RemoteSession session, ClientConfig config) throws ConnectFailure, IOException {
        try {
            return host.login(session::prepare);
        } catch (ConnectFailure e) {
            if (background == null || !config.resident()) {
                throw e;
            }
            e.tell(messages);
            resident.close(); // the next attempt must not wait for the end of this one
            background.refuse();
            host.awaitRefused();
            return null;
        }
    }

    /** In one place, so that a start-up cache has it for sessions of both kinds (0116). */
    private RemoteSession.Readiness leaving() {
        return this::leave;
    }

    /** A process that is to stay behind lets the one go that waits for it. */
    private void leave() throws IOException {
        if (resident != null) {
            resident.close(); // the socket is there
        }
        if (background != null) {
            background.leave();
        }
    }

    /** One line, with the words that other programs look for. */
    private static String version() {
        String own = Qssh.class.getPackage().getImplementationVersion();
        String number = own == null ? "0.0" : own.substring(0, Math.max(own.lastIndexOf('.'), 0));
        return "QSSH_" + number + " (" + Dialect.OPENSSH_VERSION + " compatible CLI), QNSP/1, Java " + Runtime.version().feature();
    }

    private int query(String what) throws IOException {
        String answer = switch (what.toLowerCase(java.util.Locale.ROOT)) {
            case "key", "key-plain", "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes", "hostkeyalgorithms", "hostbasedacceptedalgorithms", "hostbasedkeytypes" ->
                "mlkem768-x25519\nmldsa65-ed25519\nmldsa87-ed25519\n";
            case "key-sig", "sig" -> "mldsa65-ed25519\nmldsa87-ed25519\n";
            case "kex", "kexalgorithms" -> Arrays.stream(Suite.values()).map(suite -> suite.exchange() + "\n").collect(Collectors.joining());
            case "cipher", "ciphers" -> "aes256ctr\n";
            case "mac", "macs" -> "hmac-sha3-256\n";
            case "compression" -> "none\n";
            case "cipher-auth", "key-cert", "key-ca-sign", "casignaturealgorithms", "kex-gss" -> "";
            case "protocol-version" -> "1\n";
            case "help" -> "cipher\ncipher-auth\ncompression\nkex\nkex-gss\nkey\nkey-cert\nkey-plain\nkey-sig\nmac\nprotocol-version\nsig\n";
            default -> null;
        };
        if (answer == null) {
            messages.say(Messages.Level.FATAL, "Unsupported query \"" + what + "\"");
            return FAILED;
        }
        print(answer);
        return 0;
    }

    private void print(String text) throws IOException {
        for (ByteBuffer bytes = StandardCharsets.UTF_8.encode(text); bytes.hasRemaining(); ) {
            streams.out().write(bytes);
        }
    }

    @SuppressWarnings("resource") // open as long as the process is
    private static OutputStream appending(String file) throws UsageException {
        try {
            return new FileOutputStream(file, true);
        } catch (IOException e) {
            throw UsageException.plain("Couldn't open logfile " + file + ": " + e.getMessage());
        }
    }

    /** Another name for a copy, kept for those who came for it: qscp does the work. */
    private int teleport(List<String> arguments) throws UsageException, IOException, InterruptedException {
        if (arguments.size() != 3) {
            throw UsageException.withUsage(null);
        }
        String target = arguments.get(2);
        boolean hasPath = target.indexOf(':', target.startsWith("[") || target.contains("@[") ? target.indexOf(']') : 0) >= 0;
        String home = System.getProperty("qnsp.home");
        String program = home == null ? "qscp" : Path.of(home, "bin", "qscp").toString();
        return new ProcessBuilder(program, "--", arguments.get(1), hasPath ? target : target + ":").inheritIO().start().waitFor();
    }
}
