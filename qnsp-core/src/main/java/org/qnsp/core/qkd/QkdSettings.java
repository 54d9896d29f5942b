package org.qnsp.core.qkd;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Settings;

/**
 * What a configuration says of key distribution. All but kmeId is there unless the mode is OFF.
 *
 * @param kme            {@code https://host:port}
 * @param kmeId          who the key server's certificate has to name, null for anyone whom the authority vouches for
 * @param ca             certificates of authorities, PEM
 * @param certificate    ours, PEM or PKCS #12
 * @param key            its private key; the same file where that holds both
 * @param sae            our own id
 * @param peers          the ids of other ends: a client has one, a daemon those that clients may claim
 * @param allowSimulator whether simulated keys will do where keys are required
 */
public record QkdSettings(Mode mode, URI kme, String kmeId, Path ca, Path certificate, Path key, String sae, List<String> peers, boolean allowSimulator) {
    /** The most peers of a daemon. */
    public static final int MOST_PEERS = 64;
    /** The longest SAE id, characters. */
    public static final int SAE_CHARACTERS = 255;

    private static final QkdSettings OFF = new QkdSettings(Mode.OFF, null, null, null, null, null, null, List.of(), false);
    private static final int DEFAULT_PORT = 443;

    /** Whether such keys are used. */
    public enum Mode {
        /** No. */
        OFF,
        /** Where they can be had. */
        PREFER,
        /** Or there is no login. */
        REQUIRE
    }

    /** Makes the path of a word of the configuration. */
    @FunctionalInterface
    public interface Paths {
        /** @throws ConfigException for a word that is no path */
        Path path(String word) throws ConfigException;
    }

    /**
     * Reads the settings.
     *
     * @param mostPeers how many peers there may be
     * @throws ConfigException for what is missing or wrong, unless the mode is off
     */
    public static QkdSettings of(Settings settings, Paths paths, int mostPeers) throws ConfigException {
        Mode mode = Mode.valueOf(settings.one(QkdKeywords.MODE).toUpperCase(Locale.ROOT));
        if (mode == Mode.OFF) {
            return OFF;
        }
        Path certificate = paths.path(needed(settings, QkdKeywords.CERTIFICATE));
        Path key = settings.has(QkdKeywords.KEY) ? paths.path(settings.one(QkdKeywords.KEY)) : certificate;
        List<String> peers = settings.all(QkdKeywords.PEER_SAE);
        if (peers.isEmpty() || peers.size() > mostPeers) {
            throw new ConfigException("Qkd " + settings.one(QkdKeywords.MODE) + " needs " + (mostPeers == 1 ? "one QkdPeerSae" : "QkdPeerSae with 1 to " + mostPeers + " ids"));
        }
        List<String> ids = new ArrayList<>();
        for (String peer : peers) {
            ids.add(sae(QkdKeywords.PEER_SAE, peer));
        }
        return new QkdSettings(mode, kme(needed(settings, QkdKeywords.KME)), settings.one(QkdKeywords.KME_ID), paths.path(needed(settings, QkdKeywords.CA)),
                certificate, key, sae(QkdKeywords.SAE, needed(settings, QkdKeywords.SAE)), List.copyOf(ids), settings.flag(QkdKeywords.ALLOW_SIMULATOR));
    }

    private static String needed(Settings settings, Keyword keyword) throws ConfigException {
        if (!settings.has(keyword)) {
            throw new ConfigException("Qkd " + settings.one(QkdKeywords.MODE) + " needs " + keyword.name());
        }
        return settings.one(keyword);
    }

    private static URI kme(String text) throws ConfigException {
        try {
            URI uri = new URI(text);
            boolean bare = !uri.isOpaque() && uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"));
            if ("https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null && bare && uri.getPort() <= 65_535 && uri.getPort() != 0) {
                return URI.create("https://" + uri.getHost() + ":" + (uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort()));
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new ConfigException("QkdKme \"" + text + "\" is not https://host:port");
    }

    private static String sae(Keyword keyword, String id) throws ConfigException {
        if (id.length() > SAE_CHARACTERS || id.matches("\\.{1,2}") || id.chars().anyMatch(c -> c < ' ' || c > '~')) {
            throw new ConfigException(keyword.name() + " \"" + id + "\" is not printable ASCII of at most " + SAE_CHARACTERS + " characters");
        }
        return id;
    }

    /** The same, for one of the peers. */
    QkdSettings with(String peer) {
        return new QkdSettings(mode, kme, kmeId, ca, certificate, key, sae, List.of(peer), allowSimulator);
    }
}
