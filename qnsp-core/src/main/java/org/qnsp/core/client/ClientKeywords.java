package org.qnsp.core.client;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.qnsp.core.config.Dialect;
import org.qnsp.core.config.Form;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.qkd.QkdKeywords;

/** The keywords of qssh_config: those that are obeyed, those that mean nothing here, those of features that do not exist. */
final class ClientKeywords {
    private static final Map<String, Keyword> OBEYED = new LinkedHashMap<>();
    private static final Map<String, Keyword> ALL = new HashMap<>(256);

    // In the order of ssh -G, in which they are printed.
    static final Keyword USER = obeyed(Keyword.of("User", Form.WORD, null));
    static final Keyword HOST_NAME = obeyed(Keyword.of("HostName", Form.WORD, null));
    static final Keyword PORT = obeyed(Keyword.of("Port", Form.PORT, Integer.toString(ClientConfig.DEFAULT_PORT)));
    static final Keyword ADDRESS_FAMILY = obeyed(Keyword.choice("AddressFamily", "any|inet|inet6", "any"));
    static final Keyword BATCH_MODE = obeyed(Keyword.flag("BatchMode", "no"));
    static final Keyword CANONICALIZE_FALLBACK_LOCAL = obeyed(Keyword.flag("CanonicalizeFallbackLocal", "yes"));
    static final Keyword CANONICALIZE_HOST_NAME = obeyed(Keyword.flag("CanonicalizeHostname", "always", "no"));
    static final Keyword CHECK_HOST_IP = obeyed(Keyword.flag("CheckHostIP", "no"));
    static final Keyword COMPRESSION = obeyed(Keyword.flag("Compression", "no"));
    static final Keyword CONTROL_MASTER = obeyed(Keyword.flag("ControlMaster", "auto|ask|autoask", "no"));
    static {
        shown("EnableSSHKeysign", "no");
    }
    static final Keyword CLEAR_ALL_FORWARDINGS = obeyed(Keyword.flag("ClearAllForwardings", "no"));
    static final Keyword EXIT_ON_FORWARD_FAILURE = obeyed(Keyword.flag("ExitOnForwardFailure", "no"));
    static {
        shown("FingerprintHash", "SHA3-256");
        shown("ForwardX11", "no");
        shown("ForwardX11Trusted", "no");
    }
    static final Keyword GATEWAY_PORTS = obeyed(Keyword.flag("GatewayPorts", "no"));
    static {
        shown("GSSAPIAuthentication", "no");
        shown("GSSAPIKeyExchange", "no");
        shown("GSSAPIDelegateCredentials", "no");
    }
    static final Keyword HASH_KNOWN_HOSTS = obeyed(Keyword.flag("HashKnownHosts", "no"));
    static {
        shown("HostbasedAuthentication", "no", "no|false");
    }
    static final Keyword IDENTITIES_ONLY = obeyed(Keyword.flag("IdentitiesOnly", "no"));
    static {
        shown("KbdInteractiveAuthentication", "no");
    }
    static final Keyword NO_AUTHENTICATION_FOR_LOCALHOST = obeyed(Keyword.flag("NoHostAuthenticationForLocalhost", "no"));
    static {
        shown("PasswordAuthentication", "no");
    }
    static final Keyword PERMIT_LOCAL_COMMAND = obeyed(Keyword.flag("PermitLocalCommand", "no"));
    static {
        shown("ProxyUseFdpass", "no", "no|false");
    }
    static final Keyword PUBKEY_AUTHENTICATION = obeyed(Keyword.flag("PubkeyAuthentication", "unbound|host-bound", "yes"));
    static final Keyword REQUEST_TTY = obeyed(Keyword.flag("RequestTTY", "auto|force", "auto"));
    static final Keyword SESSION_TYPE = obeyed(Keyword.choice("SessionType", "none|subsystem|default", "default"));
    static final Keyword STDIN_NULL = obeyed(Keyword.flag("StdinNull", "no"));
    static final Keyword FORK_AFTER_AUTHENTICATION = obeyed(Keyword.flag("ForkAfterAuthentication", "no"));
    static final Keyword STREAM_LOCAL_BIND_UNLINK = obeyed(Keyword.flag("StreamLocalBindUnlink", "no"));
    static final Keyword STRICT_HOST_KEY_CHECKING = obeyed(Keyword.flag("StrictHostKeyChecking", "ask|accept-new|off", "ask"));
    static final Keyword TCP_KEEP_ALIVE = obeyed(Keyword.flag("TCPKeepAlive", "yes"));
    static {
        shown("Tunnel", "false", "no|false");
        shown("VerifyHostKeyDNS", "false");
    }
    static final Keyword VISUAL_HOST_KEY = obeyed(Keyword.flag("VisualHostKey", "no"));
    static final Keyword UPDATE_HOST_KEYS = obeyed(Keyword.flag("UpdateHostKeys", "ask", null));
    static final Keyword ENABLE_ESCAPE_COMMANDLINE = obeyed(Keyword.flag("EnableEscapeCommandline", "no"));
    static final Keyword CANONICALIZE_MAX_DOTS = obeyed(Keyword.number("CanonicalizeMaxDots", 0, Integer.MAX_VALUE, "1"));
    static final Keyword CONNECTION_ATTEMPTS = obeyed(Keyword.number("ConnectionAttempts", 1, Integer.MAX_VALUE, "1"));
    static final Keyword PASSWORD_PROMPTS = obeyed(Keyword.number("NumberOfPasswordPrompts", 0, Integer.MAX_VALUE, "3"));
    static final Keyword ALIVE_COUNT_MAX = obeyed(Keyword.number("ServerAliveCountMax", 0, Integer.MAX_VALUE, "3"));
    static final Keyword ALIVE_INTERVAL = obeyed(Keyword.of("ServerAliveInterval", Form.TIME, "0"));
    static final Keyword BIND_ADDRESS = obeyed(Keyword.of("BindAddress", Form.WORD, null));
    static final Keyword BIND_INTERFACE = obeyed(Keyword.of("BindInterface", Form.WORD, null));
    static final Keyword CONTROL_PATH = obeyed(Keyword.of("ControlPath", Form.WORD, null));
    static final Keyword HOST_KEY_ALIAS = obeyed(Keyword.of("HostKeyAlias", Form.WORD, null));
    static final Keyword IDENTITY_AGENT = obeyed(Keyword.of("IdentityAgent", Form.WORD, null));
    static final Keyword IGNORE_UNKNOWN = obeyed(Keyword.of("IgnoreUnknown", Form.WORD, null));
    static {
        shown("Ciphers", "aes256ctr");
        shown("HostKeyAlgorithms", "mlkem768-x25519");
        shown("KexAlgorithms", "mlkem768+x25519");
    }
    static final Keyword LOCAL_COMMAND = obeyed(Keyword.of("LocalCommand", Form.LINE, null));
    static final Keyword REFUSE_CONNECTION = obeyed(Keyword.of("RefuseConnection", Form.LINE, null));
    static final Keyword REMOTE_COMMAND = obeyed(Keyword.of("RemoteCommand", Form.LINE, null));
    static final Keyword LOG_LEVEL = obeyed(Keyword.of("LogLevel", Form.LOG_LEVEL, "INFO"));
    static {
        shown("MACs", "hmac-sha3-256");
    }
    static final Keyword PREFERRED = obeyed(Keyword.of("PreferredAuthentications", Form.WORD, null));
    static final Keyword ACCEPTED_KEYS = obeyed(Keyword.of("PubkeyAcceptedAlgorithms", Form.WORD, "*"));
    static final Keyword REVOKED_HOST_KEYS = obeyed(Keyword.of("RevokedHostKeys", Form.WORD, null));
    static final Keyword KNOWN_HOSTS_COMMAND = obeyed(Keyword.of("KnownHostsCommand", Form.LINE, null));
    static final Keyword TAG = obeyed(Keyword.of("Tag", Form.WORD, null));
    static final Keyword DYNAMIC_FORWARD = obeyed(Keyword.of("DynamicForward", Form.FORWARD, null).adding());
    static final Keyword LOCAL_FORWARD = obeyed(Keyword.of("LocalForward", Form.FORWARD, null).adding());
    static final Keyword REMOTE_FORWARD = obeyed(Keyword.of("RemoteForward", Form.FORWARD, null).adding());
    static final Keyword IDENTITY_FILE = obeyed(Keyword.of("IdentityFile", Form.WORD, null).adding());
    static final Keyword CANONICAL_DOMAINS = obeyed(Keyword.of("CanonicalDomains", Form.WORDS, null));
    static final Keyword GLOBAL_KNOWN_HOSTS = obeyed(Keyword.of("GlobalKnownHostsFile", Form.WORDS, null));
    static final Keyword USER_KNOWN_HOSTS = obeyed(Keyword.of("UserKnownHostsFile", Form.WORDS, null));
    static final Keyword SEND_ENV = obeyed(Keyword.of("SendEnv", Form.ENV_NAMES, null).adding());
    static final Keyword SET_ENV = obeyed(Keyword.of("SetEnv", Form.ENV_VALUES, null));
    static final Keyword PERMIT_REMOTE_OPEN = obeyed(Keyword.of("PermitRemoteOpen", Form.WORDS, "any"));
    static final Keyword ADD_KEYS_TO_AGENT = obeyed(Keyword.of("AddKeysToAgent", Form.AGENT_KEYS, "no"));
    static final Keyword FORWARD_AGENT = obeyed(Keyword.of("ForwardAgent", Form.AGENT, "no"));
    static final Keyword CONNECT_TIMEOUT = obeyed(Keyword.of("ConnectTimeout", Form.TIME, "none"));
    static final Keyword CONTROL_PERSIST = obeyed(Keyword.of("ControlPersist", Form.PERSIST, "no"));
    static final Keyword ESCAPE_CHAR = obeyed(Keyword.of("EscapeChar", Form.ESCAPE, "~"));
    static {
        shown("IPQoS", "none");
    }
    static final Keyword REKEY_LIMIT = obeyed(Keyword.of("RekeyLimit", Form.REKEY, "0 0"));
    static {
        shown("SyslogFacility", "USER");
    }
    static final Keyword STREAM_LOCAL_BIND_MASK = obeyed(Keyword.of("StreamLocalBindMask", Form.MASK, "0177"));
    static {
        shown("TunnelDevice", "any:any");
        shown("CanonicalizePermittedCNAMEs", "none");
    }
    static final Keyword AUTH = obeyed(Keyword.choice("Auth", "any|kem|sig|zk", "any"));
    static final Keyword AUTH_KEY = obeyed(Keyword.choice("AuthKey", "off|prefer|require", "prefer"));
    static final Keyword AUTH_KEY_FILE = obeyed(Keyword.of("AuthKeyFile", Form.WORD, null));
    static final Keyword SUITE = obeyed(Keyword.choice("Suite", "default|mlkem768|mlkem1024|hqc192", "mlkem768"));
    static final Keyword MODE = obeyed(Keyword.choice("Mode", "duplex|simplex", "duplex"));
    static final Keyword PADDING = obeyed(Keyword.choice("Padding", "low|normal|max", "normal"));
    static final Keyword RATE = obeyed(Keyword.of("Rate", Form.RATE, null));
    static final Keyword ENTROPY = obeyed(Keyword.choice("Entropy", "system|qrng|qrng-only", null));
    static final Keyword ENTROPY_SOURCE = obeyed(Keyword.of("EntropySource", Form.WORD, null));
    static final Keyword ENTROPY_ALLOW_FILE = obeyed(Keyword.flag("EntropyAllowFile", "no"));
    static final Keyword ENTROPY_KEY_FILE = obeyed(Keyword.of("EntropyKeyFile", Form.WORD, null));
    static {
        QkdKeywords.ALL.forEach(ClientKeywords::obeyed);
    }
    static final Keyword PROXY_COMMAND = obeyed(Keyword.of("ProxyCommand", Form.LINE, null));
    static final Keyword PROXY_JUMP = obeyed(Keyword.of("ProxyJump", Form.JUMP, null));

