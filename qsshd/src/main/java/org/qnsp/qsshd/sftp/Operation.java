package org.qnsp.qsshd.sftp;

import java.util.Arrays;
import java.util.Optional;

/** What a client can ask, by the names that -P, -p and -Q of sftp-server(8) have for it. */
public enum Operation {
    OPEN("open", 3, false),
    CLOSE("close", 4, false),
    READ("read", 5, false),
    WRITE("write", 6, true),
    LSTAT("lstat", 7, false),
    FSTAT("fstat", 8, false),
    SETSTAT("setstat", 9, true),
    FSETSTAT("fsetstat", 10, true),
    OPENDIR("opendir", 11, false),
    READDIR("readdir", 12, false),
    REMOVE("remove", 13, true),
    MKDIR("mkdir", 14, true),
    RMDIR("rmdir", 15, true),
    REALPATH("realpath", 16, false),
    STAT("stat", 17, false),
    RENAME("rename", 18, true),
    READLINK("readlink", 19, false),
    SYMLINK("symlink", 20, true),
    POSIX_RENAME("posix-rename", "posix-rename@openssh.com", "1", true),
    STATVFS("statvfs", "statvfs@openssh.com", "2", false),
    FSTATVFS("fstatvfs", "fstatvfs@openssh.com", "2", false),
    HARDLINK("hardlink", "hardlink@openssh.com", "1", true),
    FSYNC("fsync", "fsync@openssh.com", "1", true),
    LSETSTAT("lsetstat", "lsetstat@openssh.com", "1", true),
    LIMITS("limits", "limits@openssh.com", "1", false),
    EXPAND_PATH("expand-path", "expand-path@openssh.com", "1", false),
    COPY_DATA("copy-data", "copy-data", "1", true),
    HOME_DIRECTORY("home-directory", "home-directory", "1", false),
    USERS_GROUPS_BY_ID("users-groups-by-id", "users-groups-by-id@openssh.com", "1", false);

    private final String named;
    private final int type;
    private final String extension;
    private final String version;
    private final boolean writes;

    Operation(String named, int type, boolean writes) {
        this(named, type, "", "", writes);
    }

    Operation(String named, String extension, String version, boolean writes) {
        this(named, 0, extension, version, writes);
    }

    Operation(String named, int type, String extension, String version, boolean writes) {
        this.named = named;
        this.type = type;
        this.extension = extension;
        this.version = version;
        this.writes = writes;
    }

    static Optional<Operation> ofType(int type) {
        return Arrays.stream(values()).filter(o -> type != 0 && o.type == type).findFirst();
    }

    static Optional<Operation> ofExtension(String extension) {
        return Arrays.stream(values()).filter(o -> !extension.isEmpty() && o.extension.equals(extension)).findFirst();
    }

    static Optional<Operation> ofName(String name) {
        return Arrays.stream(values()).filter(o -> o.named.equals(name)).findFirst();
    }

    String named() {
        return named;
    }

    /** Its name among the extensions, empty where it is of the protocol itself. */
    String extension() {
        return extension;
    }

    String version() {
        return version;
    }

    /** Whether it changes something, and so is refused where one may only read. Opening is judged by how. */
    boolean writes() {
        return writes;
    }
}
