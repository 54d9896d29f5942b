package org.qnsp.core.qkd;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.qnsp.crypto.Secret;

/** A key with its name. Whoever holds it closes it, which wipes it. */
public final class QkdKey implements AutoCloseable {
    private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private final String id;
    private final Secret secret;

    /** @param id as the key server gave it @param secret belongs to this key from now on */
    public QkdKey(String id, Secret secret) {
        this.id = id;
        this.secret = secret;
    }

    /** Its name: a UUID as it was received. */
    public String id() {
        return id;
    }

    /** Its size in bits. */
    public int bits() {
        return secret.length() * 8;
    }

    /** Its bytes, owned by this key. */
    public Secret secret() {
        return secret;
    }

    /** The id as a value, for which case does not matter; empty for what is no UUID in its usual form. */
    static Optional<UUID> uuid(String id) {
        return FORM.matcher(id).matches() ? Optional.of(UUID.fromString(id)) : Optional.empty();
    }

    /** Wipes them all. */
    static void closeAll(List<QkdKey> keys) {
        keys.forEach(QkdKey::close);
    }

    @Override
    public void close() {
        secret.close();
    }

    @Override
    public String toString() {
        return "QkdKey[" + id + "]";
    }
}
