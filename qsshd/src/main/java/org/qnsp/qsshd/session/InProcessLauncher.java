package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Starts programs from this very process: as any user when it is root's, else as its own user only. */
public final class InProcessLauncher implements SessionLauncher {
    /** What an interactive login shows first, on Debian. */
    public static final List<Path> MOTD = List.of(Path.of("/run/motd.dynamic"), Path.of("/etc/motd"));

    /** Tries again for half a second: right after the launch the leader may still be on its way to becoming the user's. */
    private static final String KILL = "for again in 1 2 3 4 5; do kill -s \"$1\" -- \"-$2\" 2>/dev/null && exit; sleep 0.1; done";

    private static final List<String> PLAIN_ENVIRONMENT = List.of("PATH=/usr/bin:/bin", "LC_ALL=C");

    private final ProcessPump pump;
    private final List<Path> motd;
    private final Optional<String> confiner;
    private final boolean bash;
    private final boolean privileged;

    /**
     * @param pump moves the bytes of what is started
     * @param motd files to show before an interactive login shell, unless the user has {@code ~/.hushlogin}; may be empty
     */
    public InProcessLauncher(ProcessPump pump, List<Path> motd) throws IOException {
        this(pump, motd, Optional.empty());
    }

    /** @param confiner absolute path of qsftp-server, which is the way into a root directory; empty where there is none */
    public InProcessLauncher(ProcessPump pump, List<Path> motd, Optional<String> confiner) throws IOException {
        Posix.requireSupported();
        this.confiner = confiner;
        this.pump = pump;
        this.motd = List.copyOf(motd);
        this.bash = LoginScript.bashInstalled();
        this.privileged = Posix.effectiveUser() == 0;
    }

    @Override
    public UserProcess launch(LaunchRequest request) throws IOException {
        LoginScript script = new LoginScript(request, bash, motd);
        List<String> arguments = request.customs().root().isPresent() ? confined(script, request) : RunAs.command(request.account(), script.command());
        UserProcess.Command command = new UserProcess.Command() {
            @Override
            public List<String> arguments() {
                return arguments;
            }

            @Override
            public List<String> environment(Optional<String> terminal) {
                return script.environment(terminal);
            }
        };
        Optional<Account> owner = privileged ? Optional.of(request.account()) : Optional.empty();
        UserProcess.Signaller signaller = signaller(request.account());
        return request.pty().isPresent()
                ? UserProcess.onTerminal(pump, request.pty().get(), owner, command, signaller)
                : UserProcess.overPipes(pump, owner, command, signaller);
    }

    private List<String> confined(LoginScript script, LaunchRequest request) throws LaunchRefusedException {
        if (!RunAs.mustChange(request.account())) {
            throw new LaunchRefusedException("only root's daemon can change the root directory");
        }
        if (confiner.isEmpty()) {
            throw new LaunchRefusedException("without an installation there is no way into a root directory");
        }
        if (request.program() instanceof Program.Service s && !s.arguments().getFirst().equals(confiner.get())) {
            throw new LaunchRefusedException("not to be had in a root directory: " + s.arguments().getFirst());
        }
        return script.confined(confiner.get(), request.customs().root().get());
    }

    /** A signal is sent with the user's rights: root's would also reach a set-uid program the user may not kill. */
    private UserProcess.Signaller signaller(Account account) {
        if (!privileged || account.uid() == 0) {
            return (group, signal) -> Posix.signalGroup(group, signal.number());
        }
        return (group, signal) -> {
            List<String> kill = RunAs.command(account,
                    List.of("/bin/sh", "-c", KILL, "qsshd", signal.name(), String.valueOf(group)));
            int[] pipe = Posix.pipe();
            try {
                pump.reapQuietly(Posix.spawn(kill, PLAIN_ENVIRONMENT, new Posix.Standard.Descriptors(pipe[0], pipe[1], pipe[1])));
            } finally {
                Posix.close(pipe[0]);
                Posix.close(pipe[1]);
            }
        };
    }
}