    static final Dialect DIALECT;

    static {
        absent();
        ignored();
        alias("identityfile2", "identityfile");
        alias("keepalive", "tcpkeepalive");
        alias("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms");
        DIALECT = new Dialect(ALL, true, "host|originalhost|user|localuser|localnetwork|exec|tagged|command|sessiontype|version", "canonical|final");
    }

    private ClientKeywords() {
    }

    /** The obeyed keywords in the order of the dump. */
    static Iterable<Keyword> obeyed() {
        return OBEYED.values();
    }

    /** One that means nothing here and is printed nevertheless, for the scripts that look for it. @param value what is in force */
    private static void shown(String name, String value) {
        shown(name, value, "*");
    }

    /** @param harmless the values that do not ask for what does not exist */
    private static void shown(String name, String value, String harmless) {
        obeyed(Keyword.absent(name, harmless).instead(value));
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
            "CertificateFile", "none", "PKCS11Provider", "none", 
            "ChannelTimeout", "none",
        };
        for (int i = 0; i < table.length; i += 2) {
            Keyword keyword = Keyword.absent(table[i], table[i + 1]);
            ALL.put(keyword.key(), keyword);
        }
    }

    /** Keywords that mean nothing here: suites are not negotiated, there are no passwords, no X11 and no tunnels. */
    private static void ignored() {
        String[] names = {
            "CASignatureAlgorithms", "ChallengeResponseAuthentication", "Cipher", "CompressionLevel",
            "DSAAuthentication", "FallBackToRsh", "ForwardX11Timeout", 
            "GlobalKnownHostsFile2", "GSSAPIClientIdentity", "GSSAPIKexAlgorithms", 
            "GSSAPIRenewalForcesRekey", "GSSAPIServerIdentity", "GSSAPITrustDns", "HostbasedAcceptedAlgorithms", "HostbasedKeyTypes", 
            "KbdInteractiveDevices", "LogVerbose", "ObscureKeystrokeTiming",
            "Protocol", "RequiredRSASize", "RhostsAuthentication",
            "RhostsRSAAuthentication", "RSAAuthentication", "RSAMinSize", "SecurityKeyProvider", "SkeyAuthentication", "SmartcardDevice", 
            "TISAuthentication", "UsePrivilegedPort", "UserKnownHostsFile2", "UseRoaming", "UseRsh", "VersionAddendum",
            "WarnWeakCrypto", "XAuthLocation",
        };
        for (String name : names) {
            Keyword keyword = Keyword.ignored(name);
            ALL.put(keyword.key(), keyword);
        }
    }
}
