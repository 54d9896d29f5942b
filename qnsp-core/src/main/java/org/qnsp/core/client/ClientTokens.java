package org.qnsp.core.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Settings;
import org.qnsp.core.config.Tokens;
import org.qnsp.core.qkd.QkdKeywords;

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

    /** Those of ProxyCommand and ProxyJump. */
    static final String PROXY = "hnpr";
    /** Those of User: it cannot say what it makes. */
    private static final String USER = "dhiklLnpu";
    private static final String ALL = "CdhijkLlnpru";
    private static final Map<Keyword, Rule> RULES = rules();

    static ClientTokens of(String original, LocalUser local, Settings settings) throws ConfigException {
        String hostName = settings.one(ClientKeywords.HOST_NAME);
        String host = hostName == null ? original : Tokens.percent(hostName, token -> token == 'h' ? original : null);
        String user = settings.one(ClientKeywords.USER);
        String alias = settings.one(ClientKeywords.HOST_KEY_ALIAS);
        String jump = settings.one(ClientKeywords.PROXY_JUMP);
        ClientTokens names = new ClientTokens(original, host, settings.number(ClientKeywords.PORT), local.name(),
            alias == null ? original : alias, jump == null || jump.equals("none") ? "" : jump, local);
        return user == null ? names : names.withUser(Tokens.percent(user, names.only(USER)));
    }

    private ClientTokens withUser(String name) {
        return new ClientTokens(original, host, port, name, alias, jump, local);
    }

    /**
     * What is wrong with the tokens and variables of a value, which stands where the user can be told so.
     *
     * @return null where all is well
     */
    static String fault(Keyword keyword, String value, LocalUser local) {
        Rule rule = RULES.get(keyword);
        if (rule == null || value.equalsIgnoreCase("none")) {
            return null;
        }
        try {
            Tokens.percent(rule.isPath ? Tokens.home(value, local.home()) : value, token -> rule.letters.indexOf(token) < 0 ? null : "");
            if (rule.isPath) {
                Tokens.environment(value, local.environment());
            }
            return null;
        } catch (ConfigException e) {
            return e.getMessage();
        }
    }

    /** Which tokens a keyword's value may have. @param isPath whether variables and a leading tilde too */
    private record Rule(String letters, boolean isPath) {}

    private static Map<Keyword, Rule> rules() {
        Map<Keyword, Rule> rules = new HashMap<>();
        rules.put(ClientKeywords.HOST_NAME, new Rule("h", false));
        rules.put(ClientKeywords.USER, new Rule(USER, false));
        rules.put(ClientKeywords.PROXY_COMMAND, new Rule(PROXY, false));
        rules.put(ClientKeywords.PROXY_JUMP, new Rule(PROXY, false));
        rules.put(ClientKeywords.LOCAL_COMMAND, new Rule(ALL + "T", false));
        rules.put(ClientKeywords.REMOTE_COMMAND, new Rule(ALL, false));
        rules.put(ClientKeywords.KNOWN_HOSTS_COMMAND, new Rule(ALL + "fHIKt", false));
        for (Keyword path : List.of(ClientKeywords.IDENTITY_FILE, ClientKeywords.IDENTITY_AGENT, ClientKeywords.FORWARD_AGENT, ClientKeywords.CONTROL_PATH,
                ClientKeywords.REVOKED_HOST_KEYS, ClientKeywords.ENTROPY_KEY_FILE, ClientKeywords.USER_KNOWN_HOSTS, ClientKeywords.GLOBAL_KNOWN_HOSTS, QkdKeywords.CA, QkdKeywords.CERTIFICATE, QkdKeywords.KEY)) {
            rules.put(path, new Rule(ALL, true));
        }
        return Map.copyOf(rules);
    }

    /** These tokens and no others. */
    Tokens.Source only(String letters) {
        return token -> letters.indexOf(token) < 0 ? null : of(token);
    }

    /** These tokens and {@code %T}, the name of the tunnel, of which there is none. */
    Tokens.Source withTunnel() {
        return token -> token == 'T' ? "NONE" : of(token);
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
