package org.qnsp.core.client;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.config.KeyTypes;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Settings;

/** What {@code -G} prints: keywords in ssh's order, values in ssh's spelling, so that what reads the one reads the other; it can be read as a configuration again. */
final class ConfigDump {
    /** Of these ssh prints a yes as true and a no as false. */
    private static final Set<String> TRUE_OR_FALSE = Set.of("canonicalizehostname", "controlmaster", "pubkeyauthentication", "requesttty", "stricthostkeychecking",
        "updatehostkeys", "addkeystoagent");

    private final ClientConfig config;
    private final Settings settings;

    ConfigDump(ClientConfig config, Settings settings) {
        this.config = config;
        this.settings = settings;
    }

    String text() throws ConfigException {
        StringBuilder out = new StringBuilder(2048).append("host ").append(config.originalHost()).append('\n');
        for (Keyword keyword : ClientKeywords.obeyed()) {
            for (String value : values(keyword)) {
                out.append(keyword.key()).append(' ').append(value).append('\n');
            }
        }
        return out.append("# ").append(CoverText.of(config.cover())).append('\n').toString();
    }

    private List<String> values(Keyword keyword) throws ConfigException {
        return switch (keyword.key()) {
            case "user" -> List.of(config.user());
            case "hostname" -> List.of(config.hostName());
            case "identityfile" -> config.hasIdentityFiles() ? settings.all(keyword) : ClientConfig.DEFAULT_IDENTITIES;
            case "userknownhostsfile" -> List.of(joined(config.userKnownHostsFiles()));
            case "globalknownhostsfile" -> List.of(joined(config.globalKnownHostsFiles()));
            case "pubkeyacceptedalgorithms" -> List.of(KeyTypes.accepted(config.acceptedKeys()).isEmpty() ? "none" : String.join(",", KeyTypes.accepted(config.acceptedKeys())));
            case "canonicaldomains" -> List.of(settings.has(keyword) ? String.join(" ", settings.all(keyword)) : "none");
            case "qkdpeersae" -> settings.has(keyword) ? List.of(String.join(" ", settings.all(keyword))) : List.of();
            case "permitremoteopen" -> List.of(String.join(" ", config.permitRemoteOpen()));
            case "sendenv" -> config.sendEnv();
            case "setenv" -> settings.all(keyword);
            case "loglevel" -> List.of(config.logLevel().equals("DEBUG1") ? "DEBUG" : config.logLevel());
            case "updatehostkeys" -> List.of(switch (config.updateHostKeys()) {
                case YES -> "true";
                case NO -> "false";
                case ASK -> "ask";
            });
            case "suite" -> List.of(config.suite().label());
            case "kexalgorithms" -> List.of(settings.has(keyword) ? String.join(" ", settings.all(keyword)) : config.suite().exchange());
            case "controlpath" -> optional(config.controlPath());
            case "entropy" -> List.of(config.entropy().use().toString());
            case "revokedhostkeys" -> optional(config.revokedHostKeys());
            case "remotecommand" -> optional(config.remoteCommand());
            case "proxyjump" -> optional(config.proxyJump());
            case "forwardagent" -> List.of(config.forwardAgent());
            case "identityagent" -> optional(config.identityAgentAsGiven());
            case "localforward", "remoteforward", "dynamicforward" -> forwards(keyword);
            case String key when keyword.harmless() != null -> List.of(settings.has(keyword) ? String.join(" ", settings.all(keyword)) : keyword.fallback());
            default -> keyword.many() ? settings.all(keyword) : optional(spelling(keyword));
        };
    }

    private List<String> forwards(Keyword keyword) throws ConfigException {
        return config.clearAllForwardings() ? List.of() : config.forwards(keyword).stream().map(ForwardSpec::toString).toList();
    }

    private String spelling(Keyword keyword) {
        String value = settings.one(keyword);
        if (value == null || !TRUE_OR_FALSE.contains(keyword.key())) {
            return value;
        }
        return switch (value) {
            case "yes" -> "true";
            case "no", "off" -> "false";
            default -> value;
        };
    }

    private static List<String> optional(String value) {
        return value == null ? List.of() : List.of(value);
    }

    private static String joined(List<Path> files) {
        return files.isEmpty() ? "none" : files.stream().map(Path::toString).collect(Collectors.joining(" "));
    }
}
