package org.qnsp.core.message;

import java.util.Optional;

/** The requests of channel 0 (C-18), encoder beside decoder. */
public sealed interface ConnectionRequest {
    /** The name in the REQUEST record. */
    String name();

    /** The request's parameters. */
    byte[] encode();

    /** The request of this name; empty where there is none so named (C-19). */
    static Optional<ConnectionRequest> decode(String name, byte[] body) throws ProtocolException {
        BodyReader in = new BodyReader(body);
        ConnectionRequest request = switch (name) {
            case Keepalive.NAME -> new Keepalive();
            case Banner.NAME -> new Banner(in.text32());
            default -> null;
        };
        if (request != null) {
            in.end();
        }
        return Optional.ofNullable(request);
    }

    /** Asks whether the other side lives; answered with ok. */
    record Keepalive() implements ConnectionRequest {
        /** As in C-18. */
        public static final String NAME = "keepalive";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    /** Text of the server for the user, who sees it with control characters removed. */
    record Banner(String text) implements ConnectionRequest {
        /** As in C-18. */
        public static final String NAME = "banner";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(text).toBytes();
        }
    }
}
