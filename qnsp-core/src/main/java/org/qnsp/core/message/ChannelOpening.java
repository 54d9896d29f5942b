package org.qnsp.core.message;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.qnsp.core.message.ProtocolException.Reason;

/**
 * What OPEN asks for (C-6): a type and its parameters, encoder beside decoder. Text is UTF-8 without zero bytes and within L-18 or L-19, ports are 1 to 65535 where
 * they are connected to; a constructor rejects the rest with IllegalArgumentException, a decoder with MALFORMED.
 */
public sealed interface ChannelOpening {
    /** The type in the OPEN record. */
    String type();

    /** The type's parameters. */
    byte[] encode();

    /** The opening of this type; empty where there is none so named. */
    static Optional<ChannelOpening> decode(String type, byte[] body) throws ProtocolException {
        BodyReader in = new BodyReader(body);
        try {
            ChannelOpening opening = switch (type) {
                case Session.TYPE -> new Session();
                case DirectTcp.TYPE -> new DirectTcp(Endpoint.read(in), Endpoint.read(in));
                case Relay.TYPE -> new Relay(Endpoint.read(in), Endpoint.read(in));
                case DirectUnix.TYPE -> new DirectUnix(in.text32());
                case ForwardedTcp.TYPE -> new ForwardedTcp(Endpoint.read(in), Endpoint.read(in));
                case ForwardedUnix.TYPE -> new ForwardedUnix(in.text32());
                case Agent.TYPE -> new Agent();
                default -> null;
            };
            if (opening != null) {
                in.end();
            }
            return Optional.ofNullable(opening);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(Reason.MALFORMED, e.getMessage());
        }
    }

    /** A host, by name or address (no brackets; empty for every address), and a port, 0 where it is none or to be chosen. */
    record Endpoint(String host, int port) {
        /** Within L-18 and 0 to 65535. */
        public Endpoint {
            requireText(host, Limits.HOST_BYTES);
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("port " + port);
            }
        }

        BodyWriter write(BodyWriter out) {
            return out.text32(host).u32(port);
        }

        static Endpoint read(BodyReader in) throws ProtocolException {
            return new Endpoint(in.text32(), in.u31());
        }

        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** C-13: what the host runs. */
    record Session() implements ChannelOpening {
        /** As in C-13. */
        public static final String TYPE = "session";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    /** C-27: a TCP connection from the server to {@code to}, for one that came to the client from {@code from}. */
    record DirectTcp(Endpoint to, Endpoint from) implements ChannelOpening {
        /** As in C-27. */
        public static final String TYPE = "direct-tcp";

        /** To a host and a port. */
        public DirectTcp {
            requireTarget(to);
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return from.write(to.write(new BodyWriter())).toBytes();
        }
    }

    /** C-31: as {@link DirectTcp}, for a stream that is itself a paced connection. */
    record Relay(Endpoint to, Endpoint from) implements ChannelOpening {
        /** As in C-31. */
        public static final String TYPE = "relay";

        /** To a host and a port. */
        public Relay {
            requireTarget(to);
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return from.write(to.write(new BodyWriter())).toBytes();
        }
    }

    /** C-27: a connection from the server to a Unix socket. */
    record DirectUnix(String path) implements ChannelOpening {
        /** As in C-27. */
        public static final String TYPE = "direct-unix";

        /** Not empty and within L-19. */
        public DirectUnix {
            requirePath(path);
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(path).toBytes();
        }
    }

    /** C-29: a connection that came to the server, {@code at} as asked for in listen-tcp with the port that was bound, {@code from} where it came from. */
    record ForwardedTcp(Endpoint at, Endpoint from) implements ChannelOpening {
        /** As in C-29. */
        public static final String TYPE = "forwarded-tcp";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return from.write(at.write(new BodyWriter())).toBytes();
        }
    }

    /** C-29: a connection that came to the Unix socket of a listen-unix. */
    record ForwardedUnix(String path) implements ChannelOpening {
        /** As in C-29. */
        public static final String TYPE = "forwarded-unix";

        /** Not empty and within L-19. */
        public ForwardedUnix {
            requirePath(path);
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(path).toBytes();
        }
    }

    /** C-30: a connection to the agent's socket of a session. */
    record Agent() implements ChannelOpening {
        /** As in C-30. */
        public static final String TYPE = "agent";

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    private static void requireTarget(Endpoint to) {
        if (to.port() == 0 || to.host().isEmpty()) {
            throw new IllegalArgumentException("no target");
        }
    }

    /** L-19. */
    static void requirePath(String path) {
        requireText(path, Limits.SOCKET_PATH_BYTES);
        if (path.isEmpty()) {
            throw new IllegalArgumentException("no path");
        }
    }

    private static void requireText(String text, int maxBytes) {
        if (text.indexOf('\0') >= 0 || text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
            throw new IllegalArgumentException("text with a zero byte or too long");
        }
    }
}
