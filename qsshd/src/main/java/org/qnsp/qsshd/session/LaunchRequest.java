package org.qnsp.qsshd.session;

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
 * @param peers       the connection's ends, for SSH_CONNECTION and its kin
 */
public record LaunchRequest(Account account, Program program, Optional<PtyRequest> pty, Map<String, String> environment, Optional<Peers> peers) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,255}");
    private static final int VARIABLES_MAX = 1024;
    private static final int VALUE_MAX = 64 * 1024; // the kernel's limit for one string is 128 KiB of bytes

    /** @throws IllegalArgumentException for over 1024 variables, a name that no shell can export, or a value over 65,536 characters or with a NUL */
    public LaunchRequest {
        Objects.requireNonNull(account);
        Objects.requireNonNull(program);
        Objects.requireNonNull(pty);
        Objects.requireNonNull(peers);
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        if (environment.size() > VARIABLES_MAX) {
            throw new IllegalArgumentException(environment.size() + " environment variables");
        }
        environment.forEach((name, value) -> {
            if (!NAME.matcher(name).matches() || value.length() > VALUE_MAX || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("unusable environment variable");
            }
        });
    }
}
