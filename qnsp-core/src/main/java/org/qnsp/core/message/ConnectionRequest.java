package org.qnsp.core.message;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.ProtocolException.Reason;

/** The requests of channel 0 (C-18, C-28, C-32, C-33, C-38, C-40), encoder beside decoder. */
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
                case EndWithChannels.NAME -> new EndWithChannels();
                case AuthKeyStored.NAME -> new AuthKeyStored();
                case HostKeys.NAME -> HostKeys.read(in);
                case ProveHostKeys.NAME -> ProveHostKeys.read(in);
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

    /** C-40: the server may end the connection itself once it has closed all channels. */
    record EndWithChannels() implements ConnectionRequest {
        /** As in C-40. */
        public static final String NAME = "end-with-channels";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    /** C-38: the client has written down the next auth key; the server is to keep it too. */
    record AuthKeyStored() implements ConnectionRequest {
        /** As in C-32. */
        public static final String NAME = "auth-key-stored";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    private static int count(BodyReader in) throws ProtocolException {
        int count = in.u8();
        if (count < 1 || count > Limits.HOST_KEYS) {
            throw new ProtocolException(Reason.MALFORMED, "number of host keys");
        }
        return count;
    }

    /** C-33: the server's host keys, each as K-1 encodes it; 1 to 3 (L-3). */
    record HostKeys(List<byte[]> keys) implements ConnectionRequest {
        /** As in C-33. */
        public static final String NAME = "host-keys";

        static HostKeys read(BodyReader in) throws ProtocolException {
            List<byte[]> keys = new ArrayList<>();
            for (int left = count(in); left > 0; left--) {
                keys.add(in.s32());
            }
            return new HostKeys(keys);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            BodyWriter out = new BodyWriter().u8(keys.size());
            keys.forEach(out::s32);
            return out.toBytes();
        }
    }

    /** C-33: asks the server to prove that it has these host keys; 1 to 3 (L-3). The reply's body has 32 bytes for each, in their order. */
    record ProveHostKeys(List<Challenge> challenges) implements ConnectionRequest {
        /** As in C-33. */
        public static final String NAME = "prove-host-keys";
        /** Bytes of a proof. */
        public static final int PROOF_BYTES = 32;

        private static final int CIPHERTEXT_BYTES = 1088;

        /**
         * What only the owner of a key can answer.
         *
         * @param fingerprint H(pk), 32 bytes
         * @param ciphertext  ML-KEM-768, 1088 bytes
         * @param ephemeral   X25519 public key, 32 bytes
         */
        public record Challenge(byte[] fingerprint, byte[] ciphertext, byte[] ephemeral) {}

        static ProveHostKeys read(BodyReader in) throws ProtocolException {
            List<Challenge> challenges = new ArrayList<>();
            for (int left = count(in); left > 0; left--) {
                challenges.add(new Challenge(in.bytes(32), in.bytes(CIPHERTEXT_BYTES), in.bytes(32)));
            }
            return new ProveHostKeys(challenges);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            BodyWriter out = new BodyWriter().u8(challenges.size());
            challenges.forEach(c -> out.bytes(c.fingerprint()).bytes(c.ciphertext()).bytes(c.ephemeral()));
            return out.toBytes();
        }
    }
}
