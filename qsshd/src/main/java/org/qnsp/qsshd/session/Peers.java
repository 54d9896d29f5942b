package org.qnsp.qsshd.session;

import java.net.InetSocketAddress;

/** The two ends of the connection a session came by, for the environment. Both must be resolved. */
public record Peers(InetSocketAddress client, InetSocketAddress server) {
    /** @throws IllegalArgumentException when an address is unresolved */
    public Peers {
        if (client.isUnresolved() || server.isUnresolved()) {
            throw new IllegalArgumentException("unresolved address");
        }
    }

    /** SSH_CLIENT: client address, client port, server port. */
    String clientVariable() {
        return Posix.numeric(client.getAddress()) + " " + client.getPort() + " " + server.getPort();
    }

    /** SSH_CONNECTION: client address and port, server address and port. */
    String connectionVariable() {
        return Posix.numeric(client.getAddress()) + " " + client.getPort() + " "
                + Posix.numeric(server.getAddress()) + " " + server.getPort();
    }
}
