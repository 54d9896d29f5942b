package org.qnsp.qsshd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file that says which process the daemon is: written at the start and anew after each reload, as others see by it that one has happened. */
final class PidFile {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private Path written;
    private boolean over;

    /** Writes it there, and removes the one that is elsewhere. @param file null for none */
    synchronized void write(Path file) {
        if (written != null && !written.equals(file)) {
            remove();
        }
        if (file == null || over) {
            return;
        }
        try {
            Files.writeString(file, ProcessHandle.current().pid() + "\n");
            written = file;
        } catch (IOException e) {
            LOG.warn("cannot write {}: {}", file, e.getMessage()); // as sshd: it serves all the same
        }
    }

    /** Removes it, if it was written; none is written after that. */
    synchronized void delete() {
        over = true;
        if (written != null) {
            remove();
        }
    }

    private void remove() {
        try {
            Files.deleteIfExists(written);
        } catch (IOException e) {
            LOG.warn("cannot remove {}: {}", written, e.getMessage());
        }
        written = null;
    }
}
