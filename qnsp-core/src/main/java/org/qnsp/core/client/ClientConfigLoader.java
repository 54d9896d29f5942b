package org.qnsp.core.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.qnsp.core.config.Addresses;
import org.qnsp.core.config.Condition;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ConfigParser;
import org.qnsp.core.config.ConfigSource;
import org.qnsp.core.config.Dialect;
import org.qnsp.core.config.Entry;
import org.qnsp.core.config.Faults;
import org.qnsp.core.config.Guard;
import org.qnsp.core.config.Jumps;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Patterns;
import org.qnsp.core.config.Position;
import org.qnsp.core.config.Settings;
import org.qnsp.core.config.Tokens;
import org.qnsp.core.config.Words;

/** Finds the configuration of one connection: options of the command line, then the user's file, then the system's; the first value wins. */
public final class ClientConfigLoader {
    /** The system's file. */
    public static final Path SYSTEM_FILE = Path.of("/etc/qssh/qssh_config");

    private final ConfigSource source;
    private final LocalUser local;
    private final Predicate<String> commandSucceeds;
    private final Path systemFile;
    private final Predicate<String> resolves;

    /**
     * Makes a loader.
     *
     * @param commandSucceeds runs the command of a {@code Match exec}, already expanded, and tells whether its exit status was 0
     */
    public ClientConfigLoader(ConfigSource source, LocalUser local, Predicate<String> commandSucceeds) {
        this(source, local, commandSucceeds, SYSTEM_FILE, ClientConfigLoader::resolves);
    }

    /** @param resolves whether a host name has an address */
    ClientConfigLoader(ConfigSource source, LocalUser local, Predicate<String> commandSucceeds, Path systemFile, Predicate<String> resolves) {
        this.resolves = resolves;
        this.source = source;
        this.local = local;
        this.commandSucceeds = commandSucceeds;
        this.systemFile = systemFile;
    }

    /**
     * Loads.
     *
     * @throws ConfigException for every fault of options and files, in words; the caller's exit status is 255
     */
    public ClientConfig load(ClientRequest request) throws ConfigException {
        Evaluation evaluation = new Evaluation(request, parse(request));
        evaluation.pass();
        if (evaluation.canonicalizes()) {
            evaluation.canonicalize();
        }
        if (evaluation.finalPassWanted) {
            evaluation.isFinalPass = true;
            evaluation.pass();
        }
        return new ClientConfig(request.host(), local, evaluation.finished(), (hop, first) -> load(hop(request, hop, first)));
    }

    /** A host on the way has its own configuration, from the same files; only the first may name others before it. */
    private static ClientRequest hop(ClientRequest request, Jumps.Hop hop, boolean first) {
        List<String> options = new ArrayList<>(List.of("SessionType none", "ClearAllForwardings yes"));
        if (hop.user() != null) {
            options.add("User " + Words.quote(hop.user().replace("%", "%%")));
        }
        if (hop.port() != 0) {
            options.add("Port " + hop.port());
        }
        if (!first) {
            options.add("ProxyJump none");
        }
        return new ClientRequest(hop.host(), options, request.file());
    }

    /**
     * Checks {@code -o} options alone, where there is no host.
     *
     * @throws ConfigException as {@link #load}
     */
    public void checkOptions(List<String> options) throws ConfigException {
        load(new ClientRequest("localhost", options, "none"));
    }

    private List<Entry> parse(ClientRequest request) throws ConfigException {
        ConfigParser parser = new ConfigParser(ClientKeywords.DIALECT, source, local.environment());
        ConfigParser.Root user = new ConfigParser.Root(Path.of(local.home(), ".qssh"), local.home(), true);
        ConfigParser.Root system = new ConfigParser.Root(systemFile.toAbsolutePath().getParent(), null, false);
        for (String option : request.options()) {
            parser.option(option, user);
        }
        if (request.file() == null) {
            read(parser, Path.of(local.home(), ".qssh", "config"), user, true);
            read(parser, systemFile, system, true);
        } else if (!request.file().equalsIgnoreCase("none")) {
            // As ssh: the mode of a file that the user names is the user's business.
            read(parser, Path.of(request.file()), new ConfigParser.Root(user.directory(), local.home(), false), false);
        }
        return parser.entries();
    }

