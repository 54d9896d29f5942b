package org.qnsp.qscp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Permission bits as numbers (P-9) and as the JDK has them. */
final class Modes {
    private static final PosixFilePermission[] FROM_HIGH = PosixFilePermission.values();
    private static final int CAUTIOUS_UMASK = 022;

    static {
        if (FROM_HIGH.length != 9 || FROM_HIGH[0] != PosixFilePermission.OWNER_READ
                || FROM_HIGH[8] != PosixFilePermission.OTHERS_EXECUTE) {
            throw new IllegalStateException("permissions are not in the order of their bits");
        }
    }

    private Modes() {}

    static int bits(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (PosixFilePermission permission : permissions) {
            mode |= 0400 >> permission.ordinal();
        }
        return mode;
    }

    static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < FROM_HIGH.length; i++) {
            if ((mode & 0400 >> i) != 0) {
                permissions.add(FROM_HIGH[i]);
            }
        }
        return permissions;
    }

    /** The umask of this process, 022 where the system does not tell. */
    static int umask() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"), java.nio.charset.StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("Umask:")) {
                    return Integer.parseInt(line.substring("Umask:".length()).strip(), 8) & 0777;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // not Linux, or an old one
        }
        return CAUTIOUS_UMASK;
    }
}
