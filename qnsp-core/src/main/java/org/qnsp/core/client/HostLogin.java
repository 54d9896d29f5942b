package org.qnsp.core.client;

import java.io.EOFException;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.qnsp.core.client.LoginException.Kind;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Wire;
import org.qnsp.crypto.keys.Invite;
import org.qnsp.crypto.keys.PublicKey;

/** From a configuration to a session: keys, trust, address, wire, login. What every client program does before its own work. */
public final class HostLogin implements AutoCloseable {
    /** Makes the application's side anew for each attempt, with everything on it that is to go out right behind the login. */
    @FunctionalInterface
    public interface Preparation {
        /** Made by {@link Connector#connection}. */
        Connection prepare() throws IOException;
    }

    /** How long a host may be silent before it counts as not there; hosts answer within the first slots of their schedule. */
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ClientConfig config;
    private final Messages messages;
    private final Connector connector;
    private final HostTrust trust;
    private final Identities identities;
    private List<InetAddress> addresses = List.of();
    private Process proxy;
    private String peer = "";
    private volatile PublicKey met;

    private HostLogin(ClientConfig config, Messages messages, Connector connector, HostTrust trust, Identities identities) {
        this.config = config;
        this.messages = messages;
        this.connector = connector;
        this.trust = trust;
        this.identities = identities;
    }

    /**
     * Reads keys and known hosts; asks for passphrases.
     *
     * @param invite that the user gave, or null
     * @throws ConnectFailure if there is nothing to log in with
     */
    public static HostLogin prepare(ClientConfig config, LocalUser local, Invite invite, Prompt prompt, Messages messages) throws ConnectFailure {
        if (config.proxyJump() != null) {
            throw ConnectFailure.error("ProxyJump is not supported by this version", null);
        }
        try {
            HostTrust trust = new HostTrust(config, invite, prompt, messages);
            Identities identities = Identities.load(config, local, prompt, messages);
            if (identities.isEmpty() && config.mode() == ClientConfig.Mode.DUPLEX) {
                String hint = identities.agentTrouble();
                identities.close();
                throw ConnectFailure.error("there is no key to log in with",
                    hint == null ? "make one with qssh-keygen, then have its public half added to authorized_keys on the host" : hint);
            }
            Connector connector = new Connector(bug -> messages.error("internal fault: " + bug));
            return new HostLogin(config, messages, connector, trust, identities);
        } catch (IOException e) {
            throw ConnectFailure.error(String.valueOf(e.getMessage()), null);
        }
    }

    /** The forwarding of the agent to this host; null where the configuration wants none, or there is none to forward (A-18). */
    public AgentForward agentForward(LocalUser local) {
        return AgentForward.of(config, local, () -> met, messages);
    }

    /** Connects and logs in. @throws ConnectFailure if that cannot be done */
    public Login login(Preparation preparation) throws ConnectFailure {
        if (config.proxyCommand() == null) {
            addresses = resolve();
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
                if (!attempts.hasNext() || !other) {
                    throw failure(e, tried);
                }
                messages.debug(e.getMessage() + "; trying another way in");
                tried = attempts.next();
                identities.restart();
            } catch (IOException e) {
                throw ConnectFailure.ssh("connect to host " + config.hostName() + " port " + config.port() + ": " + e.getMessage());
            }
        }
    }

    private Login attempt(Trust tried, Preparation preparation) throws IOException {
        boolean enrol = tried instanceof Trust.Invited;
        Mode mode = config.mode() == ClientConfig.Mode.SIMPLEX ? Mode.SIMPLEX : Mode.DUPLEX;
        var settings = new ClientHandshake.Settings(mode, config.user(), tried, mode == Mode.DUPLEX ? identities.forLogin() : List.of(), enrol && mode == Mode.DUPLEX);
        Login login = connector.login(settings, preparation.prepare(), trust::judge, this::dial);
        try {
            login.await(silence(), PATIENCE);
        } catch (LoginException e) {
            if (e.kind() == Kind.DENIED) {
                trust.proved(); // the host has, though it wants nothing of this user
            }
            throw e;
        }
        messages.debug("Authenticated to " + config.hostName() + " (" + peer + ").");
        messages.debug("Mode " + mode.name().toLowerCase(java.util.Locale.ROOT) + ": a frame of 768 bytes every 20 ms, two in the other direction; bulk transfers are faster");
        trust.proved();
        met = login.hostKey();
        if (login.key() != null) {
            identities.proved(login.key());
        }
        return login;
    }

    /** Whether it was for want of a key. */
    private boolean isRefused(LoginException e) {
        return e.kind() == Kind.DENIED && e.getMessage().equals("Permission denied") && config.mode() == ClientConfig.Mode.DUPLEX;
    }

    private Duration silence() {
        int seconds = config.connectTimeoutSeconds();
        return seconds > 0 && seconds < SILENCE.toSeconds() ? Duration.ofSeconds(seconds) : SILENCE;
    }

    private ConnectFailure failure(LoginException e, Trust tried) {
        return switch (e.kind()) {
            case SILENCE -> trust.silence(tried);
            case DENIED -> ConnectFailure.plain(config.user() + "@" + config.hostName() + ": "
                + (e.getMessage().equals("Permission denied") ? "Permission denied (publickey)." : clean(e.getMessage())), null);
            case HOST_KEY -> ConnectFailure.plain("Host key verification failed.", null);
            case BROKEN -> isClosing(e.getCause())
                ? ConnectFailure.plain("Connection closed by " + peer + " during the login", null)
                : ConnectFailure.error(e.getMessage(), null);
        };
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
        if (config.proxyCommand() != null) {
            return proxy(config.proxyCommand());
        }
        InetSocketAddress bind = config.bindAddress() == null ? null : new InetSocketAddress(InetAddress.getByName(config.bindAddress()), 0);
        IOException last = null;
        for (int attempt = 0; attempt < config.connectionAttempts(); attempt++) {
            if (attempt > 0) {
                pause();
            }
            for (InetAddress address : addresses) {
                messages.debug("Connecting to " + config.hostName() + " [" + address.getHostAddress() + "] port " + config.port() + ".");
                try {
                    Wire wire = Connector.tcp(List.of(address), config.port(), bind, Duration.ofSeconds(config.connectTimeoutSeconds())).dial();
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
        messages.debug("Executing proxy command: exec " + command);
        proxy = new ProcessBuilder("/bin/sh", "-c", "exec " + command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        peer = "via proxy";
        return Wire.of(proxy.getInputStream(), proxy.getOutputStream(), peer);
    }

    @Override
    public void close() {
        identities.close();
        connector.close();
        if (proxy != null) {
            proxy.destroy();
        }
    }
}
