package org.qnsp.core.client;

import java.io.EOFException;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.qnsp.core.client.LoginException.Kind;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.Suite;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.RatchetTerms;
import org.qnsp.core.transport.Wire;
import org.qnsp.core.transport.WireObserver;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.Invite;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.PaddingMode;

/** From a configuration to a session: keys, trust, address, wire, login. What every client program does before its own work. */
public final class HostLogin implements AutoCloseable {
    /** Makes the application's side anew for each attempt, with everything on it that is to go out right behind the login. */
    @FunctionalInterface
    public interface Preparation {
        /** Made by {@link Connector#connection}. @param host takes what the host asks about the connection */
        Connection prepare(HostRequests host) throws IOException;
    }

    /** How long a host may be silent before it counts as not there; hosts answer within the first slots of their schedule. */
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ClientConfig config;
    private final LocalUser local;
    private final Prompt prompt;
    private final Messages messages;
    private final Connector connector;
    private final HostTrust trust;
    private final Identities identities;
    private final HostKeyUpdate keyUpdate;
    private AuthKeys authKeys;
    private final HostRequests requests;
    private final List<HostLogin> hops = new ArrayList<>();
    private final List<Login> refused = new ArrayList<>();
    /** Of those the ones that end by themselves, in their own time (C-26). */
    private final List<Login> ending = new ArrayList<>();
    private final Runnable proxyEnd = this::endProxy;
    /** The last host on the way, null where there is none. */
    private HostLogin via;
    private Login session;
    private WireObserver observer;
    private List<InetAddress> addresses = List.of();
    private Process proxy;
    private String peer = "";
    private volatile PublicKey met;

    private HostLogin(ClientConfig config, LocalUser local, Invite invite, Prompt prompt, Messages messages, Connector connector) throws IOException, ConnectFailure {
        this.config = config;
        this.local = local;
        this.prompt = prompt;
        this.messages = messages;
        this.connector = connector;
        this.trust = new HostTrust(config, invite, prompt, messages);
        this.identities = Identities.load(config, local, prompt, messages);
        this.keyUpdate = new HostKeyUpdate(config, trust.name(), prompt, messages);
        this.requests = new HostRequests(messages, keyUpdate);
    }

    /**
     * Reads keys and known hosts; asks for passphrases.
     *
     * @param invite that the user gave, or null
     * @throws ConnectFailure if there is nothing to log in with
     */
    public static HostLogin prepare(ClientConfig config, LocalUser local, Invite invite, Prompt prompt, Messages messages) throws ConnectFailure {
        try {
            Connector connector = new Connector(bug -> messages.error("internal fault: " + bug), config.cover().mode() == PaddingMode.MAX);
            try {
                return prepare(config, local, invite, prompt, messages, connector);
            } catch (ConnectFailure e) {
                connector.close();
                throw e;
            }
        } catch (IOException e) {
            throw ConnectFailure.error(String.valueOf(e.getMessage()), null);
        }
    }

    private static HostLogin prepare(ClientConfig config, LocalUser local, Invite invite, Prompt prompt, Messages messages, Connector connector) throws ConnectFailure {
        if (config.refuseConnection() != null) {
            throw ConnectFailure.plain("RefuseConnection: " + config.refuseConnection(), null);
        }
        try {
            HostLogin login = new HostLogin(config, local, invite, prompt, messages, connector);
            if (login.identities.isEmpty() && config.mode() == ClientConfig.Mode.DUPLEX && !login.mayUseAuthKey()) {
                String trouble = login.identities.agentTrouble();
                login.identities.close();
                throw config.pubkeyAuthentication()
                    ? ConnectFailure.error("there is no key to log in with" + (config.suite() == Suite.DEFAULT ? "" : " that suite " + config.suite() + " takes"), trouble != null ? trouble
                        : "make one with qssh-keygen, then have its public half added to authorized_keys on the host")
                    : ConnectFailure.plain(config.user() + "@" + config.hostName() + ": Permission denied (publickey).", "the configuration forbids to log in with a key, and there is no other way");
            }
            return login;
        } catch (IOException e) {
            throw ConnectFailure.error(String.valueOf(e.getMessage()), null);
        }
    }

