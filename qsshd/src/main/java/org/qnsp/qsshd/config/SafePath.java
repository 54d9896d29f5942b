package org.qnsp.qsshd.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What StrictModes asks: that nobody else could have written a file of a user. */
public final class SafePath {
    private static final int GROUP_OR_OTHERS_WRITE = 0022;

    private SafePath() {
    }

    /**
     * Looks at a file and at the directories above it, up to the user's home or the root.
     *
     * @return the reason why the file must not be used, for the log; empty where it may
     * @throws IOException where it is not there or cannot be looked at
     */
    public static Optional<String> fault(Path file, Path home, int uid) throws IOException {
        Path real = file.toRealPath();
        Path end = Files.exists(home) ? home.toRealPath() : home;
        if (!Files.isRegularFile(real)) {
            return Optional.of(real + " is not a regular file");
        }
        for (Path path = real; path != null; path = path.getParent()) {
            Map<String, Object> facts = Files.readAttributes(path, "unix:uid,mode");
            int owner = (Integer) facts.get("uid");
            int mode = (Integer) facts.get("mode");
            if (owner != 0 && owner != uid || (mode & GROUP_OR_OTHERS_WRITE) != 0) {
                return Optional.of("bad ownership or modes for " + (path == real ? "file " : "directory ") + path);
            }
            if (path.equals(end)) {
                break;
            }
        }
        return Optional.empty();
    }

    /**
     * Looks at what is to be a session's whole file system: it and every directory above it must belong to root and be writable by nobody else, or whoever
     * could write there could make set-user-ID programs believe anything.
     *
     * @return the reason why it must not be used; empty where it may
     * @throws IOException where it is not there or cannot be looked at
     */
    public static Optional<String> rootFault(Path directory) throws IOException {
        for (Path path = directory.toRealPath(); path != null; path = path.getParent()) {
            Map<String, Object> facts = Files.readAttributes(path, "unix:uid,mode");
            if (!Files.isDirectory(path)) {
                return Optional.of(path + " is not a directory");
            }
            if ((Integer) facts.get("uid") != 0 || ((Integer) facts.get("mode") & GROUP_OR_OTHERS_WRITE) != 0) {
                return Optional.of("bad ownership or modes for " + path);
            }
        }
        return Optional.empty();
    }
}
