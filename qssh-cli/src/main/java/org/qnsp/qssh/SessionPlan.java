package org.qnsp.qssh;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfig.SessionType;
import org.qnsp.core.client.ClientConfig.Tty;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.SessionRequest;

/**
 * What is asked of the host, decided before there is a connection.
 *
 * @param start a shell, a command or a subsystem; null for a connection without a session ({@code -N})
 * @param tty whether it gets a terminal
 */
record SessionPlan(SessionRequest.FromClient start, boolean tty, List<SessionRequest.Env> environment) {
    /** No session at all. */
    static final SessionPlan NONE = new SessionPlan(null, false, List.of());

    /** The plan, and what there is to say about it. */
    record Decision(SessionPlan plan, String notice) {}

    /** @param inputIsTerminal whether standard input is one @throws UsageException if something is missing */
    static Decision of(ClientConfig config, CommandLine line, boolean inputIsTerminal, Map<String, String> environment) throws UsageException {
        if (config.sessionType() == SessionType.NONE) {
            return new Decision(NONE, null);
        }
        boolean both = line.hasCommand() && config.remoteCommand() != null;
        if (both && config.sessionType() != SessionType.SUBSYSTEM) {
            throw UsageException.plain("Cannot execute command-line and remote command.");
        }
        String command = line.hasCommand() ? line.command() : config.remoteCommand() == null ? "" : config.remoteCommand();
        boolean tty = switch (config.requestTty()) {
            case AUTO -> command.isEmpty();
            case NO -> false;
            case YES, FORCE -> true;
        };
        String notice = null;
        if (tty && config.requestTty() != Tty.FORCE && (!inputIsTerminal || config.stdinNull())) {
            tty = false;
            notice = "Pseudo-terminal will not be allocated because stdin is not a terminal.";
        }
        return new Decision(new SessionPlan(start(config, command), tty, environment(config, environment)), notice);
    }

    private static SessionRequest.FromClient start(ClientConfig config, String command) throws UsageException {
        if (config.sessionType() == SessionType.SUBSYSTEM) {
            if (command.isEmpty()) {
                throw UsageException.withUsage("You must specify a subsystem to invoke.");
            }
            return new SessionRequest.Subsystem(command);
        }
        return command.isEmpty() ? new SessionRequest.Shell() : new SessionRequest.Exec(command);
    }

    /** LANG and LC_ always, as far as the host accepts them; then SendEnv's and SetEnv's. */
    private static List<SessionRequest.Env> environment(ClientConfig config, Map<String, String> environment) {
        List<SessionRequest.Env> sent = new ArrayList<>();
        environment.forEach((name, value) -> {
            if (name.equals("LANG") || name.startsWith("LC_") || config.sendsEnv(name)) {
                sent.add(new SessionRequest.Env(name, value));
            }
        });
        Set<String> set = new HashSet<>(); // of two values for one name the first counts
        for (String pair : config.setEnv()) {
            int equals = pair.indexOf('=');
            if (set.add(pair.substring(0, equals))) {
                sent.add(new SessionRequest.Env(pair.substring(0, equals), pair.substring(equals + 1)));
            }
        }
        return sent.subList(0, Math.min(sent.size(), Limits.ENVIRONMENT_VARIABLES)); // L-16
    }
}
