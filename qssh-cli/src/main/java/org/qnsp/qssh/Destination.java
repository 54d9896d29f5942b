package org.qnsp.qssh;

import org.qnsp.crypto.keys.InvalidInviteException;
import org.qnsp.crypto.keys.Invite;

/**
 * Where to go, as the command line says it: {@code [user@]host}, {@code qssh://[user@]host[:port]}, {@code ssh://...}, or an invite (K-7).
 *
 * @param user   null where none is given
 * @param port   0 where none is given
 * @param invite null where it is none
 */
record Destination(String user, String host, int port, Invite invite) {
    /** @throws UsageException where it is none of them */
    static Destination parse(String text) throws UsageException {
        if (text.startsWith("qssh://") && text.indexOf('?') >= 0) {
            return invite(text);
        }
        if (text.startsWith("qssh://") || text.startsWith("ssh://")) {
            return uri(text.substring(text.indexOf("//") + 2));
        }
        int at = text.lastIndexOf('@');
        if (at == 0) {
            throw UsageException.withUsage(null);
        }
        return new Destination(at < 0 ? null : text.substring(0, at), text.substring(at + 1), 0, null);
    }

    private static Destination invite(String text) throws UsageException {
        try {
            Invite invite = Invite.parse(text);
            return new Destination(invite.user().orElse(null), bare(invite.host()), invite.port(), invite);
        } catch (InvalidInviteException e) {
            throw UsageException.plain("qssh: error: not an invite: " + e.getMessage());
        }
    }

    /** What follows the two slashes: no path, no query; an IPv6 address stands in brackets. */
    private static Destination uri(String text) throws UsageException {
        String rest = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        int at = rest.lastIndexOf('@');
        String user = at < 0 ? null : decoded(rest.substring(0, at));
        String place = rest.substring(at + 1);
        int colon = place.startsWith("[") ? place.indexOf(':', Math.max(0, place.indexOf(']'))) : place.indexOf(':');
        String host = bare(colon < 0 ? place : place.substring(0, colon));
        int port = colon < 0 ? 0 : port(place.substring(colon + 1));
        boolean wrong = host.isEmpty() || place.indexOf('/') >= 0 || port < 0 || user != null && (user.isEmpty() || user.indexOf('\0') >= 0);
        if (wrong) {
            throw UsageException.withUsage(null);
        }
        return new Destination(user, host, port, null);
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** -1 where it is none. */
    private static int port(String text) {
        if (text.isEmpty() || text.length() > 5) {
            return -1;
        }
        int port = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            port = port * 10 + digit;
        }
        return port >= 1 && port <= 65535 ? port : -1;
    }

    /** Percent-decoded; a user name may be followed by parameters after a semicolon, which mean nothing here. */
    private static String decoded(String text) throws UsageException {
        int end = text.indexOf(';');
        byte[] raw = (end < 0 ? text : text.substring(0, end)).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] out = new byte[raw.length];
        int n = 0;
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                out[n++] = raw[i];
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw UsageException.withUsage(null);
            }
            out[n++] = (byte) (high << 4 | low);
            i += 2;
        }
        return new String(out, 0, n, java.nio.charset.StandardCharsets.UTF_8);
    }
}
