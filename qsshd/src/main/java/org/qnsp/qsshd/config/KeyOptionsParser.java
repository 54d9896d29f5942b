package org.qnsp.qsshd.config;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.qnsp.core.config.Addresses;

/** Reads the options before a key, as sshd's: names in any case with commas between, values in double quotes, {@code \"} for a quote in them. */
final class KeyOptionsParser {
    /** NAME=value pairs of a line, as of a session (L-16). */
    static final int MAX_ENVIRONMENT = 256;
    /** Entries of permitopen and permitlisten, each. */
    static final int MAX_PERMITS = 1024;

    /** An option that is not known, or a value that is wrong; the line must then not count. */
    static final class InvalidOptionException extends Exception {
        private static final long serialVersionUID = 1L;

        InvalidOptionException(String why) {
            super(why, null, false, false);
        }
    }

    private final String text;
    private final ZoneId zone;
    private int at;

    private String command;
    private String from;
    private boolean pty = true;
    private boolean portForwarding = true;
    private boolean agentForwarding = true;
    private boolean x11Forwarding = true;
    private boolean userRc = true;
    private final List<String> permitOpen = new ArrayList<>();
    private final List<String> permitListen = new ArrayList<>();
    private final List<String> environment = new ArrayList<>();
    private long expiresAtSeconds = Long.MAX_VALUE;

    private KeyOptionsParser(String text, ZoneId zone) {
        this.text = text;
        this.zone = zone;
    }

    /**
     * Where options that begin a line end: at the first blank outside quotes.
     *
     * @return the index of that blank, or of the end; -1 where a quote is not closed
     */
    static int end(String line) {
        boolean quoted = false;
        int i = 0;
        for (; i < line.length() && (quoted || line.charAt(i) != ' ' && line.charAt(i) != '\t'); i++) {
            if (line.startsWith("\\\"", i)) {
                i++;
            } else if (line.charAt(i) == '"') {
                quoted = !quoted;
            }
        }
        return quoted ? -1 : i;
    }

    /**
     * Parses options.
     *
     * @param zone of an expiry time that does not end in Z
     */
    static KeyOptions parse(String text, ZoneId zone) throws InvalidOptionException {
        KeyOptionsParser parser = new KeyOptionsParser(text, zone);
        while (parser.at < text.length()) {
            parser.option();
            if (parser.at < text.length() && text.charAt(parser.at) != ',') {
                throw new InvalidOptionException("unknown key option");
            }
            parser.at++;
            if (parser.at == text.length()) {
                throw new InvalidOptionException("unexpected end-of-options");
            }
        }
        return parser.result();
    }

    private KeyOptions result() {
        return new KeyOptions(command, from, pty, portForwarding, agentForwarding, x11Forwarding, userRc, List.copyOf(permitOpen),
            List.copyOf(permitListen), List.copyOf(environment), expiresAtSeconds);
    }