    private static void read(ConfigParser parser, Path file, ConfigParser.Root root, boolean mayBeMissing) throws ConfigException {
        try {
            parser.file(file, root);
        } catch (NoSuchFileException e) {
            if (!mayBeMissing) {
                throw new ConfigException("Can't open user config file " + file + ": No such file or directory");
            }
        } catch (IOException e) {
            throw new ConfigException("Can't open user config file " + file + ": " + e.getMessage());
        }
    }

    private static boolean resolves(String host) {
        try {
            return InetAddress.getAllByName(host).length > 0;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean isUsed(NetworkInterface candidate) {
        try {
            return candidate.isUp() && !candidate.isLoopback();
        } catch (SocketException e) {
            return false;
        }
    }

    /** The state of one evaluation: what was set so far decides the blocks after it. */
    private final class Evaluation {
        private final String original;
        private String host;
        private final String command;
        private final List<Entry> entries;
        private final Settings settings = new Settings();
        private Faults faults = new Faults();
        private final Map<Keyword, Position> absentAsked = new LinkedHashMap<>();
        private final Map<Keyword, Position> absentDecided = new HashMap<>();
        private Map<Guard, Boolean> open = Map.of();
        private boolean finalPassWanted;
        private boolean isFinalPass;

        Evaluation(ClientRequest request, List<Entry> entries) {
            this.original = request.host();
            this.host = original;
            this.command = request.command();
            this.entries = entries;
        }

        void pass() throws ConfigException {
            open = new HashMap<>();
            faults = new Faults();
            for (Entry entry : entries) {
                switch (entry) {
                    case Entry.Fault fault -> faults.add(fault.lines());
                    case Entry.End end -> faults.endOf(end.name());
                    case Entry.Unknown unknown -> unknown(unknown);
                    case Entry.Block block -> isOpen(block.guard());
                    case Entry.Setting setting -> {
                        if (isOpen(setting.guard())) {
                            set(setting);
                        }
                    }
                }
            }
        }

        /** Whether the host's name is to be completed: not where a proxy, who may know other names, connects to it, but for {@code always}. */
        boolean canonicalizes() throws ConfigException {
            String wanted = settings.one(ClientKeywords.CANONICALIZE_HOST_NAME);
            boolean direct = isNone(ClientKeywords.PROXY_COMMAND) && isNone(ClientKeywords.PROXY_JUMP);
            return wanted.equals("always") || wanted.equals("yes") && direct;
        }

        private boolean isNone(Keyword keyword) {
            return !settings.has(keyword) || settings.one(keyword).equalsIgnoreCase("none");
        }

        /** Completes the host's name by the first domain in which it has an address; the configuration is then read once more. */
        void canonicalize() throws ConfigException {
            finalPassWanted = true;
            String name = names().host();
            long dots = name.chars().filter(c -> c == '.').count();
            List<String> domains = settings.all(ClientKeywords.CANONICAL_DOMAINS);
            boolean complete = name.endsWith(".") || dots > settings.number(ClientKeywords.CANONICALIZE_MAX_DOTS) || Addresses.parse(name) != null;
            if (complete || domains.isEmpty() || domains.getFirst().equalsIgnoreCase("none")) {
                return;
            }
            for (String domain : domains) {
                String full = (name + "." + domain).toLowerCase(Locale.ROOT);
                if (resolves.test(full)) {
                    host = full;
                    settings.set(ClientKeywords.HOST_NAME, full.replace("%", "%%"));
                    return;
                }
            }
            if (!settings.flag(ClientKeywords.CANONICALIZE_FALLBACK_LOCAL)) {
                throw new ConfigException("qssh: Could not resolve host \"" + name + "\"");
            }
        }

        private void unknown(Entry.Unknown unknown) throws ConfigException {
            String ignored = settings.one(ClientKeywords.IGNORE_UNKNOWN);
            if (ignored == null || Patterns.hostList(unknown.key(), ignored) != Patterns.Verdict.MATCH) {
                faults.add(unknown);
            }
        }

        private void set(Entry.Setting setting) {
            Keyword keyword = setting.keyword();
            if (keyword.harmless() != null) {
                boolean asks = keyword.asksForAbsent(setting.values().getFirst());
                if (absentDecided.putIfAbsent(keyword, setting.at()) == null && asks) {
                    absentAsked.put(keyword, setting.at());
                }
                settings.put(keyword, setting.values()); // for -G
                return;
            }
            boolean otherProxyFirst = keyword == ClientKeywords.PROXY_JUMP && settings.has(ClientKeywords.PROXY_COMMAND)
                || keyword == ClientKeywords.PROXY_COMMAND && settings.has(ClientKeywords.PROXY_JUMP);
            if (otherProxyFirst) {
                return;
            }
            if (keyword.many() && keyword != ClientKeywords.SEND_ENV && settings.all(keyword).containsAll(setting.values())) { // a second pass, among others
                return;
            }
            if (settings.put(keyword, setting.values())) {
                setting.values().forEach(value -> check(keyword, value, setting.at()));
            }
        }

        private void check(Keyword keyword, String value, Position at) {
            String fault = ClientTokens.fault(keyword, value, local);
            if (fault != null) {
                faults.add(at.says(fault));
            }
        }

        Settings finished() throws ConfigException {
            absentAsked.forEach((keyword, at) -> faults.add(at.badOption(keyword.key()) + " (not supported by this version)"));
            faults.throwAny();
            return settings;
        }

        private boolean isOpen(Guard guard) throws ConfigException {
            if (guard == null) {
                return true;
            }
            Boolean known = open.get(guard);
            if (known == null) {
                known = isOpen(guard.outer()) && holds(guard.condition());
                open.put(guard, known);
            }
            return known;
        }

        private boolean holds(Condition condition) throws ConfigException {
            return switch (condition) {
                case Condition.Host patterns -> patterns.holds(host);
                case Condition.Match match -> {
                    boolean all = true;
                    for (Condition.Criterion criterion : match.criteria()) {
                        // A command runs only where everything before it holds.
                        if (all || !criterion.attribute().equals("exec")) {
                            all &= holds(criterion, match.at()) != criterion.negated();
                        }
                    }
                    yield all;
                }
            };
        }

        private boolean holds(Condition.Criterion criterion, Position at) throws ConfigException {
            String list = criterion.argument();
            return switch (criterion.attribute()) {
                case "all" -> true;
                case "canonical" -> isFinalPass;
                case "final" -> {
                    finalPassWanted = true;
                    yield isFinalPass;
                }
                case "host" -> Patterns.hostList(names().host(), list) == Patterns.Verdict.MATCH;
                case "originalhost" -> Patterns.hostList(original, list) == Patterns.Verdict.MATCH;
                case "user" -> Patterns.list(names().user(), list) == Patterns.Verdict.MATCH;
                case "localuser" -> Patterns.list(local.name(), list) == Patterns.Verdict.MATCH;
                case "localnetwork" -> isLocal(list);
                case "command" -> Patterns.list(command, list) == Patterns.Verdict.MATCH;
                case "sessiontype" -> Patterns.list(sessionType(), list) == Patterns.Verdict.MATCH;
                case "version" -> Patterns.list(Dialect.OPENSSH_VERSION, list) == Patterns.Verdict.MATCH;
                case "tagged" -> Patterns.list(tag(), list) == Patterns.Verdict.MATCH;
                case "exec" -> commandSucceeds.test(expand(list, at));
                default -> throw new IllegalStateException(criterion.attribute());
            };
        }

        private String sessionType() {
            String type = settings.one(ClientKeywords.SESSION_TYPE);
            return type.equals("default") ? command.isEmpty() ? "shell" : "exec" : type;
        }

        /** Whether an interface of this machine that is up, but for loopback ones, has an address of the list. */
        private static boolean isLocal(String list) {
            try {
                return NetworkInterface.networkInterfaces().filter(ClientConfigLoader::isUsed).flatMap(NetworkInterface::inetAddresses)
                    .anyMatch(address -> Addresses.list(address.getHostAddress(), list) == Patterns.Verdict.MATCH);
            } catch (SocketException e) {
                return false;
            }
        }

        private String tag() {
            return settings.has(ClientKeywords.TAG) ? settings.one(ClientKeywords.TAG) : "";
        }

        private ClientTokens names() throws ConfigException {
            return ClientTokens.of(original, local, settings);
        }

        private String expand(String command, Position at) throws ConfigException {
            try {
                return Tokens.percent(command, names());
            } catch (ConfigException e) {
                throw new ConfigException(at.says(e.getMessage()));
            }
        }
    }
}
