package org.qnsp.qscp;

import java.util.Optional;
import java.util.OptionalInt;

/** Where a remote path is. User and port, where not given, are for the configuration to say. The host has no brackets. */
record Destination(Optional<String> user, String host, OptionalInt port) {
    /** As the user named it, apart from all others. */
    String place() {
        return this + ":" + (port.isPresent() ? port.getAsInt() : "");
    }

    /** As in messages. */
    @Override
    public String toString() {
        return user.map(u -> u + "@").orElse("") + host;
    }
}
