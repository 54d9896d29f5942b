package org.qnsp.qsshd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The programs of this installation that serve sessions, by absolute paths; empty outside an installation.
 *
 * @param copy serves copies (C-17)
 * @param sftp the built-in sftp server, which is also the way into a ChrootDirectory
 */
record Services(Optional<String> copy, Optional<String> sftp) {
    /** Those under an installation's directory. @param home null for none */
    static Services of(String home) {
        return new Services(program(home, "qscp"), program(home, "qsftp-server"));
    }

    private static Optional<String> program(String home, String name) {
        return Optional.ofNullable(home).map(h -> Path.of(h, "bin", name)).filter(Files::isExecutable).map(Path::toString);
    }
}