    private boolean continuity() {
        return config.auth().authKey() != AuthSettings.Continuity.OFF && config.mode() == ClientConfig.Mode.DUPLEX;
    }

    /** Whether an auth key may have to do alone, for want of any other. */
    private boolean mayUseAuthKey() {
        return continuity() && config.pubkeyAuthentication() && trust.pinned().stream().anyMatch(key -> {
            try (AuthKeys kept = keysFor(key)) {
                return !kept.forLogin().isEmpty();
            }
        });
    }

    /** Where the user wants hosts remembered auth keys are kept too. */
    private AuthKeys keysFor(PublicKey host) {
        String given = config.auth().authKeyFile();
        Path known = config.userKnownHostsFiles().isEmpty() ? null : config.userKnownHostsFiles().getFirst();
        boolean keeps = known != null && (Files.isRegularFile(known) || Files.notExists(known));
        return AuthKeys.of(keeps ? known.resolveSibling(known.getFileName() + ".authkeys") : null, host, config.user(), given == null ? null : Path.of(given), messages);
    }

    /** Where the events of the connection are told. */
    public Loop loop() {
        return connector.loop();
    }

    /** The forwarding of the agent to this host; null where the configuration wants none, or there is none to forward (A-18). */
    public AgentForward agentForward(LocalUser local) {
        return AgentForward.of(config, local, () -> met, messages);
    }

    /** Has this told of every frame of the connection to the host; before the login. */
    public void observe(WireObserver by) {
        observer = by;
    }

    /** Connects and logs in. @throws ConnectFailure if that cannot be done */
    public Login login(Preparation preparation) throws ConnectFailure {
        travel();
        return direct(preparation);
    }

    /** Logs in, with all that is on the way there. */
    private Login direct(Preparation preparation) throws ConnectFailure {
        if (via == null && config.proxyCommand() == null) {
            addresses = resolve();
            if (config.noHostAuthenticationForLocalhost() && config.hostKeyAlias() == null && addresses.stream().allMatch(InetAddress::isLoopbackAddress)) {
                trust.takeAnyKey();
            }
            if (trust.stopsAtStrangers()) {
                knock();
            }
        }
        Iterator<Trust> attempts = trust.attempts().iterator();
        Trust tried = attempts.next();
        while (true) {
            try {
                return attempt(tried, preparation);
            } catch (LoginException e) {
                if (isRefused(e) && identities.more()) {
                    messages.debug("Permission denied; trying other keys");
                    tried = trust.again(tried);
                    continue;
                }
                boolean other = e.kind() == Kind.SILENCE || e.kind() == Kind.DENIED && trust.invited();
                if (e.kind() == Kind.SILENCE && !attempts.hasNext() && trust.afterOthers(tried) instanceof List<Trust> more) {
                    attempts = more.iterator();
                }
                if (!attempts.hasNext() || !other) {
                    throw failure(e, tried);
                }
                messages.debug(e.getMessage() + "; trying another way in");
                tried = attempts.next();
                identities.restart();
            } catch (IOException e) {
                throw unreachable(e);
            }
        }
    }

    private ConnectFailure unreachable(IOException e) {
        return ConnectFailure.ssh("connect to host " + config.hostName() + " port " + config.port() + (via == null ? "" : " through " + via.config.originalHost()) + ": " + e.getMessage());
    }

