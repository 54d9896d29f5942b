package org.qnsp.core.forward;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.qnsp.core.message.Limits;

/** Sockets that listen at one place: the addresses of a TCP port, or a Unix socket. Made on a thread that may block. */
public final class BoundPlace implements Closeable {
    private static final int BACKLOG = 1024;

    private final List<ServerSocketChannel> sockets;
    private final int port;
    private final Path path;

    private BoundPlace(List<ServerSocketChannel> sockets, int port, Path path) {
        this.sockets = List.copyOf(sockets);
        this.port = port;
        this.path = path;
    }

    /** The addresses of a wildcard: one socket for both families where there are both. */
    public static List<InetAddress> everywhere() {
        return List.of(literal("::"), literal("0.0.0.0"));
    }

    /** The loopback addresses. */
    public static List<InetAddress> loopback() {
        return List.of(literal("::1"), literal("127.0.0.1"));
    }

    private static InetAddress literal(String address) {
        return InetAddress.ofLiteral(address);
    }

    /**
     * Listens at those of the addresses that can be had.
     *
     * @param port 0 for one of the system's choice, the same for all
     * @throws BindException in ssh's words, if there is none
     */
    public static BoundPlace tcp(List<InetAddress> addresses, int port) throws BindException {
        List<ServerSocketChannel> sockets = new ArrayList<>();
        BindException last = new BindException("no address");
        int bound = port;
        for (InetAddress address : addresses) {
            if (address.isAnyLocalAddress() && !sockets.isEmpty()) {
                break; // the first one takes both families
            }
            try {
                ServerSocketChannel socket = open(address, bound);
                sockets.add(socket);
                bound = ((InetSocketAddress) socket.getLocalAddress()).getPort();
            } catch (IOException | UnsupportedOperationException e) {
                last = new BindException("bind [" + AddressText.of(address) + "]:" + bound + ": " + e.getMessage());
            }
        }
        if (sockets.isEmpty()) {
            throw last;
        }
        return new BoundPlace(sockets, bound, null);
    }

    private static ServerSocketChannel open(InetAddress address, int port) throws IOException {
        boolean six = address instanceof Inet6Address;
        ServerSocketChannel socket = ServerSocketChannel.open(six ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
        try {
            socket.bind(new InetSocketAddress(address, port), BACKLOG);
            socket.configureBlocking(false);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Listens at a Unix socket. It is made in a directory that nobody else can enter and moved to its place when it has its mode, so that at no moment more may
     * connect than shall.
     *
     * @param mask of the mode's bits
     * @param unlink whether what is at the place now is removed
     */
    public static BoundPlace unix(Path path, int mask, boolean unlink) throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            Path parent = path.toAbsolutePath().getParent();
            Path cover = cover(parent);
            Path made = cover.resolve("s");
            try {
                // a path of the bytes that are left is too long for the way over the directory: then it is bound in place
                boolean covered = made.toString().length() <= Limits.SOCKET_PATH_BYTES;
                if (unlink) {
                    Files.deleteIfExists(path);
                }
                socket.bind(UnixDomainSocketAddress.of(covered ? made : path), BACKLOG);
                Files.setPosixFilePermissions(covered ? made : path, mode(mask));
                if (covered) {
                    Files.createLink(path, made); // unlike a move it replaces nothing
                }
            } finally {
                Files.deleteIfExists(made);
                Files.deleteIfExists(cover);
            }
            socket.configureBlocking(false);
            return new BoundPlace(List.of(socket), 0, path);
        } catch (IOException | UnsupportedOperationException e) {
            socket.close();
            throw new BindException("unix_listener: cannot bind to path " + path + ": " + reason(e));
        }
    }

    /** A name is enough that is not in use: a directory that exists is not taken. */
    private static Path cover(Path parent) throws IOException {
        Path cover = parent.resolve(".q" + Integer.toHexString(ThreadLocalRandom.current().nextInt() & 0xffffff));
        Set<PosixFilePermission> owners = PosixFilePermissions.fromString("rwx------");
        Files.createDirectory(cover, PosixFilePermissions.asFileAttribute(owners));
        return Files.setPosixFilePermissions(cover, owners); // the creation mask may have taken away the owner's own
    }

    private static String reason(Exception e) {
        return switch (e) {
            case FileAlreadyExistsException f -> "Address already in use";
            case NoSuchFileException f -> "No such file or directory";
            case AccessDeniedException f -> "Permission denied";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    private static Set<PosixFilePermission> mode(int mask) {
        PosixFilePermission[] bits = PosixFilePermission.values(); // from the owner's read to the others' execute, as in a mode
        EnumSet<PosixFilePermission> mode = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < bits.length; i++) {
            if ((mask >>> bits.length - 1 - i & 1) == 0) {
                mode.add(bits[i]);
            }
        }
        return mode;
    }

    List<ServerSocketChannel> sockets() {
        return sockets;
    }

    /** The port, 0 for a Unix socket. */
    public int port() {
        return port;
    }

    /** The Unix socket, null for a port. Who closes this removes it, with the rights that it was made with. */
    public Path path() {
        return path;
    }

    /** Removes the Unix socket, if it still is one. */
    public void unlink() throws IOException {
        if (path != null && Files.exists(path, LinkOption.NOFOLLOW_LINKS) && Files.readAttributes(path, BasicFileAttributes.class,
                LinkOption.NOFOLLOW_LINKS).isOther()) {
            Files.delete(path);
        }
    }

    /** Closes the sockets; the file stays, see {@link #unlink}. */
    @Override
    public void close() {
        for (ServerSocketChannel socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // nothing is left to lose
            }
        }
    }
}
