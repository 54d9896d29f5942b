package org.qnsp.core.client;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.qnsp.core.config.Dialect;
import org.qnsp.core.config.Form;
import org.qnsp.core.config.Keyword;

/** The keywords of qssh_config: those that are obeyed, those that mean nothing here, those of features that do not exist. */
final class ClientKeywords {
    private static final Map<String, Keyword> OBEYED = new LinkedHashMap<>();
    private static final Map<String, Keyword> ALL = new HashMap<>(256);

    // In the order of dump().
    static final Keyword USER = obeyed(Keyword.of("User", Form.WORD, null));
    static final Keyword HOST_NAME = obeyed(Keyword.of("HostName", Form.WORD, null));
    static final Keyword PORT = obeyed(Keyword.of("Port", Form.PORT, Integer.toString(ClientConfig.DEFAULT_PORT)));
    static final Keyword ADDRESS_FAMILY = obeyed(Keyword.choice("AddressFamily", "any|inet|inet6", "any"));
    static final Keyword BATCH_MODE = obeyed(Keyword.flag("BatchMode", "no"));
    static final Keyword BIND_ADDRESS = obeyed(Keyword.of("BindAddress", Form.WORD, null));
    static final Keyword CLEAR_ALL_FORWARDINGS = obeyed(Keyword.flag("ClearAllForwardings", "no"));
    static final Keyword EXIT_ON_FORWARD_FAILURE = obeyed(Keyword.flag("ExitOnForwardFailure", "no"));
    static final Keyword FORK_AFTER_AUTHENTICATION = obeyed(Keyword.flag("ForkAfterAuthentication", "no"));
    static final Keyword GATEWAY_PORTS = obeyed(Keyword.flag("GatewayPorts", "no"));
    static final Keyword HASH_KNOWN_HOSTS = obeyed(Keyword.flag("HashKnownHosts", "no"));
    static final Keyword IDENTITIES_ONLY = obeyed(Keyword.flag("IdentitiesOnly", "no"));
    static final Keyword MODE = obeyed(Keyword.choice("Mode", "duplex|simplex", "duplex"));
    static final Keyword PUBKEY_AUTHENTICATION = obeyed(Keyword.flag("PubkeyAuthentication", "unbound|host-bound", "yes"));
    static final Keyword REQUEST_TTY = obeyed(Keyword.flag("RequestTTY", "auto|force", "auto"));
    static final Keyword SESSION_TYPE = obeyed(Keyword.choice("SessionType", "none|subsystem|default", "default"));
    static final Keyword STDIN_NULL = obeyed(Keyword.flag("StdinNull", "no"));
    static final Keyword STRICT_HOST_KEY_CHECKING = obeyed(Keyword.flag("StrictHostKeyChecking", "ask|accept-new|off", "ask"));
    static final Keyword TCP_KEEP_ALIVE = obeyed(Keyword.flag("TCPKeepAlive", "yes"));
    static final Keyword VISUAL_HOST_KEY = obeyed(Keyword.flag("VisualHostKey", "no"));
    static final Keyword ENABLE_ESCAPE_COMMANDLINE = obeyed(Keyword.flag("EnableEscapeCommandline", "no"));
    static final Keyword CONNECTION_ATTEMPTS = obeyed(Keyword.number("ConnectionAttempts", 1, Integer.MAX_VALUE, "1"));
    static final Keyword PASSWORD_PROMPTS = obeyed(Keyword.number("NumberOfPasswordPrompts", 0, Integer.MAX_VALUE, "3"));
    static final Keyword ALIVE_COUNT_MAX = obeyed(Keyword.number("ServerAliveCountMax", 0, Integer.MAX_VALUE, "3"));
    static final Keyword ALIVE_INTERVAL = obeyed(Keyword.of("ServerAliveInterval", Form.TIME, "0"));
    static final Keyword CONNECT_TIMEOUT = obeyed(Keyword.of("ConnectTimeout", Form.TIME, "none"));
    static final Keyword ESCAPE_CHAR = obeyed(Keyword.of("EscapeChar", Form.ESCAPE, "~"));
    static final Keyword HOST_KEY_ALIAS = obeyed(Keyword.of("HostKeyAlias", Form.WORD, null));
    static final Keyword IDENTITY_AGENT = obeyed(Keyword.of("IdentityAgent", Form.WORD, null));
    static final Keyword IDENTITY_FILE = obeyed(Keyword.of("IdentityFile", Form.WORD, null).adding());
    static final Keyword IGNORE_UNKNOWN = obeyed(Keyword.of("IgnoreUnknown", Form.WORD, null));
    static final Keyword LOG_LEVEL = obeyed(Keyword.of("LogLevel", Form.LOG_LEVEL, "INFO"));
    static final Keyword PREFERRED = obeyed(Keyword.of("PreferredAuthentications", Form.WORD, null));
    static final Keyword GLOBAL_KNOWN_HOSTS = obeyed(Keyword.of("GlobalKnownHostsFile", Form.WORDS, null));
    static final Keyword USER_KNOWN_HOSTS = obeyed(Keyword.of("UserKnownHostsFile", Form.WORDS, null));
    static final Keyword PROXY_COMMAND = obeyed(Keyword.of("ProxyCommand", Form.LINE, null));
    static final Keyword PROXY_JUMP = obeyed(Keyword.of("ProxyJump", Form.JUMP, null));
    static final Keyword REMOTE_COMMAND = obeyed(Keyword.of("RemoteCommand", Form.LINE, null));
    static final Keyword SEND_ENV = obeyed(Keyword.of("SendEnv", Form.ENV_NAMES, null).adding());
    static final Keyword SET_ENV = obeyed(Keyword.of("SetEnv", Form.ENV_VALUES, null));
    static final Keyword TAG = obeyed(Keyword.of("Tag", Form.WORD, null));

