package org.qnsp.core.message;

import java.util.Arrays;
import java.util.Optional;
import org.qnsp.core.message.ProtocolException.Reason;

/**
 * The requests of session channels (C-13, C-14, C-30), encoder beside decoder. Text is UTF-8 and, as it ends up in C strings, has no zero
 * byte; a constructor rejects it with IllegalArgumentException, a decoder with MALFORMED.
 */
public sealed interface SessionRequest {
    /** The name in the REQUEST record. */
    String name();

    /** The request's parameters. */
    byte[] encode();

    /** C-13, C-30: what a client asks. */
    sealed interface FromClient extends SessionRequest {
        /** The request of this name; empty where a client has none so named (C-19). */
        static Optional<FromClient> decode(String name, byte[] body) throws ProtocolException {
            BodyReader in = new BodyReader(body);
            FromClient request = switch (name) {
                case Env.NAME -> new Env(text(in), text(in));
                case Pty.NAME -> new Pty(text(in), Window.read(in), in.s32());
                case Shell.NAME -> new Shell();
                case Exec.NAME -> new Exec(text(in));
                case Subsystem.NAME -> new Subsystem(text(in));
                case Window.NAME -> Window.read(in);
                case Signal.NAME -> new Signal(text(in));
                case Agent.NAME -> new Agent();
                default -> null;
            };
            if (request != null) {
                in.end();
            }
            return Optional.ofNullable(request);
        }
    }

    /** C-14: what a server reports. */
    sealed interface FromServer extends SessionRequest {
        /** The request of this name; empty where a server has none so named (C-19). */
        static Optional<FromServer> decode(String name, byte[] body) throws ProtocolException {
            BodyReader in = new BodyReader(body);
            FromServer request = switch (name) {
                case ExitStatus.NAME -> new ExitStatus(in.u32());
                case ExitSignal.NAME -> new ExitSignal(text(in), in.flag(), text(in));
                default -> null;
            };
            if (request != null) {
                in.end();
            }
            return Optional.ofNullable(request);
        }
    }

    /** Sets an environment variable. */
    record Env(String variable, String value) implements FromClient {
        /** As in C-13. */
        public static final String NAME = "env";

        /** Both without zero bytes. */
        public Env {
            requireText(variable);
            requireText(value);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(variable).text32(value).toBytes();
        }
    }

    /** Asks for a terminal; {@code modes} as in RFC 4254 section 8, owned by the record. */
    record Pty(String term, Window size, byte[] modes) implements FromClient {
        /** As in C-13. */
        public static final String NAME = "pty";

        /** The name without zero bytes. */
        public Pty {
            requireText(term);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return size.write(new BodyWriter().text32(term)).s32(modes).toBytes();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Pty pty && term.equals(pty.term) && size.equals(pty.size) && Arrays.equals(modes, pty.modes);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * term.hashCode() + size.hashCode()) + Arrays.hashCode(modes);
        }
    }

    /** Runs the user's shell. */
    record Shell() implements FromClient {
        /** As in C-13. */
        public static final String NAME = "shell";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    /** Runs a command by the user's shell. */
    record Exec(String command) implements FromClient {
        /** As in C-13. */
        public static final String NAME = "exec";

        /** Without zero bytes. */
        public Exec {
            requireText(command);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(command).toBytes();
        }
    }

    /** Runs a service of the server. */
    record Subsystem(String service) implements FromClient {
        /** As in C-13. */
        public static final String NAME = "subsystem";
        /** C-17: the copy service. */
        public static final String COPY = "qnsp-copy";

        /** Without zero bytes. */
        public Subsystem {
            requireText(service);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(service).toBytes();
        }
    }

    /** The size of the terminal in characters and in pixels (0 where unknown). */
    record Window(int columns, int rows, int widthPixels, int heightPixels) implements FromClient {
        /** As in C-13. */
        public static final String NAME = "window";

        /** None negative. */
        public Window {
            if ((columns | rows | widthPixels | heightPixels) < 0) {
                throw new IllegalArgumentException("negative size");
            }
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return write(new BodyWriter()).toBytes();
        }

        private BodyWriter write(BodyWriter out) {
            return out.u32(columns).u32(rows).u32(widthPixels).u32(heightPixels);
        }

        private static Window read(BodyReader in) throws ProtocolException {
            return new Window(in.u31(), in.u31(), in.u31(), in.u31());
        }
    }

    /** Sends a signal to what runs; {@code signal} without SIG. */
    record Signal(String signal) implements FromClient {
        /** As in C-13. */
        public static final String NAME = "signal";

        /** Without zero bytes. */
        public Signal {
            requireText(signal);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(signal).toBytes();
        }
    }

    /** C-30: asks for the client's agent in this session. */
    record Agent() implements FromClient {
        /** As in C-30. */
        public static final String NAME = "agent";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new byte[0];
        }
    }

    /** It ended with this status, a u32. */
    record ExitStatus(long status) implements FromServer {
        /** As in C-14. */
        public static final String NAME = "exit-status";

        /** In the range of a u32. */
        public ExitStatus {
            if (status < 0 || status > 0xffff_ffffL) {
                throw new IllegalArgumentException("exit status " + status);
            }
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().u32(status).toBytes();
        }
    }

    /** It was ended by a signal; {@code signal} without SIG, {@code text} for the user. */
    record ExitSignal(String signal, boolean coreDumped, String text) implements FromServer {
        /** As in C-14. */
        public static final String NAME = "exit-signal";

        /** Both without zero bytes. */
        public ExitSignal {
            requireText(signal);
            requireText(text);
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public byte[] encode() {
            return new BodyWriter().text32(signal).flag(coreDumped).text32(text).toBytes();
        }
    }

    private static String text(BodyReader in) throws ProtocolException {
        String text = in.text32();
        if (text.indexOf('\0') >= 0) {
            throw new ProtocolException(Reason.MALFORMED, "zero byte in text");
        }
        return text;
    }

    private static void requireText(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("zero byte in text");
        }
    }
}
