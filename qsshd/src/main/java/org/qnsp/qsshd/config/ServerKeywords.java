package org.qnsp.qsshd.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.qnsp.core.config.Dialect;
import org.qnsp.core.config.Form;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.qkd.QkdKeywords;

/**
 * The keywords of qsshd_config. A keyword that restricts is enforced, or refused at start, never ignored: those that are accepted and mean
 * nothing grant something that does not exist, restrict something that does not exist, or choose algorithms, which are fixed.
 */
final class ServerKeywords {
    private static final int MAX = Integer.MAX_VALUE;
    private static final Map<String, Keyword> OBEYED = new LinkedHashMap<>();
    private static final Map<String, Keyword> ALL = new HashMap<>(256);

    // In the order of dump().
    static final Keyword PORT = obeyed(Keyword.of("Port", Form.PORT, "22768").adding().global());
    static final Keyword ADDRESS_FAMILY = obeyed(Keyword.choice("AddressFamily", "any|inet|inet6", "any").global());
    static final Keyword LISTEN_ADDRESS = obeyed(Keyword.of("ListenAddress", Form.LISTEN, null).adding().global());
    static final Keyword LOGIN_GRACE_TIME = obeyed(Keyword.of("LoginGraceTime", Form.TIME, "120").global());
    static final Keyword MAX_AUTH_TRIES = obeyed(Keyword.number("MaxAuthTries", 0, MAX, "6"));
    static final Keyword MAX_SESSIONS = obeyed(Keyword.number("MaxSessions", 0, MAX, "10"));
    static final Keyword ALIVE_INTERVAL = obeyed(Keyword.of("ClientAliveInterval", Form.TIME, "0"));
    static final Keyword ALIVE_COUNT_MAX = obeyed(Keyword.number("ClientAliveCountMax", 0, MAX, "3"));
    static final Keyword CHANNEL_TIMEOUT = obeyed(Keyword.of("ChannelTimeout", Form.WORDS, "none"));
    static final Keyword UNUSED_TIMEOUT = obeyed(Keyword.of("UnusedConnectionTimeout", Form.TIME, "none"));
    static final Keyword FIRST_CONTACT = obeyed(Keyword.choice("FirstContact", "invite|open|off", "invite").global());
    static final Keyword CLOCK_WINDOW = obeyed(Keyword.of("ClockWindow", Form.TIME, "3600").global());
    static final Keyword DRAIN_MAX = obeyed(Keyword.number("DrainMax", 0, MAX, null).global());
    static final Keyword ANONYMOUS_USER = obeyed(Keyword.of("AnonymousUser", Form.WORD, "none").global());
    static final Keyword STEALTH_POLICY = obeyed(Keyword.flag("StealthPolicy", "yes").global());
    static final Keyword AUTH = obeyed(Keyword.choice("Auth", "any|kem|sig|zk", "any"));
    static final Keyword AUTH_KEY = obeyed(Keyword.choice("AuthKey", "off|prefer|require|sufficient", "prefer"));
    static final Keyword SUITES = obeyed(Keyword.of("Suites", Form.WORDS, "mlkem768 mlkem1024").global());
    static final Keyword MIN_MODE = obeyed(Keyword.choice("MinMode", "low|normal|max", "low").global());
    static final Keyword MAX_RATE = obeyed(Keyword.of("MaxRate", Form.WORDS, null).global());
    static final Keyword ENTROPY = obeyed(Keyword.choice("Entropy", "system|qrng|qrng-only", null).global());
    static final Keyword ENTROPY_SOURCE = obeyed(Keyword.of("EntropySource", Form.WORD, null).global());
    static final Keyword ENTROPY_ALLOW_FILE = obeyed(Keyword.flag("EntropyAllowFile", "no").global());
    static final Keyword ENTROPY_KEY_FILE = obeyed(Keyword.of("EntropyKeyFile", Form.WORD, null).global());
    static {
        QkdKeywords.ALL.forEach(keyword -> obeyed(keyword.global()));
    }
    static final Keyword PERMIT_ROOT_LOGIN =
        obeyed(Keyword.flag("PermitRootLogin", "prohibit-password|without-password|forced-commands-only", "prohibit-password"));
    static final Keyword PRINT_MOTD = obeyed(Keyword.flag("PrintMotd", "yes").global());
    static final Keyword PRINT_LAST_LOG = obeyed(Keyword.flag("PrintLastLog", "yes").global());
    static final Keyword PERMIT_TTY = obeyed(Keyword.flag("PermitTTY", "yes"));
    static final Keyword STRICT_MODES = obeyed(Keyword.flag("StrictModes", "yes").global());
    static final Keyword TCP_KEEP_ALIVE = obeyed(Keyword.flag("TCPKeepAlive", "yes").global());
    static final Keyword USE_DNS = obeyed(Keyword.flag("UseDNS", "no").global());
    static final Keyword PID_FILE = obeyed(Keyword.of("PidFile", Form.WORD, "/run/qsshd.pid").global());
    static final Keyword BANNER = obeyed(Keyword.of("Banner", Form.WORD, "none"));
    static final Keyword FORCE_COMMAND = obeyed(Keyword.of("ForceCommand", Form.LINE, "none"));
    static final Keyword LOG_LEVEL = obeyed(Keyword.of("LogLevel", Form.LOG_LEVEL, "INFO"));
    static final Keyword SYSLOG_FACILITY = obeyed(Keyword.choice("SyslogFacility",
        "daemon|user|auth|authpriv|local0|local1|local2|local3|local4|local5|local6|local7", "auth").global());
    static final Keyword AUTHORIZED_KEYS_FILE = obeyed(Keyword.of("AuthorizedKeysFile", Form.WORDS, ".qssh/authorized_keys"));
    static final Keyword KEYS_COMMAND = obeyed(Keyword.of("AuthorizedKeysCommand", Form.LINE, "none"));
    static final Keyword KEYS_COMMAND_USER = obeyed(Keyword.of("AuthorizedKeysCommandUser", Form.WORD, "none"));
    static final Keyword HOST_KEY = obeyed(Keyword.of("HostKey", Form.WORD, "/etc/qssh/qssh_host_kyber768_key").adding().global());
    static final Keyword ALLOW_USERS = obeyed(Keyword.of("AllowUsers", Form.WORDS, null).adding());
    static final Keyword DENY_USERS = obeyed(Keyword.of("DenyUsers", Form.WORDS, null).adding());
    static final Keyword ALLOW_GROUPS = obeyed(Keyword.of("AllowGroups", Form.WORDS, null).adding());
    static final Keyword DENY_GROUPS = obeyed(Keyword.of("DenyGroups", Form.WORDS, null).adding());
    static final Keyword ACCEPT_ENV = obeyed(Keyword.of("AcceptEnv", Form.ENV_NAMES, null).adding());
    static final Keyword SET_ENV = obeyed(Keyword.of("SetEnv", Form.ENV_VALUES, null));
    static final Keyword SUBSYSTEM = obeyed(Keyword.of("Subsystem", Form.SUBSYSTEM, null).adding());
    static final Keyword MAX_STARTUPS = obeyed(Keyword.of("MaxStartups", Form.STARTUPS, "100:30:200").global());
    static final Keyword PERMIT_USER_ENVIRONMENT = obeyed(Keyword.of("PermitUserEnvironment", Form.WORD, "no").global());
    static final Keyword PUBKEY_AUTHENTICATION = obeyed(Keyword.flag("PubkeyAuthentication", "yes"));
    static final Keyword AUTHENTICATION_METHODS = obeyed(Keyword.of("AuthenticationMethods", Form.WORDS, "any"));
    static final Keyword REVOKED_KEYS = obeyed(Keyword.of("RevokedKeys", Form.WORD, "none"));
    static final Keyword CHROOT_DIRECTORY = obeyed(Keyword.of("ChrootDirectory", Form.WORD, "none"));
    static final Keyword PERMIT_USER_RC = obeyed(Keyword.flag("PermitUserRC", "yes"));
    static final Keyword EXPOSE_AUTH_INFO = obeyed(Keyword.flag("ExposeAuthInfo", "no"));
    static final Keyword REKEY_LIMIT = obeyed(Keyword.of("RekeyLimit", Form.REKEY, "0 0"));
    static final Keyword REFUSE_CONNECTION = obeyed(Keyword.flag("RefuseConnection", "no"));
    static final Keyword SOURCE_STARTUPS = obeyed(Keyword.of("PerSourceMaxStartups", Form.WORD, "none").global());
    static final Keyword SOURCE_BLOCK = obeyed(Keyword.of("PerSourceNetBlockSize", Form.WORD, "32:128").global());
    static final Keyword SOURCE_PENALTIES = obeyed(Keyword.of("PerSourcePenalties", Form.WORDS, "no").adding().global());
    static final Keyword PENALTY_EXEMPT = obeyed(Keyword.of("PerSourcePenaltyExemptList", Form.WORD, "none").global());
    static final Keyword ACCEPTED_KEYS = obeyed(Keyword.of("PubkeyAcceptedAlgorithms", Form.WORD, "*"));

