package org.qnsp.core.config;

import java.util.Arrays;
import java.util.Locale;

/** Comma lists of addresses: CIDR networks, {@code *} and {@code ?} patterns, {@code !} for negation. Names are never looked up. */
public final class Addresses {
    private Addresses() {
    }

    /** A network: the address with all bits below the prefix zero. */
    private record Network(byte[] address, int prefixBits) {
        boolean covers(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < prefixBits; bit += 8) {
                int mask = prefixBits - bit >= 8 ? 0xff : 0xff << 8 - (prefixBits - bit) & 0xff;
                if ((address[bit / 8] & mask) != (other[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }

        /** Whether no bit below the prefix is set: {@code 10.0.0.1/8} is a mistake, not a network. */
        boolean isNetwork() {
            for (int bit = prefixBits; bit < address.length * 8; bit++) {
                if ((address[bit / 8] >> 7 - bit % 8 & 1) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Whether every entry of the list that has a {@code /} is a network. */
    public static boolean isValidList(String list) {
        for (String entry : list.split(",", -1)) {
            String network = entry.startsWith("!") ? entry.substring(1) : entry;
            if (network.indexOf('/') >= 0 && network(network) == null) {
                return false;
            }
        }
        return true;
    }

    /** Whether the entry is an address or a network, so that it is compared by its bits. */
    public static boolean isAddressOrNetwork(String entry) {
        return network(entry) != null;
    }

    /** Asks the list about an address in text form; a list with an invalid network matches nothing. */
    public static Patterns.Verdict list(String address, String list) {
        byte[] bytes = parse(address);
        String lower = address.toLowerCase(Locale.ROOT);
        boolean found = false;
        for (String entry : list.split(",", -1)) {
            boolean negated = entry.startsWith("!");
            String pattern = negated ? entry.substring(1) : entry;
            if (pattern.indexOf('/') >= 0 && network(pattern) == null) {
                return Patterns.Verdict.NEGATED;
            }
            if (!pattern.isEmpty() && matches(bytes, lower, pattern)) {
                if (negated) {
                    return Patterns.Verdict.NEGATED;
                }
                found = true;
            }
        }
        return found ? Patterns.Verdict.MATCH : Patterns.Verdict.NONE;
    }

    /**
     * Whether the list matches the address or the host's name, and negates neither.
     *
     * @param host the name, or the address where that is not known
     */
    public static boolean hostOrAddress(String host, String address, String list) {
        Patterns.Verdict byAddress = list(address, list);
        Patterns.Verdict byName = Patterns.hostList(host, list);
        boolean negated = byAddress == Patterns.Verdict.NEGATED || byName == Patterns.Verdict.NEGATED;
        return !negated && (byAddress == Patterns.Verdict.MATCH || byName == Patterns.Verdict.MATCH);
    }

    private static boolean matches(byte[] address, String text, String pattern) {
        Network network = network(pattern);
        if (network != null) {
            return address != null && network.covers(address);
        }
        return Patterns.matches(text, pattern.toLowerCase(Locale.ROOT));
    }

    private static Network network(String text) {
        int slash = text.indexOf('/');
        byte[] address = parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            return null;
        }
        int bits = slash < 0 ? address.length * 8 : number(text.substring(slash + 1), address.length * 8);
        if (bits < 0) {
            return null;
        }
        Network network = new Network(address, bits);
        return network.isNetwork() ? network : null;
    }

    /**
     * Reads an IPv4 or IPv6 address in its text form.
     *
     * @return 4 or 16 bytes (an IPv4-mapped address gives 4), or null where it is none
     */
    public static byte[] parse(String text) {
        int scope = text.indexOf('%');
        String bare = scope < 0 ? text : text.substring(0, scope);
        return bare.indexOf(':') < 0 ? (scope < 0 ? parse4(bare) : null) : mapped(parse6(bare));
    }

    private static byte[] mapped(byte[] six) {
        if (six == null) {
            return null;
        }
        for (int i = 0; i < 12; i++) {
            if (six[i] != (i < 10 ? 0 : (byte) 0xff)) {
                return six;
            }
        }
        return new byte[] {six[12], six[13], six[14], six[15]};
    }

    private static byte[] parse4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return null;
        }
        byte[] bytes = new byte[4];
        for (int i = 0; i < 4; i++) {
            int value = number(parts[i], 255);
            if (value < 0) {
                return null;
            }
            bytes[i] = (byte) value;
        }
        return bytes;
    }

    private static byte[] parse6(String text) {
        int gap = text.indexOf("::");
        byte[] head = groups(gap < 0 ? text : text.substring(0, gap));
        byte[] tail = gap < 0 ? new byte[0] : groups(text.substring(gap + 2));
        if (head == null || tail == null) {
            return null;
        }
        int length = head.length + tail.length;
        if (gap < 0 ? length != 16 : length > 14) {
            return null;
        }
        byte[] bytes = new byte[16];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(tail, 0, bytes, 16 - tail.length, tail.length);
        return bytes;
    }

    /** Groups of hex digits between colons, the last perhaps an IPv4 address. */
    private static byte[] groups(String text) {
        if (text.isEmpty()) {
            return new byte[0];
        }
        String[] parts = text.split(":", -1);
        if (parts.length > 8) {
            return null;
        }
        byte[] bytes = new byte[parts.length * 2 + 2];
        int used = 0;
        for (int i = 0; i < parts.length; i++) {
            byte[] four = i == parts.length - 1 && parts[i].indexOf('.') >= 0 ? parse4(parts[i]) : null;
            if (four != null) {
                System.arraycopy(four, 0, bytes, used, 4);
                used += 4;
                continue;
            }
            int value = hex(parts[i]);
            if (value < 0) {
                return null;
            }
            bytes[used++] = (byte) (value >> 8);
            bytes[used++] = (byte) value;
        }
        return Arrays.copyOf(bytes, used);
    }

    private static int hex(String text) {
        if (text.isEmpty() || text.length() > 4) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** A decimal number of at most three digits without leading zero, or -1. */
    private static int number(String text, int max) {
        if (text.isEmpty() || text.length() > 3 || text.length() > 1 && text.charAt(0) == '0') {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return value > max ? -1 : value;
    }
}
