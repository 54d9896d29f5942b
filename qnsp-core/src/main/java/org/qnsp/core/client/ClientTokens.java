package org.qnsp.core.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Settings;
import org.qnsp.core.config.Tokens;

/**
 * What the tokens of a connection stand for.
 *
 * @param original the host as it was given
 * @param host     the host to connect to
 * @param user     the remote user
 * @param alias    HostKeyAlias, or the host as it was given
 * @param jump     ProxyJump, empty where there is none
 */
record ClientTokens(String original, String host, int port, String user, String alias, String jump, LocalUser local) implements Tokens.Source {

    static ClientTokens of(String original, LocalUser local, Settings settings) throws ConfigException {
        String hostName = settings.one(ClientKeywords.HOST_NAME);
        String host = hostName == null ? original : Tokens.percent(hostName, token -> token == 'h' ? original : null);
        String user = settings.one(ClientKeywords.USER);
        String alias = settings.one(ClientKeywords.HOST_KEY_ALIAS);
        String jump = settings.one(ClientKeywords.PROXY_JUMP);
        return new ClientTokens(original, host, settings.number(ClientKeywords.PORT), user == null ? local.name() : user,
            alias == null ? original : alias, jump == null || jump.equals("none") ? "" : jump, local);
    }

    @Override
    public String of(char token) {
        return switch (token) {
            case 'h' -> host;
            case 'p' -> Integer.toString(port);
            case 'r' -> user;
            case 'n' -> original;
            case 'k' -> alias;
            case 'j' -> jump;
            case 'd' -> local.home();
            case 'u' -> local.name();
            case 'i' -> Integer.toString(local.uid());
            case 'l' -> local.hostname().get();
            case 'L' -> shortName();
            case 'C' -> digest();
            default -> null;
        };
    }

    private String shortName() {
        String full = local.hostname().get();
        int dot = full.indexOf('.');
        return dot < 0 ? full : full.substring(0, dot);
    }

    /** Forty hex digits that stand for the connection: a name for files, nothing secret. */
    private String digest() {
        try {
            String all = local.hostname().get() + host + port + user + jump;
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(all.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