    private void option() throws InvalidOptionException {
        int start = at;
        while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != '=') {
            at++;
        }
        String name = text.substring(start, at).toLowerCase(Locale.ROOT);
        if (at < text.length() && text.charAt(at) == '=') {
            at++;
            valued(name, quoted());
        } else {
            flag(name);
        }
    }

    private void flag(String name) throws InvalidOptionException {
        switch (name) {
            case "restrict" -> {
                pty = false;
                portForwarding = false;
                agentForwarding = false;
                x11Forwarding = false;
                userRc = false;
            }
            case "pty", "no-pty" -> pty = isOn(name);
            case "port-forwarding", "no-port-forwarding" -> portForwarding = isOn(name);
            case "agent-forwarding", "no-agent-forwarding" -> agentForwarding = isOn(name);
            case "x11-forwarding", "no-x11-forwarding" -> x11Forwarding = isOn(name);
            case "user-rc", "no-user-rc" -> userRc = isOn(name);
            default -> throw new InvalidOptionException("unknown key option");
        }
    }

    private static boolean isOn(String name) {
        return !name.startsWith("no-");
    }

    private void valued(String name, String value) throws InvalidOptionException {
        switch (name) {
            case "command" -> {
                refuseSecond(command, name);
                command = value;
            }
            case "from" -> {
                refuseSecond(from, name);
                if (!Addresses.isValidList(value)) {
                    throw new InvalidOptionException("invalid address in \"from\"");
                }
                from = value;
            }
            case "permitopen" -> permit(permitOpen, value, false);
            case "permitlisten" -> permit(permitListen, value, true);
            case "environment" -> environment(value);
            case "expiry-time" -> expiresAtSeconds = Math.min(expiresAtSeconds, seconds(value));
            case "tunnel" -> { } // grants what does not exist
            default -> throw new InvalidOptionException("unknown key option");
        }
    }

    private static void refuseSecond(String earlier, String name) throws InvalidOptionException {
        if (earlier != null) {
            throw new InvalidOptionException("multiple \"" + name + "\" clauses");
        }
    }

    /** The value in double quotes at the current place. */
    private String quoted() throws InvalidOptionException {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw new InvalidOptionException("missing start quote");
        }
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return value.toString();
            }
            if (c == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '"') {
                c = text.charAt(++at);
            }
            value.append(c);
        }
        throw new InvalidOptionException("missing end quote");
    }

    private static void permit(List<String> list, String value, boolean hostIsOptional) throws InvalidOptionException {
        if (!isPermit(value, hostIsOptional) || list.size() == MAX_PERMITS) {
            throw new InvalidOptionException("invalid permission");
        }
        list.add(value);
    }

    /** Whether this is host:port, with brackets around a host with colons and {@code *} for any port. */
    static boolean isPermit(String value, boolean hostIsOptional) {
        int colon = value.lastIndexOf(':');
        String host = colon < 0 ? "" : value.substring(0, colon);
        String port = value.substring(colon + 1);
        boolean hasColons = host.indexOf(':') >= 0;
        boolean isBracketed = host.startsWith("[") && host.endsWith("]");
        return (!host.isEmpty() || hostIsOptional && colon < 0) && (!hasColons || isBracketed) && isPortOrStar(port);
    }

    private static boolean isPortOrStar(String text) {
        if (text.equals("*")) {
            return true;
        }
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return false;
        }
        int port = Integer.parseInt(text);
        return port >= 1 && port <= 65_535;
    }

    private void environment(String value) throws InvalidOptionException {
        int equals = value.indexOf('=');
        boolean named = equals > 0 && value.chars().limit(equals).allMatch(c -> c == '_' || c < 128 && Character.isLetterOrDigit(c));
        if (!named || environment.size() == MAX_ENVIRONMENT) {
            throw new InvalidOptionException("invalid environment string");
        }
        String name = value.substring(0, equals + 1);
        if (environment.stream().noneMatch(earlier -> earlier.startsWith(name))) {
            environment.add(value); // the first of a name counts
        }
    }

    /** YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, local time, or with Z at the end UTC. */
    private long seconds(String value) throws InvalidOptionException {
        boolean utc = value.endsWith("Z") || value.endsWith("z");
        String digits = utc ? value.substring(0, value.length() - 1) : value;
        boolean wellFormed = digits.length() == 8 || digits.length() == 12 || digits.length() == 14;
        if (!wellFormed || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new InvalidOptionException("invalid expires time");
        }
        try {
            LocalDateTime time = LocalDateTime.of(part(digits, 0, 4), part(digits, 4, 6), part(digits, 6, 8),
                part(digits, 8, 10), part(digits, 10, 12), part(digits, 12, 14));
            return time.atZone(utc ? ZoneOffset.UTC : zone).toEpochSecond();
        } catch (DateTimeException e) {
            throw new InvalidOptionException("invalid expires time");
        }
    }

    private static int part(String digits, int from, int to) {
        return to <= digits.length() ? Integer.parseInt(digits.substring(from, to)) : 0;
    }
}
