package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a command becomes another user's. A privileged daemon puts {@code setpriv} in front, which changes every user and group number and
 * then executes the command in its own place, so that process id, exit status and hangup stay exact; but not where nothing is to change. Any
 * other daemon acts for its own account only.
 */
final class RunAs {
    private static final List<Path> SETPRIV = List.of(Path.of("/usr/bin/setpriv"), Path.of("/bin/setpriv"));

    private RunAs() {
    }

    /**
     * The command that runs {@code command} as {@code account}.
     *
     * @throws LaunchRefusedException when that is not this daemon's to do; it never falls back to its own identity
     * @throws IOException when the system does not tell this daemon's own identity
     */
    static List<String> command(Account account, List<String> command) throws IOException {
        if (!mustChange(account) || isOwn(account)) {
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

    /** Whether all numbers of an account are this daemon's already, and nothing is inherited besides: setpriv takes 1.6 ms, in which an answer misses its slot. */
    private static boolean isOwn(Account account) throws IOException {
        Posix.Identity own = Posix.threadIdentity();
        Set<Long> groups = new HashSet<>(own.supplementary());
        groups.add(account.gid());
        return own.users().stream().allMatch(user -> user == account.uid()) && own.groups().stream().allMatch(group -> group == account.gid())
                && groups.equals(Set.copyOf(account.groups())) && !own.bequeaths();
    }

    /**
     * Whether rights have to be changed to act for an account: not when they are this daemon's own.
     *
     * @throws LaunchRefusedException when that is not this daemon's to do
     */
    static boolean mustChange(Account account) throws LaunchRefusedException {
        long self = Posix.effectiveUser();
        if (self != 0 && account.uid() != self) {
            throw new LaunchRefusedException("this daemon runs as user " + self + " and cannot act as " + account.name());
        }
        return self == 0;
    }
}
