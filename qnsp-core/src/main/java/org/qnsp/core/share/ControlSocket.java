package org.qnsp.core.share;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Objects;
import jdk.net.ExtendedSocketOptions;
import org.qnsp.core.message.Limits;

/** The file by which processes find a shared connection, and who may be at either end of it (M-1). */
public final class ControlSocket implements Closeable {
    /** Someone else could stand between the two ends. Its message is for the user. */
    public static final class UnsafeException extends IOException {
        private static final long serialVersionUID = 1;

        UnsafeException(String what) {
            super("Bad owner or permissions on " + what);
        }
    }

    /** Nobody listens at a path where somebody did. */
    public static final class StaleException extends IOException {
        private static final long serialVersionUID = 1;

        StaleException() {
            super("Connection refused");
        }
    }

    private static final int OTHERS_WRITE = 02;
    private static final int STICKY = 01000;
    private static final int SUFFIX = 16;
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz012345";

    private final Path path;
    private final Object identity;
    private final ServerSocketChannel server;
    private boolean closed;

    private ControlSocket(Path path, Object identity, ServerSocketChannel server) {
        this.path = path;
        this.identity = identity;
        this.server = server;
    }

    /** Whether no socket can have this path: L-19. */
    public static boolean tooLong(String path) {
        return path.getBytes(StandardCharsets.UTF_8).length > Limits.SOCKET_PATH_BYTES;
    }

    /**
     * Connects to the master at a path.
     *
     * @throws StaleException if it is gone
     * @throws UnsafeException if it is another user's, or could be
     * @throws IOException in the system's words
     */
    @SuppressWarnings("resource") // it is the caller's
    public static SocketChannel connect(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("No such file or directory");
        }
        requireSafePlace(path);
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            if (!trusted(socket)) {
                throw new UnsafeException(path.toString());
            }
            return socket;
        } catch (ConnectException e) {
            socket.close();
            throw new StaleException();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Listens at a path: under another name first, so that whoever finds it finds it ready and of mode 0600.
     *
     * @param chance random bytes, 16 or more, for the first name
     * @throws FileAlreadyExistsException if there is something
     * @throws UnsafeException if everybody may replace files there
     * @throws IOException in the system's words
     */
    @SuppressWarnings("resource") // the result owns it
    public static ControlSocket listen(Path path, byte[] chance) throws IOException {
        requireSafePlace(path);
        StringBuilder name = new StringBuilder(path.toString()).append('.');
        for (int i = 0; i < SUFFIX; i++) {
            name.append(ALPHABET.charAt(chance[i] & 0x1f));
        }
        if (tooLong(name.toString())) {
            throw new IOException("path \"" + name + "\" too long for Unix domain socket");
        }
        Path temporary = Path.of(name.toString());
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(temporary), Limits.SHARING_CLIENTS);
            try {
                Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
                Files.createLink(path, temporary);
            } finally {
                Files.delete(temporary);
            }
            return new ControlSocket(path, identity(path), server);
        } catch (FileAlreadyExistsException e) {
            server.close();
            throw e;
        } catch (IOException e) {
            server.close();
            throw new IOException("cannot bind to path " + temporary + ": " + e.getMessage(), e);
        }
    }

    /** Where everybody may replace files whose owner they are not, a socket says nothing about who made it. */
    private static void requireSafePlace(Path path) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return; // the system says what is wrong
        }
        int mode = (Integer) Files.getAttribute(directory, "unix:mode");
        if ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
            throw new UnsafeException(directory.toString());
        }
    }

    /** Whether the other end is a process of this user or of root. */
    static boolean trusted(SocketChannel socket) throws IOException {
        UserPrincipal peer = socket.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        return peer.equals(Files.getOwner(Path.of("/proc/self"))) || peer.getName().equals("root");
    }

    private static Object identity(Path path) throws IOException {
        return Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    }

    ServerSocketChannel server() {
        return server;
    }

    /** Stops listening; takes the file away, if it is still ours. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (server) {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && Objects.equals(identity(path), identity)) {
                Files.delete(path);
            }
        }
    }
}
