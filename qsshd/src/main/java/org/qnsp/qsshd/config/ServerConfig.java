package org.qnsp.qsshd.config;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.qnsp.core.config.Addresses;
import org.qnsp.core.config.Condition;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ConfigParser;
import org.qnsp.core.config.ConfigSource;
import org.qnsp.core.config.Dialect;
import org.qnsp.core.config.Entry;
import org.qnsp.core.config.Faults;
import org.qnsp.core.config.Guard;
import org.qnsp.core.config.KeyTypes;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Patterns;
import org.qnsp.core.config.Settings;
import org.qnsp.core.config.Tokens;
import org.qnsp.core.handshake.Suite;
import org.qnsp.core.qkd.QkdKeywords;
import org.qnsp.core.qkd.QkdSettings;
import org.qnsp.core.ratchet.RatchetLimit;
import org.qnsp.crypto.entropy.EntropySettings;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.stealth.CoverPolicy;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/**
 * The daemon's configuration. {@link #load} gives what holds outside all Match blocks; {@link #forConnection} adds the blocks that a connection
 * matches. Immutable.
 */
public final class ServerConfig {
    /** The usual file. */
    public static final Path DEFAULT_FILE = Path.of("/etc/qssh/qsshd_config");
    /** Host keys of a server (L-3). */
    public static final int MAX_HOST_KEYS = 3;

    private static final Path INCLUDE_DIRECTORY = Path.of("/etc/qssh");
    private static final List<String> DEFAULT_ACCEPT_ENV = List.of("LANG", "LC_*", "GIT_PROTOCOL");

    /** Whom a server answers that does not know its key (H-20). */
    public enum FirstContact {
        /** Holders of an invite. */
        INVITE,
        /** Everyone. */
        OPEN,
        /** Nobody. */
        OFF
    }

    /** How root may log in. */
    public enum RootLogin {
        /** As everyone. */
        YES,
        /** Not at all. */
        NO,
        /** With a key; there are no passwords, so as YES. */
        PROHIBIT_PASSWORD,
        /** Only with a key that has a command of its own. */
        FORCED_COMMANDS_ONLY
    }

    /**
     * Where to listen.
     *
     * @param address a name or an address without brackets, {@code *} for every address of the AddressFamily
     */
    public record Listen(String address, int port) {
        @Override
        public String toString() {
            return (address.indexOf(':') >= 0 ? "[" + address + "]" : address) + ":" + port;
        }
    }

    /**
     * When to turn away connections that have not logged in: none below {@code start}, all from {@code full} on, between them with a chance that
     * rises from {@code ratePercent} to 100.
     */
    public record Startups(int start, int ratePercent, int full) {
    }

    private final List<Entry> entries;
    private final Settings settings;
    private final Path base;

    private ServerConfig(List<Entry> entries, Settings settings, Path base) {
        this.entries = entries;
        this.settings = settings;
        this.base = base;
    }

    /** Loads a configuration whose relative paths count from the working directory. */
    public static ServerConfig load(Path file, List<String> options, ConfigSource source) throws ConfigException, IOException {
        return load(file, options, source, Path.of("").toAbsolutePath());
    }

    /**
     * Loads a configuration.
     *
     * @param file    the file, null for none
     * @param options {@code -o} lines; they come before the file's
     * @param base    absolute; relative paths count from there
     * @throws ConfigException for every fault, in words
     * @throws IOException     where the file cannot be read
     */
    public static ServerConfig load(Path file, List<String> options, ConfigSource source, Path base) throws ConfigException, IOException {
        ConfigParser parser = new ConfigParser(ServerKeywords.DIALECT, source, System::getenv);
        ConfigParser.Root root = new ConfigParser.Root(INCLUDE_DIRECTORY, null, false);
        for (String option : options) {
            parser.option(option, root);
        }
        if (file != null) {
            parser.file(file, root);
        }
        List<Entry> entries = parser.entries();
        refuseFaults(entries);
        Settings global = new Settings();
        for (Entry entry : entries) {
            if (entry instanceof Entry.Setting setting && setting.guard() == null) {
                global.put(setting.keyword(), setting.values());
            }
        }
        return new ServerConfig(entries, global, base).checked();
    }

