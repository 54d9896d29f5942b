package org.qnsp.crypto.entropy;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;

/**
 * What is to feed the pool beside the operating system.
 *
 * @param use       whether there is to be a source, and whether it is needed
 * @param source    a device or file, absolute, or an https URL; null for a QRNG that is found
 * @param allowFile whether it may be something else than a character device
 * @param keyFile   holds what is sent to an https source as x-api-key; null for nothing
 */
public record EntropySettings(Use use, String source, boolean allowFile, Path keyFile) {
    /** The operating system alone. */
    public static final EntropySettings SYSTEM = new EntropySettings(Use.SYSTEM, null, false, null);

    /** How much a source matters. */
    public enum Use {
        /** None but the operating system. */
        SYSTEM("system"),
        /** One in addition; the operating system goes on alone without it. */
        PREFER("qrng"),
        /** One in addition, without which no key is made (E-9). */
        REQUIRE("qrng-only");

        private final String word;

        Use(String word) {
            this.word = word;
        }

        /** As configurations say it. */
        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * From the words of a configuration.
     *
     * @param use system, qrng or qrng-only; null for qrng where there is a source, else system
     * @throws IllegalArgumentException in words for the user
     */
    public static EntropySettings of(String use, String source, boolean allowFile, Path keyFile) {
        Use wanted = source == null ? Use.SYSTEM : Use.PREFER;
        for (Use each : Use.values()) {
            wanted = each.word.equals(use) ? each : wanted;
        }
        if (source != null && isUrl(source)) {
            url(source);
            if (wanted == Use.REQUIRE) {
                throw new IllegalArgumentException("EntropySource " + name(source) + " cannot be required: what is fetched is known to who sent it, so it counts for nothing");
            }
        } else if (source != null && (!source.startsWith("/") || source.indexOf('\0') >= 0)) {
            throw new IllegalArgumentException("EntropySource is an absolute path or an https URL");
        }
        return wanted == Use.SYSTEM ? SYSTEM : new EntropySettings(wanted, source, allowFile, keyFile);
    }

    static boolean isUrl(String source) {
        return source.contains("://");
    }

    /** @throws IllegalArgumentException if it is none that we fetch from */
    static URI url(String source) {
        try {
            URI uri = new URI(source);
            if ("https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // said below, without the text, which may hold a secret
        }
        throw new IllegalArgumentException("EntropySource is an absolute path or an https URL, without user and password");
    }

    /** What may be shown of a source: of a URL all but the query. */
    static String name(String source) {
        int query = isUrl(source) ? source.indexOf('?') : -1;
        return query < 0 ? source : source.substring(0, query);
    }

    @Override
    public String toString() {
        return use + (source == null ? "" : " " + name(source));
    }
}