    static final Keyword GATEWAY_PORTS = obeyed(Keyword.flag("GatewayPorts", "clientspecified", "no"));
    static final Keyword ALLOW_AGENT_FORWARDING = obeyed(Keyword.flag("AllowAgentForwarding", "yes"));
    static final Keyword ALLOW_TCP_FORWARDING = obeyed(Keyword.flag("AllowTcpForwarding", "all|local|remote", "yes"));
    static final Keyword ALLOW_STREAM_LOCAL_FORWARDING = obeyed(Keyword.flag("AllowStreamLocalForwarding", "all|local|remote", "yes"));
    static final Keyword DISABLE_FORWARDING = obeyed(Keyword.flag("DisableForwarding", "no"));
    static final Keyword STREAM_LOCAL_BIND_UNLINK = obeyed(Keyword.flag("StreamLocalBindUnlink", "no"));
    static final Keyword STREAM_LOCAL_BIND_MASK = obeyed(Keyword.of("StreamLocalBindMask", Form.MASK, "0177"));
    static final Keyword PERMIT_OPEN = obeyed(Keyword.of("PermitOpen", Form.WORDS, "any"));
    static final Keyword PERMIT_LISTEN = obeyed(Keyword.of("PermitListen", Form.WORDS, "any"));
    /** What -T says of keywords that ask for what does not exist, as sshd would; scripts look for these. They can be read again. */
    static final String FIXED = """
            usepam no
            passwordauthentication no
            kbdinteractiveauthentication no
            hostbasedauthentication no
            gssapiauthentication no
            kerberosauthentication no
            permitemptypasswords no
            authorizedprincipalsfile none
            trustedusercakeys none
            hostcertificate none
            hostkeyagent none
            compression no
            x11forwarding no
            permittunnel no
            """;

