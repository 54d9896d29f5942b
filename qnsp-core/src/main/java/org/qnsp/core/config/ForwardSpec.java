package org.qnsp.core.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.message.Limits;

/**
 * What -L, -R and -D and their keywords ask for, in all of ssh's forms: where to listen and where to connect to. Fields stand between colons; brackets around an
 * address or a path keep its colons, a backslash keeps any character, and a field with a slash is the path of a Unix socket. {@code host/port} in place of colons throughout
 * is understood where it can be nothing else.
 *
 * @param listen never {@link Place.Socks}
 */
public record ForwardSpec(Kind kind, Place listen, Place connect) {
    /** Who listens. */
    public enum Kind {
        /** -L: the client. */
        LOCAL,
        /** -R: the server; without a target the client serves SOCKS there. */
        REMOTE,
        /** -D: the client, and serves SOCKS. */
        DYNAMIC;

        /** That of localforward, remoteforward or dynamicforward. */
        static Kind of(String key) {
            return valueOf(key.substring(0, key.length() - "forward".length()).toUpperCase(java.util.Locale.ROOT));
        }

        /** As in messages. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** An end of a forwarding. */
    public sealed interface Place {
        /** A TCP port. @param host null where none is given, empty or {@code *} for all addresses */
        record Tcp(String host, int port) implements Place {
            @Override
            public String toString() {
                return host == null ? Integer.toString(port) : "[" + host + "]:" + port;
            }
        }

        /** A Unix socket. */
        record Unix(String path) implements Place {
            @Override
            public String toString() {
                return path;
            }
        }

        /** Wherever each connection asks for. */
        record Socks() implements Place {}
    }

    private static final Place SOCKS = new Place.Socks();

    /** A field, and whether it is a path. */
    private record Field(String text, boolean path) {}

    /** Reads a specification. @throws ConfigException with the words that ssh has for it */
    public static ForwardSpec parse(Kind kind, String text) throws ConfigException {
        ForwardSpec spec = of(kind, slashed(fields(text.strip())));
        if (spec == null || !spec.valid()) {
            throw new ConfigException("Bad " + kind.word() + " forwarding specification '" + text + "'");
        }
        return spec;
    }

    /** Reads what -W connects to: host and port, or a path. @throws ConfigException with the words that ssh has for it */
    public static Place stdio(String text) throws ConfigException {
        List<Field> fields = slashed(fields(text));
        Place place = fields.size() == 1 && fields.getFirst().path ? new Place.Unix(fields.getFirst().text)
            : fields.size() == 2 && !fields.get(0).path ? tcp(fields.get(0).text, fields.get(1)) : null;
        if (place == null || !fits(place) || place instanceof Place.Tcp(String host, int port) && (port == 0 || host.isEmpty())) {
            throw new ConfigException("Bad stdio forwarding specification '" + text + "'");
        }
        return place;
    }

    /** The fields; empty where brackets are not closed or a field is too much. */
    private static List<Field> fields(String text) {
        List<Field> fields = new ArrayList<>();
        int at = 0;
        while (at <= text.length() && fields.size() < 5) {
            int end;
            if (text.startsWith("[", at)) {
                end = text.indexOf(']', at) + 1;
                if (end == 0 || end < text.length() && text.charAt(end) != ':') {
                    return List.of();
                }
                String inside = text.substring(at + 1, end - 1);
                fields.add(new Field(inside, inside.indexOf('/') >= 0));
            } else {
                end = plainEnd(text, at);
                String raw = text.substring(at, end);
                fields.add(new Field(raw.replaceAll("\\\\(.)", "$1"), raw.indexOf('/') >= 0));
            }
            at = end + 1;
        }
        return fields;
    }

    private static int plainEnd(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) != ':') {
            end += text.charAt(end) == '\\' && end + 1 < text.length() ? 2 : 1;
        }
        return end;
    }

    /** Slashes in place of colons: only where the whole is one field that begins like no path and whose ports are ports. */
    private static List<Field> slashed(List<Field> fields) {
        String only = fields.size() == 1 && fields.getFirst().path ? fields.getFirst().text : "/";
        if (only.startsWith("/") || only.startsWith(".") || only.startsWith("~") || only.startsWith("%")) {
            return fields;
        }
        List<Field> parts = new ArrayList<>();
        for (String part : only.split("/", -1)) {
            parts.add(new Field(part, false));
        }
        return parts.size() <= 4 && port(parts.getLast()) >= 0 ? parts : fields;
    }

    private static ForwardSpec of(Kind kind, List<Field> f) {
        return switch (f.size()) {
            case 1 -> kind == Kind.LOCAL ? null : spec(kind, listen(null, f.get(0)), SOCKS);
            case 2 -> {
                boolean toPath = f.get(1).path;
                yield toPath ? spec(kind, listen(null, f.get(0)), connect(null, f.get(1)))
                    : kind == Kind.LOCAL || f.get(0).path ? null : spec(kind, listen(f.get(0).text, f.get(1)), SOCKS);
            }
            case 3 -> f.get(2).path ? spec(kind, tcp(f.get(0).text, f.get(1)), connect(null, f.get(2)))
                : spec(kind, listen(null, f.get(0)), connect(f.get(1), f.get(2)));
            case 4 -> spec(kind, tcp(f.get(0).text, f.get(1)), connect(f.get(2), f.get(3)));
            default -> null;
        };
    }

    private static ForwardSpec spec(Kind kind, Place listen, Place connect) {
        return listen == null || connect == null ? null : new ForwardSpec(kind, listen, connect);
    }

    private static Place listen(String host, Field field) {
        return field.path ? new Place.Unix(field.text) : tcp(host, field);
    }

    private static Place connect(Field host, Field field) {
        return host == null ? new Place.Unix(field.text) : host.path || host.text.isEmpty() ? null : tcp(host.text, field);
    }

    private static Place.Tcp tcp(String host, Field port) {
        int number = port.path ? -1 : port(port);
        return number < 0 ? null : new Place.Tcp(host, number);
    }

    private static int port(Field field) {
        long value = Arguments.decimal(field.text);
        return value > 65_535 ? -1 : (int) value;
    }

    /** Whether this is one that {@link #parse} could give. */
    public boolean valid() {
        boolean aPortToConnectTo = !(connect instanceof Place.Tcp to) || to.port > 0;
        boolean aPortToListenAt = !(listen instanceof Place.Tcp at) || at.port > 0 || kind == Kind.REMOTE;
        boolean dynamic = kind != Kind.DYNAMIC || connect instanceof Place.Socks;
        return aPortToConnectTo && aPortToListenAt && dynamic && fits(listen) && fits(connect);
    }

    private static boolean fits(Place place) {
        return switch (place) {
            case Place.Tcp(String host, int port) -> host == null || fits(host, Limits.HOST_BYTES); // L-18
            case Place.Unix(String path) -> !path.isEmpty() && fits(path, Limits.SOCKET_PATH_BYTES); // L-19
            case Place.Socks socks -> true;
        };
    }

    private static boolean fits(String text, int maxBytes) {
        return text.indexOf('\0') < 0 && text.getBytes(StandardCharsets.UTF_8).length <= maxBytes;
    }

    /** As -G prints it, and a file may have it. */
    @Override
    public String toString() {
        return connect instanceof Place.Socks ? listen.toString() : listen + " " + connect;
    }
}
