package org.qnsp.qscp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.DisplayText;

/**
 * What the operands of the command line ask for: {@code [user@]host:path}, {@code qscp://[user@]host[:port]/path}, the same with {@code scp}, or a
 * local path, sources first, target last. Sources of one place that follow each other travel together. Pure: no file is looked at,
 * so a local name with a colon is written {@code ./a:b}.
 *
 * @param intoDirectory whether the target has to be a directory, as for several sources
 */
record CopyPlan(List<Leg> legs, Place target, boolean intoDirectory) {
    private static final List<String> SCHEMES = List.of("qscp://", "scp://");
    private static final int PORT_MAX = 65_535;

    /** A place and, raw, a path there. Remote paths begin at home. */
    record Place(Optional<Destination> remote, byte[] path) {
        /** {@code host:}, or nothing for here. */
        String prefix() {
            return remote.map(d -> d.host() + ":").orElse("");
        }
    }

    /** One copy: all these paths of one place, here if there is no destination. */
    record Leg(Optional<Destination> remote, List<byte[]> paths) {}

    /** The operands make no sense; the message says why. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }

    CopyPlan {
        legs = List.copyOf(legs);
    }

    /**
     * @param operands raw bytes, at least two
     * @param port for destinations without one of their own
     */
    static CopyPlan of(List<byte[]> operands, OptionalInt port) throws UsageException {
        if (operands.size() < 2) {
            throw new UsageException("a source and a target are needed");
        }
        List<Leg> legs = new ArrayList<>();
        List<byte[]> paths = new ArrayList<>();
        Optional<Destination> at = Optional.empty();
        for (byte[] operand : operands.subList(0, operands.size() - 1)) {
            Place place = place(operand, port);
            boolean together = place.remote().equals(at) && paths.size() < CopyLimits.PATHS;
            if (!paths.isEmpty() && !together) {
                legs.add(new Leg(at, List.copyOf(paths)));
                paths.clear();
            }
            at = place.remote();
            paths.add(place.path());
        }
        legs.add(new Leg(at, List.copyOf(paths)));
        return new CopyPlan(legs, place(operands.getLast(), port), operands.size() > 2);
    }

    static Place place(byte[] operand, OptionalInt port) throws UsageException {
        String text = new String(operand, StandardCharsets.ISO_8859_1);
        Optional<String> scheme = SCHEMES.stream().filter(text::startsWith).findFirst();
        Place place;
        if (scheme.isPresent()) {
            place = fromUrl(text.substring(scheme.get().length()), port);
        } else {
            int colon = colon(text);
            place = colon < 0 ? new Place(Optional.empty(), operand)
                    : new Place(Optional.of(destination(text.substring(0, colon), port)),
                            Arrays.copyOfRange(operand, colon + 1, operand.length));
        }
        if (place.path().length > CopyLimits.PATH_BYTES) {
            throw new UsageException("path is longer than " + CopyLimits.PATH_BYTES + " bytes");
        }
        return place;
    }

    /** The colon that ends a host: outside of brackets, not the first character, before any slash; -1 for a local path. */
    private static int colon(String text) {
        if (text.startsWith(":")) {
            return -1;
        }
        boolean brackets = false;
        for (int i = 0; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '[' -> brackets |= i == 0 || text.charAt(i - 1) == '@';
                case ']' -> brackets = false;
                case '/' -> {
                    return -1;
                }
                case ':' -> {
                    if (!brackets) {
                        return i;
                    }
                }
                default -> { }
            }
        }
        return -1;
    }

    private static Place fromUrl(String rest, OptionalInt port) throws UsageException {
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        int colon = authority.indexOf(':', Math.max(authority.lastIndexOf(']'), authority.indexOf('@')) + 1);
        OptionalInt urlPort = colon < 0 ? port : OptionalInt.of(port(authority.substring(colon + 1)));
        String host = new String(percentDecoded(colon < 0 ? authority : authority.substring(0, colon)), StandardCharsets.ISO_8859_1);
        byte[] path = slash < 0 ? new byte[0] : percentDecoded(rest.substring(slash + 1));
        return new Place(Optional.of(destination(host, urlPort)), path);
    }

    private static Destination destination(String text, OptionalInt port) throws UsageException {
        int at = text.lastIndexOf('@');
        String user = at < 0 ? null : utf8(text.substring(0, at));
        String host = utf8(text.substring(at + 1));
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || host.startsWith("-") || !DisplayText.of(host).equals(host) || host.contains(" ")) {
            throw new UsageException("invalid host name: " + DisplayText.of(host));
        }
        if (user != null && (user.isEmpty() || user.startsWith("-") || !DisplayText.of(user).equals(user)
                || user.chars().anyMatch(c -> "'`\"$\\;&<>|(){}".indexOf(c) >= 0))) {
            throw new UsageException("invalid user name: " + DisplayText.of(user));
        }
        return new Destination(Optional.ofNullable(user), Objects.requireNonNull(host), port);
    }

    /** A port number as text. */
    static int port(String text) throws UsageException {
        int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (port < 1 || port > PORT_MAX) {
            throw new UsageException("bad port: " + DisplayText.of(text));
        }
        return port;
    }

    private static byte[] percentDecoded(String text) throws UsageException {
        byte[] out = new byte[text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                out[length++] = (byte) c;
            } else if (text.substring(i).matches("(?s)%[0-9A-Fa-f]{2}.*")) {
                out[length++] = (byte) HexFormat.fromHexDigits(text, i + 1, i + 3);
                i += 2;
            } else {
                throw new UsageException("bad escape in the URL");
            }
        }
        for (int i = 0; i < length; i++) {
            if (out[i] == 0) {
                throw new UsageException("NUL in the URL");
            }
        }
        return Arrays.copyOf(out, length);
    }

    private static String utf8(String latin) {
        return new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