    /** Every fault of every line, in whatever block: a connection must not be what finds it. */
    private static void refuseFaults(List<Entry> entries) throws ConfigException {
        Faults faults = new Faults();
        Map<Guard, List<String>> subsystems = new HashMap<>();
        for (Entry entry : entries) {
            switch (entry) {
                case Entry.Fault fault -> faults.add(fault.lines());
                case Entry.End end -> faults.endOf(end.name());
                case Entry.Unknown unknown -> faults.add(unknown);
                case Entry.Block block -> { }
                case Entry.Setting setting -> {
                    String fault = fault(setting, subsystems);
                    if (fault != null) {
                        faults.add(setting.at().says(fault));
                    }
                }
            }
        }
        faults.throwAny();
    }

    private static String fault(Entry.Setting setting, Map<Guard, List<String>> subsystems) {
        Keyword keyword = setting.keyword();
        String value = setting.values().getFirst();
        if (keyword.asksForAbsent(value) || keyword.harmless() != null && setting.values().size() > 1 && !keyword.harmless().equals("*")) {
            return keyword.name() + " " + String.join(" ", setting.values()) + " is not supported by this version";
        }
        if (keyword == ServerKeywords.USE_DNS && (value.equals("yes") || value.equals("true"))) {
            return "UseDNS yes is not supported by this version"; // names are not looked up, and a DenyUsers by name would let in whom it names
        }
        if (keyword == ServerKeywords.SUBSYSTEM) {
            String name = value.substring(0, value.indexOf(' '));
            List<String> names = subsystems.computeIfAbsent(setting.guard(), g -> new ArrayList<>());
            if (names.contains(name)) {
                return "Subsystem '" + name + "' already defined.";
            }
            names.add(name);
        }
        if (keyword == ServerKeywords.PERMIT_OPEN || keyword == ServerKeywords.PERMIT_LISTEN) {
            return setting.values().stream().filter(word -> !isPermit(word, setting)).findFirst().map(word -> "bad " + keyword.name() + " \"" + word + "\"").orElse(null);
        }
        Optional<String> wrong = Values.fault(keyword, setting.values());
        if (wrong.isPresent()) {
            return wrong.get();
        }
        boolean isKeyList = keyword == ServerKeywords.ACCEPTED_KEYS;
        if (isKeyList && Arrays.stream(KeyType.values()).noneMatch(type -> acceptsKeyType(value, type))) {
            return "Bad key types '" + value + "'.";
        }
        return null;
    }

    private static boolean isPermit(String word, Entry.Setting setting) {
        boolean listens = setting.keyword() == ServerKeywords.PERMIT_LISTEN;
        return setting.values().size() == 1 && (word.equals("any") || word.equals("none")) || KeyOptionsParser.isPermit(word, listens);
    }

    private ServerConfig checked() throws ConfigException {
        try {
            if (hostKeys().size() > MAX_HOST_KEYS) {
                throw new ConfigException("more than " + MAX_HOST_KEYS + " host keys");
            }
            if (!settings.flag(ServerKeywords.STEALTH_POLICY) && settings.one(ServerKeywords.MIN_MODE).equals("max")) {
                throw new ConfigException("StealthPolicy no and MinMode max let nobody in");
            }
            qkd();
            banner();
            pidFile();
            chrootDirectory("user", 0, Path.of("/"));
            revokedKeys();
            authorizedKeysFiles("user", 0, Path.of("/"));
            keysProgram();
            entropy();
        } catch (InvalidPathException e) {
            throw new ConfigException("invalid path \"" + e.getInput() + "\"");
        } catch (IllegalArgumentException e) {
            throw new ConfigException(e.getMessage());
        }
        return this;
    }

    /** This configuration with the Match blocks that hold for a connection; among them the first value wins, and wins over the one outside. */
    public ServerConfig forConnection(ConnectionFacts facts) {
        Settings matched = new Settings();
        Map<Guard, Boolean> open = new HashMap<>();
        for (Entry entry : entries) {
            if (entry instanceof Entry.Setting setting && setting.guard() != null && isOpen(setting.guard(), facts, open)) {
                matched.put(setting.keyword(), setting.values());
            }
        }
        return new ServerConfig(entries, matched.over(settings, ServerKeywords.SUBSYSTEM), base);
    }

