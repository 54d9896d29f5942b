package org.qnsp.qsshd.session;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One program to start for one user.
 *
 * @param account     whose
 * @param program     what
 * @param pty         a terminal, or empty for three pipes
 * @param environment variables beyond the standard ones, already filtered by the daemon's policy; standard ones win
 * @param imposed     variables that win over all others, standard ones too: the administrator's SetEnv, as with sshd
 * @param peers       the connection's ends, for SSH_CONNECTION and its kin
 * @param customs     what else is done before the program
 */
public record LaunchRequest(Account account, Program program, Optional<PtyRequest> pty, Map<String, String> environment,
        Map<String, String> imposed, Optional<Peers> peers, Customs customs) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,255}");
    private static final int VARIABLES_MAX = 1024;
    private static final int VALUE_MAX = 64 * 1024; // the kernel's limit for one string is 128 KiB of bytes

    /**
     * What is done before a user's program, beside what always is.
     *
     * @param environmentFile the names, as a pattern list, that the user's own file of variables may set; empty for none
     * @param userRc          whether ~/.qssh/rc or, where there is none, /etc/qssh/qsshrc is run
     * @param lastLogin       a line about the login before this one, for an interactive one; empty for none
     * @param root            the directory that is the session's whole file system, checked by the caller; empty for none
     */
    public record Customs(Optional<String> environmentFile, boolean userRc, Optional<String> lastLogin, Optional<Path> root) {
        /** Nothing. */
        public static final Customs NONE = new Customs(Optional.empty(), false, Optional.empty(), Optional.empty());
    }

    /** @throws IllegalArgumentException for over 1024 variables, a name that no shell can export, or a value over 65,536 characters or with a NUL */
    public LaunchRequest {
        Objects.requireNonNull(account);
        Objects.requireNonNull(program);
        Objects.requireNonNull(pty);
        Objects.requireNonNull(peers);
        Objects.requireNonNull(customs);
        environment = checked(environment);
        imposed = checked(imposed);
    }

    /** Without anything imposed, and without customs. */
    public LaunchRequest(Account account, Program program, Optional<PtyRequest> pty, Map<String, String> environment, Optional<Peers> peers) {
        this(account, program, pty, environment, Map.of(), peers, Customs.NONE);
    }

    private static Map<String, String> checked(Map<String, String> environment) {
        if (environment.size() > VARIABLES_MAX) {
            throw new IllegalArgumentException(environment.size() + " environment variables");
        }
        environment.forEach((name, value) -> {
            if (!NAME.matcher(name).matches() || value.length() > VALUE_MAX || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("unusable environment variable");
            }
        });
        return Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    }
}
