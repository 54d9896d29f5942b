package org.qnsp.qsshd.auth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.keys.PublicKey;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** RevokedKeys: public keys, one a line as in a .pub file, with which nobody may log in. */
final class Revoked {
    private static final Logger LOG = LoggerFactory.getLogger(Revoked.class);
    private static final int BYTES_MAX = 16 << 20;

    private final Set<String> fingerprints;
    private final boolean all;

    private Revoked(Set<String> fingerprints, boolean all) {
        this.fingerprints = fingerprints;
        this.all = all;
    }

    /** Reads the list; one that cannot be read or understood revokes all keys, as with sshd. @param file null for none */
    static Revoked read(Path file) {
        Set<String> found = new HashSet<>();
        if (file == null) {
            return new Revoked(found, false);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw new IOException("longer than " + BYTES_MAX + " bytes");
            }
            for (String line : new String(bytes, StandardCharsets.UTF_8).lines().map(String::strip).toList()) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    found.add(name(PublicKey.parseLine(line).key()));
                }
            }
            return new Revoked(found, false);
        } catch (IOException | InvalidKeyEncodingException e) {
            LOG.error("RevokedKeys {}: {}: every key counts as revoked", file, e.getMessage());
            return new Revoked(Set.of(), true);
        }
    }

    boolean contains(PublicKey key) {
        return all || fingerprints.contains(name(key));
    }

    private static String name(PublicKey key) {
        return HexFormat.of().formatHex(key.fingerprint());
    }
}
