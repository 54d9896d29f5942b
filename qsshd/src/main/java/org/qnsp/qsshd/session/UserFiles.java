package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads a user's file with that user's rights and nobody else's ({@link AsUser}): a privileged reader could be led by a symbolic link into
 * any file of the system.
 *
 * <p>With strict modes the file and every directory from it up to the home directory (or to the root, for files elsewhere) must belong to
 * the user or to root and be writable by no one else; otherwise another user could have written what is read.
 */
public final class UserFiles {
    /** Most bytes of a file. */
    public static final int BYTES_MAX = 1024 * 1024;

    /** Longest time for one file. */
    public static final Duration TIME_MAX = Duration.ofSeconds(10);

    /** Reads at one time, those included that nobody waits for any more because a file system does not answer. */
    private static final int READS_MAX = 64;

    private static final int GROUP_OR_WORLD_WRITABLE = 022;
    private static final String NOWHERE = "/nonexistent/authorized_keys";

    private final Duration timeMax;
    private final Semaphore reads = new Semaphore(READS_MAX);

    /** Reads within {@link #TIME_MAX}. */
    public UserFiles() {
        this(TIME_MAX);
    }

    UserFiles(Duration timeMax) {
        this.timeMax = timeMax;
    }

    /** What came of it. */
    public sealed interface Result {
        /** The file's bytes, at most {@link #BYTES_MAX}. */
        record Contents(byte[] bytes) implements Result {
        }

        /** There is no such file, as far as the user can tell. */
        record Absent() implements Result {
        }

        /** It must not or cannot be used, for this reason (for the log). */
        record Refused(String reason) implements Result {
        }
    }

    /**
     * Reads a file as {@code account}. Waits for the disk.
     *
     * @param path        absolute path
     * @param strictModes whether to insist on safe ownership and permissions
     * @throws LaunchRefusedException   when this daemon may not act for that account
     * @throws IOException              when the account's rights cannot be had
     * @throws IllegalArgumentException when the path is not absolute or holds a control character
     */
    public Result read(Account account, String path, boolean strictModes) throws IOException, InterruptedException {
        if (!path.startsWith("/") || path.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not an absolute path");
        }
        return within(account, path, strictModes);
    }

    /** Does for a user that does not exist what {@link #read} does for one that does, so that the time taken tells little. */
    public Result.Absent readForUnknown() throws IOException, InterruptedException {
        Account stranger = Posix.effectiveUser() == 0
                ? Account.named("nobody").orElse(new Account("nobody", 65_534, 65_534, List.of(65_534L), "/", "/bin/false"))
                : Account.ofDaemon().orElseThrow(() -> new IOException("the daemon's own user has no account"));
        within(stranger, NOWHERE, true);
        return new Result.Absent();
    }

    private Result within(Account account, String path, boolean strictModes) throws IOException, InterruptedException {
        if (!reads.tryAcquire()) {
            return new Result.Refused(path + ": too many files do not answer");
        }
        Future<Result> reading = null;
        try {
            reading = AsUser.start(account, () -> examine(account, path, strictModes), reads::release);
        } finally {
            if (reading == null) {
                reads.release();
            }
        }
        try {
            return reading.get(timeMax.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Result.Refused(path + ": not done within " + timeMax.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw AsUser.thrown(e);
        }
    }

    /** Runs with the user's rights. The directories are looked at first: where they are safe, nobody else can put another file in its place. */
    private static Result examine(Account account, String path, boolean strictModes) {
        Path real;
        Path home;
        try {
            real = Path.of(path).toRealPath();
        } catch (IOException e) {
            return new Result.Absent(); // as far as the user can tell
        }
        if (!Files.isRegularFile(real)) {
            return new Result.Refused(path + ": not a regular file");
        }
        try {
            home = Path.of(account.home()).toRealPath();
        } catch (IOException e) {
            home = real.getRoot();
        }
        String unsafe;
        try {
            unsafe = strictModes ? unsafeDirectory(real, home, account) : null;
        } catch (IOException e) {
            return new Result.Refused(path + ": could not be examined");
        }
        try (OpenFile file = OpenFile.of(real.toString())) {
            if (!file.isRegular()) {
                return new Result.Refused(path + ": not a regular file");
            }
            if (strictModes && !isSafe(file.owner(), file.mode(), account)) {
                unsafe = "the file";
            }
            if (unsafe != null) {
                return new Result.Refused("bad ownership or modes for " + unsafe + " (" + path + ")");
            }
            byte[] contents = file.read(BYTES_MAX + 1);
            return contents.length > BYTES_MAX
                    ? new Result.Refused(path + ": larger than " + BYTES_MAX + " bytes") : new Result.Contents(contents);
        } catch (IOException e) {
            return new Result.Refused(path + ": not readable by " + account.name());
        }
    }

    private static boolean isSafe(long owner, int mode, Account account) {
        return (owner == 0 || owner == account.uid()) && (mode & GROUP_OR_WORLD_WRITABLE) == 0;
    }

    /** Null where there is none. */
    private static String unsafeDirectory(Path file, Path home, Account account) throws IOException {
        for (Path directory = file.getParent(); directory != null; directory = directory.equals(home) ? null : directory.getParent()) {
            Map<String, Object> facts = Files.readAttributes(directory, "unix:uid,mode");
            if (!isSafe(Integer.toUnsignedLong((Integer) facts.get("uid")), (Integer) facts.get("mode"), account)) {
                return "directory " + printable(directory);
            }
        }
        return null;
    }

    /** With "?" for what must not get into a log. */
    private static String printable(Path name) {
        StringBuilder text = new StringBuilder();
        name.toString().chars().forEach(c -> text.append(Character.isISOControl(c) ? '?' : (char) c));
        return text.toString();
    }
}
