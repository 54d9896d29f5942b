package org.qnsp.core.client;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.client.LoginException.Kind;
import org.qnsp.core.handshake.QuantumOffer;
import org.qnsp.core.handshake.QuantumRefusal;
import org.qnsp.core.qkd.QkdException;
import org.qnsp.core.qkd.QkdSettings;
import org.qnsp.core.qkd.QuantumKeys;
import org.qnsp.core.qkd.SlaveSae;
import org.qnsp.core.ratchet.RatchetSecrets;
import org.qnsp.crypto.Secret;

/** Keys of key distribution for one login, and what the user is told of them. Without such keys nothing of it is done. */
final class QuantumLogin {
    /** An offer for the handshake; keys is null where there is none. */
    record Offer(QuantumOffer offer, Secret keys) {}

    private final QkdSettings settings;
    private final Messages messages;
    private volatile boolean agreed;
    private String source = "";
    private RatchetSecrets secrets;

    QuantumLogin(QkdSettings settings, Messages messages) {
        this.settings = settings;
        this.messages = messages;
    }

    boolean wanted() {
        return settings.mode() != QkdSettings.Mode.OFF;
    }

    /**
     * Keys for an offer, or none to do without. Blocks.
     *
     * @param refusal why the host did not take those before, null at first
     * @param left offers that may yet be made
     * @throws LoginException if there is to be no login without
     */
    Offer get(QuantumRefusal refusal, int left) throws LoginException {
        if (refusal != null && (refusal != QuantumRefusal.UNKNOWN || left == 0)) {
            return without(refusal.text());
        }
        try {
            QuantumKeys.Offered got = QuantumKeys.offer(settings, settings.peers().getFirst());
            source = (got.simulated() ? "simulator " : "") + got.kme();
            return new Offer(got.offer(), got.joined());
        } catch (QkdException e) {
            return without(e.getMessage());
        }
    }

    private Offer without(String why) throws LoginException {
        if (settings.mode() == QkdSettings.Mode.REQUIRE) {
            throw new LoginException(Kind.QUANTUM, "no keys of key distribution: " + why);
        }
        messages.info("QKD: no (" + why + ")");
        return new Offer(QuantumOffer.none(), null);
    }

    /** The login is done. @param keys those that both ends confirmed, null without */
    void agreed(QuantumOffer keys) {
        if (keys != null) {
            agreed = true;
            messages.debug("QKD-keyed (hybrid): " + keys.keys().size() + (keys.keys().size() == 1 ? " key" : " keys") + " of key server " + source);
        }
    }

    /** For the ratchets of the connection: keys where its handshake had some. */
    RatchetSecrets ratchets() {
        return !wanted() ? RatchetSecrets.NONE : new RatchetSecrets() {
            @Override
            public Optional<Shared> fresh() throws IOException {
                return agreed ? source().fresh() : Optional.empty();
            }

            @Override
            public Optional<Shared> find(List<KeyId> ids) throws IOException {
                return agreed ? source().find(ids) : Optional.empty();
            }

            @Override
            public boolean required() {
                return agreed && settings.mode() == QkdSettings.Mode.REQUIRE;
            }
        };
    }

    private synchronized RatchetSecrets source() throws IOException {
        if (secrets == null) {
            try {
                secrets = QuantumKeys.ratchets(new SlaveSae(settings), settings.peers().getFirst());
            } catch (QkdException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
        return secrets;
    }

    /** A ratchet went without, or was not made: told once. */
    void ratchetWithout(String why, boolean required) {
        messages.info("QKD: no key for a ratchet (" + why + ")" + (required ? "; the keys stay what they were until there is one" : ""));
    }
}
