package org.qnsp.keygen.agent;

import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** What the user's shell evaluates: ssh-agent's lines. */
final class ShellLines {
    /** The variables that tell of an agent. @param socket names its socket @param pid names its process */
    record Variables(String socket, String pid) {
        /** ssh's, which all programs know. */
        static final Variables SSH = new Variables("SSH_AUTH_SOCK", "SSH_AGENT_PID");
        /** Ours, beside an agent of ssh's that goes on being used. */
        static final Variables QSSH = new Variables("QSSH_AUTH_SOCK", "QSSH_AGENT_PID");
    }

    private ShellLines() {
    }

    /** ssh's variables, unless they are taken by an agent of another kind. */
    static Variables variables(UnaryOperator<String> environment, Predicate<String> isOther) {
        return isOther.test(environment.apply(Variables.SSH.socket())) ? Variables.QSSH : Variables.SSH;
    }

    static String of(AgentRequest request, Path socket, long pid, Variables variables) {
        String lines = set(request, variables.socket(), quoted(socket.toString()));
        if (!request.foreground()) {
            lines += set(request, variables.pid(), Long.toString(pid));
        }
        return request.command().isEmpty() ? lines + "echo Agent pid " + pid + ";\n" : lines;
    }

    static String killed(boolean csh, long pid, Variables variables) {
        String unset = csh ? "unsetenv " : "unset ";
        return unset + variables.socket() + ";\n" + unset + variables.pid() + ";\necho Agent pid " + pid + " killed;\n";
    }

    private static String set(AgentRequest request, String name, String value) {
        // the launcher, which reads the lines in command mode, is a shell of sh's kind
        return request.csh() && request.command().isEmpty() ? "setenv " + name + " " + value + ";\n" : name + "=" + value + "; export " + name + ";\n";
    }

    /** As it is where it is plain, as ssh-agent prints it; quoted where the shell would read more into it. */
    private static String quoted(String text) {
        return text.matches("[\\w@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
