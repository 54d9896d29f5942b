package org.qnsp.core.client;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.message.ConnectionRequest.AuthKeyStored;
import org.qnsp.core.message.Limits;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PublicKey;

/**
 * The auth keys that this client keeps for one user at one host, one file for each beside the known hosts (C-38). A login that holds the file's lock rolls the key: the
 * next one is written down beside the one in use before the host is told, so that at every moment one of the two is known at both ends.
 */
final class AuthKeys implements AutoCloseable {
    private static final long SETTLE_MILLIS = 1_000;

    private enum Verdict { ACCEPTED, REFUSED, UNKNOWN }

    private final Path file;
    private final String about;
    private final Messages messages;
    private final List<AuthKey> keys = new ArrayList<>();
    private String seen;
    private final CompletableFuture<Verdict> login = new CompletableFuture<>();
    private volatile CompletableFuture<Void> rolling;

    private AuthKeys(Path file, String about, Messages messages) {
        this.file = file;
        this.about = about;
        this.messages = messages;
    }

    /**
     * Reads what is kept.
     *
     * @param directory where they are kept, null for nowhere
     * @param given a file with a key that was made by hand, or null; it is named last
     */
    static AuthKeys of(Path directory, PublicKey host, String user, Path given, Messages messages) {
        byte[] name = Sha3.hash(Encoding.lpAll(host.fingerprint(), user.getBytes(StandardCharsets.UTF_8)));
        AuthKeys all = new AuthKeys(directory == null ? null : directory.resolve(HexFormat.of().formatHex(name, 0, 16)), "# " + user + " at the host with key " + Fingerprint.text(host) + "\n", messages);
        all.seen = all.read();
        all.seen.lines().forEach(all::add); // the next one stands first
        if (given != null) {
            all.give(given);
        }
        return all;
    }

    private void give(Path given) {
        try {
            if (KeyFile.exposed(given)) {
                throw new IOException("others may read it");
            }
            String text = Files.readString(given);
            if (AuthKey.read(text).isEmpty()) {
                throw new IOException("there is no auth key in it");
            }
            text.lines().forEach(this::add);
        } catch (IOException e) {
            messages.say(Messages.Level.ERROR, "AuthKeyFile " + given + " not used: " + e.getMessage());
        }
    }

    private void add(String line) {
        AuthKey.read(line).filter(key -> keys.size() < Limits.AUTH_KEYS).ifPresent(keys::add);
    }

    private String read() {
        try {
            return file == null ? "" : Files.readString(file);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            messages.debug("auth keys " + file + " not used: " + e.getMessage());
            return "";
        }
    }

    /** For CI, the one that is preferred first; they stay this object's. */
    List<AuthKey> forLogin() {
        return List.copyOf(keys);
    }

    /**
     * The client has answered the host, and the next auth key is known: rolls the key, unless another login does. The host hears of that right behind the answer, so that what it
     * says to it comes with what it says to the first command. Whether there is a login is {@link #judged} later. Does not block.
     *
     * @param used which of {@link #forLogin} was mixed in, from 1 on, or 0
     * @param next taken over
     * @param settled run once the host has been asked to keep it too, or will not be; from any thread, perhaps twice
     */
    void answered(Connection connection, int used, AuthKey next, Runnable settled) {
        if (file == null) {
            next.close();
            settled.run();
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        rolling = done;
        Thread.ofPlatform().daemon().name("qnsp-authkey").start(() -> {
            try (next) {
                roll(connection, used, next, settled);
            } catch (IOException | IllegalStateException e) { // the latter where the process ended meanwhile, and the keys are wiped
                messages.debug("auth key not kept: " + e.getMessage());
            } finally {
                settled.run();
                done.complete(null);
            }
        });
    }

    /** Whether the host let the user in; never told where that is not known. */
    void judged(boolean accepted) {
        login.complete(accepted ? Verdict.ACCEPTED : Verdict.REFUSED);
    }

    private void roll(Connection connection, int used, AuthKey next, Runnable settled) throws IOException {
        Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (FileChannel lock = FileChannel.open(file.resolveSibling(file.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = tryLock(lock)) {
            if (held == null || !read().equals(seen)) {
                messages.debug("auth key left to another login");
                return;
            }
            String current = used == 0 ? "" : keys.get(used - 1).line() + "\n";
            write(next.line() + "\n" + current);
            Channel.Request told = connection.ask(0, AuthKeyStored.NAME, new AuthKeyStored().encode());
            settled.run();
            switch (login.join()) {
                case ACCEPTED -> {
                    boolean kept = told.await().ok(); // where that is not known both are kept
                    write(kept ? next.line() + "\n" : seen);
                    messages.debug(kept ? "Auth key for the next login is kept by both ends" : "The host keeps no auth keys");
                }
                case REFUSED -> write(seen);
                case UNKNOWN -> {} // so are they here
            }
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private void write(String lines) throws IOException {
        if (lines.isEmpty()) {
            Files.deleteIfExists(file);
        } else {
            KeyFile.write(file, (lines.startsWith(about) ? lines : about + lines).getBytes(StandardCharsets.UTF_8), true);
        }
    }

    /** Waits, for a short time, for what is under way; before the connection is ended. */
    void settle() {
        if (rolling instanceof CompletableFuture<Void> work) {
            try {
                work.get(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                // both keys are kept, and the next login tells which one the host has
            }
        }
    }

    /** Wipes the keys; those that {@link #answered} works with are wiped at the end of the process. */
    @Override
    public void close() {
        login.complete(Verdict.UNKNOWN);
        settle();
        keys.forEach(AuthKey::close);
    }
}
