package org.qnsp.crypto.keys;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * An invite to a server that is silent to everyone else: where it is, its fingerprint, and a secret token (K-7).
 *
 * <pre>
 * qssh://[user@]host[:port]?fp=F&amp;invite=T
 * </pre>
 *
 * The user is written in RFC 3986's unreserved characters, anything else percent-encoded in UTF-8; the host is a name, an
 * IPv4 address or an IPv6 address in brackets. Who holds an invite closes it, which wipes the token.
 */
public final class Invite implements AutoCloseable {
    /** The port that is meant where none is written. */
    public static final int DEFAULT_PORT = 22768;
    /** The token, bytes. */
    public static final int TOKEN_BYTES = 32;

    private static final int LONGEST_URI = 2048;
    private static final int LONGEST_USER_BYTES = 255; // L-6
    private static final String HOST = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?";
    private static final String IPV6 = "\\[[0-9A-Fa-f:.]{2,45}(?:%25[A-Za-z0-9._~-]{1,32})?]";
    private static final Pattern URI = Pattern.compile("qssh://(?:(?<user>[A-Za-z0-9._~%-]+)@)?(?<host>" + HOST + "|" + IPV6
            + ")(?::(?<port>[1-9][0-9]{0,4}))?\\?fp=(?<fp>[A-Za-z0-9_-]{43})&invite=(?<token>[A-Za-z0-9_-]{43})");
    private static final Pattern HOST_ALONE = Pattern.compile(HOST + "|" + IPV6);

    private final Optional<String> user;
    private final String host;
    private final int port;
    private final byte[] fingerprint;
    private final Secret token;

    private Invite(Optional<String> user, String host, int port, byte[] fingerprint, Secret token) {
        this.user = user;
        this.host = host;
        this.port = port;
        this.fingerprint = fingerprint;
        this.token = token;
    }

    /**
     * A new invite; draws the 32-byte token at once.
     *
     * @param user the user name, or empty for none
     * @param host name, IPv4 address, or IPv6 address in brackets
     * @param port 1 to 65535
     * @param fingerprint the host key's, 32 bytes
     * @throws InvalidInviteException if one of them cannot stand in an invite
     */
    public static Invite create(Optional<String> user, String host, int port, byte[] fingerprint, RandomSource random)
            throws InvalidInviteException {
        if (user.isPresent()) {
            checkUser(user.get());
        }
        if (!HOST_ALONE.matcher(host).matches()) {
            throw new InvalidInviteException("the host is no name or address");
        }
        if (port < 1 || port > 65535) {
            throw new InvalidInviteException("the port is out of range");
        }
        if (fingerprint.length != PublicKey.FINGERPRINT_BYTES) {
            throw new InvalidInviteException("the fingerprint is not 32 bytes");
        }
        return new Invite(user, host, port, fingerprint.clone(), Secret.owning(random.keyBytes(TOKEN_BYTES)));
    }

    /**
     * Parses K-7: these parts in this order and nothing else.
     *
     * @throws InvalidInviteException for anything else
     */
    public static Invite parse(String uri) throws InvalidInviteException {
        if (uri.length() > LONGEST_URI) {
            throw new InvalidInviteException("it is too long");
        }
        Matcher matcher = URI.matcher(uri);
        if (!matcher.matches()) {
            throw new InvalidInviteException("it is not of the form qssh://[user@]host[:port]?fp=...&invite=...");
        }
        Optional<String> user = Optional.empty();
        if (matcher.group("user") != null) {
            user = Optional.of(decodeUser(matcher.group("user")));
        }
        int port = matcher.group("port") == null ? DEFAULT_PORT : Integer.parseInt(matcher.group("port"));
        if (port > 65535) {
            throw new InvalidInviteException("the port is out of range");
        }
        byte[] fingerprint = base64(matcher.group("fp"), "the fingerprint");
        byte[] token = base64(matcher.group("token"), "the token");
        return new Invite(user, matcher.group("host"), port, fingerprint, Secret.owning(token));
    }

    public Optional<String> user() {
        return user;
    }

    /** Name, IPv4 address, or IPv6 address in brackets. */
    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    /** The host key's fingerprint, a copy of 32 bytes. */
    public byte[] fingerprint() {
        return fingerprint.clone();
    }

    /** Expand(token, "qnsp1 invite key", "", 32) (K-8); the caller closes it. A server stores this, never the token. */
    public Secret inviteKey() {
        return Kdf.expand(token, Labels.INVITE_KEY, new byte[0]);
    }

    /** The invite as it is handed over (K-7). It is as secret as the token. */
    public String uri() {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return "qssh://" + user.map(u -> encodeUser(u) + "@").orElse("") + host
                + (port == DEFAULT_PORT ? "" : ":" + port)
                + "?fp=" + base64.encodeToString(fingerprint)
                + "&invite=" + base64.encodeToString(token.bytes());
    }

    /** Wipes the token. */
    @Override
    public void close() {
        token.close();
    }

    @Override
    public String toString() {
        return "Invite[" + host + ":" + port + "]";
    }

    private static byte[] base64(String text, String what) throws InvalidInviteException {
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        // 43 characters carry 2 bits more than 32 bytes; they are zero in the one encoding.
        if (!Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text)) {
            throw new InvalidInviteException(what + " is not the base64 of 32 bytes");
        }
        return bytes;
    }

    private static void checkUser(String user) throws InvalidInviteException {
        int length = user.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > LONGEST_USER_BYTES || !PublicKey.isPlain(user)) {
            throw new InvalidInviteException("the user name is not 1 to 255 bytes of printable text");
        }
    }

    private static String encodeUser(String user) {
        StringBuilder out = new StringBuilder();
        for (byte b : user.getBytes(StandardCharsets.UTF_8)) {
            boolean unreserved = b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
                    || b == '.' || b == '_' || b == '~' || b == '-';
            out.append(unreserved ? String.valueOf((char) b) : String.format("%%%02X", b));
        }
        return out.toString();
    }

    private static String decodeUser(String text) throws InvalidInviteException {
        ByteBuffer bytes = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '%') {
                bytes.put((byte) text.charAt(i));
            } else if (i + 2 < text.length()
                    && Character.digit(text.charAt(i + 1), 16) >= 0 && Character.digit(text.charAt(i + 2), 16) >= 0) {
                bytes.put((byte) Integer.parseInt(text, i + 1, i + 3, 16));
                i += 2;
            } else {
                throw new InvalidInviteException("the user name is not percent-encoded");
            }
        }
        String user;
        try {
            user = StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidInviteException("the user name is not UTF-8");
        }
        checkUser(user);
        if (!encodeUser(user).equals(text)) {
            throw new InvalidInviteException("the user name is not percent-encoded as it should be");
        }
        return user;
    }
}
