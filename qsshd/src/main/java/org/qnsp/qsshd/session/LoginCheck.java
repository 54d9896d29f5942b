package org.qnsp.qsshd.session;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Whether an account may log in at all, apart from its keys: expiry, shell, and the administrator's closing notice.
 *
 * <p>A locked password ({@code !} or {@code *} in the shadow file) does not forbid login by key, as with Debian's sshd under PAM: passwords
 * are locked precisely on accounts that use keys. To shut an account use its expiry date ({@code usermod -e 1}), which is honoured here.
 */
public final class LoginCheck {
    private static final List<Path> NOTICES = List.of(Path.of("/run/nologin"), Path.of("/etc/nologin"));
    private static final int NOTICE_BYTES = 16 * 1024;
    private static final Set<PosixFilePermission> EXECUTE =
            Set.of(PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);

    private final List<Path> notices;

    /** Checks against {@code /run/nologin} and {@code /etc/nologin}. */
    public LoginCheck() {
        this(NOTICES);
    }

    /** Checks against other notice files. */
    public LoginCheck(List<Path> notices) {
        this.notices = List.copyOf(notices);
    }

    /** The answer. */
    public sealed interface Verdict {
        /** The account may log in. */
        record Allowed() implements Verdict {
        }

        /**
         * It may not.
         *
         * @param reason for the daemon's log
         * @param notice for the user once authenticated, at most 16 KiB; often empty
         */
        record Denied(String reason, String notice) implements Verdict {
        }
    }

    /**
     * Checks an account on a day (of the local calendar, as shadow(5) counts).
     *
     * @throws IOException when the account database does not answer
     */
    public Verdict check(Account account, LocalDate today) throws IOException {
        return check(account, today, true);
    }

    /** The same. @param shellHere whether the shell is looked at, which is elsewhere for a session with a root directory of its own */
    public Verdict check(Account account, LocalDate today, boolean shellHere) throws IOException {
        OptionalLong expiry = Posix.expiryDay(account.name());
        if (expiry.isPresent() && today.toEpochDay() > expiry.getAsLong()) {
            return new Verdict.Denied("account " + account.name() + " has expired", "");
        }
        Optional<String> shell = shellHere ? unusableShell(Path.of(account.shell())) : Optional.empty();
        if (shell.isPresent()) {
            return new Verdict.Denied("shell " + account.shell() + " of " + account.name() + " " + shell.get(), "");
        }
        return account.uid() == 0 ? new Verdict.Allowed() : closed();
    }

    private static Optional<String> unusableShell(Path shell) {
        try {
            if (!shell.isAbsolute() || !Files.isRegularFile(shell)) {
                return Optional.of("does not exist");
            }
            return Files.getPosixFilePermissions(shell).stream().noneMatch(EXECUTE::contains)
                    ? Optional.of("is not executable") : Optional.empty();
        } catch (IOException e) {
            return Optional.of("cannot be examined");
        }
    }

    private Verdict closed() {
        for (Path notice : notices) {
            try (InputStream in = Files.newInputStream(notice)) {
                return new Verdict.Denied(notice + " exists", new String(in.readNBytes(NOTICE_BYTES), StandardCharsets.UTF_8));
            } catch (NoSuchFileException e) {
                continue;
            } catch (IOException e) {
                // it is there, only not for us to read: the administrator's intent counts
                return new Verdict.Denied(notice + " exists", "");
            }
        }
        return new Verdict.Allowed();
    }
}
