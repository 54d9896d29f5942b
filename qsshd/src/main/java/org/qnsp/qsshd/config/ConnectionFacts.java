package org.qnsp.qsshd.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.qnsp.core.config.ConfigException;

/**
 * What Match blocks may ask about a connection. A fact that is null is not known, and no criterion about it holds.
 *
 * @param user         the login name that was asked for
 * @param knownUser    whether there is such a user
 * @param groups       the names of the user's groups; asked for only when needed
 * @param host         the client's name, or its address where names are not looked up
 * @param address      the client's address
 * @param localAddress the address it came to
 * @param localPort    the port it came to, 0 where that is not known
 */
public record ConnectionFacts(String user, boolean knownUser, Supplier<List<String>> groups, String host, String address, String localAddress,
                              int localPort) {

    /**
     * Reads a {@code -C} specification: {@code user=u,host=h,addr=a,laddr=l,lport=p,invalid-user}, with commas or in several options.
     *
     * @param groupsOf gives the names of a user's groups
     * @throws ConfigException where it is not that
     */
    public static ConnectionFacts parse(List<String> specifications, Function<String, List<String>> groupsOf)
        throws ConfigException {
        String user = null;
        boolean known = true;
        String host = null;
        String address = null;
        String localAddress = null;
        int localPort = 0;
        for (String item : items(specifications)) {
            int equals = item.indexOf('=');
            String value = item.substring(equals + 1);
            switch (item.substring(0, equals + 1)) {
                case "user=" -> user = value;
                case "host=" -> host = value;
                case "addr=" -> address = value;
                case "laddr=" -> localAddress = value;
                case "lport=" -> localPort = port(value, item);
                case "rdomain=" -> { }
                default -> {
                    if (!item.equals("invalid-user")) {
                        throw new ConfigException("Invalid test mode specification " + item);
                    }
                    known = false;
                }
            }
        }
        String name = user;
        Supplier<List<String>> groups = () -> name == null ? List.of() : groupsOf.apply(name);
        return new ConnectionFacts(user, known, groups, host, address, localAddress, localPort);
    }

    private static List<String> items(List<String> specifications) {
        List<String> items = new ArrayList<>();
        for (String specification : specifications) {
            items.addAll(List.of(specification.split(",")));
        }
        return items;
    }

    private static int port(String value, String item) throws ConfigException {
        try {
            int port = Integer.parseInt(value);
            if (port > 0 && port < 65_536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new ConfigException("Invalid port in test mode specification " + item);
    }
}