    static final Dialect DIALECT;

    static {
        absent();
        ignored();
        ALL.put("pubkeyacceptedkeytypes", ACCEPTED_KEYS);
        ALL.put("keepalive", TCP_KEEP_ALIVE);
        DIALECT = new Dialect(ALL, false, "user|group|host|address|localaddress|localport|version", "invalid-user");
    }

    private ServerKeywords() {
    }

    /** The obeyed keywords in the order of the dump. */
    static Iterable<Keyword> obeyed() {
        return OBEYED.values();
    }

    private static Keyword obeyed(Keyword keyword) {
        OBEYED.put(keyword.key(), keyword);
        ALL.put(keyword.key(), keyword);
        return keyword;
    }

    /** Keywords that would be obeyed by sshd and are not here, each with the values that ask for nothing. */
    private static void absent() {
        String[] table = {
            "AuthorizedPrincipalsCommand", "none", "AuthorizedPrincipalsCommandUser", "none|nobody", "AuthorizedPrincipalsFile", "none",
            "HostbasedAuthentication", "no|false", "HostCertificate", "none", "HostKeyAgent", "none",
            "PubkeyAuthOptions", "none", "RDomain", "none", "TrustedUserCAKeys", "none", "UsePAM", "no|false",
        };
        for (int i = 0; i < table.length; i += 2) {
            Keyword keyword = Keyword.absent(table[i], table[i + 1]);
            ALL.put(keyword.key(), keyword);
        }
    }

    private static void ignored() {
        String[] names = {
            "CASignatureAlgorithms",
            "ChallengeResponseAuthentication", "Ciphers", "Compression", "FingerprintHash", 
            "GSSAPIAuthentication", "GSSAPICleanupCredentials", "GSSAPIKexAlgorithms", "GSSAPIKeyExchange", "GSSAPIStoreCredentialsOnRekey",
            "GSSAPIStrictAcceptorCheck", "HostbasedAcceptedAlgorithms", "HostbasedAcceptedKeyTypes", "HostbasedUsesNameFromPacketOnly",
            "HostKeyAlgorithms", "IgnoreRhosts", "IgnoreUserKnownHosts", "IPQoS", "KbdInteractiveAuthentication",
            "KerberosAuthentication", "KerberosGetAFSToken", "KerberosOrLocalPasswd", "KerberosTicketCleanup", "KexAlgorithms",
            "KeyRegenerationInterval", "LogVerbose", "MACs", "ModuliFile", "PasswordAuthentication", "PermitEmptyPasswords",
            "PermitTunnel", "Protocol", "RequiredRSASize", "RSAMinSize", "RhostsRSAAuthentication", "RSAAuthentication", "SecurityKeyProvider",
            "ServerKeyBits", "SkeyAuthentication", "SshdAuthPath", "SshdSessionPath",
            "UseLogin", "UsePrivilegeSeparation", "VersionAddendum", "X11DisplayOffset", "X11Forwarding", "X11UseLocalhost",
            "XAuthLocation",
        };
        for (String name : names) {
            Keyword keyword = Keyword.ignored(name);
            ALL.put(keyword.key(), keyword);
        }
    }
}
