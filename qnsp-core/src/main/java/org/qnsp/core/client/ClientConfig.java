package org.qnsp.core.client;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.config.Jumps;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Patterns;
import org.qnsp.core.config.Settings;
import org.qnsp.core.config.Tokens;
import org.qnsp.core.config.Words;
import org.qnsp.core.handshake.Suite;
import org.qnsp.core.qkd.QkdSettings;
import org.qnsp.core.ratchet.RatchetLimit;
import org.qnsp.crypto.entropy.EntropySettings;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/** The configuration of one connection, decided and expanded. Immutable. */
public final class ClientConfig {
    /** The port of QNSP where none is given. */
    public static final int DEFAULT_PORT = 22768;

    static final List<String> DEFAULT_IDENTITIES = List.of("~/.qssh/id_kyber768", "~/.qssh/id_dilithium3", "~/.qssh/id_dilithium5");
    private static final String DEFAULT_USER_KNOWN_HOSTS = "~/.qssh/known_hosts";
    private static final String DEFAULT_GLOBAL_KNOWN_HOSTS = "/etc/qssh/known_hosts";

    /** What to do about a host key that is not known. */
    public enum HostKeyChecking {
        /** Only known keys. */
        YES,
        /** Ask the user. */
        ASK,
        /** Accept and keep new keys, never changed ones. */
        ACCEPT_NEW,
        /** Accept anything. */
        NO
    }

    /** Whether to ask for a terminal. */
    public enum Tty {
        /** Where a shell runs. */
        AUTO,
        /** Never. */
        NO,
        /** Where standard input is a terminal. */
        YES,
        /** Always. */
        FORCE
    }

    /** What is asked of the server. */
    public enum SessionType {
        /** A command or a shell. */
        DEFAULT,
        /** Nothing: {@code -N}. */
        NONE,
        /** A subsystem: {@code -s}. */
        SUBSYSTEM
    }

    /** Which addresses are used. */
    public enum AddressFamily {
        /** All. */
        ANY,
        /** IPv4. */
        INET,
        /** IPv6. */
        INET6
    }

    /** How the user authenticates (H-9). */
    public enum Mode {
        /** Both sides prove themselves. */
        DUPLEX,
        /** Only the server does. */
        SIMPLEX
    }

    /** Whether a connection is shared with later ones. */
    public enum ControlMaster {
        /** No; an existing one is used. */
        NO,
        /** Yes. */
        YES,
        /** Yes, asking the user for each that wants in. */
        ASK,
        /** An existing one is used, else yes. */
        AUTO,
        /** An existing one is used, else as ASK. */
        AUTO_ASK
    }

    /** Whether further host keys that a known host announces are learnt. */
    public enum KeyUpdates {
        /** No. */
        NO,
        /** Yes. */
        YES,
        /** After a question. */
        ASK
    }

    private final String original;
    private final LocalUser local;
    private final HopLoader hopLoader;
    private final Settings settings;
    private final ClientTokens tokens;
    private final List<Path> identityFiles;
    private final List<Path> userKnownHosts;
    private final List<Path> globalKnownHosts;
    private final String proxyCommand;
    private final String remoteCommand;
    private final String localCommand;
    private final boolean resident;
    private final String authKeyFile;
    private final String controlPath;
    private final String revokedHostKeys;
    private final String identityAgent;
    private final String forwardAgent;
    private final String proxyJump;
    private final EntropySettings entropy;
    private final QkdSettings qkd;

    /** Finds the configuration of a host on the way. */
    interface HopLoader {
        ClientConfig load(Jumps.Hop hop, boolean first) throws ConfigException;
    }

