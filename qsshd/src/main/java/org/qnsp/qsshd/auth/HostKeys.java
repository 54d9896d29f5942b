package org.qnsp.qsshd.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;
import org.qnsp.crypto.keys.PublicKey;

/** The host keys, held in this process. */
public final class HostKeys implements HostKeyOps, AutoCloseable {
    private final List<KemKeyPair> keys;
    private final List<PublicKey> publicKeys;
    private int holders;
    private boolean retired;

    private HostKeys(List<KemKeyPair> keys) {
        this.keys = List.copyOf(keys);
        this.publicKeys = keys.stream().map(KemKeyPair::publicKey).toList();
    }

    /**
     * Reads private host keys.
     *
     * @param files 1 to 3
     * @param unusable is told of a file that holds a `sig` key, which is passed over as long as another one can be used
     * @throws IOException for one that is missing, protected by a passphrase, or readable by others than its owner, and where no `kem` key is left
     */
    public static HostKeys read(List<Path> files, Consumer<String> unusable) throws IOException {
        List<KemKeyPair> keys = new ArrayList<>();
        try {
            for (Path file : files) {
                KemKeyPair key = read(file);
                if (key == null) {
                    unusable.accept("host key " + file + " is a signature key; host keys are of type kyber768");
                } else {
                    keys.add(key);
                }
            }
            if (keys.isEmpty() || keys.size() > Limits.HOST_KEYS) {
                throw new IOException("1 to " + Limits.HOST_KEYS + " host keys of type kyber768 are needed, not " + keys.size());
            }
            return new HostKeys(keys);
        } catch (IOException | RuntimeException e) {
            keys.forEach(KemKeyPair::close);
            throw e;
        }
    }

    /** Null for a key of the other kind. */
    private static KemKeyPair read(Path file) throws IOException {
        try {
            if (KeyFile.exposed(file)) {
                throw new IOException("host key " + file + " is readable by others: chmod 600 it");
            }
            KeyFile.Opened opened = KeyFile.read(file).open(null);
            if (opened.key() instanceof KemKeyPair kem) {
                return kem;
            }
            opened.close();
            return null;
        } catch (NoSuchFileException e) {
            throw new IOException("no host key " + file, e);
        } catch (KeyFileException e) {
            throw new IOException("host key " + file + ": " + e.getMessage(), e);
        }
    }

    /** Whether all of these files are there. */
    public static boolean present(List<Path> files) {
        return files.stream().allMatch(Files::exists);
    }

    @Override
    public List<PublicKey> publicKeys() {
        return publicKeys;
    }

    @Override
    public Secret decapsulate(int key, byte[] ciphertext) {
        return keys.get(key).decapsulate(ciphertext);
    }

    @Override
    public Secret agree(int key, byte[] ephemeral) throws GeneralSecurityException {
        return keys.get(key).agree(ephemeral);
    }

    /** A connection is about to need them: until {@link #release} they are not erased. @return false when they have been */
    public synchronized boolean hold() {
        if (retired && holders == 0) {
            return false;
        }
        holders++;
        return true;
    }

    /** It needs them no more. */
    public synchronized void release() {
        holders--;
        eraseIfUnused();
    }

    /** Others have taken their place: they are erased as soon as no connection needs them. */
    @Override
    public synchronized void close() {
        retired = true;
        eraseIfUnused();
    }

    private void eraseIfUnused() {
        if (retired && holders == 0) {
            keys.forEach(KemKeyPair::close);
        }
    }
}
