package org.qnsp.core.forward;

import java.net.Inet4Address;
import java.net.InetAddress;

/** Addresses as people and permissions write them: the longest run of zeros of an IPv6 address left out (RFC 5952), no scope. */
public final class AddressText {
    private static final int GROUPS = 8;

    private AddressText() {}

    /** The text of an address. */
    public static String of(InetAddress address) {
        if (address instanceof Inet4Address) {
            return address.getHostAddress();
        }
        byte[] bytes = address.getAddress();
        int start = -1;
        int length = 1; // a single zero group stays
        for (int i = 0; i < GROUPS; i++) {
            int run = 0;
            while (i + run < GROUPS && group(bytes, i + run) == 0) {
                run++;
            }
            if (run > length) {
                start = i;
                length = run;
            }
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == start) {
                out.append("::");
                i += length - 1;
            } else {
                out.append(i == 0 || i == start + length && start >= 0 ? "" : ":").append(Integer.toHexString(group(bytes, i)));
            }
        }
        return out.toString();
    }

    private static int group(byte[] bytes, int i) {
        return (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
    }
}
