package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads a user's file with that user's rights and nobody else's, in a small child process: a privileged reader could be led by a symbolic
 * link into any file of the system.
 *
 * <p>With strict modes the file and every directory from it up to the home directory (or to the root, for files elsewhere) must belong to
 * the user or to root and be writable by no one else; otherwise another user could have written what is read.
 */
public final class UserFiles {
    /** Most bytes of a file. */
    public static final int BYTES_MAX = 1024 * 1024;

    /** Longest time for one file. */
    public static final Duration TIME_MAX = Duration.ofSeconds(10);

    private static final int HEADER_MAX = 256 * 1024;
    private static final int GROUP_OR_WORLD_WRITABLE = 022;
    private static final List<String> ENVIRONMENT = List.of("PATH=/usr/bin:/bin", "LC_ALL=C");
    private static final String NOWHERE = "/nonexistent/authorized_keys";

    /**
     * Examines what it has opened (descriptor 3), never a name a second time: the answer is about the bytes that follow it. Where there is
     * nothing to read it runs the same programs, so that the time does not tell who has a file.
     */
    private static final String SCRIPT = """
            set -f
            stop() { echo "$1"; stat -L -c %u -- /proc/self/fd/1 / >/dev/null; exec head -c 0 </dev/null; }
            home=$(readlink -f -- "$2") || home=/
            real=$(readlink -f -- "$1") && [ -e "$real" ] || stop absent
            [ -f "$real" ] || stop irregular
            [ -r "$real" ] || stop unreadable
            exec 3<"$real"
            dir=$real
            set -- "$3" /proc/self/fd/3
            while :; do
              dir=${dir%/*}
              [ -n "$dir" ] || dir=/
              set -- "$@" "$dir"
              [ "$dir" = "$home" ] && break
              [ "$dir" = / ] && break
            done
            limit=$1
            shift
            echo found
            stat -L -c '%u %f %n' -- "$@" || exit 1
            echo
            exec head -c "$limit" <&3
            """;

    private final Capture capture;

    /** Reads within {@link #TIME_MAX}. */
    public UserFiles(ProcessPump pump) {
        this(pump, TIME_MAX);
    }

    UserFiles(ProcessPump pump, Duration timeMax) {
        this.capture = new Capture(pump, timeMax, BYTES_MAX + HEADER_MAX);
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
     * Reads a file as {@code account}. Waits for a child process, some milliseconds as a rule.
     *
     * @param path        absolute path
     * @param strictModes whether to insist on safe ownership and permissions
     * @throws LaunchRefusedException   when this daemon may not act for that account
     * @throws IOException              when no process can be started
     * @throws IllegalArgumentException when the path is not absolute or holds a control character
     */
    public Result read(Account account, String path, boolean strictModes) throws IOException, InterruptedException {
        if (!path.startsWith("/") || path.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not an absolute path");
        }
        return interpret(run(account, path), account, path, strictModes);
    }

    /** Does for a user that does not exist what {@link #read} does for one that does, so that the time taken tells little. */
    public Result.Absent readForUnknown() throws IOException, InterruptedException {
        Account stranger = Posix.effectiveUser() == 0
                ? Account.named("nobody").orElse(new Account("nobody", 65_534, 65_534, List.of(65_534L), "/", "/bin/false"))
                : Account.ofDaemon().orElseThrow(() -> new IOException("the daemon's own user has no account"));
        run(stranger, NOWHERE); // other processes of that user could have forged an answer: it is not looked at
        return new Result.Absent();
    }

    private Capture.Captured run(Account account, String path) throws IOException, InterruptedException {
        List<String> arguments = RunAs.command(account, List.of("/bin/sh", "-c", SCRIPT, "qsshd", path, account.home(),
                String.valueOf(BYTES_MAX + 1)));
        return capture.run(arguments, ENVIRONMENT);
    }

    private static Result interpret(Capture.Captured answered, Account account, String path, boolean strictModes) {
        if (answered.refusal() != null) {
            return new Result.Refused(path + ": " + answered.refusal());
        }
        byte[] answer = answered.bytes();
        int end = endOfHeader(answer);
        List<String> header = new String(answer, 0, end, StandardCharsets.UTF_8).lines().toList();
        return switch (header.isEmpty() ? "" : header.getFirst()) {
            case "absent" -> new Result.Absent();
            case "irregular" -> new Result.Refused(path + ": not a regular file");
            case "unreadable" -> new Result.Refused(path + ": not readable by " + account.name());
            case "found" -> found(header, Arrays.copyOfRange(answer, Math.min(answer.length, end + 2), answer.length), account, path, strictModes,
                    end < answer.length);
            default -> new Result.Refused(path + ": could not be opened");
        };
    }

    private static Result found(List<String> header, byte[] contents, Account account, String path, boolean strictModes, boolean whole) {
        if (!whole || header.size() < 3) {
            return new Result.Refused(path + ": could not be examined");
        }
        if (strictModes) {
            for (String line : header.subList(1, header.size())) {
                Optional<String> objection = objection(line, account);
                if (objection.isPresent()) {
                    return new Result.Refused("bad ownership or modes for " + objection.get() + " (" + path + ")");
                }
            }
        }
        return contents.length > BYTES_MAX
                ? new Result.Refused(path + ": larger than " + BYTES_MAX + " bytes") : new Result.Contents(contents);
    }

    /** A line is "owner mode name", the mode in hexadecimal; the first one is about the open file. */
    private static Optional<String> objection(String line, Account account) {
        String[] parts = line.split(" ", 3);
        try {
            long owner = Long.parseLong(parts[0]);
            int mode = Integer.parseInt(parts[1], 16);
            String what = parts[2].startsWith("/proc/self/fd/") ? "the file" : "directory " + parts[2].replaceAll("\\p{Cntrl}", "?");
            boolean safe = (owner == 0 || owner == account.uid()) && (mode & GROUP_OR_WORLD_WRITABLE) == 0;
            return safe ? Optional.empty() : Optional.of(what);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Optional.of("a directory with a strange name");
        }
    }

    /** The place of the first empty line, or the end. */
    private static int endOfHeader(byte[] answer) {
        for (int i = 1; i < answer.length; i++) {
            if (answer[i] == '\n' && answer[i - 1] == '\n') {
                return i - 1;
            }
        }
        return answer.length;
    }
}
