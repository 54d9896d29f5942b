package org.qnsp.core.qkd;

import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.qkd.QkdException.Reason;

/** The client's part: it is master for the keys it asks for, and offers them to the server. */
public final class MasterSae {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private MasterSae() {
    }

    /** Keys for one login. Blocks, for 18 seconds at most. @param settings whose mode is not OFF */
    public static QkdOffer offer(QkdSettings settings) throws QkdException {
        try (KeySource source = new Etsi014KeySource(settings)) {
            return offer(settings, source);
        }
    }

    static QkdOffer offer(QkdSettings settings, KeySource source) throws QkdException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        String peer = settings.peers().getFirst();
        KeySourceStatus status = source.status(peer);
        if (!status.master().isEmpty() && !status.master().equals(settings.sae())) {
            throw new QkdException(Reason.CONFIGURATION, "the key server knows this certificate as another SAE than QkdSae " + settings.sae());
        }
        if (status.simulated() && settings.mode() == QkdSettings.Mode.REQUIRE && !settings.allowSimulator()) {
            throw new QkdException(Reason.SIMULATED, "the key server is a simulator");
        }
        KeySourceStatus.Plan plan = status.plan(QkdOffer.BITS, QkdOffer.MOST_KEYS);
        List<QkdKey> keys = new ArrayList<>();
        boolean whole = false;
        try {
            while (keys.size() < plan.count()) {
                if (System.nanoTime() - deadline > 0) {
                    throw new QkdException(Reason.TIMEOUT, "the key server takes too long for " + plan.count() + " keys");
                }
                keys.addAll(source.fresh(peer, (int) Math.min(plan.count() - keys.size(), status.mostInRequest()), plan.bits()));
            }
            whole = true;
        } finally {
            if (!whole) {
                QkdKey.closeAll(keys);
            }
        }
        return new QkdOffer(List.copyOf(keys), settings.sae(), peer, status.sourceKme(), status.simulated());
    }
}
