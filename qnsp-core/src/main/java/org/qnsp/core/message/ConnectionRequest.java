package org.qnsp.core.message;

import java.util.Optional;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.ProtocolException.Reason;

/** The requests of channel 0 (C-18, C-28, C-32), encoder beside decoder. */
public sealed interface ConnectionRequest {
    /** The name in the REQUEST record. */
    String name();

    /** The request's parameters. */
    byte[] encode();

    /** The request of this name; empty where there is none so named (C-19). */
    static Optional<ConnectionRequest> decode(String name, byte[] body) throws ProtocolException {
        BodyReader in = new BodyReader(body);
        try {
            ConnectionRequest request = switch (name) {
                case Keepalive.NAME -> new Keepalive();
                case Banner.NAME -> new Banner(in.text32());
                case ListenTcp.NAME -> new ListenTcp(Endpoint.read(in));
                case CancelListenTcp.NAME -> new CancelListenTcp(Endpoint.read(in));
                case ListenUnix.NAME -> new ListenUnix(in.text32());
                case CancelListenUnix.NAME -> new CancelListenUnix(in.text32());
                case NoMoreSessions.NAME -> new NoMoreSessions();
                default -> null;
            };
            if (request != null) {
                in.end();
            }
            return Optional.ofNullable(request);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(Reason.MALFORMED, e.getMessage());
        }
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

    /** C-28: asks the server to listen at an address (none: all) and a port (0: one of its choice); the reply says which port that is. */
    record ListenTcp(Endpoint at) implements ConnectionRequest {
        /** As in C-28. */
        public static final String NAME = "listen-tcp";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return at.write(new BodyWriter()).toBytes();
        }

        /** The answer of a server that listens on a port. */
        public static byte[] reply(int boundPort) {
            return new BodyWriter().u32(boundPort).toBytes();
        }

        /** The port in an answer. */
        public static int boundPort(byte[] reply) throws ProtocolException {
            BodyReader in = new BodyReader(reply);
            int port = in.u31();
            in.end();
            if (port == 0 || port > 65_535) {
                throw new ProtocolException(Reason.MALFORMED, "port " + port);
            }
            return port;
        }
    }

    /** C-28: takes a {@link ListenTcp} back; {@code at} as asked for, with the port that was bound. */
    record CancelListenTcp(Endpoint at) implements ConnectionRequest {
        /** As in C-28. */
        public static final String NAME = "cancel-listen-tcp";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return at.write(new BodyWriter()).toBytes();
        }
    }

    /** C-28: asks the server to listen at a Unix socket. */
    record ListenUnix(String path) implements ConnectionRequest {
        /** As in C-28. */
        public static final String NAME = "listen-unix";

        /** Not empty and within L-19. */
        public ListenUnix {
            ChannelOpening.requirePath(path);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(path).toBytes();
        }
    }

    /** C-28: takes a {@link ListenUnix} back. */
    record CancelListenUnix(String path) implements ConnectionRequest {
        /** As in C-28. */
        public static final String NAME = "cancel-listen-unix";

        /** Not empty and within L-19. */
        public CancelListenUnix {
            ChannelOpening.requirePath(path);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(path).toBytes();
        }
    }

    /** C-32: the client opens no session any more, and the server is to refuse one. */
    record NoMoreSessions() implements ConnectionRequest {
        /** As in C-32. */
        public static final String NAME = "no-more-sessions";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }
}
