package org.qnsp.qssh;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfig.ControlMaster;
import org.qnsp.core.client.HostLogin;
import org.qnsp.core.client.Messages;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.share.ControlRequest;
import org.qnsp.core.share.ControlSocket;
import org.qnsp.core.share.SharedClient;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;

/** This process as a client of a master: finds it at ControlPath, asks things of it. */
final class Share {
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final ClientConfig config;
    private final Messages messages;
    private final String path;

    /** @throws UsageException if no socket can be there */
    private Share(ClientConfig config, Messages messages) throws UsageException {
        this.config = config;
        this.messages = messages;
        this.path = config.controlPath();
        if (ControlSocket.tooLong(path)) {
            throw UsageException.plain("ControlPath too long ('" + path + "' >= 108 bytes)");
        }
    }

    /** A share in the connection of a master that there may be; null where the configuration wants none, or there is none. */
    static SharedClient find(ClientConfig config, Messages messages, Connection connection) throws UsageException {
        boolean looks = switch (config.controlMaster()) {
            case NO, AUTO, AUTO_ASK -> config.controlPath() != null;
            case YES, ASK -> false;
        };
        return looks ? new Share(config, messages).connect(connection) : null;
    }

    /** As {@link #find}, though this process started the master itself. */
    static SharedClient join(ClientConfig config, Messages messages, Connection connection) throws UsageException {
        return new Share(config, messages).connect(connection);
    }

    /**
     * A share in the connection of a master that {@code -O} needs.
     *
     * @throws UsageException if there is none
     */
    static SharedClient require(ClientConfig config, Messages messages, Connection connection) throws UsageException {
        if (config.controlPath() == null) {
            throw UsageException.plain("No ControlPath specified for \"-O\" command");
        }
        String path = new Share(config, messages).path;
        try {
            return SharedClient.connect(Path.of(path), connection, bug -> messages.error("internal fault: " + bug));
        } catch (ControlSocket.UnsafeException e) {
            throw UsageException.plain(e.getMessage());
        } catch (IOException e) {
            throw UsageException.plain("Control socket connect(" + path + "): " + e.getMessage());
        }
    }

    private SharedClient connect(Connection connection) {
        boolean auto = config.controlMaster() == ControlMaster.AUTO || config.controlMaster() == ControlMaster.AUTO_ASK;
        if (auto) {
            messages.debug("auto-mux: Trying existing master at '" + path + "'");
        }
        try {
            return SharedClient.connect(Path.of(path), connection, bug -> messages.error("internal fault: " + bug));
        } catch (ControlSocket.StaleException e) {
            if (auto) {
                messages.debug("Stale control socket " + path + ", unlinking");
                remove();
            } else {
                unreachable(e);
            }
        } catch (ControlSocket.UnsafeException e) {
            messages.say(Messages.Level.ERROR, e.getMessage() + ": not used");
        } catch (IOException e) {
            if (Files.exists(Path.of(path))) {
                unreachable(e);
            } else {
                messages.debug("Control socket \"" + path + "\" does not exist");
            }
        }
        return null;
    }

    private void unreachable(IOException why) {
        messages.say(Messages.Level.ERROR, "Control socket connect(" + path + "): " + why.getMessage());
    }

    private void remove() {
        try {
            Files.deleteIfExists(Path.of(path));
        } catch (IOException e) {
            messages.debug("it cannot be removed: " + e.getMessage());
        }
    }

    /**
     * Does what {@code -O} asks for.
     *
     * @param out where a port goes that the host chose
     * @return the exit status
     */
    static int command(String command, ClientConfig config, Messages messages, PrintStream out) throws UsageException, ConfigException {
        try (SharedClient client = require(config, messages, SharedClient.connection(new Connection.Listener() {}))) {
            return new Share(config, messages).command(command, client, out);
        } catch (IOException e) {
            throw UsageException.plain("Control socket connect(" + config.controlPath() + "): " + e.getMessage());
        }
    }

    private int command(String command, SharedClient client, PrintStream out) throws IOException, UsageException, ConfigException {
        switch (command) {
            case "check" -> messages.say(Messages.Level.QUIET, "Master running (pid=" + pid(ask(client, new ControlRequest.Check())) + ")\r\n");
            case "conninfo" -> {
                out.print(words(ask(client, new ControlRequest.Info())));
                out.flush();
            }
            case "stop" -> {
                ask(client, new ControlRequest.Stop());
                messages.say(Messages.Level.FATAL, "Stop listening request sent.\r\n");
            }
            case "exit" -> {
                ask(client, new ControlRequest.Exit());
                messages.say(Messages.Level.FATAL, "Exit request sent.\r\n");
            }
            case "forward" -> {
                return forward(config, messages, client, out) ? 0 : Qssh.FAILED;
            }
            case "cancel" -> cancel(client);
            default -> throw new IllegalStateException(command);
        }
        client.connection().disconnect(DisconnectReason.DONE, "");
        client.awaitEnd(FAREWELL);
        return 0;
    }

    /** As with ssh a forwarding that is not there is said, and no failure. */
    private void cancel(SharedClient client) throws IOException, ConfigException {
        for (ForwardSpec spec : config.forwards()) {
            Channel.Reply reply = client.ask(new ControlRequest.Cancel(spec));
            if (!reply.ok()) {
                messages.say(Messages.Level.ERROR, "mux_client_forward: forwarding request failed: " + words(reply));
                messages.say(Messages.Level.ERROR, "muxclient: master cancel forward request failed");
            }
        }
    }

    private static Channel.Reply ask(SharedClient client, ControlRequest request) throws IOException, UsageException {
        Channel.Reply reply = client.ask(request);
        if (!reply.ok()) {
            throw UsageException.plain("the master refuses: " + words(reply));
        }
        return reply;
    }

    private static long pid(Channel.Reply reply) throws IOException {
        try {
            return ControlRequest.Check.pid(reply.body());
        } catch (ProtocolException e) {
            throw new IOException("the master's answer cannot be read", e);
        }
    }

    /** Has the master make the forwardings that this process was asked for. Returns whether all are made. */
    static boolean forward(ClientConfig config, Messages messages, SharedClient client, PrintStream out) throws IOException, ConfigException {
        for (ForwardSpec spec : config.forwards()) {
            Channel.Reply reply = client.ask(new ControlRequest.Forward(spec));
            if (!reply.ok()) {
                messages.say(Messages.Level.ERROR, "mux_client_forward: forwarding request failed: " + words(reply));
                messages.say(Messages.Level.ERROR, "muxclient: master forward request failed");
                return false;
            }
            int port = port(reply);
            if (port != 0) {
                if (out == null) {
                    messages.info(Forwarding.allocated(spec, port));
                } else {
                    out.println(port);
                    out.flush();
                }
            }
        }
        return true;
    }

    private static int port(Channel.Reply reply) throws IOException {
        try {
            return ControlRequest.Forward.port(reply.body());
        } catch (ProtocolException e) {
            throw new IOException("the master's answer cannot be read", e);
        }
    }

    private static String words(Channel.Reply reply) throws IOException {
        try {
            return HostLogin.clean(ControlRequest.words(reply.body()));
        } catch (ProtocolException e) {
            throw new IOException("the master's answer cannot be read", e);
        }
    }
}
