package org.qnsp.qsshd.forward;

import java.util.List;
import java.util.function.BiPredicate;
import org.qnsp.core.config.Patterns;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.qsshd.config.KeyOptions;
import org.qnsp.qsshd.config.ServerConfig;

/** What forwarding a login may have: the configuration with the blocks that match it, and the options of its key; both must allow it. */
final class Permits {
    /** Ports below this are root's. */
    private static final int PRIVILEGED = 1024;

    private final ServerConfig config;
    private final KeyOptions options;
    private final boolean anonymous;
    private final boolean root;

    /** @param anonymous whether it is nobody's in particular @param root whether it is root's */
    Permits(ServerConfig config, KeyOptions options, boolean anonymous, boolean root) {
        this.config = config;
        this.options = options;
        this.anonymous = anonymous;
        this.root = root;
    }

    /** Whether the server may connect to this for it. */
    boolean connect(Endpoint to) {
        return options.portForwarding() && config.allowsTcpForwarding(false, anonymous)
                && allowed(config.permitOpen(), to, String::equals) && allowed(orAny(options.permitOpen()), to, String::equals);
    }

    /** Whether the server may connect to Unix sockets for it, as its user; not for one that has a root directory of its own, outside of which the paths would be. */
    boolean connectUnix() {
        return !config.confines() && options.portForwarding() && config.allowsStreamLocalForwarding(false, anonymous);
    }

    /** Whether the server may listen there for it. */
    boolean listen(Endpoint at) {
        return options.portForwarding() && config.allowsTcpForwarding(true, anonymous) && (at.port() == 0 || at.port() >= PRIVILEGED || root)
                && allowed(config.permitListen(), at, Permits::matches) && allowed(orAny(options.permitListen()), at, Permits::matches);
    }

    /** Whether the server may listen at Unix sockets for it, as its user; likewise. */
    boolean listenUnix() {
        return !config.confines() && options.portForwarding() && config.allowsStreamLocalForwarding(true, anonymous);
    }

    private static boolean matches(String pattern, String host) {
        return Patterns.matches(host, pattern);
    }

    private static List<String> orAny(List<String> permits) {
        return permits.isEmpty() ? List.of("any") : permits;
    }

    /** @param sameHost of the host in a permit and the one asked for */
    private static boolean allowed(List<String> permits, Endpoint wanted, BiPredicate<String, String> sameHost) {
        return permits.stream().anyMatch(permit -> permit.equals("any") || !permit.equals("none") && allows(permit, wanted, sameHost));
    }

    private static boolean allows(String permit, Endpoint wanted, BiPredicate<String, String> sameHost) {
        int colon = permit.lastIndexOf(':');
        String host = colon < 0 ? "*" : permit.substring(0, colon);
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        String port = permit.substring(colon + 1);
        return (bare.equals("*") || sameHost.test(bare, wanted.host())) && (port.equals("*") || Integer.parseInt(port) == wanted.port());
    }
}