    static final Dialect DIALECT;

    static {
        absent();
        ignored();
        alias("identityfile2", "identityfile");
        alias("keepalive", "tcpkeepalive");
        DIALECT = new Dialect(ALL, true, "host|originalhost|user|localuser|exec|tagged", "canonical|final");
    }

    private ClientKeywords() {
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

    private static void alias(String key, String of) {
        ALL.put(key, ALL.get(of));
    }

    /** Keywords of features that do not exist, each with the values that do not ask for it. */
    private static void absent() {
        String[] table = {
            "ControlMaster", "no|false", "ControlPath", "none", "ControlPersist", "no|false|0",
            "LocalForward", "", "RemoteForward", "", "DynamicForward", "",
            "ForwardAgent", "no|false", "PermitLocalCommand", "no|false",
            "AddKeysToAgent", "no|false", "BindInterface", "", "CanonicalizeHostname", "no|false|none",
            "CertificateFile", "none", "HostbasedAuthentication", "no|false", "KnownHostsCommand", "none",
            "PKCS11Provider", "none", "ProxyUseFdpass", "no|false", "RevokedHostKeys", "none",
            "Tunnel", "no|false", "RefuseConnection", "", "ChannelTimeout", "none",
        };
        for (int i = 0; i < table.length; i += 2) {
            Keyword keyword = Keyword.absent(table[i], table[i + 1]);
            ALL.put(keyword.key(), keyword);
        }
    }

    /** Keywords that mean nothing here: the suite is fixed, addresses are not checked, there are no passwords and no X11. */
    private static void ignored() {
        String[] names = {
            "CanonicalDomains", "CanonicalizeFallbackLocal", "CanonicalizeMaxDots", "CanonicalizePermittedCNAMEs", "CASignatureAlgorithms",
            "ChallengeResponseAuthentication", "CheckHostIP", "Cipher", "Ciphers", "Compression", "CompressionLevel", "DSAAuthentication",
            "EnableSSHKeysign", "FallBackToRsh", "FingerprintHash", "ForwardX11", "ForwardX11Timeout", "ForwardX11Trusted",
            "GlobalKnownHostsFile2", "GSSAPIAuthentication", "GSSAPIClientIdentity", "GSSAPIDelegateCredentials", "GSSAPIKexAlgorithms",
            "GSSAPIKeyExchange", "GSSAPIRenewalForcesRekey", "GSSAPIServerIdentity", "GSSAPITrustDns", "HostbasedAcceptedAlgorithms",
            "HostbasedKeyTypes", "HostKeyAlgorithms", "IPQoS", "KbdInteractiveAuthentication", "KbdInteractiveDevices", "KexAlgorithms",
            "LocalCommand", "LogVerbose", "MACs", "NoHostAuthenticationForLocalhost", "ObscureKeystrokeTiming", "PasswordAuthentication",
            "PermitRemoteOpen", "Protocol", "PubkeyAcceptedAlgorithms", "PubkeyAcceptedKeyTypes", "RekeyLimit", "RequiredRSASize",
            "RhostsAuthentication", "RhostsRSAAuthentication", "RSAAuthentication", "RSAMinSize", "SecurityKeyProvider",
            "SkeyAuthentication", "SmartcardDevice", "StreamLocalBindMask", "StreamLocalBindUnlink", "SyslogFacility", "TISAuthentication",
            "TunnelDevice", "UpdateHostKeys", "UsePrivilegedPort", "UserKnownHostsFile2", "UseRoaming", "UseRsh", "VerifyHostKeyDNS",
            "VersionAddendum", "WarnWeakCrypto", "XAuthLocation",
        };
        for (String name : names) {
            Keyword keyword = Keyword.ignored(name);
            ALL.put(keyword.key(), keyword);
        }
    }
}