    ClientConfig(String original, LocalUser local, Settings settings, HopLoader hopLoader) throws ConfigException {
        this.original = original;
        this.hopLoader = hopLoader;
        this.local = local;
        this.settings = settings;
        this.tokens = ClientTokens.of(original, local, settings);
        checkNames();
        List<String> identities = settings.all(ClientKeywords.IDENTITY_FILE);
        this.identityFiles = paths(identities.isEmpty() ? DEFAULT_IDENTITIES : identities);
        this.userKnownHosts = paths(orElse(settings.all(ClientKeywords.USER_KNOWN_HOSTS), DEFAULT_USER_KNOWN_HOSTS));
        this.globalKnownHosts = paths(orElse(settings.all(ClientKeywords.GLOBAL_KNOWN_HOSTS), DEFAULT_GLOBAL_KNOWN_HOSTS));
        this.proxyCommand = expandedCommand(ClientKeywords.PROXY_COMMAND, tokens.only(ClientTokens.PROXY));
        this.remoteCommand = expandedCommand(ClientKeywords.REMOTE_COMMAND, tokens);
        this.localCommand = expandedCommand(ClientKeywords.LOCAL_COMMAND, tokens.withTunnel());
        this.resident = cover().mode() == PaddingMode.MAX && !settings.has(ClientKeywords.CONTROL_PATH) && !settings.has(ClientKeywords.CONTROL_MASTER);
        this.authKeyFile = expandedPath(ClientKeywords.AUTH_KEY_FILE);
        this.revokedHostKeys = expandedPath(ClientKeywords.REVOKED_HOST_KEYS);
        this.identityAgent = agent(settings.one(ClientKeywords.IDENTITY_AGENT));
        this.forwardAgent = agent(settings.one(ClientKeywords.FORWARD_AGENT));
        this.proxyJump = tokens.jump().isEmpty() ? null : Tokens.percent(tokens.jump(), tokens.only(ClientTokens.PROXY));
        this.entropy = entropyOf(expandedPath(ClientKeywords.ENTROPY_KEY_FILE));
        this.qkd = QkdSettings.of(settings, text -> path(expanded(text)), 1);
        String shared = resident ? expanded("~/.qssh/stealth-" + cover().rate() + "-%C") : expandedPath(ClientKeywords.CONTROL_PATH);
        this.controlPath = shared == null ? null : shared + required();
    }

    /** Sessions that require keys of certain kinds share connections among themselves only: another's may not have them. */
    private String required() {
        return (qkd.mode() == QkdSettings.Mode.REQUIRE ? ".qkd" : "") + (entropy.use() == EntropySettings.Use.REQUIRE ? ".qrng" : "");
    }

    private EntropySettings entropyOf(String keyFile) throws ConfigException {
        try {
            return EntropySettings.of(settings.one(ClientKeywords.ENTROPY), settings.one(ClientKeywords.ENTROPY_SOURCE), settings.flag(ClientKeywords.ENTROPY_ALLOW_FILE),
                keyFile == null ? null : path(keyFile));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(e.getMessage());
        }
    }

    private static List<String> orElse(List<String> given, String fallback) {
        return given.isEmpty() ? List.of(fallback) : given;
    }

    /** Names end up in commands of a shell, so what could act there is refused. */
    private void checkNames() throws ConfigException {
        if (!isHostName(tokens.host()) || !isHostName(original)) {
            throw new ConfigException("hostname contains invalid characters");
        }
        if (!isUserName(tokens.user())) {
            throw new ConfigException("remote username contains invalid characters");
        }
    }

