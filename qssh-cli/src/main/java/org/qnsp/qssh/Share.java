package org.qnsp.qssh;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.HostLogin;
import org.qnsp.core.client.Messages;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.share.ControlRequest;
import org.qnsp.core.share.ControlSocket;
import org.qnsp.core.share.MasterSocket;
import org.qnsp.core.share.SharedClient;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;

/** This process as a client of a master: asks things of it. */
final class Share {
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final ClientConfig config;
    private final Messages messages;

    private Share(ClientConfig config, Messages messages) {
        this.config = config;
        this.messages = messages;
    }

    /**
     * A share in the connection of a master that {@code -O} needs.
     *
     * @throws UsageException if there is none
     */
    static SharedClient require(ClientConfig config, Messages messages, Connection connection) throws UsageException, ConfigException {
        if (config.controlPath() == null) {
            throw UsageException.plain("No ControlPath specified for \"-O\" command");
        }
        String path = MasterSocket.path(config);
        try {
            return SharedClient.connect(Path.of(path), connection, bug -> messages.error("internal fault: " + bug));
        } catch (ControlSocket.UnsafeException e) {
            throw UsageException.plain(e.getMessage());
        } catch (IOException e) {
            throw UsageException.plain("Control socket connect(" + path + "): " + e.getMessage());
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
