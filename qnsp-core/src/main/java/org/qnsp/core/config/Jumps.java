package org.qnsp.core.config;

import java.util.ArrayList;
import java.util.List;

/** Hosts to go through, as ProxyJump and {@code -J} write them: hops with commas, each {@code [user@]host[:port]}, with brackets around an address with colons, or the same as a URI. */
public final class Jumps {
    /** No more hops are taken. */
    public static final int MAX_HOPS = 16;

    /**
     * One host on the way.
     *
     * @param user null where none is given
     * @param host without brackets
     * @param port 0 where none is given
     */
    public record Hop(String user, String host, int port) {
        /** As ssh writes it. */
        @Override
        public String toString() {
            String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
            return (user == null ? "" : user + "@") + name + (port == 0 ? "" : ":" + port);
        }
    }

    private Jumps() {
    }

    /** The hops in order; null where the text is none, empty for {@code none}. */
    public static List<Hop> parse(String text) {
        if (text.equalsIgnoreCase("none")) {
            return List.of();
        }
        List<Hop> hops = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Hop hop = hop(part);
            if (hop == null || hops.size() == MAX_HOPS) {
                return null;
            }
            hops.add(hop);
        }
        return List.copyOf(hops);
    }

    /**
     * Whether the text can be parsed.
     *
     * @param strict whether what a shell would act on is refused, as on the command line
     */
    public static boolean isValid(String text, boolean strict) {
        List<Hop> hops = parse(text);
        return hops != null && (!strict || hops.stream().noneMatch(hop -> acts(hop.host()) || hop.user() != null && acts(hop.user())));
    }

    private static boolean acts(String name) {
        return name.chars().anyMatch(c -> c <= ' ' || c == 0x7f || "'`\"$\\;&<>|(){}".indexOf(c) >= 0);
    }

    /** The hops as ssh writes them, with commas. */
    static String canonical(String text) {
        List<Hop> hops = parse(text);
        return hops.isEmpty() ? "none" : String.join(",", hops.stream().map(Hop::toString).toList());
    }

    private static Hop hop(String text) {
        boolean uri = text.startsWith("qssh://") || text.startsWith("ssh://");
        String bare = uri ? text.substring(text.indexOf("//") + 2) : text;
        String hop = uri && bare.endsWith("/") ? bare.substring(0, bare.length() - 1) : bare;
        int at = hop.lastIndexOf('@');
        String place = hop.substring(at + 1);
        int close = place.startsWith("[") ? place.indexOf(']') : 0;
        int colon = place.indexOf(':', Math.max(close, 0));
        if (at == 0 || close < 0 || close > 0 && close != place.length() - 1 && colon != close + 1) {
            return null;
        }
        String host = close > 0 ? place.substring(1, close) : colon < 0 ? place : place.substring(0, colon);
        long port = colon < 0 ? 0 : Arguments.decimal(place.substring(colon + 1));
        boolean badPort = colon >= 0 && (port < 1 || port > 65_535);
        boolean badHost = host.isEmpty() || host.startsWith("-") || host.indexOf('/') >= 0 || host.indexOf('@') >= 0;
        String user = at < 0 ? null : hop.substring(0, at);
        return badPort || badHost || user != null && user.startsWith("-") ? null : new Hop(user, host, (int) port);
    }
}
