package org.qnsp.core.qkd;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.qnsp.core.handshake.QuantumOffer.KeyName;
import org.qnsp.core.qkd.QkdException.Reason;

/**
 * The daemon's part: it fetches the keys that a client offers. Whoever reached the handshake may have offered anything, so what is asked of the key server is
 * bounded in form, number, rate and time. Thread-safe.
 */
public final class SlaveSae implements AutoCloseable {
    private static final int AT_ONCE = 4;
    private static final int PER_SECOND = 10;
    private static final int BURST = 40;
    private static final long QUEUE_MILLIS = 2_000;
    private static final long STATUS_NANOS = 60_000_000_000L;

    private final QkdSettings settings;
    private final KeySource source;
    private final Semaphore places = new Semaphore(AT_ONCE);
    private final TokenBucket rate = new TokenBucket(PER_SECOND, BURST, System.nanoTime());
    private final Map<String, Seen> simulated = new ConcurrentHashMap<>();

    /** What a key server said of itself, and when. */
    private record Seen(boolean simulated, long nanos) {}

    /** @param settings whose mode is not OFF @throws QkdException CONFIGURATION, for files that cannot be used */
    public SlaveSae(QkdSettings settings) throws QkdException {
        this(settings, new Etsi014KeySource(settings));
    }

    SlaveSae(QkdSettings settings, KeySource source) {
        this.settings = settings;
        this.source = source;
    }

    QkdSettings settings() {
        return settings;
    }

    /**
     * The keys of an offer, in its order, all or none. Blocks, for 18 seconds at most. The caller closes them.
     *
     * @param claimed the client's SAE id as it claims, which the key server's knowledge of these keys proves
     * @param own     ours as the client has it
     */
    public List<QkdKey> fetch(String claimed, String own, List<KeyName> names) throws QkdException {
        check(claimed, own, names);
        boolean entered = false;
        try {
            entered = rate.take(1, System.nanoTime()) && places.tryAcquire(QUEUE_MILLIS, TimeUnit.MILLISECONDS);
            if (!entered) {
                throw new QkdException(Reason.BUSY, "too many ask for keys at once");
            }
            refuseSimulator(claimed);
            return sized(names, source.fetch(claimed, names.stream().map(KeyName::id).toList()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QkdException(Reason.UNREACHABLE, "interrupted", e);
        } finally {
            if (entered) {
                places.release();
            }
        }
    }

    private void check(String claimed, String own, List<KeyName> names) throws QkdException {
        if (!settings.peers().contains(claimed) || !settings.sae().equals(own)) {
            throw new QkdException(Reason.NOT_AUTHORISED, "the offer is not from one of QkdPeerSae to QkdSae");
        }
        Set<UUID> distinct = new HashSet<>();
        long bits = 0;
        for (KeyName name : names) {
            if (!QkdKey.uuid(name.id()).map(distinct::add).orElse(false) || name.bits() < 8 || name.bits() > Etsi014KeySource.LARGEST_KEY_BITS || name.bits() % 8 != 0) {
                throw new QkdException(Reason.MALFORMED, "the offer names no keys");
            }
            bits += name.bits();
        }
        if (names.size() > QkdOffer.MOST_KEYS || bits < QkdOffer.BITS) {
            throw new QkdException(Reason.MALFORMED, "the offer has too many keys or too few bits");
        }
    }

    private void refuseSimulator(String peer) throws QkdException {
        if (settings.mode() != QkdSettings.Mode.REQUIRE || settings.allowSimulator()) {
            return;
        }
        Seen seen = simulated.get(peer);
        if (seen == null || System.nanoTime() - seen.nanos() > STATUS_NANOS) {
            seen = new Seen(source.status(peer).simulated(), System.nanoTime());
            simulated.put(peer, seen); // one for each of QkdPeerSae at most
        }
        if (seen.simulated()) {
            throw new QkdException(Reason.SIMULATED, "the key server is a simulator");
        }
    }

    private static List<QkdKey> sized(List<KeyName> names, List<QkdKey> keys) throws QkdException {
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i).bits() != names.get(i).bits()) {
                QkdKey.closeAll(keys);
                throw new QkdException(Reason.MALFORMED, "key " + names.get(i).id() + " has another size than was offered");
            }
        }
        return keys;
    }

    @Override
    public void close() {
        source.close();
    }
}