    /** This configuration with these ports in place of every Port line: {@code -p}. A port in a ListenAddress stays. */
    public ServerConfig withPorts(List<Integer> ports) {
        Settings own = new Settings();
        own.put(ServerKeywords.PORT, ports.stream().map(String::valueOf).toList());
        return new ServerConfig(entries, own.over(settings, ServerKeywords.SUBSYSTEM), base);
    }

    /** Whether any block asks about this attribute, so that a caller can spare itself finding it out. */
    public boolean asksAbout(String attribute) {
        for (Entry entry : entries) {
            if (entry instanceof Entry.Block block && block.guard().condition() instanceof Condition.Match match
                && match.criteria().stream().anyMatch(c -> c.attribute().equals(attribute))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOpen(Guard guard, ConnectionFacts facts, Map<Guard, Boolean> open) {
        Boolean known = open.get(guard);
        if (known == null) {
            known = (guard.outer() == null || isOpen(guard.outer(), facts, open)) && holds(guard.condition(), facts);
            open.put(guard, known);
        }
        return known;
    }

    private static boolean holds(Condition condition, ConnectionFacts facts) {
        return switch (condition) {
            case Condition.Host host -> throw new IllegalStateException("Host block in the daemon's configuration");
            case Condition.Match match -> match.criteria().stream().allMatch(c -> holds(c, facts) != c.negated());
        };
    }

    private static boolean holds(Condition.Criterion criterion, ConnectionFacts facts) {
        String list = criterion.argument();
        return switch (criterion.attribute()) {
            case "all" -> true;
            case "user" -> facts.user() != null && Patterns.list(facts.user(), list) == Patterns.Verdict.MATCH;
            case "group" -> facts.user() != null && groupsMatch(facts.groups().get(), list);
            case "host" -> facts.host() != null && Patterns.hostList(facts.host(), list) == Patterns.Verdict.MATCH;
            case "address" -> facts.address() != null && Addresses.list(facts.address(), list) == Patterns.Verdict.MATCH;
            case "localaddress" -> facts.localAddress() != null && Addresses.list(facts.localAddress(), list) == Patterns.Verdict.MATCH;
            case "localport" -> facts.localPort() > 0 && Patterns.list(Integer.toString(facts.localPort()), list) == Patterns.Verdict.MATCH;
            case "version" -> Patterns.list(Dialect.OPENSSH_VERSION, list) == Patterns.Verdict.MATCH;
            case "invalid-user" -> facts.user() != null && !facts.knownUser();
            default -> throw new IllegalStateException(criterion.attribute());
        };
    }

    private static boolean groupsMatch(List<String> groups, String list) {
        boolean found = false;
        for (String group : groups) {
            switch (Patterns.list(group, list)) {
                case NEGATED -> {
                    return false;
                }
                case MATCH -> found = true;
                case NONE -> { }
            }
        }
        return found;
    }

    /** Where to listen: each ListenAddress, with its port or every Port; without any, every address of the family. */
    public List<Listen> listenAddresses() {
        List<Listen> all = new ArrayList<>();
        List<String> given = settings.all(ServerKeywords.LISTEN_ADDRESS);
        for (String text : given.isEmpty() ? List.of("*") : given) {
            int close = text.startsWith("[") ? text.indexOf(']') : -1;
            if (close > 0) {
                all.add(new Listen(text.substring(1, close), Integer.parseInt(text.substring(close + 2))));
            } else {
                ports().forEach(port -> all.add(new Listen(text, port)));
            }
        }
        return all.stream().distinct().toList();
    }

    /** The ports of addresses that name none. */
    public List<Integer> ports() {
        return many(ServerKeywords.PORT).stream().map(Integer::valueOf).distinct().toList();
    }

    /** any, inet or inet6. */
    public String addressFamily() {
        return settings.one(ServerKeywords.ADDRESS_FAMILY);
    }

    private List<String> many(Keyword keyword) {
        List<String> given = settings.all(keyword);
        return given.isEmpty() && keyword.fallback() != null ? List.of(keyword.fallback()) : given;
    }

    /** Files of private host keys, absolute, at most three. */
    public List<Path> hostKeys() {
        return many(ServerKeywords.HOST_KEY).stream().distinct().map(text -> base.resolve(text)).toList();
    }

    /** Whether no line names a host key, so that a missing default is to be made, not complained about. */
    public boolean usesDefaultHostKey() {
        return !settings.has(ServerKeywords.HOST_KEY);
    }

    /**
     * The user's files of authorized keys, empty for none.
     *
     * @throws ConfigException for an unknown token, and a name that cannot be a file's
     */
    public List<Path> authorizedKeysFiles(String user, int uid, Path home) throws ConfigException {
        List<Path> files = new ArrayList<>();
        for (String text : authorizedKeysTexts()) {
            if (text.equalsIgnoreCase("none")) {
                continue;
            }
            String expanded = Tokens.percent(text, token -> switch (token) {
                case 'h' -> home.toString();
                case 'u' -> user;
                case 'U' -> Integer.toString(uid);
                default -> null;
            });
            try {
                files.add(home.resolve(expanded));
            } catch (InvalidPathException e) {
                throw new ConfigException("invalid path \"" + expanded + "\"");
            }
        }
        return List.copyOf(files);
    }

    /** The program that says whose keys may log in besides those of the files; empty for none. @throws ConfigException where it has no user to run as */
    public Optional<KeysProgram> keysProgram() throws ConfigException {
        String line = noneAsNull(ServerKeywords.KEYS_COMMAND);
        String user = noneAsNull(ServerKeywords.KEYS_COMMAND_USER);
        if (line != null && user == null) {
            throw new ConfigException("AuthorizedKeysCommand set without AuthorizedKeysCommandUser");
        }
        return line == null ? Optional.empty() : Optional.of(new KeysProgram(line, user));
    }

    private List<String> authorizedKeysTexts() {
        List<String> given = settings.all(ServerKeywords.AUTHORIZED_KEYS_FILE);
        return given.isEmpty() ? List.of(ServerKeywords.AUTHORIZED_KEYS_FILE.fallback()) : given;
    }

    /** Seconds from the first verified frame to the login (H-30), 0 for no limit. */
    public int loginGraceSeconds() {
        return settings.number(ServerKeywords.LOGIN_GRACE_TIME);
    }

    public Startups maxStartups() {
        String[] parts = settings.one(ServerKeywords.MAX_STARTUPS).split(":");
        return new Startups(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    public int maxAuthTries() {
        return settings.number(ServerKeywords.MAX_AUTH_TRIES);
    }

    /** Whether nobody logs in without keys of key distribution. */
    public boolean requiresQuantumKeys() {
        return settings.one(QkdKeywords.MODE).equals("require");
    }

    /** How users may be authenticated. */
    public AuthPolicy auth() {
        return new AuthPolicy(AuthPolicy.Proof.valueOf(settings.one(ServerKeywords.AUTH).toUpperCase(Locale.ROOT)),
                AuthPolicy.Continuity.valueOf(settings.one(ServerKeywords.AUTH_KEY).toUpperCase(Locale.ROOT)));
    }

    /** The suites that are answered (S-3), in an order that depends on none that was asked for. */
    public List<Suite> suites() {
        List<String> names = settings.has(ServerKeywords.SUITES) ? settings.all(ServerKeywords.SUITES) : Suite.STANDARD.stream().map(Suite::label).toList();
        return names.stream().map(name -> Suite.named(name).orElseThrow()).distinct().sorted().toList();
    }

    /** StealthPolicy, MinMode, MaxRate (C-34). */
    public CoverPolicy cover() {
        PaddingMode least = PaddingMode.named(settings.one(ServerKeywords.MIN_MODE)).orElseThrow();
        List<String> rates = settings.all(ServerKeywords.MAX_RATE);
        RateClass highest = rates.isEmpty() ? RateClass.UNBOUNDED : RateClass.parse(rates.getFirst()).orElseThrow();
        RateClass constant = rates.size() > 1 ? RateClass.parse(rates.get(1)).orElseThrow() : highest.below(RateClass.FAST) ? highest : RateClass.FAST;
        return new CoverPolicy(least, settings.flag(ServerKeywords.STEALTH_POLICY), highest, constant);
    }

    /** Whether and how keys of quantum key distribution are used. @throws ConfigException for what is missing or wrong */
    public QkdSettings qkd() throws ConfigException {
        return QkdSettings.of(settings, base::resolve, QkdSettings.MOST_PEERS);
    }

    /** Session channels that may be open at a time in a connection. */
    public int maxSessions() {
        return settings.number(ServerKeywords.MAX_SESSIONS);
    }

    public FirstContact firstContact() {
        return FirstContact.valueOf(settings.one(ServerKeywords.FIRST_CONTACT).toUpperCase(Locale.ROOT));
    }

    /** How far a client's clock may be off (H-25), seconds. */
    public int clockWindowSeconds() {
        return settings.number(ServerKeywords.CLOCK_WINDOW);
    }

    /** How many connections may be drained at a time (H-28); empty for half the descriptors. */
    public OptionalInt drainMax() {
        String text = settings.one(ServerKeywords.DRAIN_MAX);
        return text == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
    }

    /** What feeds the entropy pool. */
    public EntropySettings entropy() {
        String keyFile = settings.one(ServerKeywords.ENTROPY_KEY_FILE);
        return EntropySettings.of(settings.one(ServerKeywords.ENTROPY), settings.one(ServerKeywords.ENTROPY_SOURCE), settings.flag(ServerKeywords.ENTROPY_ALLOW_FILE),
            keyFile == null ? null : base.resolve(keyFile));
    }

    /** The local user for clients that do not authenticate (H-9, SIMPLEX); null where they are refused. */
    public String anonymousUser() {
        return noneAsNull(ServerKeywords.ANONYMOUS_USER);
    }

    private String noneAsNull(Keyword keyword) {
        String text = settings.one(keyword);
        return text.equalsIgnoreCase("none") ? null : text;
    }

    public RootLogin permitRootLogin() {
        return switch (settings.one(ServerKeywords.PERMIT_ROOT_LOGIN)) {
            case "yes" -> RootLogin.YES;
            case "no" -> RootLogin.NO;
            case "forced-commands-only" -> RootLogin.FORCED_COMMANDS_ONLY;
            default -> RootLogin.PROHIBIT_PASSWORD;
        };
    }

    /**
     * Whether AllowUsers, DenyUsers, AllowGroups and DenyGroups let a user in.
     *
     * @param host    the client's name, or its address
     * @param address the client's address
     * @param groups  the names of the user's groups; asked for only when needed
     * @return the reason why not, for the log; empty where they do
     */
    public Optional<String> refusal(String user, String host, String address, Supplier<List<String>> groups) {
        if (anyUser(ServerKeywords.DENY_USERS, user, host, address)) {
            return Optional.of("listed in DenyUsers");
        }
        if (settings.has(ServerKeywords.ALLOW_USERS) && !anyUser(ServerKeywords.ALLOW_USERS, user, host, address)) {
            return Optional.of("not listed in AllowUsers");
        }
        if (settings.has(ServerKeywords.DENY_GROUPS) && anyGroup(ServerKeywords.DENY_GROUPS, groups.get())) {
            return Optional.of("a group is listed in DenyGroups");
        }
        if (settings.has(ServerKeywords.ALLOW_GROUPS) && !anyGroup(ServerKeywords.ALLOW_GROUPS, groups.get())) {
            return Optional.of("none of the groups are listed in AllowGroups");
        }
        return Optional.empty();
    }

    private boolean anyUser(Keyword keyword, String user, String host, String address) {
        return settings.all(keyword).stream().anyMatch(pattern -> {
            int at = pattern.lastIndexOf('@');
            if (at < 0) {
                return Patterns.matches(user, pattern);
            }
            return Patterns.matches(user, pattern.substring(0, at)) && Addresses.hostOrAddress(host, address, pattern.substring(at + 1));
        });
    }

    private boolean anyGroup(Keyword keyword, List<String> groups) {
        return settings.all(keyword).stream().anyMatch(pattern -> groups.stream().anyMatch(group -> Patterns.matches(group, pattern)));
    }

    /** Whether a client may set this variable. */
    public boolean acceptsEnv(String name) {
        List<String> given = settings.all(ServerKeywords.ACCEPT_ENV);
        return (given.isEmpty() ? DEFAULT_ACCEPT_ENV : given).stream().anyMatch(pattern -> Patterns.matches(name, pattern));
    }

    /** NAME=value pairs for every session; they win over the client's. */
    public List<String> setEnv() {
        return settings.all(ServerKeywords.SET_ENV);
    }

    /** Whether authorized_keys may set this variable. */
    public boolean permitsUserEnvironment(String name) {
        return switch (settings.one(ServerKeywords.PERMIT_USER_ENVIRONMENT)) {
            case "yes" -> true;
            case "no" -> false;
            case String patterns -> Patterns.list(name, patterns) == Patterns.Verdict.MATCH;
        };
    }

    /** Whether users may log in with keys of this type. */
    public boolean acceptsKeyType(KeyType type) {
        return acceptsKeyType(settings.one(ServerKeywords.ACCEPTED_KEYS), type);
    }

    private static boolean acceptsKeyType(String list, KeyType type) {
        return KeyTypes.accepts(list, type);
    }

    /** The file to show before the login, null for none. */
    public Path banner() {
        String text = noneAsNull(ServerKeywords.BANNER);
        return text == null ? null : base.resolve(text);
    }

    public boolean printMotd() {
        return settings.flag(ServerKeywords.PRINT_MOTD);
    }

    public boolean printLastLog() {
        return settings.flag(ServerKeywords.PRINT_LAST_LOG);
    }

    /** QUIET, FATAL, ERROR, INFO, VERBOSE, DEBUG1, DEBUG2 or DEBUG3. */
    public String logLevel() {
        return settings.one(ServerKeywords.LOG_LEVEL);
    }

    /** Whether files of keys must belong to their user and be writable by nobody else. */
    public boolean strictModes() {
        return settings.flag(ServerKeywords.STRICT_MODES);
    }

    /** Where the daemon's process id goes, null for nowhere. */
    public Path pidFile() {
        String text = noneAsNull(ServerKeywords.PID_FILE);
        return text == null ? null : base.resolve(text);
    }

    /** The command that runs whatever the client asks for, null for none. */
    public String forceCommand() {
        return noneAsNull(ServerKeywords.FORCE_COMMAND);
    }

    public boolean permitTty() {
        return settings.flag(ServerKeywords.PERMIT_TTY);
    }

    public boolean tcpKeepAlive() {
        return settings.flag(ServerKeywords.TCP_KEEP_ALIVE);
    }

    /** Whether the client's name is looked up for Match Host and user@host patterns. */
    public boolean useDns() {
        return settings.flag(ServerKeywords.USE_DNS);
    }

    /** Whether users may log in with keys at all; there is no other way but AnonymousUser's. */
    public boolean pubkeyAuthentication() {
        return settings.flag(ServerKeywords.PUBKEY_AUTHENTICATION);
    }

    /** The file of keys with which nobody may log in, null for none. */
    public Path revokedKeys() {
        String text = noneAsNull(ServerKeywords.REVOKED_KEYS);
        return text == null ? null : base.resolve(text);
    }

    /**
     * The directory that is a session's whole file system, null for none.
     *
     * @throws ConfigException for an unknown token, and what is no absolute path
     */
    public Path chrootDirectory(String user, int uid, Path home) throws ConfigException {
        String text = noneAsNull(ServerKeywords.CHROOT_DIRECTORY);
        if (text == null) {
            return null;
        }
        String expanded = Tokens.percent(text, token -> switch (token) {
            case 'h' -> home.toString();
            case 'u' -> user;
            case 'U' -> Integer.toString(uid);
            default -> null;
        });
        if (!expanded.startsWith("/")) {
            throw new ConfigException("ChrootDirectory \"" + text + "\" is not an absolute path");
        }
        return Path.of(expanded);
    }

    /** Whether there is a ChrootDirectory. */
    public boolean confines() {
        return noneAsNull(ServerKeywords.CHROOT_DIRECTORY) != null;
    }

    /** Whether ~/.qssh/rc is run before a session's program. */
    public boolean permitUserRc() {
        return settings.flag(ServerKeywords.PERMIT_USER_RC);
    }

    /** The names that ~/.qssh/environment may set, as a pattern list; empty for none. */
    public Optional<String> userEnvironment() {
        return switch (settings.one(ServerKeywords.PERMIT_USER_ENVIRONMENT)) {
            case "yes" -> Optional.of("*");
            case "no" -> Optional.empty();
            case String patterns -> Optional.of(patterns);
        };
    }

    /** Whether a session finds in a file, named by SSH_USER_AUTH, how its user logged in. */
    public boolean exposeAuthInfo() {
        return settings.flag(ServerKeywords.EXPOSE_AUTH_INFO);
    }

    /** Whether connections that this holds for are not received. */
    public boolean refuseConnection() {
        return settings.flag(ServerKeywords.REFUSE_CONNECTION);
    }

    /** Logins that may be under way from one source, empty for any number. */
    public OptionalInt perSourceMaxStartups() {
        String text = noneAsNull(ServerKeywords.SOURCE_STARTUPS);
        return text == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
    }

    /** How many bits of an address make a source. */
    public int sourceBits(boolean four) {
        String[] bits = settings.one(ServerKeywords.SOURCE_BLOCK).split(":");
        return four ? Integer.parseInt(bits[0]) : bits.length > 1 ? Integer.parseInt(bits[1]) : 128;
    }

    /** What misbehaviour of a source costs. */
    public Penalties penalties() {
        return Penalties.parse(many(ServerKeywords.SOURCE_PENALTIES)).orElseThrow();
    }

    /** Whether an address is not punished. */
    public boolean penaltyExempt(String address) {
        String list = noneAsNull(ServerKeywords.PENALTY_EXEMPT);
        return list != null && Addresses.list(address, list) == Patterns.Verdict.MATCH;
    }

    /** The command of a subsystem, empty where there is none of that name. */
    public Optional<String> subsystem(String name) {
        return subsystems().stream()
            .filter(line -> line.startsWith(name + " "))
            .map(line -> line.substring(name.length() + 1))
            .findFirst();
    }

    /** Each name and its command; sftp is there without being named. */
    private List<String> subsystems() {
        List<String> given = settings.all(ServerKeywords.SUBSYSTEM);
        if (given.stream().anyMatch(line -> line.startsWith("sftp "))) {
            return given;
        }
        List<String> all = new ArrayList<>(given);
        all.add("sftp " + Values.INTERNAL_SFTP);
        return all;
    }

    /** The options of the built-in sftp server, where a command asks for it; empty where it asks for a program. */
    public static Optional<List<String>> internalSftp(String command) {
        return Values.internalSftp(command);
    }

    /** RekeyLimit: how long keys are used before new secrets go into them. */
    public RatchetLimit ratchetLimit() {
        return RatchetLimit.of(settings.one(ServerKeywords.REKEY_LIMIT));
    }

    /** Seconds of silence before the client is asked for a sign of life, 0 for never. */
    public int clientAliveIntervalSeconds() {
        return settings.number(ServerKeywords.ALIVE_INTERVAL);
    }

    /** How long channels may be idle. */
    public ChannelTimeouts channelTimeouts() {
        return ChannelTimeouts.parse(settings.has(ServerKeywords.CHANNEL_TIMEOUT) ? settings.all(ServerKeywords.CHANNEL_TIMEOUT) : List.of("none")).orElseThrow();
    }

    /** Seconds that a connection may be without channels; 0 for any time. */
    public int unusedConnectionTimeoutSeconds() {
        String text = noneAsNull(ServerKeywords.UNUSED_TIMEOUT);
        return text == null ? 0 : Integer.parseInt(text);
    }

    public int clientAliveCountMax() {
        return settings.number(ServerKeywords.ALIVE_COUNT_MAX);
    }

    // ---- forwarding

    /** Whether this direction of TCP forwarding is allowed. @param anonymous whether the client is nobody in particular: then only a line that says so allows it */
    public boolean allowsTcpForwarding(boolean remote, boolean anonymous) {
        return allows(ServerKeywords.ALLOW_TCP_FORWARDING, remote, anonymous);
    }

    /** The same for Unix sockets. */
    public boolean allowsStreamLocalForwarding(boolean remote, boolean anonymous) {
        return allows(ServerKeywords.ALLOW_STREAM_LOCAL_FORWARDING, remote, anonymous);
    }

    private boolean allows(Keyword keyword, boolean remote, boolean anonymous) {
        if (settings.flag(ServerKeywords.DISABLE_FORWARDING) || anonymous && !settings.has(keyword)) {
            return false;
        }
        return switch (settings.one(keyword)) {
            case "yes", "all" -> true;
            case "local" -> !remote;
            case "remote" -> remote;
            default -> false;
        };
    }

    /** Whether sessions may use the client's agent. */
    public boolean allowsAgentForwarding() {
        return settings.flag(ServerKeywords.ALLOW_AGENT_FORWARDING) && !settings.flag(ServerKeywords.DISABLE_FORWARDING);
    }

    /** no, yes or clientspecified. */
    public String gatewayPorts() {
        return settings.one(ServerKeywords.GATEWAY_PORTS);
    }

    /** Where a client may have itself connected to: {@code host:port} with {@code *} for either, or {@code any} or {@code none} alone. */
    public List<String> permitOpen() {
        return settings.has(ServerKeywords.PERMIT_OPEN) ? settings.all(ServerKeywords.PERMIT_OPEN) : List.of("any");
    }

    /** Where a client may have the server listen: {@code [host:]port}, the host with patterns, or {@code any} or {@code none} alone. */
    public List<String> permitListen() {
        return settings.has(ServerKeywords.PERMIT_LISTEN) ? settings.all(ServerKeywords.PERMIT_LISTEN) : List.of("any");
    }

    public boolean streamLocalBindUnlink() {
        return settings.flag(ServerKeywords.STREAM_LOCAL_BIND_UNLINK);
    }

    /** What the modes of Unix sockets lack. */
    public int streamLocalBindMask() {
        return Integer.parseInt(settings.one(ServerKeywords.STREAM_LOCAL_BIND_MASK), 8);
    }

    /** The configuration in lines {@code keyword value}, as {@code -T} prints it. */
    public String dump() {
        StringBuilder out = new StringBuilder(4096);
        for (Keyword keyword : ServerKeywords.obeyed()) {
            for (String value : dumped(keyword)) {
                out.append(keyword.key()).append(' ').append(Values.asWritten(keyword, value)).append('\n');
            }
        }
        return out.append(ServerKeywords.FIXED).toString();
    }

    private List<String> dumped(Keyword keyword) {
        return switch (keyword.key()) {
            case "listenaddress" -> listenAddresses().stream().flatMap(listen -> wildcards(listen).stream()).toList();
            case "authorizedkeysfile" -> List.of(String.join(" ", authorizedKeysTexts()));
            case "acceptenv" -> settings.has(keyword) ? settings.all(keyword) : DEFAULT_ACCEPT_ENV;
            case "permitopen" -> List.of(String.join(" ", permitOpen()));
            case "permitlisten" -> List.of(String.join(" ", permitListen()));
            case "setenv" -> settings.has(keyword) // of several lines only the first would count
                ? List.of(settings.all(keyword).stream().map(Values::quoted).collect(Collectors.joining(" "))) : List.of();
            case "subsystem" -> distinctNames(subsystems());
            case "authenticationmethods", "channeltimeout" -> List.of(settings.has(keyword) ? String.join(" ", settings.all(keyword)) : keyword.fallback());
            case "persourcepenalties" -> List.of(penalties().toString());
            case "syslogfacility" -> List.of(settings.one(keyword).toUpperCase(Locale.ROOT));
            case "loglevel" -> List.of(logLevel().equals("DEBUG1") ? "DEBUG" : logLevel());
            case "hostkey" -> hostKeys().stream().map(Path::toString).toList();
            case "entropy" -> List.of(entropy().use().toString());
            case "suites" -> List.of(suites().stream().map(Suite::label).collect(Collectors.joining(" ")));
            case "drainmax", "maxrate", "entropysource", "entropykeyfile", "qkdkme", "qkdkmeid", "qkdca", "qkdcertificate", "qkdkey", "qkdsae", "qkdpeersae" -> settings.has(keyword) ? List.of(String.join(" ", settings.all(keyword))) : List.of(); // what it prints can be read
            case "permitrootlogin" -> List.of(permitRootLogin().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            default -> keyword.many() ? many(keyword) : List.of(settings.one(keyword));
        };
    }

    /** Of one name the first counts. */
    private static List<String> distinctNames(List<String> lines) {
        Map<String, String> first = new LinkedHashMap<>();
        lines.forEach(line -> first.putIfAbsent(line.substring(0, line.indexOf(' ')), line));
        return List.copyOf(first.values());
    }

    private List<String> wildcards(Listen listen) {
        if (!listen.address().equals("*")) {
            return List.of(listen.toString());
        }
        String six = "[::]:" + listen.port();
        String four = "0.0.0.0:" + listen.port();
        return switch (addressFamily()) {
            case "inet" -> List.of(four);
            case "inet6" -> List.of(six);
            default -> List.of(six, four);
        };
    }
}
