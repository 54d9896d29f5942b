package org.qnsp.core.client;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.qnsp.core.client.ClientConfig.KeyUpdates;
import org.qnsp.core.handshake.HostKeyProof;
import org.qnsp.core.message.ConnectionRequest.ProveHostKeys;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/**
 * Learns the further keys of a host that is known, and drops those that it no longer has (C-33): what it announces is believed only when it has proved it. Nothing
 * is touched where the lines of the host are not simply its own, so that one host cannot change what is known of another.
 */
final class HostKeyUpdate {
    /** How long the end of a connection waits for what is under way. */
    private static final long SETTLE_MILLIS = 1_000;

    private final ClientConfig config;
    private final String name;
    private final Prompt prompt;
    private final Messages messages;
    private final CompletableFuture<Proved> login = new CompletableFuture<>();
    private volatile CompletableFuture<Void> work;
    private Change pending;

    /** What a login proved. @param connection its name (C-33) */
    private record Proved(byte[] connection, PublicKey key) {}

    /** What is to be done to the file. */
    private record Change(Path file, List<PublicKey> obsolete, List<PublicKey> fresh) {
        boolean isEmpty() {
            return obsolete.isEmpty() && fresh.isEmpty();
        }
    }

    HostKeyUpdate(ClientConfig config, String name, Prompt prompt, Messages messages) {
        this.config = config;
        this.name = name;
        this.prompt = prompt;
        this.messages = messages;
    }

    /** The login is done. @param key that the host proved; null where it is not one to go by */
    void loggedIn(byte[] connection, PublicKey key) {
        login.complete(new Proved(connection, key));
    }

