package org.qnsp.core.share;

import java.util.Optional;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.config.ForwardSpec.Kind;
import org.qnsp.core.config.ForwardSpec.Place;
import org.qnsp.core.message.BodyReader;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
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
            case Forward.NAME -> new Forward(spec(in));
            case Cancel.NAME -> new Cancel(spec(in));
            default -> null;
        };
        if (request != null) {
            in.end();
        }
        return Optional.ofNullable(request);
    }

    private static ForwardSpec spec(BodyReader in) throws ProtocolException {
        int kind = in.u8();
        if (kind >= Kind.values().length) {
            throw new ProtocolException(Reason.MALFORMED, "forwarding of kind " + kind);
        }
        ForwardSpec spec = new ForwardSpec(Kind.values()[kind], place(in), place(in));
        if (!spec.valid()) {
            throw new ProtocolException(Reason.MALFORMED, "no forwarding");
        }
        return spec;
    }

    private static Place place(BodyReader in) throws ProtocolException {
        int type = in.u8();
        return switch (type) {
            case 0 -> new Place.Tcp(in.flag() ? in.text32() : null, in.u31());
            case 1 -> new Place.Unix(in.text32());
            case 2 -> new Place.Socks();
            default -> throw new ProtocolException(Reason.MALFORMED, "place of type " + type);
        };
    }

    private static byte[] encoded(ForwardSpec spec) {
        BodyWriter out = new BodyWriter().u8(spec.kind().ordinal());
        write(out, spec.listen());
        write(out, spec.connect());
        return out.toBytes();
    }

    private static void write(BodyWriter out, Place place) {
        switch (place) {
            case Place.Tcp(String host, int port) -> {
                out.u8(0).flag(host != null);
                if (host != null) {
                    out.text32(host);
                }
                out.u32(port);
            }
            case Place.Unix(String path) -> out.u8(1).text32(path);
            case Place.Socks socks -> out.u8(2);
        }
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

    /** M-8: makes a forwarding of the master's connection. The answer is the port that the host has chosen, 0 where it had no choice. */
    record Forward(ForwardSpec spec) implements ControlRequest {
        /** As in M-8. */
        public static final String NAME = "mux-forward";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return encoded(spec);
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
    record Cancel(ForwardSpec spec) implements ControlRequest {
        /** As in M-8. */
        public static final String NAME = "mux-cancel";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return encoded(spec);
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