    /** Whether the text may stand as a host: not empty, no leading dash, nothing that a shell would act on. */
    public static boolean isHostName(String host) {
        if (host.isEmpty() || host.startsWith("-")) {
            return false;
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c == 0x7f || "'`\"$\\;&<>|(){}".indexOf(c) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether the text may stand as a remote user: not empty, at most 255 characters (L-6), nothing that a shell would act on. */
    public static boolean isUserName(String user) {
        if (user.isEmpty() || user.startsWith("-") || user.endsWith("\\") || user.length() > 255) {
            return false;
        }
        for (int i = 0; i < user.length(); i++) {
            char c = user.charAt(i);
            boolean dashAfterBlank = c == '-' && user.charAt(i - 1) == ' ';
            if (c < ' ' || c == 0x7f || "'`\";&<>|(){}".indexOf(c) >= 0 || dashAfterBlank) {
                return false;
            }
        }
        return true;
    }

    /** Files with tokens, variables and {@code ~} expanded, relative ones as they are; {@code none} leaves the list empty. */
    private List<Path> paths(List<String> texts) throws ConfigException {
        List<Path> paths = new ArrayList<>(texts.size());
        for (String text : texts) {
            if (!text.equalsIgnoreCase("none")) {
                paths.add(path(expanded(text)));
            }
        }
        return List.copyOf(paths);
    }

    private static Path path(String text) throws ConfigException {
        try {
            return Path.of(text);
        } catch (java.nio.file.InvalidPathException e) {
            throw new ConfigException("invalid path \"" + text + "\"");
        }
    }

    private String expandedCommand(Keyword keyword, Tokens.Source source) throws ConfigException {
        String text = settings.one(keyword);
        return text == null || text.equalsIgnoreCase("none") ? null : Tokens.percent(text, source);
    }

    private String expandedPath(Keyword keyword) throws ConfigException {
        String text = settings.one(keyword);
        return text == null || text.equalsIgnoreCase("none") ? null : expanded(text);
    }

    /** A path with a leading {@code ~}, tokens and {@code ${NAME}} expanded. */
    public String expanded(String path) throws ConfigException {
        return Tokens.environment(Tokens.percent(Tokens.home(path, local.home()), tokens), local.environment());
    }

    /** A way to an agent: words and variables as they are, paths expanded. */
    private String agent(String text) throws ConfigException {
        boolean word = text == null || text.equals("none") || text.equals("yes") || text.equals("no") || text.equals("SSH_AUTH_SOCK");
        return word || text.startsWith("$") && !text.startsWith("${") ? text : expanded(text);
    }

    /** The host as it was given. */
    public String originalHost() {
        return original;
    }

    /** The host to connect to. */
    public String hostName() {
        return tokens.host();
    }

    /** The port to connect to. */
    public int port() {
        return tokens.port();
    }

    /** The remote user. */
    public String user() {
        return tokens.user();
    }

    /** Whether the configuration names a remote user. */
    public boolean hasUser() {
        return settings.has(ClientKeywords.USER);
    }

    /** Files of private keys, in the order in which they are tried. Those that do not exist are passed over. */
    public List<Path> identityFiles() {
        return identityFiles;
    }

    /** Whether the configuration names identities; else they are the usual ones, and a missing one is no news. */
    public boolean hasIdentityFiles() {
        return settings.has(ClientKeywords.IDENTITY_FILE);
    }

    public boolean identitiesOnly() {
        return settings.flag(ClientKeywords.IDENTITIES_ONLY);
    }

    /** The agent's socket: none (null), SSH_AUTH_SOCK where the configuration says so or nothing, a variable's value, or a path. */
    public String identityAgent() {
        if (identityAgent == null || identityAgent.equals("SSH_AUTH_SOCK")) {
            return local.environment().apply("SSH_AUTH_SOCK");
        }
        if (identityAgent.equals("none")) {
            return null;
        }
        return identityAgent.startsWith("$") ? local.environment().apply(identityAgent.substring(1)) : identityAgent;
    }

    /** IdentityAgent with its path expanded, null where nothing was given. */
    String identityAgentAsGiven() {
        return identityAgent;
    }

    /** Whether IdentityAgent says which agent to use; else the usual variables do. */
    public boolean hasIdentityAgent() {
        return identityAgent != null && !identityAgent.equals("SSH_AUTH_SOCK");
    }

    /** Which agent is forwarded: {@code no}, {@code yes} for the one that is used, a variable with its dollar sign, or a socket's path. */
    public String forwardAgent() {
        return forwardAgent;
    }

    /** {@code no}, {@code yes}, {@code ask}, {@code confirm}, {@code confirm SECONDS} or {@code SECONDS}. */
    public String addKeysToAgent() {
        return settings.one(ClientKeywords.ADD_KEYS_TO_AGENT);
    }

    /** The user's files of known hosts; new keys go to the first. Empty where there is to be none. */
    public List<Path> userKnownHostsFiles() {
        return userKnownHosts;
    }

    /** The system's files of known hosts. */
    public List<Path> globalKnownHostsFiles() {
        return globalKnownHosts;
    }

    public HostKeyChecking strictHostKeyChecking() {
        return switch (settings.one(ClientKeywords.STRICT_HOST_KEY_CHECKING)) {
            case "yes" -> HostKeyChecking.YES;
            case "accept-new" -> HostKeyChecking.ACCEPT_NEW;
            case "no", "off" -> HostKeyChecking.NO;
            default -> HostKeyChecking.ASK;
        };
    }

    public boolean hashKnownHosts() {
        return settings.flag(ClientKeywords.HASH_KNOWN_HOSTS);
    }

    /** The name under which the host's key is known, null where it is host and port. */
    public String hostKeyAlias() {
        return settings.one(ClientKeywords.HOST_KEY_ALIAS);
    }

    public boolean visualHostKey() {
        return settings.flag(ClientKeywords.VISUAL_HOST_KEY);
    }

    public boolean batchMode() {
        return settings.flag(ClientKeywords.BATCH_MODE);
    }

    /** Seconds, 0 for the system's own limit. */
    public int connectTimeoutSeconds() {
        return settings.number(ClientKeywords.CONNECT_TIMEOUT);
    }

    public int connectionAttempts() {
        return settings.number(ClientKeywords.CONNECTION_ATTEMPTS);
    }

    /** QUIET, FATAL, ERROR, INFO, VERBOSE, DEBUG1, DEBUG2 or DEBUG3. */
    public String logLevel() {
        return settings.one(ClientKeywords.LOG_LEVEL);
    }

    public Tty requestTty() {
        return switch (settings.one(ClientKeywords.REQUEST_TTY)) {
            case "yes" -> Tty.YES;
            case "no" -> Tty.NO;
            case "force" -> Tty.FORCE;
            default -> Tty.AUTO;
        };
    }

    /** The command to run where the command line has none, tokens expanded; null for none. */
    public String remoteCommand() {
        return remoteCommand;
    }

    public SessionType sessionType() {
        return switch (settings.one(ClientKeywords.SESSION_TYPE)) {
            case "none" -> SessionType.NONE;
            case "subsystem" -> SessionType.SUBSYSTEM;
            default -> SessionType.DEFAULT;
        };
    }

    public boolean stdinNull() {
        return settings.flag(ClientKeywords.STDIN_NULL);
    }

    public boolean forkAfterAuthentication() {
        return settings.flag(ClientKeywords.FORK_AFTER_AUTHENTICATION);
    }

    /** Patterns of the names to send from the environment: those that no later {@code -pattern} took back. */
    public List<String> sendEnv() {
        List<String> names = new ArrayList<>();
        for (String name : settings.all(ClientKeywords.SEND_ENV)) {
            if (name.startsWith("-")) {
                names.removeIf(earlier -> Patterns.matches(earlier, name.substring(1)));
            } else {
                names.add(name);
            }
        }
        return List.copyOf(names);
    }

    /** Whether a variable of this name is sent. */
    public boolean sendsEnv(String name) {
        return sendEnv().stream().anyMatch(pattern -> Patterns.matches(name, pattern));
    }

    /** NAME=value pairs to set at the other end; the first of a name counts. */
    public List<String> setEnv() {
        return settings.all(ClientKeywords.SET_ENV);
    }

    /** The escape character, -1 for none. */
    public int escapeChar() {
        String text = settings.one(ClientKeywords.ESCAPE_CHAR);
        if (text.equals("none")) {
            return -1;
        }
        return text.length() == 2 ? text.charAt(1) & 0x1f : text.charAt(0);
    }

    /** Whether the escape ~C is to be offered. */
    public boolean enableEscapeCommandline() {
        return settings.flag(ClientKeywords.ENABLE_ESCAPE_COMMANDLINE);
    }

    /** RekeyLimit: how long keys are used before new secrets go into them. */
    public RatchetLimit ratchetLimit() {
        return RatchetLimit.of(settings.one(ClientKeywords.REKEY_LIMIT));
    }

    /** Seconds of silence before the server is asked for a sign of life, 0 for never. */
    public int serverAliveIntervalSeconds() {
        return settings.number(ClientKeywords.ALIVE_INTERVAL);
    }

    public int serverAliveCountMax() {
        return settings.number(ClientKeywords.ALIVE_COUNT_MAX);
    }

    public boolean tcpKeepAlive() {
        return settings.flag(ClientKeywords.TCP_KEEP_ALIVE);
    }

    public AddressFamily addressFamily() {
        return AddressFamily.valueOf(settings.one(ClientKeywords.ADDRESS_FAMILY).toUpperCase(Locale.ROOT));
    }

    /** The address to connect from, null for the system's choice. */
    public String bindAddress() {
        return settings.one(ClientKeywords.BIND_ADDRESS);
    }

    /** The command whose standard streams are the connection, tokens expanded, for {@code sh -c}; null for none. */
    public String proxyCommand() {
        return proxyCommand;
    }

    /** The hosts to go through, in order and with commas, tokens expanded; null for none. */
    public String proxyJump() {
        return proxyJump;
    }

    /**
     * The hosts to go through, in order, each as its own configuration has it; those that the first one's configuration goes through come before it.
     *
     * @throws ConfigException for a hop's faults, a loop and more than {@link Jumps#MAX_HOPS}
     */
    public List<ClientConfig> way() throws ConfigException {
        List<ClientConfig> way = new ArrayList<>();
        travel(way, new ArrayList<>());
        return List.copyOf(way);
    }

    private void travel(List<ClientConfig> way, List<String> passed) throws ConfigException {
        String place = user() + "@" + original.toLowerCase(Locale.ROOT) + ":" + port();
        if (passed.contains(place)) {
            throw new ConfigException("jumphost loop via " + original);
        }
        passed.add(place);
        List<Jumps.Hop> hops = proxyJump == null ? List.of() : Jumps.parse(proxyJump);
        if (hops == null || passed.size() + hops.size() > Jumps.MAX_HOPS + 1) {
            throw new ConfigException(hops == null ? "Invalid ProxyJump \"" + proxyJump + "\"" : "more than " + Jumps.MAX_HOPS + " jump hosts");
        }
        for (int i = 0; i < hops.size(); i++) {
            ClientConfig hop = hopLoader.load(hops.get(i), i == 0);
            hop.travel(way, passed);
            way.add(hop);
        }
    }

    /** The network interface to connect from, null for the system's choice. */
    public String bindInterface() {
        return settings.one(ClientKeywords.BIND_INTERFACE);
    }

    /** The command to run here after the login, tokens expanded; null for none, and where it is not permitted. */
    public String localCommand() {
        return settings.flag(ClientKeywords.PERMIT_LOCAL_COMMAND) ? localCommand : null;
    }

    /** Why the connection is refused, null where it is not. */
    public String refuseConnection() {
        return settings.one(ClientKeywords.REFUSE_CONNECTION);
    }

    public boolean checkHostIp() {
        return settings.flag(ClientKeywords.CHECK_HOST_IP);
    }

    public boolean noHostAuthenticationForLocalhost() {
        return settings.flag(ClientKeywords.NO_AUTHENTICATION_FOR_LOCALHOST);
    }

    /** The types of keys that may be offered, as PubkeyAcceptedAlgorithms has them. */
    public String acceptedKeys() {
        return settings.one(ClientKeywords.ACCEPTED_KEYS);
    }

    /** A file of keys that no host may have, null for none. */
    public String revokedHostKeys() {
        return revokedHostKeys;
    }

    /** Whether new keys that a host announces are kept. Without a word: yes, where the file of known hosts is the usual one. */
    public KeyUpdates updateHostKeys() {
        String text = settings.one(ClientKeywords.UPDATE_HOST_KEYS);
        return switch (text == null ? settings.has(ClientKeywords.USER_KNOWN_HOSTS) ? "no" : "yes" : text) {
            case "yes" -> KeyUpdates.YES;
            case "ask" -> KeyUpdates.ASK;
            default -> KeyUpdates.NO;
        };
    }

    /** The command that gives lines of known hosts, and what its words may hold besides the tokens of paths; null for none. */
    public List<String> knownHostsCommand(Tokens.Source further) throws ConfigException {
        String text = settings.one(ClientKeywords.KNOWN_HOSTS_COMMAND);
        if (text == null || text.equalsIgnoreCase("none")) {
            return null;
        }
        List<String> words = Words.split(text, false);
        if (words == null) {
            throw new ConfigException("KnownHostsCommand: invalid quotes");
        }
        List<String> expanded = new ArrayList<>(words.size());
        for (String word : words) {
            String percent = Tokens.percent(word, token -> further.of(token) == null ? tokens.of(token) : further.of(token));
            expanded.add(Tokens.environment(percent, local.environment()));
        }
        return List.copyOf(expanded);
    }

    // ---- forwardings

    /** LocalForward, DynamicForward and RemoteForward, in this order, with the paths of sockets expanded; none where they are cleared. */
    public List<ForwardSpec> forwards() throws ConfigException {
        List<ForwardSpec> all = new ArrayList<>();
        if (!clearAllForwardings()) {
            for (Keyword keyword : List.of(ClientKeywords.LOCAL_FORWARD, ClientKeywords.DYNAMIC_FORWARD, ClientKeywords.REMOTE_FORWARD)) {
                all.addAll(forwards(keyword));
            }
        }
        return List.copyOf(all);
    }

    /** Those of one keyword, cleared or not. */
    List<ForwardSpec> forwards(Keyword keyword) throws ConfigException {
        ForwardSpec.Kind kind = keyword == ClientKeywords.LOCAL_FORWARD ? ForwardSpec.Kind.LOCAL
            : keyword == ClientKeywords.REMOTE_FORWARD ? ForwardSpec.Kind.REMOTE : ForwardSpec.Kind.DYNAMIC;
        List<ForwardSpec> all = new ArrayList<>();
        for (String text : settings.all(keyword)) {
            ForwardSpec spec = ForwardSpec.parse(kind, text);
            all.add(new ForwardSpec(kind, expanded(spec.listen()), expanded(spec.connect())));
        }
        return all;
    }

    private ForwardSpec.Place expanded(ForwardSpec.Place place) throws ConfigException {
        return place instanceof ForwardSpec.Place.Unix(String path)
            ? new ForwardSpec.Place.Unix(Tokens.environment(Tokens.percent(path, tokens), local.environment())) : place;
    }

    /** Where a remote SOCKS forwarding may lead: {@code any}, {@code none}, or {@code host:port} with {@code *} for any port. */
    public List<String> permitRemoteOpen() {
        return settings.has(ClientKeywords.PERMIT_REMOTE_OPEN) ? settings.all(ClientKeywords.PERMIT_REMOTE_OPEN) : List.of("any");
    }

    public boolean streamLocalBindUnlink() {
        return settings.flag(ClientKeywords.STREAM_LOCAL_BIND_UNLINK);
    }

    /** Bits that a socket's mode does not have. */
    public int streamLocalBindMask() {
        return Integer.parseInt(settings.one(ClientKeywords.STREAM_LOCAL_BIND_MASK), 8);
    }

    // ---- sharing a connection

    public ControlMaster controlMaster() {
        return resident ? ControlMaster.AUTO : switch (settings.one(ClientKeywords.CONTROL_MASTER)) {
            case "yes" -> ControlMaster.YES;
            case "ask" -> ControlMaster.ASK;
            case "auto" -> ControlMaster.AUTO;
            case "autoask" -> ControlMaster.AUTO_ASK;
            default -> ControlMaster.NO;
        };
    }

    /** Whether the connection is one that a process in the background keeps until the end of a minute, whoever uses it (C-26): that of mode max, unless sharing is configured. */
    public boolean resident() {
        return resident;
    }

    /** The control socket, expanded, perhaps relative; null for none. */
    public String controlPath() {
        return controlPath;
    }

    /** Seconds that a shared connection outlives its last use, 0 for no end, -1 where it does not. */
    public int controlPersistSeconds() {
        return resident ? 0 : switch (settings.one(ClientKeywords.CONTROL_PERSIST)) {
            case "no" -> -1;
            case "yes" -> 0;
            case String seconds -> Integer.parseInt(seconds);
        };
    }

    /** How often a passphrase may be tried. */
    public int numberOfPasswordPrompts() {
        return settings.number(ClientKeywords.PASSWORD_PROMPTS);
    }

    /** The list as it was given, null for the usual. */
    public String preferredAuthentications() {
        return settings.one(ClientKeywords.PREFERRED);
    }

    /** Whether keys may be used to log in, which is the only way: PubkeyAuthentication, and PreferredAuthentications if it is given. */
    public boolean pubkeyAuthentication() {
        String preferred = preferredAuthentications();
        boolean named = preferred == null || List.of(preferred.split(",")).contains("publickey");
        return named && !settings.one(ClientKeywords.PUBKEY_AUTHENTICATION).equals("no");
    }

    public boolean clearAllForwardings() {
        return settings.flag(ClientKeywords.CLEAR_ALL_FORWARDINGS);
    }

    public boolean exitOnForwardFailure() {
        return settings.flag(ClientKeywords.EXIT_ON_FORWARD_FAILURE);
    }

    public boolean gatewayPorts() {
        return settings.flag(ClientKeywords.GATEWAY_PORTS);
    }

    /** The tag that {@code Match tagged} asks about, null for none. */
    public String tag() {
        return settings.one(ClientKeywords.TAG);
    }

    /** How the user is to be authenticated. */
    public AuthSettings auth() {
        return new AuthSettings(AuthSettings.Method.valueOf(settings.one(ClientKeywords.AUTH).toUpperCase(java.util.Locale.ROOT)),
                AuthSettings.Continuity.valueOf(settings.one(ClientKeywords.AUTH_KEY).toUpperCase(java.util.Locale.ROOT)), authKeyFile);
    }

    public Mode mode() {
        return settings.one(ClientKeywords.MODE).equals("simplex") ? Mode.SIMPLEX : Mode.DUPLEX;
    }

    /** What is spoken with the host (S-1). */
    public Suite suite() {
        return Suite.named(settings.one(ClientKeywords.SUITE).toLowerCase(java.util.Locale.ROOT)).orElseThrow();
    }

    /** What is asked of the host (C-34). Where no rate is given: as fast as it goes, and the least in mode max. */
    public Cover cover() {
        PaddingMode padding = PaddingMode.named(settings.one(ClientKeywords.PADDING)).orElseThrow();
        String rate = settings.one(ClientKeywords.RATE);
        RateClass unsaid = padding == PaddingMode.MAX ? RateClass.LEAST : RateClass.UNBOUNDED;
        return new Cover(padding, rate == null || rate.equals("none") ? unsaid : RateClass.parse(rate).orElseThrow());
    }

    /** What feeds the entropy pool while this connection is made. */
    public EntropySettings entropy() {
        return entropy;
    }

    /** Whether and how keys of quantum key distribution are used. */
    public QkdSettings qkd() {
        return qkd;
    }

    /** The configuration in lines {@code keyword value}, as {@code -G} prints it. @throws ConfigException if the path of a forwarded socket has a token that there is not */
    public String dump() throws ConfigException {
        return new ConfigDump(this, settings).text();
    }
}
