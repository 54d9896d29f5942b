package org.qnsp.keygen.agent;

import java.util.List;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.config.Seconds;

/**
 * What the command line asks for.
 *
 * @param csh             whether lines for the user's shell are csh's
 * @param kills           {@code -k}
 * @param foreground      {@code -D}, {@code -d}
 * @param debugs          {@code -d}
 * @param socket          {@code -a}, null for one of our own choice
 * @param lifetimeSeconds {@code -t}, 0 for none
 * @param command         whose agent it is; empty for none
 */
record AgentRequest(boolean csh, boolean kills, boolean foreground, boolean debugs, String socket, long lifetimeSeconds, List<String> command) {
    static final String USAGE = """
        usage: qssh-agent [-c | -s] [-Dd] [-a bind_address] [-E fingerprint_hash]
                          [-O option] [-P allowed_providers] [-t life]
               qssh-agent [-a bind_address] [-E fingerprint_hash] [-O option]
                          [-P allowed_providers] [-t life] command [arg ...]
               qssh-agent [-c | -s] -k
        """;

    private static final String OPTIONS = "cDdksE:a:O:P:t:";

    /**
     * Reads a command line.
     *
     * @param shell the user's, for a guess at what it reads; null where it is not known
     * @throws Getopt.UsageException for what is none of ours
     */
    static AgentRequest parse(List<String> arguments, String shell) throws Getopt.UsageException {
        Boolean csh = null;
        boolean kills = false;
        boolean foreground = false;
        boolean debugs = false;
        String socket = null;
        long lifetime = 0;
        List<String> command = List.of();
        Getopt options = new Getopt(OPTIONS, arguments);
        for (int option = options.next(); option != Getopt.END; option = options.next()) {
            switch (option) {
                case 'c' -> csh = agreed(csh, true);
                case 's' -> csh = agreed(csh, false);
                case 'k' -> kills = true;
                case 'D' -> foreground = true;
                case 'd' -> {
                    foreground = true;
                    debugs = true;
                }
                case 'a' -> socket = options.value();
                case 't' -> lifetime = lifetime(options.value());
                case 'E' -> {
                    if (!options.value().equalsIgnoreCase("sha3-256")) {
                        throw new Getopt.UsageException("Invalid hash algorithm \"" + options.value() + "\"");
                    }
                }
                case Getopt.OPERAND -> {
                    command = new java.util.ArrayList<>(List.of(options.value()));
                    command.addAll(options.rest());
                    options = new Getopt(OPTIONS, List.of());
                }
                default -> { } // -O, -P: of hardware keys
            }
        }
        if (!command.isEmpty() && (csh != null || kills || foreground)) {
            throw new Getopt.UsageException("a command is not run with -c, -s, -k, -D or -d");
        }
        boolean guess = shell != null && shell.endsWith("csh");
        return new AgentRequest(csh == null ? guess : csh, kills, foreground, debugs, socket, lifetime, List.copyOf(command));
    }

    private static Boolean agreed(Boolean before, boolean now) throws Getopt.UsageException {
        if (before != null && before != now) {
            throw new Getopt.UsageException("-c and -s exclude each other");
        }
        return now;
    }

    private static long lifetime(String text) throws Getopt.UsageException {
        int seconds = Seconds.parse(text);
        if (seconds < 0) {
            throw new Getopt.UsageException("Invalid lifetime");
        }
        return seconds;
    }
}
