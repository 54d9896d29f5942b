package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a program that says whose keys may log in, as a user of its own. The program and every directory above it must be root's and writable
 * by no one else: who can change it says who logs in.
 */
public final class KeysCommand {
    private static final int GROUP_OR_WORLD_WRITABLE = 022;

    private final Capture capture;

    /** Runs take at most {@link UserFiles#TIME_MAX}. */
    public KeysCommand(ProcessPump pump) {
        this(pump, UserFiles.TIME_MAX);
    }

    KeysCommand(ProcessPump pump, Duration timeMax) {
        this.capture = new Capture(pump, timeMax, UserFiles.BYTES_MAX);
    }

    /**
     * Waits for the end of the program.
     *
     * @param words the program's absolute path and its arguments
     * @return what it wrote, at most {@link UserFiles#BYTES_MAX} bytes; refused where it failed or must not be run
     * @throws LaunchRefusedException when this daemon may not act for that account
     * @throws IOException            when no process can be started
     */
    public UserFiles.Result run(Account account, List<String> words) throws IOException, InterruptedException {
        Optional<String> objection = objection(words.getFirst());
        if (objection.isPresent()) {
            return new UserFiles.Result.Refused(objection.get());
        }
        List<String> environment = List.of("PATH=/usr/bin:/bin:/usr/sbin:/sbin", "USER=" + account.name(), "LOGNAME=" + account.name(), "HOME=" + account.home());
        Capture.Captured captured = capture.run(RunAs.command(account, words), environment);
        return captured.refusal() == null ? new UserFiles.Result.Contents(captured.bytes()) : new UserFiles.Result.Refused(captured.refusal());
    }

    private static Optional<String> objection(String program) {
        try {
            Path real = Path.of(program).toRealPath();
            if (!Files.isRegularFile(real)) {
                return Optional.of("not a regular file");
            }
            for (Path path = real; path != null; path = path.getParent()) {
                Map<String, Object> facts = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
                if ((int) facts.get("uid") != 0 || ((int) facts.get("mode") & GROUP_OR_WORLD_WRITABLE) != 0) {
                    return Optional.of("bad ownership or modes for " + path);
                }
            }
            return Optional.empty();
        } catch (IOException | InvalidPathException e) {
            return Optional.of("not to be found or examined");
        }
    }
}
