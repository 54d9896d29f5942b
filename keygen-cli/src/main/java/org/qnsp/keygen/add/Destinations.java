package org.qnsp.keygen.add;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.qnsp.core.agent.AgentLimits;
import org.qnsp.core.agent.KeyTerms.Destination;
import org.qnsp.core.agent.KeyTerms.Host;
import org.qnsp.core.client.KnownHosts;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/** Reads what -h says: {@code [user@]host} or {@code host>[user@]host}; the hosts are known hosts, by whose keys the agent will know them. */
final class Destinations {
    private final KnownHosts known;

    private Destinations(KnownHosts known) {
        this.known = known;
    }

    /** @param files of known hosts; empty for the usual ones */
    static List<Destination> parse(List<String> texts, List<String> files, String home) throws IOException {
        if (texts.isEmpty()) {
            return List.of();
        }
        if (texts.size() > AgentLimits.DESTINATIONS) {
            throw new IOException("too many destinations");
        }
        List<Path> paths = new ArrayList<>();
        try {
            files.forEach(file -> paths.add(Path.of(file.startsWith("~/") ? home + file.substring(1) : file)));
        } catch (InvalidPathException e) {
            throw new IOException("-H: " + e.getMessage(), e);
        }
        if (files.isEmpty()) {
            paths.addAll(List.of(Path.of(home, ".qssh", "known_hosts"), Path.of("/etc/qssh/known_hosts")));
        }
        Destinations destinations = new Destinations(KnownHosts.read(paths));
        List<Destination> parsed = new ArrayList<>();
        for (String text : texts) {
            parsed.add(destinations.parse(text));
        }
        return parsed;
    }

    private Destination parse(String text) throws IOException {
        int arrow = text.indexOf('>');
        String from = arrow < 0 ? null : text.substring(0, arrow);
        String to = text.substring(arrow + 1);
        int at = to.lastIndexOf('@');
        String user = at < 0 ? "" : to.substring(0, at);
        if (from != null && from.indexOf('@') >= 0 || at == 0 || user.getBytes(StandardCharsets.UTF_8).length > AgentLimits.NAME_BYTES) {
            throw new IOException("Invalid key constraint \"" + text + "\"");
        }
        return new Destination(from == null ? null : host(from, text), host(to.substring(at + 1), text), user);
    }

    private Host host(String name, String text) throws IOException {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > AgentLimits.NAME_BYTES) {
            throw new IOException("Invalid key constraint \"" + text + "\"");
        }
        List<byte[]> keys = known.keysOf(name.toLowerCase(Locale.ROOT), KeyType.KEM).stream().map(PublicKey::fingerprint).limit(AgentLimits.HOST_KEYS).toList();
        if (keys.isEmpty()) {
            throw new IOException("No host keys found for destination \"" + name + "\"");
        }
        return new Host(name, keys);
    }
}
