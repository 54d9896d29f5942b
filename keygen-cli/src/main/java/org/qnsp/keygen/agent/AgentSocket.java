package org.qnsp.keygen.agent;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/** The agent's socket: where nobody else can reach it, and who may talk over it. Closing takes it away. */
final class AgentSocket implements AutoCloseable {
    private static final int NOBODY_ELSE = 0177;

    private final ServerSocketChannel channel;
    private final Path path;
    private final Path directory;
    private final UserPrincipal owner;
    private final UserPrincipal root;

    private AgentSocket(ServerSocketChannel channel, Path path, Path directory) throws IOException {
        this.channel = channel;
        this.path = path;
        this.directory = directory;
        this.owner = Files.getOwner(path);
        this.root = FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("0");
    }

    /**
     * Listens.
     *
     * @param at where the user wants it; null for a directory of its own, mode 0700
     * @throws IOException in ssh-agent's words
     */
    static AgentSocket listen(String at, String runtimeDirectory) throws IOException {
        Path directory = null;
        Path path;
        try {
            if (at == null) {
                Path parent = runtimeDirectory == null || !Files.isDirectory(Path.of(runtimeDirectory)) ? Path.of("/tmp") : Path.of(runtimeDirectory);
                directory = Files.createTempDirectory(parent, "qssh-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            path = at == null ? directory.resolve("agent." + ProcessHandle.current().pid()) : Path.of(at).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw new IOException("\"" + at + "\" cannot name a socket", e);
        }
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        int mask = Platform.mask(NOBODY_ELSE);
        try {
            channel.bind(UnixDomainSocketAddress.of(path), 128);
        } catch (IOException e) {
            channel.close();
            if (directory != null) {
                Files.deleteIfExists(directory);
            }
            throw new IOException("unix_listener: cannot bind to path " + path + ": " + (Files.exists(path) ? "Address already in use" : e.getMessage()), e);
        } finally {
            Platform.mask(mask);
        }
        return new AgentSocket(channel, path, directory);
    }

    /** The next connection of this user or root; others are closed unheard. */
    SocketChannel accept() throws IOException {
        while (true) {
            SocketChannel next = channel.accept();
            if (isOurs(next)) {
                return next;
            }
            next.close();
        }
    }

    private boolean isOurs(SocketChannel peer) {
        try {
            UserPrincipal who = peer.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
            return who.equals(owner) || who.equals(root);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(path);
            if (directory != null) {
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            // someone else took it away
        }
    }
}
