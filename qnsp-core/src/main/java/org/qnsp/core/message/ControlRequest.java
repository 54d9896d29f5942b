package org.qnsp.core.message;

import java.util.Optional;
import org.qnsp.core.message.ProtocolException.Reason;

/** The requests of channel 0 on a control socket (M-6 to M-8), from the client that shares to the master, encoder beside decoder. All are answered. */
public sealed interface ControlRequest {
    /** The name in the REQUEST record. */
    String name();

    /** The request's parameters. */
    default byte[] encode() {
        return new byte[0];
    }

    /** The request of this name; empty where there is none so named (C-19). */
    static Optional<ControlRequest> decode(String name, byte[] body) throws ProtocolException {
        BodyReader in = new BodyReader(body);
        ControlRequest request = switch (name) {
            case Check.NAME -> new Check();
            case Info.NAME -> new Info();
            case Stop.NAME -> new Stop();
            case Exit.NAME -> new Exit();
            case Forward.NAME -> new Forward(Direction.of(in.u8()), text(in));
            case Cancel.NAME -> new Cancel(Direction.of(in.u8()), text(in));
            default -> null;
        };
        if (request != null) {
            in.end();
        }
        return Optional.ofNullable(request);
    }

    private static String text(BodyReader in) throws ProtocolException {
        String text = in.text32();
        if (text.indexOf('\0') >= 0 || text.length() > Limits.FORWARD_TEXT_BYTES) {
            throw new ProtocolException(Reason.MALFORMED, "text of a forwarding");
        }
        return text;
    }

    /** M-6: whether the master is there; the answer is its process id. */
    record Check() implements ControlRequest {
        /** As in M-6. */
        public static final String NAME = "mux-check";

        @Override
        public String name() {
            return NAME;
        }

        /** The answer. */
        public static byte[] reply(long pid) {
            return new BodyWriter().u32(pid).toBytes();
        }

        /** The process id in an answer. */
        public static long pid(byte[] reply) throws ProtocolException {
            BodyReader in = new BodyReader(reply);
            long pid = in.u32();
            in.end();
            return pid;
        }
    }

    /** M-6: what the master knows of its connection; the answer is text. */
    record Info() implements ControlRequest {
        /** As in M-6. */
        public static final String NAME = "mux-info";

        @Override
        public String name() {
            return NAME;
        }
    }

    /** M-7: takes no more clients, and ends after the last. */
    record Stop() implements ControlRequest {
        /** As in M-7. */
        public static final String NAME = "mux-stop";

        @Override
        public String name() {
            return NAME;
        }
    }

    /** M-7: ends the connection and the master. */
    record Exit() implements ControlRequest {
        /** As in M-7. */
        public static final String NAME = "mux-exit";

        @Override
        public String name() {
            return NAME;
        }
    }

    /** Which way a forwarding goes. */
    enum Direction {
        /** {@code -L}. */
        LOCAL,
        /** {@code -R}. */
        REMOTE,
        /** {@code -D}. */
        DYNAMIC;

        static Direction of(int code) throws ProtocolException {
            if (code < 0 || code >= values().length) {
                throw new ProtocolException(Reason.MALFORMED, "direction " + code);
            }
            return values()[code];
        }
    }

    /** M-8: makes a forwarding of the master's connection; {@code text} as after {@code -L}, {@code -R} or {@code -D}. The answer is the port that was bound, 0 where none was chosen. */
    record Forward(Direction direction, String text) implements ControlRequest {
        /** As in M-8. */
        public static final String NAME = "mux-forward";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().u8(direction.ordinal()).text32(text).toBytes();
        }

        /** The answer. */
        public static byte[] reply(int port) {
            return new BodyWriter().u32(port).toBytes();
        }

        /** The port in an answer. */
        public static int port(byte[] reply) throws ProtocolException {
            BodyReader in = new BodyReader(reply);
            int port = in.u31();
            in.end();
            return port;
        }
    }

    /** M-8: takes a forwarding back. */
    record Cancel(Direction direction, String text) implements ControlRequest {
        /** As in M-8. */
        public static final String NAME = "mux-cancel";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().u8(direction.ordinal()).text32(text).toBytes();
        }
    }

    /** M-6, M-8: an answer in words: to {@link Info}, and to any request that failed. */
    static byte[] words(String text) {
        return new BodyWriter().textCut16(text, Limits.CONTROL_TEXT_BYTES).toBytes();
    }

    /** The words of an answer; none where there are none. */
    static String words(byte[] reply) throws ProtocolException {
        if (reply.length == 0) {
            return "";
        }
        BodyReader in = new BodyReader(reply);
        String text = in.text16();
        in.end();
        return text;
    }
}
