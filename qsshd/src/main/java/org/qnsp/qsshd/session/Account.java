package org.qnsp.qsshd.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * A user of this system.
 *
 * @param name   login name
 * @param uid    user number, unsigned 32-bit
 * @param gid    primary group
 * @param groups all groups, the primary one included
 * @param home   absolute path of the home directory ({@code /} where the database has none)
 * @param shell  absolute path of the login shell ({@code /bin/sh} where the database has none)
 */
public record Account(String name, long uid, long gid, List<Long> groups, String home, String shell) {
    private static final int NAME_MAX = 256;

    public Account {
        groups = List.copyOf(groups);
    }

    /**
     * The account of a name that a client sent. Names no account can have (empty, over 256 characters, with a control character, blank,
     * {@code /} or {@code :}, or a leading {@code -}) are unknown without asking.
     *
     * @throws IOException when the account database does not answer
     */
    public static Optional<Account> named(String name) throws IOException {
        Posix.requireSupported();
        if (name.isEmpty() || name.length() > NAME_MAX || name.startsWith("-")
                || name.chars().anyMatch(c -> Character.isISOControl(c) || Character.isWhitespace(c) || c == '/' || c == ':')) {
            return Optional.empty();
        }
        return complete(Posix.passwd(name));
    }

    /** The account with that number, the first one if several share it. */
    public static Optional<Account> numbered(long uid) throws IOException {
        Posix.requireSupported();
        return complete(Posix.passwd(uid));
    }

    /** The account this daemon runs as. */
    public static Optional<Account> ofDaemon() throws IOException {
        Posix.requireSupported();
        return numbered(Posix.effectiveUser());
    }

    /** The names of its groups; a group without a name has none here. @throws UncheckedIOException when the account database does not answer */
    public List<String> groupNames() {
        return groups.stream().flatMap(gid -> {
            try {
                return Posix.groupName(gid).stream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).toList();
    }

    private static Optional<Account> complete(Optional<Posix.Passwd> entry) throws IOException {
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        Posix.Passwd p = entry.get();
        return Optional.of(new Account(p.name(), p.uid(), p.gid(), Posix.groups(p.name(), p.gid()),
                p.home().startsWith("/") ? p.home() : "/", p.shell().isEmpty() ? "/bin/sh" : p.shell()));
    }
}
