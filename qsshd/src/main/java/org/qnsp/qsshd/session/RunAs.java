package org.qnsp.qsshd.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a command becomes another user's. A privileged daemon puts {@code setpriv} in front, which changes every user and group number and
 * then executes the command in its own place, so that process id, exit status and hangup stay exact. Any other daemon acts for its own
 * account only.
 */
final class RunAs {
    private static final List<Path> SETPRIV = List.of(Path.of("/usr/bin/setpriv"), Path.of("/bin/setpriv"));

    private RunAs() {
    }

    /**
     * The command that runs {@code command} as {@code account}.
     *
     * @throws LaunchRefusedException when that is not this daemon's to do; it never falls back to its own identity
     */
    static List<String> command(Account account, List<String> command) throws LaunchRefusedException {
        long self = Posix.effectiveUser();
        if (self != 0) {
            if (account.uid() != self) {
                throw new LaunchRefusedException("this daemon runs as user " + self + " and cannot act as " + account.name());
            }
            return List.copyOf(command);
        }
        List<String> whole = new ArrayList<>(List.of(
                SETPRIV.stream().filter(Files::isExecutable).findFirst()
                        .orElseThrow(() -> new LaunchRefusedException("setpriv (util-linux) is not installed")).toString(),
                "--reuid=" + account.uid(),
                "--regid=" + account.gid(),
                // by number and not --init-groups: accounts may share a uid and differ in groups
                "--groups=" + account.groups().stream().map(String::valueOf).collect(Collectors.joining(",")),
                "--inh-caps=-all",
                "--"));
        whole.addAll(command);
        return List.copyOf(whole);
    }
}
