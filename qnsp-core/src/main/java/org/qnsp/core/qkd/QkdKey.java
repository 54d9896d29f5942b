package org.qnsp.core.qkd;

import java.util.List;
import org.qnsp.crypto.Secret;

/** A key with its name. Whoever holds it closes it, which wipes it. */
public final class QkdKey implements AutoCloseable {
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
