package org.qnsp.core.qkd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.handshake.QuantumOffer;
import org.qnsp.core.handshake.QuantumRefusal;
import org.qnsp.core.ratchet.RatchetSecrets;
import org.qnsp.crypto.Secret;

/** What either end of a connection does with keys of key distribution, in a handshake (H-31 to H-33) and in its ratchets. The calls block, for 18 seconds at most. */
public final class QuantumKeys {
    private QuantumKeys() {
    }

    /**
     * Keys that were got for an offer.
     *
     * @param joined the keys, one after the other; whoever is given it closes it
     * @param kme the key server's name for itself
     * @param simulated whether they are a simulator's
     */
    public record Offered(QuantumOffer offer, Secret joined, String kme, boolean simulated) {}

    /** Gets keys as their master. @param settings whose mode is not OFF @param peer whom they are for */
    public static Offered offer(QkdSettings settings, String peer) throws QkdException {
        try (QkdOffer got = MasterSae.offer(settings.with(peer))) {
            return new Offered(new QuantumOffer(got.sae(), got.peer(), got.names()), joined(got.keys()), got.kme(), got.simulated());
        }
    }

    /** Gets the keys that the other end offers. The caller's to close. */
    public static Secret fetch(SlaveSae slave, QuantumOffer offer) throws QkdException {
        List<QkdKey> keys = slave.fetch(offer.clientSae(), offer.serverSae(), offer.keys());
        try {
            return joined(keys);
        } finally {
            QkdKey.closeAll(keys);
        }
    }

    private static Secret joined(List<QkdKey> keys) {
        byte[] all = new byte[keys.stream().mapToInt(key -> key.secret().length()).sum()];
        int at = 0;
        for (QkdKey key : keys) {
            System.arraycopy(key.secret().bytes(), 0, all, at, key.secret().length());
            at += key.secret().length();
        }
        return Secret.owning(all);
    }

    /** What the client is told. */
    public static QuantumRefusal refusal(QkdException e) {
        return switch (e.reason()) {
            case UNKNOWN_KEY, REUSED_KEY -> QuantumRefusal.UNKNOWN;
            case UNREACHABLE, TIMEOUT, UNAVAILABLE, EXHAUSTED, BUSY -> QuantumRefusal.UNREACHABLE;
            case NOT_AUTHORISED -> QuantumRefusal.NOT_AUTHORISED;
            case CONFIGURATION, SIMULATED, UNSUITABLE -> QuantumRefusal.NOT_CONFIGURED;
            case MALFORMED, WRONG_KME -> QuantumRefusal.FAULTY;
        };
    }

    /** The same source for the ratchets of a connection whose handshake had such keys. @param peer the other end's SAE */
    public static RatchetSecrets ratchets(SlaveSae slave, String peer) {
        QkdSettings settings = slave.settings();
        return new RatchetSecrets() {
            @Override
            public Optional<Shared> fresh() throws IOException {
                try {
                    Offered got = offer(settings, peer);
                    List<KeyId> ids = got.offer.keys().stream().map(name -> new KeyId(name.id().getBytes(StandardCharsets.UTF_8), name.bits())).toList();
                    return Optional.of(new Shared(ids, got.joined, got.offer.context()));
                } catch (QkdException e) {
                    throw new IOException(e.getMessage(), e);
                }
            }

            @Override
            public Optional<Shared> find(List<KeyId> ids) throws IOException {
                QuantumOffer offer = new QuantumOffer(peer, settings.sae(),
                        ids.stream().map(id -> new QuantumOffer.KeyName(new String(id.id(), StandardCharsets.UTF_8), (int) Math.min(Integer.MAX_VALUE, id.bits()))).toList());
                try {
                    return Optional.of(new Shared(ids, fetch(slave, offer), offer.context()));
                } catch (QkdException e) {
                    throw new IOException(e.getMessage(), e);
                }
            }

            @Override
            public boolean required() {
                return settings.mode() == QkdSettings.Mode.REQUIRE;
            }
        };
    }
}
