package org.qnsp.core.client;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.qnsp.crypto.entropy.EntropyFeed;
import org.qnsp.crypto.entropy.EntropySettings;
import org.qnsp.crypto.entropy.EntropySettings.Use;

/** The sources that feed a client program's entropy pool: one for each way in which its hosts' configurations want it fed. Owned by one thread. */
public final class ClientEntropy implements AutoCloseable {
    /** A bit more than a source may be silent. */
    private static final Duration REQUIRED = Duration.ofSeconds(10);

    private final Map<EntropySettings, EntropyFeed> feeds = new HashMap<>();
    private final Duration preferred;

    /** @param preferred how long a source is waited for that may be missing */
    public ClientEntropy(Duration preferred) {
        this.preferred = preferred;
    }

    /**
     * To be called before keys are made: the first time it feeds the pool, each time it sees whether it may go on (E-9).
     *
     * @param told what the user should know
     * @param noted what only {@code -v} says
     * @throws ConnectFailure if a source is required and there is no sound one
     */
    public void require(EntropySettings settings, Consumer<String> told, Consumer<String> noted) throws ConnectFailure {
        EntropyFeed feed = feeds.get(settings);
        boolean first = feed == null;
        if (first) {
            feed = EntropyFeed.begin(settings, text -> told.accept("entropy: " + text));
            feeds.put(settings, feed);
        }
        try {
            feed.await(settings.use() == Use.REQUIRE ? REQUIRED : first ? preferred : Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (first) {
            noted.accept("entropy: " + feed.description());
        }
        if (feed.missing() != null) {
            throw ConnectFailure.error(feed.missing(), "no key is made without it; --qrng goes on with the operating system's entropy where there is none");
        }
    }

    @Override
    public void close() {
        feeds.values().forEach(EntropyFeed::close);
    }
}