    /** The host announces its keys; on the loop, and only once. */
    void announced(Connection connection, List<byte[]> keys) {
        if (work != null || config.updateHostKeys() == KeyUpdates.NO || config.userKnownHostsFiles().isEmpty()) {
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        work = done;
        Thread.ofPlatform().daemon().name("qnsp-hostkeys").start(() -> {
            try {
                update(connection, keys);
            } catch (IOException | InvalidKeyEncodingException e) {
                messages.debug("host keys not updated: " + e.getMessage());
            } catch (InterruptedException | ExecutionException e) {
                messages.debug("host keys not updated: there was no login");
            } finally {
                done.complete(null);
            }
        });
    }

    private void update(Connection connection, List<byte[]> encoded) throws IOException, InvalidKeyEncodingException, InterruptedException, ExecutionException {
        Proved proved = login.get();
        List<PublicKey> announced = new ArrayList<>();
        for (byte[] key : encoded) {
            PublicKey decoded = PublicKey.decode(key);
            if (decoded.type() == KeyType.KEM && !announced.contains(decoded)) {
                announced.add(decoded);
            }
        }
        Change change = change(proved.key, announced);
        if (change == null || change.isEmpty() || !prove(connection, proved.connection, change.fresh)) {
            return;
        }
        if (config.updateHostKeys() == KeyUpdates.ASK) {
            synchronized (this) {
                pending = change;
            }
        } else {
            apply(change, Messages.Level.VERBOSE);
        }
    }

    /** What the announcement comes to; null where it is not to be followed. */
    private Change change(PublicKey proved, List<PublicKey> announced) throws IOException {
        Path file = config.userKnownHostsFiles().getFirst();
        KnownHosts user = KnownHosts.read(config.userKnownHostsFiles());
        List<KnownHostLine> mine = user.linesOf(name).stream().filter(line -> line.key().filter(key -> key.type() == KeyType.KEM).isPresent()).toList();
        boolean complex = mine.stream().anyMatch(line -> line.hasPatterns() || line.revoked() || !line.file().equals(file) || !line.isHashed() && !line.names().equalsIgnoreCase(name));
        List<PublicKey> before = mine.stream().flatMap(line -> line.key().stream()).distinct().toList();
        if (proved == null || !announced.contains(proved) || !before.contains(proved) || complex) {
            messages.debug("host keys not updated: the key of this login is not in a line of its own in " + file);
            return null;
        }
        List<PublicKey> fresh = announced.stream().filter(key -> !before.contains(key)).toList();
        List<PublicKey> obsolete = before.stream().filter(key -> !announced.contains(key)).toList();
        KnownHosts all = KnownHosts.read(config.userKnownHostsFiles()).and(KnownHosts.read(config.globalKnownHostsFiles()));
        for (PublicKey key : fresh) {
            if (all.check(name, key) instanceof KnownHosts.Answer.Revoked) {
                messages.debug("host keys not updated: " + Fingerprint.text(key) + " is revoked");
                return null;
            }
        }
        return new Change(file, obsolete, fresh);
    }

    /** Has the host prove that these keys are its own. */
    private boolean prove(Connection connection, byte[] id, List<PublicKey> keys) throws IOException, InvalidKeyEncodingException {
        if (keys.isEmpty()) {
            return true;
        }
        List<HostKeyProof.Asked> asked = new ArrayList<>();
        try {
            for (PublicKey key : keys) {
                asked.add(HostKeyProof.ask(key, id, RandomSource.system()));
            }
            byte[] request = new ProveHostKeys(asked.stream().map(HostKeyProof.Asked::challenge).toList()).encode();
            Channel.Reply reply = connection.ask(0, ProveHostKeys.NAME, request).await();
            boolean holds = reply.ok() && reply.body().length == asked.size() * ProveHostKeys.PROOF_BYTES;
            for (int i = 0; holds && i < asked.size(); i++) {
                int at = i * ProveHostKeys.PROOF_BYTES;
                holds = asked.get(i).proof().matches(Arrays.copyOfRange(reply.body(), at, at + ProveHostKeys.PROOF_BYTES));
            }
            if (!holds) {
                messages.error("the host announced a host key that it cannot prove to have; what is known of it is left as it is");
            }
            return holds;
        } finally {
            asked.forEach(a -> a.proof().close());
        }
    }

    private void apply(Change change, Messages.Level level) throws IOException {
        change.obsolete.forEach(key -> messages.say(level, "Deprecating obsolete hostkey: " + title(key)));
        change.fresh.forEach(key -> messages.say(level, "Learned new hostkey: " + title(key)));
        new KnownHostsFile(change.file).update(name, change.obsolete, change.fresh, config.hashKnownHosts(), RandomSource.system());
    }

    private static String title(PublicKey key) {
        return HostKeyTexts.typeTitle(key.type()) + " " + Fingerprint.text(key);
    }

    /** Waits, for a short time, for what is under way. */
    void settle() {
        CompletableFuture<Void> now = work;
        if (now == null) {
            return;
        }
        try {
            now.get(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            messages.debug("host keys not updated: the host did not answer in time");
        } catch (ExecutionException | InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks the user about what has yet to be decided; when the terminal is the user's again. */
    void ask() {
        Change change;
        synchronized (this) {
            change = pending;
            pending = null;
        }
        if (change == null || config.batchMode()) {
            return;
        }
        messages.info("The server has updated its host keys.\nThese changes were verified by the server's existing trusted key.");
        change.obsolete.forEach(key -> messages.info("Deprecating obsolete hostkey: " + title(key)));
        change.fresh.forEach(key -> messages.info("Learned new hostkey: " + title(key)));
        for (int attempt = 0; attempt < 3; attempt++) {
            String answer = prompt.line("Accept updated hostkeys? (yes/no): ");
            if (answer == null || answer.strip().equalsIgnoreCase("no")) {
                return;
            }
            if (answer.strip().equalsIgnoreCase("yes")) {
                try {
                    apply(change, Messages.Level.DEBUG3);
                } catch (IOException e) {
                    messages.error("host keys not updated: " + e.getMessage());
                }
                return;
            }
            messages.info("Please type 'yes' or 'no'.");
        }
    }
}
