package org.qnsp.crypto.keys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;
import org.qnsp.crypto.RandomSource;

/** Files that only their owner may read or write, 0600, written whole or not at all. */
final class OwnerFile {
    private OwnerFile() {}

    static void write(Path file, byte[] content, boolean replace) throws IOException {
        if (!replace && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path target = file.toAbsolutePath();
        String unique = HexFormat.of().formatHex(RandomSource.system().bytes(8));
        Path beside = target.resolveSibling("." + target.getFileName() + "." + unique);
        try {
            try (FileChannel out = FileChannel.open(beside,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
                out.force(true);
            }
            if (replace) {
                Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Files.createLink(target, beside); // unlike a rename it fails if someone was faster
            }
        } finally {
            Files.deleteIfExists(beside);
        }
    }
}
