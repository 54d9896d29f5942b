package org.qnsp.qsshd.config;

import java.util.List;
import org.qnsp.core.config.Addresses;

/**
 * What a line of authorized_keys allows.
 *
 * @param command          runs whatever the client asks for, null for none
 * @param from             patterns of the hosts that may use the key, null for all
 * @param pty              whether a terminal may be had
 * @param portForwarding   whether ports may be forwarded
 * @param agentForwarding  whether the agent may be forwarded
 * @param x11Forwarding    whether X11 may be forwarded
 * @param userRc           whether ~/.qssh/rc runs
 * @param permitOpen       host:port pairs that may be connected to, empty for all
 * @param permitListen     [host:]port that may be listened on, empty for all
 * @param environment      NAME=value pairs; whether they count is the configuration's decision, name by name
 * @param expiresAtSeconds since 1970 UTC, {@link Long#MAX_VALUE} for never
 */
public record KeyOptions(String command, String from, boolean pty, boolean portForwarding, boolean agentForwarding, boolean x11Forwarding,
                         boolean userRc, List<String> permitOpen, List<String> permitListen, List<String> environment, long expiresAtSeconds) {
    /** What a line without options allows. */
    public static final KeyOptions NONE =
        new KeyOptions(null, null, true, true, true, true, true, List.of(), List.of(), List.of(), Long.MAX_VALUE);

    /** Whether the key has expired. */
    public boolean expired(long nowSeconds) {
        return nowSeconds >= expiresAtSeconds;
    }

    /**
     * Whether the key may be used from there.
     *
     * @param host the client's name, or its address where that is not known
     */
    public boolean allowsFrom(String host, String address) {
        return from == null || Addresses.hostOrAddress(host, address, from);
    }
}
