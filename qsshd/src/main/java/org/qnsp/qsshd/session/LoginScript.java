package org.qnsp.qsshd.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The last steps before a user's program, taken by a small shell that already is the user: creation mask, descriptor limit, requested
 * variables, message of the day, working directory; then the program is executed in the shell's place.
 *
 * <p>Requested variables come under other names and get their own only here. Given plainly they would reach {@code setpriv} while it is
 * still privileged, and a variable such as LD_PRELOAD would then be a way to become root.
 */
final class LoginScript {
    private static final String BASH = "/bin/bash";
    private static final String REQUESTED = "QNSP_REQUESTED_";
    private static final String USER_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/games";
    private static final String ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** Shells known to take {@code -l} for "login shell", for systems without bash to set the name. */
    private static final Set<String> TAKES_LOGIN_OPTION =
            Set.of("sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "lksh", "csh", "tcsh", "fish");

    /** Shells that take after {@code -c} and the command what it is to see as its own name: then nothing need name them, and sh, which is quicker to start, does. */
    private static final Set<String> TAKES_NAME = Set.of("sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh");

    /**
     * As sshd: the user's own file by /bin/sh, started by the user's shell; what it prints goes where the program's output goes.
     * That shell is an inner one (SHLVL): bash reads its own file for the program alone.
     */
    private static final String RC = """
            if [ -f .qssh/rc ]; then SHLVL=1 "$SHELL" -c '/bin/sh .qssh/rc' </dev/null
            elif [ -f /etc/qssh/qsshrc ]; then /bin/sh /etc/qssh/qsshrc </dev/null
            fi
            """;

    private final LaunchRequest request;
    private final boolean bash;
    private final List<Path> motd;

    /**
     * @param bash whether bash is there to run the script; it can name the program it executes, as login shells want ("-zsh")
     * @param motd files to show before an interactive login
     */
    LoginScript(LaunchRequest request, boolean bash, List<Path> motd) {
        this.request = request;
        this.bash = bash && !runsBySh(request);
        this.motd = motd;
    }

    private static boolean runsBySh(LaunchRequest request) {
        return request.program() instanceof Program.ShellCommand && TAKES_NAME.contains(lastName(request.account().shell())) && request.customs().environmentFile().isEmpty();
    }

    static boolean bashInstalled() {
        return Files.isExecutable(Path.of(BASH));
    }

    /** The command, still to be given the user's identity. */
    List<String> command() {
        List<String> command = new ArrayList<>(bash ? List.of(BASH, "--norc", "-p", "-c") : List.of("/bin/sh", "-c"));
        command.add(text());
        command.add("qsshd");
        command.add(request.account().home());
        if (bash) {
            command.add(programName());
        }
        command.addAll(program());
        return command;
    }

    private String text() {
        StringBuilder script = new StringBuilder("umask 022\n");
        // the JVM raised its own soft limit; 1024 is the kernel's default, and more breaks programs that use select
        script.append("ulimit -S -n 1024 2>/dev/null\n");
        request.customs().environmentFile().ifPresent(patterns -> script.append(environmentFile(patterns)));
        for (String name : requested().keySet()) {
            script.append("export ").append(name).append("=\"$").append(REQUESTED).append(name).append("\" 2>/dev/null; unset ")
                    .append(REQUESTED).append(name).append('\n');
        }
        script.append("cd -- \"$1\" 2>/dev/null || echo \"Could not chdir to home directory $1\" >&2\n");
        if (request.program() instanceof Program.LoginShell && request.pty().isPresent() && !motd.isEmpty()) {
            script.append("[ -e \"$1/.hushlogin\" ] || cat --");
            motd.forEach(file -> script.append(' ').append(quoted(file.toString())));
            script.append(" 2>/dev/null\n");
        }
        if (request.program() instanceof Program.LoginShell && request.pty().isPresent()) {
            request.customs().lastLogin().ifPresent(line -> script.append("[ -e \"$1/.hushlogin\" ] || echo ").append(quoted(line)).append('\n'));
        }
        if (request.customs().userRc()) {
            script.append(RC);
        }
        script.append("unset PWD OLDPWD\n");
        script.append(bash ? "exec -a \"$2\" -- \"${@:3}\"" : "shift; exec \"$@\"");
        return script.toString();
    }

    /** Lines NAME=value of the user's own, as sshd reads ~/.ssh/environment; what the administrator sets comes after it and wins. */
    private static String environmentFile(String patterns) {
        StringBuilder refused = new StringBuilder();
        StringBuilder taken = new StringBuilder();
        for (String pattern : patterns.split(",")) {
            boolean negated = pattern.startsWith("!");
            StringBuilder list = negated ? refused : taken;
            list.append(list.isEmpty() ? "" : "|").append(shellPattern(negated ? pattern.substring(1) : pattern));
        }
        return "if [ -r \"$1/.qssh/environment\" ]; then\nwhile IFS= read -r qnsp_line || [ -n \"$qnsp_line\" ]; do\ncase $qnsp_line in '#'*) continue ;; *=*) ;; *) continue ;; esac\n"
                + "qnsp_name=${qnsp_line%%=*}\ncase $qnsp_name in ''|[0-9]*|*[!A-Za-z0-9_]*) continue ;; esac\ncase $qnsp_name in\n"
                + (refused.isEmpty() ? "" : refused + ") ;;\n") + (taken.isEmpty() ? "" : taken + ") export \"$qnsp_name=${qnsp_line#*=}\" ;;\n")
                + "esac\ndone <\"$1/.qssh/environment\"\nunset qnsp_line qnsp_name\nfi\n";
    }

    private static String shellPattern(String pattern) {
        StringBuilder text = new StringBuilder();
        pattern.chars().forEach(c -> text.append(c == '*' || c == '?' ? String.valueOf((char) c) : quoted(String.valueOf((char) c))));
        return text.isEmpty() ? "''" : text.toString();
    }

    /** The command that goes into the session's root directory and is the user only there, for a privileged daemon to start as it is. */
    List<String> confined(String program, Path root) {
        Account account = request.account();
        List<String> command = new ArrayList<>(List.of(program, "--confined", root.toString(), String.valueOf(account.uid()), String.valueOf(account.gid()),
                account.groups().stream().map(String::valueOf).collect(Collectors.joining(",")), account.home()));
        if (request.program() instanceof Program.Service service) {
            command.add("sftp");
            command.addAll(service.arguments().subList(1, service.arguments().size()));
        } else {
            command.addAll(List.of("exec", account.shell(), programName()));
            command.addAll(program().subList(1, program().size()));
        }
        return command;
    }

    private List<String> program() {
        String shell = request.account().shell();
        return switch (request.program()) {
            case Program.LoginShell l -> bash || !TAKES_LOGIN_OPTION.contains(lastName(shell)) ? List.of(shell) : List.of(shell, "-l");
            case Program.ShellCommand c -> !bash && TAKES_NAME.contains(lastName(shell)) ? List.of(shell, "-c", c.line(), programName()) : List.of(shell, "-c", c.line());
            case Program.Service s -> s.arguments();
        };
    }

    /** What the program sees as its own name; shells print it before their messages. */
    private String programName() {
        String shell = lastName(request.account().shell());
        return switch (request.program()) {
            case Program.LoginShell l -> "-" + shell;
            case Program.ShellCommand c -> shell;
            case Program.Service s -> s.arguments().getFirst();
        };
    }

    /** The environment to start with, as {@code NAME=value}; nothing of the daemon's own but TZ. */
    List<String> environment(Optional<String> terminal) {
        List<String> all = new ArrayList<>();
        standard(terminal).forEach((name, value) -> all.add(name + "=" + value));
        requested().forEach((name, value) -> all.add(REQUESTED + name + "=" + value));
        return all;
    }

    private Map<String, String> requested() {
        Map<String, String> requested = new LinkedHashMap<>(request.environment());
        requested.keySet().removeAll(standard(Optional.of("")).keySet());
        requested.putAll(request.imposed());
        return requested;
    }

    private Map<String, String> standard(Optional<String> terminal) {
        Account account = request.account();
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("USER", account.name());
        variables.put("LOGNAME", account.name());
        variables.put("HOME", account.home());
        variables.put("PATH", account.uid() == 0 ? ROOT_PATH : USER_PATH);
        variables.put("MAIL", "/var/mail/" + account.name());
        variables.put("SHELL", account.shell());
        Optional.ofNullable(System.getenv("TZ")).ifPresent(zone -> variables.put("TZ", zone));
        // on standard input and output nobody knows; sshd's words for it
        String connection = request.peers().map(Peers::connectionVariable).orElse("UNKNOWN 65535 UNKNOWN 65535");
        variables.put("SSH_CLIENT", request.peers().map(Peers::clientVariable).orElse("UNKNOWN 65535 65535"));
        variables.put("SSH_CONNECTION", connection);
        variables.put("QSSH_CONNECTION", connection);
        terminal.ifPresent(path -> variables.put("SSH_TTY", path));
        request.pty().map(PtyRequest::term).filter(term -> !term.isEmpty()).ifPresent(term -> variables.put("TERM", term));
        return variables;
    }

    private static String lastName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
