package org.qnsp.core.agent;

import java.util.Arrays;
import java.util.List;
import org.qnsp.core.config.Patterns;

/**
 * What a key in an agent may be used for, and how long.
 *
 * @param lifetimeSeconds 0 for as long as the agent lives
 * @param confirm         whether the user is asked before each use
 * @param destinations    where it may be used; empty for everywhere
 */
public record KeyTerms(long lifetimeSeconds, boolean confirm, List<Destination> destinations) {
    /** Everything, for as long as the agent lives. */
    public static final KeyTerms NONE = new KeyTerms(0, false, List.of());

    /** @throws IllegalArgumentException for what A-4 does not allow */
    public KeyTerms {
        destinations = List.copyOf(destinations);
        if (lifetimeSeconds < 0 || lifetimeSeconds > AgentLimits.LIFETIME_SECONDS || destinations.size() > AgentLimits.DESTINATIONS) {
            throw new IllegalArgumentException("terms out of range");
        }
    }

    /**
     * A host as one end of a step.
     *
     * @param name     how the user called it, for questions to the user
     * @param hostKeys fingerprints of its keys, 32 bytes each, at least one
     */
    public record Host(String name, List<byte[]> hostKeys) {
        /** @throws IllegalArgumentException for what A-4 does not allow */
        public Host {
            hostKeys = List.copyOf(hostKeys);
            boolean sized = hostKeys.stream().allMatch(key -> key.length == AgentMessage.HASH);
            if (hostKeys.isEmpty() || hostKeys.size() > AgentLimits.HOST_KEYS || !sized) {
                throw new IllegalArgumentException("host keys out of range");
            }
        }

        boolean has(byte[] hostKey) {
            return hostKeys.stream().anyMatch(key -> Arrays.equals(key, hostKey));
        }
    }

    /**
     * One step on which the key may be used.
     *
     * @param from  the hop that asks, null for the machine that the agent runs on
     * @param users pattern of the users to log in as, empty for all
     */
    public record Destination(Host from, Host to, String users) {
        /** @param hop the last hop on the way to the asker, null where there is none @param host null for any @param user null for any */
        private boolean permits(byte[] hop, byte[] host, String user) {
            boolean fromThere = hop == null ? from == null : from != null && from.has(hop);
            return fromThere && (host == null || to.has(host)) && (user == null || users.isEmpty() || Patterns.matches(user, users));
        }
    }

    private boolean permits(byte[] hop, byte[] host, String user) {
        return destinations.stream().anyMatch(destination -> destination.permits(hop, host, user));
    }

    /**
     * Whether the key may be used to log in to a host: each hop on the way to the asker, and then the host, must be a step that a destination permits.
     *
     * @param hops fingerprints, in the order in which the connection was bound to them
     */
    public boolean permits(List<byte[]> hops, byte[] host, String user) {
        return destinations.isEmpty() || reaches(hops) && permits(hops.isEmpty() ? null : hops.getLast(), host, user);
    }

    /** Whether an asker behind these hops sees the key: it must be of use somewhere from there. */
    public boolean visible(List<byte[]> hops) {
        return destinations.isEmpty() || hops.isEmpty() || reaches(hops) && permits(hops.getLast(), null, null);
    }

    private boolean reaches(List<byte[]> hops) {
        byte[] previous = null;
        for (byte[] hop : hops) {
            if (!permits(previous, hop, null)) {
                return false;
            }
            previous = hop;
        }
        return true;
    }

    /** The name under which a host key stands in a destination; null where it stands in none. */
    public String nameOf(byte[] hostKey) {
        return destinations.stream().map(Destination::to).filter(host -> host.has(hostKey)).map(Host::name).findFirst().orElse(null);
    }
}
