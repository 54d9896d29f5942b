package org.qnsp.keygen.agent;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.agent.Agent;
import org.qnsp.core.client.AgentClient;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.TerminalPrompt;
import org.qnsp.crypto.RandomSource;
import sun.misc.Signal;

/** The program. Going to the background, and running the command of command mode, is the launcher's: it waits for the lines that tell where the agent is. */
public final class Main {
    /** The process whose agent this is, set by the launcher in command mode and for the background. */
    private static final String LAUNCHER = "qnsp.launcher";

    private Main() {
    }

    /** Runs and exits: 0 done, 1 failed. */
    public static void main(String[] arguments) {
        try {
            AgentRequest request = AgentRequest.parse(List.of(arguments), System.getenv("SHELL"));
            if (request.kills()) {
                System.exit(kill(request));
            }
            run(request);
        } catch (Getopt.UsageException e) {
            System.err.println("qssh-agent: error: " + e.getMessage());
            System.err.print(AgentRequest.USAGE);
            System.exit(1);
        } catch (IOException e) {
            System.err.println("qssh-agent: error: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void run(AgentRequest request) throws IOException {
        boolean hidden = Platform.hideMemory();
        boolean lockedAll = Platform.lockAll();
        LockedVault vault = new LockedVault();
        Agent agent = new Agent(vault, RandomSource.system(), request.lifetimeSeconds());
        AgentSocket socket = AgentSocket.listen(request.socket(), System.getenv("XDG_RUNTIME_DIR"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            socket.close();
            agent.close();
        }, "qssh-agent-end"));
        Signal.handle(new Signal("USR1"), signal -> agent.forgetAll());
        Platform.Clock clock = new Platform.Clock();
        TerminalPrompt prompt = new TerminalPrompt(System::getenv, false);
        AgentServer server = new AgentServer(agent, clock::nanos, prompt::confirms, request.debugs() ? text -> System.err.println("debug1: " + text) : text -> {});
        System.out.print(ShellLines.of(request, socket.path(), ProcessHandle.current().pid(), ShellLines.variables(System::getenv, Main::isOther)));
        System.out.flush();
        if (request.debugs()) {
            System.err.println("debug1: memory hidden: " + hidden + ", locked: " + (lockedAll ? "all" : vault.isLocked() ? "keys" : "no"));
        }
        if (!request.foreground()) {
            Platform.detach();
            endWith(request);
        }
        try {
            server.run(socket);
        } catch (ClosedChannelException e) {
            // the end has begun
        }
    }

    /** In command mode the agent ends with the command, which has the launcher's process. */
    private static void endWith(AgentRequest request) {
        Long launcher = Long.getLong(LAUNCHER);
        if (!request.command().isEmpty() && launcher != null) {
            ProcessHandle.of(launcher).ifPresentOrElse(process -> process.onExit().thenRun(() -> System.exit(0)), () -> System.exit(0));
        }
    }

    private static int kill(AgentRequest request) throws IOException {
        ShellLines.Variables variables = System.getenv("QSSH_AGENT_PID") == null ? ShellLines.Variables.SSH : ShellLines.Variables.QSSH;
        String text = System.getenv(variables.pid());
        if (text == null) {
            throw new IOException(variables.pid() + " not set, cannot kill agent");
        }
        if (isOther(System.getenv(variables.socket()))) {
            throw new IOException(variables.pid() + " names an agent of another kind; ssh-agent -k ends ssh's");
        }
        Optional<ProcessHandle> process = number(variables, text);
        if (process.isEmpty()) {
            throw new IOException("kill: No such process");
        }
        if (!process.get().destroy()) {
            throw new IOException("kill: Operation not permitted");
        }
        System.out.print(ShellLines.killed(request.csh(), process.get().pid(), variables));
        System.out.flush();
        return 0;
    }

    private static Optional<ProcessHandle> number(ShellLines.Variables variables, String text) throws IOException {
        try {
            return ProcessHandle.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new IOException(variables.pid() + "=\"" + text + "\", which is not a good PID", e);
        }
    }

    /** Whether a live agent of another kind, such as ssh's, answers there. */
    private static boolean isOther(String socket) {
        if (socket == null || socket.isEmpty()) {
            return false;
        }
        try {
            AgentClient.connect(Path.of(socket)).close();
            return false;
        } catch (AgentClient.OtherAgentException e) {
            return true;
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }
}
