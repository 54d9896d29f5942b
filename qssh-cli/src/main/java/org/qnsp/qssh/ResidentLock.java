package org.qnsp.qssh;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.qnsp.core.client.ClientConfig;

/** Held by the one process that is becoming the resident master of a connection of mode max (C-26): two that begin at once would make two connections. */
final class ResidentLock implements AutoCloseable {
    private final FileChannel file;

    /** Waits for whoever holds it. */
    ResidentLock(ClientConfig config) throws IOException {
        Path socket = Path.of(config.controlPath());
        Files.createDirectories(socket.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        file = FileChannel.open(Path.of(socket + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        file.lock();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