    /** Whether the host can be reached at all, before the user is asked about it, or told that it is not known. */
    private void knock() throws ConnectFailure {
        try {
            dial().close();
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    /** Logs in to the hosts on the way, one through the other. */
    private void travel() throws ConnectFailure {
        try {
            for (ClientConfig hop : config.way()) {
                try {
                    messages.debug("Setting up jump host " + hop.originalHost());
                    HostLogin next = prepare(hop, local, null, prompt, messages, connector);
                    next.via = via;
                    hops.add(next);
                    next.session = next.direct(host -> Connector.connection(host.alone()));
                    via = next;
                } catch (ConnectFailure e) {
                    throw e.atHop(hop.originalHost());
                }
            }
        } catch (ConfigException e) {
            throw ConnectFailure.plain(e.getMessage(), null);
        }
    }

    private Login attempt(Trust tried, Preparation preparation) throws IOException, ConnectFailure {
        connector.entropy().require(config.entropy(), messages::info, messages::debug);
        boolean enrol = tried instanceof Trust.Invited;
        Mode mode = config.mode() == ClientConfig.Mode.SIMPLEX ? Mode.SIMPLEX : Mode.DUPLEX;
        closeAuthKeys();
        authKeys = continuity() && tried instanceof Trust.Pinned(PublicKey key) ? keysFor(key) : null;
        boolean required = config.auth().authKey() == AuthSettings.Continuity.REQUIRE && !enrol && mode == Mode.DUPLEX;
        if (required && (authKeys == null || authKeys.forLogin().isEmpty())) {
            throw new LoginException(Kind.AUTH_KEY, "no auth key is kept for this host");
        }
        QuantumLogin quantum = new QuantumLogin(config.qkd(), messages);
        var settings = new ClientHandshake.Settings(mode, config.user(), tried, mode == Mode.DUPLEX ? identities.forLogin() : List.of(), enrol && mode == Mode.DUPLEX,
                config.cover(), config.auth().method() == AuthSettings.Method.ZK, authKeys == null ? List.of() : authKeys.forLogin(), required, quantum.wanted(),
                config.suite());
        messages.debug("Suite " + config.suite());
        messages.detail("Suite " + config.suite() + " is " + config.suite().text());
        Connection connection = preparation.prepare(requests);
        AuthKeys rolled = authKeys;
        AtomicBoolean told = new AtomicBoolean();
        Runnable settled = () -> {
            if (told.compareAndSet(false, true)) {
                requests.mayEnd(connection);
            }
        };
        if (!continuity()) {
            settled.run();
        }
        Login login = connector.login(settings, connection, trust::judge, this::dial, observer, new RatchetTerms(config.ratchetLimit(), quantum.ratchets(), ratchets(quantum)), quantum,
            rolled == null ? null : (used, next) -> rolled.answered(connection, used, next, settled));
        try {
            login.await(silence(), PATIENCE);
        } catch (LoginException e) {
            if (rolled != null && e.kind() == Kind.DENIED) {
                rolled.judged(false);
            }
            refused.add(login);
            if (e.kind() != Kind.SILENCE && e.kind() != Kind.STALLED) {
                ending.add(login);
            }
            if (e.kind() == Kind.DENIED) {
                trust.proved(); // the host has, though it wants nothing of this user
            }
            throw e;
        }
        quantum.agreed(login.quantumKeys());
        if (login.userKey() != null) {
            messages.debug("Server accepts key: " + HostKeyTexts.typeTitle(login.userKey().type()) + " " + Fingerprint.text(login.userKey()));
        }
        messages.debug("Authenticated to " + config.hostName() + " (" + peer + ").");
        if (messages.says(Messages.Level.DEBUG1)) { // to count what a cover can tell takes as long as the login
            messages.debug("Mode " + mode.name().toLowerCase(java.util.Locale.ROOT) + ", " + CoverText.of(login.cover()));
        }
        if (login.cover().mode() == PaddingMode.MAX) {
            messages.debug("Slots are sent " + (connector.realTime() ? "with" : "without") + " real-time priority" + (connector.realTime() ? "" : ", which this user may not have: under load some are late or left out"));
        }
        if (tried instanceof Trust.Pinned(PublicKey key)) {
            trust.known(key);
        }
        trust.proved();
        met = login.hostKey();
        if (login.key() != null) {
            identities.proved(login.key());
        }
        if (continuity()) {
            messages.debug(login.result().authKey() == 0 ? "No auth key of an earlier login was used" : "Auth key of an earlier login used");
            if (authKeys == null && login.result().secrets().next() instanceof AuthKey next) { // the host was not known before
                authKeys = keysFor(login.hostKey());
                authKeys.answered(connection, login.result().authKey(), next.copy(), settled);
            }
            authKeys.judged(true);
            requests.rolls(authKeys);
        }
        if (login.result().secrets().next() instanceof AuthKey next) {
            next.close();
        }
        keyUpdate.loggedIn(login.id(), trust.vouchedFor() ? login.hostKey() : null);
        return login;
    }

    private RatchetTerms.Told ratchets(QuantumLogin quantum) {
        return new RatchetTerms.Told() {
            @Override
            public void switched(boolean sent, int epoch) {
                messages.detail("ratchet: epoch " + epoch + (sent ? " sent" : " received"));
            }

            @Override
            public void without(String why, boolean required) {
                quantum.ratchetWithout(why, required);
            }
        };
    }

    /** Waits until the connections on which no login came about have ended as others do (C-26). */
    public void awaitRefused() {
        refused.forEach(login -> login.awaitFarewell(true));
    }

    /** Whether it was for want of a key. */
    private boolean isRefused(LoginException e) {
        return e.kind() == Kind.DENIED && e.getMessage().equals("Permission denied") && config.mode() == ClientConfig.Mode.DUPLEX;
    }

    /** What starts a program first, or goes over other hosts, takes longer before anything can be heard. */
    private Duration silence() {
        Duration longest = config.proxyCommand() == null && config.proxyJump() == null ? SILENCE : SILENCE.multipliedBy(4);
        int seconds = config.connectTimeoutSeconds();
        return seconds > 0 && seconds < longest.toSeconds() ? Duration.ofSeconds(seconds) : longest;
    }

    private ConnectFailure failure(LoginException e, Trust tried) {
        return switch (e.kind()) {
            case SILENCE -> trust.silence(tried);
            case STALLED -> ConnectFailure.error(config.hostName() + " port " + config.port() + " answered, and has the right key, but the login came to no end",
                "the host may have too much to do, or be shutting down; try again");
            case DENIED -> ConnectFailure.plain(config.user() + "@" + config.hostName() + ": "
                + (e.getMessage().equals("Permission denied") ? "Permission denied (publickey)." : clean(e.getMessage())), null);
            case HOST_KEY -> ConnectFailure.plain("Host key verification failed.", null);
            case COVER -> ConnectFailure.error("this host does not allow --padding=" + config.cover().mode(), "the host's StealthPolicy forbids it; ask for less with --padding=normal");
            case AUTH_KEY -> ConnectFailure.error(e.getMessage().replaceFirst("^AUTH_KEY: ", "") + ", and AuthKey is require",
                "start anew with an invite of the host's (qsshd invite), a key from qssh-keygen -t authkey, or once with -o AuthKey=prefer");
            case QUANTUM -> ConnectFailure.error(e.getMessage().replaceFirst("^QUANTUM: ", ""), quantumHint(e.getMessage()));
            case BROKEN -> isClosing(e.getCause())
                ? ConnectFailure.plain("Connection closed by " + peer + " during the login", null)
                : ConnectFailure.error(e.getMessage(), null);
        };
    }

    private static String quantumHint(String why) {
        return why.startsWith("QUANTUM: ") ? "the key servers of the two ends do not agree; nothing that names you was sent"
            : why.endsWith("is a simulator") ? "--qkd-allow-simulator lets its keys do, for a trial" : "--qkd goes on without such keys where there are none";
    }

    /** A peer that is gone shows as an end, a reset or, where it was noticed while writing, a broken pipe. */
    private static boolean isClosing(Throwable cause) {
        return cause instanceof EOFException || cause instanceof SocketException || cause instanceof IOException && "Broken pipe".equals(cause.getMessage());
    }

    /** The other side's words without what could act on a terminal. */
    public static String clean(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean acts = Character.isISOControl(c) && c != '\n' && c != '\t' || Character.getType(c) == Character.FORMAT;
            out.append(acts ? '?' : c);
        }
        return out.toString();
    }

    // ---- the wire

    private List<InetAddress> resolve() throws ConnectFailure {
        String host = config.hostName();
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        List<InetAddress> found = new ArrayList<>();
        try {
            found.addAll(Arrays.asList(InetAddress.getAllByName(bare)));
        } catch (UnknownHostException e) {
            // said below
        }
        switch (config.addressFamily()) {
            case INET -> found.removeIf(address -> !(address instanceof Inet4Address));
            case INET6 -> found.removeIf(address -> !(address instanceof Inet6Address));
            case ANY -> {}
        }
        if (found.isEmpty()) {
            throw ConnectFailure.ssh("Could not resolve hostname " + host.toLowerCase(java.util.Locale.ROOT) + ": Name or service not known");
        }
        return found;
    }

    private Wire dial() throws IOException {
        if (via != null) {
            return relay(via.session.connection());
        }
        if (config.proxyCommand() != null) {
            return proxy(config.proxyCommand());
        }
        IOException last = null;
        for (int attempt = 0; attempt < config.connectionAttempts(); attempt++) {
            if (attempt > 0) {
                pause();
            }
            for (InetAddress address : addresses) {
                messages.debug("Connecting to " + config.hostName() + " [" + address.getHostAddress() + "] port " + config.port() + ".");
                try {
                    Wire wire = Connector.tcp(List.of(address), config.port(), bind(address), Duration.ofSeconds(config.connectTimeoutSeconds()), config.tcpKeepAlive()).dial();
                    connected(address);
                    return wire;
                } catch (IOException e) {
                    messages.debug("connect to address " + address.getHostAddress() + " port " + config.port() + ": " + e.getMessage());
                    last = e;
                }
            }
        }
        throw last == null ? new IOException("no address") : last;
    }

    /** Where to connect from; null for the system's choice. */
    private InetSocketAddress bind(InetAddress to) throws IOException {
        if (config.bindAddress() != null) {
            return new InetSocketAddress(InetAddress.getByName(config.bindAddress()), 0);
        }
        if (config.bindInterface() == null) {
            return null;
        }
        NetworkInterface from = NetworkInterface.getByName(config.bindInterface());
        if (from == null) {
            throw new IOException("there is no interface " + config.bindInterface());
        }
        InetAddress own = from.inetAddresses().filter(address -> address.getClass() == to.getClass()).findFirst()
            .orElseThrow(() -> new IOException("interface " + config.bindInterface() + " has no address of that family"));
        return new InetSocketAddress(own, 0);
    }

    /** C-31: the wire to the next host is a stream that this one carries. */
    private Wire relay(Connection hop) throws IOException {
        peer = "[" + config.hostName() + "]:" + config.port();
        messages.debug("Connecting to " + peer + " through " + via.config.originalHost());
        Endpoint to = new Endpoint(config.hostName(), config.port());
        Channel channel = hop.open(new ChannelOpening.Relay(to, new Endpoint("", 0)), Limits.CHANNEL_CREDIT_BYTES, ChannelListener.NONE);
        int seconds = config.connectTimeoutSeconds();
        CompletableFuture<Void> late = new CompletableFuture<>();
        if (seconds > 0) {
            late.orTimeout(seconds, TimeUnit.SECONDS).whenComplete((opened, timeout) -> {
                if (timeout != null) {
                    channel.close();
                }
            });
        }
        try {
            channel.awaitOpened();
        } catch (IOException e) {
            throw late.isCompletedExceptionally() ? new IOException("Connection timed out", e) : e;
        } finally {
            late.complete(null);
        }
        return Wire.of(channel.input(DataStream.MAIN), channel.output(DataStream.MAIN), peer);
    }

    private void connected(InetAddress address) {
        messages.debug("Connection established.");
        peer = "[" + address.getHostAddress() + "]:" + config.port();
        trust.dialled(KnownHosts.name(address.getHostAddress(), config.port()));
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private Wire proxy(String command) throws IOException {
        endProxy(); // the last attempt's
        messages.debug("Executing proxy command: exec " + command);
        proxy = new ProcessBuilder(local.shell(), "-c", "exec " + command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        peer = "via proxy";
        AtExit.remove(proxyEnd);
        AtExit.add(proxyEnd);
        return Wire.of(proxy.getInputStream(), proxy.getOutputStream(), peer);
    }

    private void endProxy() {
        if (proxy != null) {
            proxy.destroy();
        }
    }

    @Override
    public void close() {
        keyUpdate.ask();
        identities.close();
        closeAuthKeys();
        ending.forEach(login -> login.awaitFarewell(false)); // a process that ended before would end them with it, and tell that a login failed
        for (HostLogin hop : hops.reversed()) {
            hop.leave();
        }
        connector.close();
        endProxy();
    }

    /** A host on the way is needed no more. */
    private void leave() {
        if (session != null) {
            requests.settle(session.connection());
            session.connection().disconnect(DisconnectReason.DONE, "");
            session.awaitFarewell(false);
        }
        keyUpdate.ask();
        identities.close();
        closeAuthKeys();
        endProxy();
    }

    private void closeAuthKeys() {
        if (authKeys != null) {
            authKeys.close();
        }
    }
}
