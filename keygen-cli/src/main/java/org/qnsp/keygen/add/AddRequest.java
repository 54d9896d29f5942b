package org.qnsp.keygen.add;

import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.config.Seconds;

/** What the command line asks for. Mutable only while it is parsed. */
final class AddRequest {
    static final String USAGE = """
        usage: qssh-add [-cDdkLlqvXx] [-E fingerprint_hash] [-H hostkey_file]
                        [-h destination_constraint] [-t life] [file ...]
               qssh-add -T pubkey ...
        """;

    /** What to do. */
    enum Action { ADD, DELETE, DELETE_ALL, LIST, LIST_KEYS, LOCK, UNLOCK, TEST }

    private static final String OPTIONS = "lLdDxXTcqvkt:h:H:E:";

    private Action action = Action.ADD;
    private final List<String> destinations = new ArrayList<>();
    private final List<String> hostKeyFiles = new ArrayList<>();
    private final List<String> files = new ArrayList<>();
    private long lifetimeSeconds;
    private boolean confirms;
    private boolean isQuiet;
    private boolean isVerbose;
    private boolean usesSha2;

    private AddRequest() {
    }

    /** Reads a command line. @throws Getopt.UsageException for what is none of ours */
    static AddRequest parse(List<String> arguments) throws Getopt.UsageException {
        AddRequest request = new AddRequest();
        Getopt options = new Getopt(OPTIONS, arguments);
        for (int option = options.next(); option != Getopt.END; option = options.next()) {
            request.set(option, options.value());
        }
        return request;
    }

    private void set(int option, String value) throws Getopt.UsageException {
        switch (option) {
            case Getopt.OPERAND -> files.add(value);
            case 'l' -> action(Action.LIST);
            case 'L' -> action(Action.LIST_KEYS);
            case 'd' -> action(Action.DELETE);
            case 'D' -> action(Action.DELETE_ALL);
            case 'x' -> action(Action.LOCK);
            case 'X' -> action(Action.UNLOCK);
            case 'T' -> action(Action.TEST);
            case 'c' -> confirms = true;
            case 'q' -> isQuiet = true;
            case 'v' -> isVerbose = true;
            case 't' -> {
                lifetimeSeconds = Seconds.parse(value);
                if (lifetimeSeconds < 0) {
                    throw new Getopt.UsageException("Invalid lifetime");
                }
            }
            case 'h' -> destinations.add(value);
            case 'H' -> hostKeyFiles.add(value);
            case 'E' -> {
                usesSha2 = value.equalsIgnoreCase("sha256");
                if (!usesSha2 && !value.equalsIgnoreCase("sha3-256")) {
                    throw new Getopt.UsageException("Invalid hash algorithm \"" + value + "\"");
                }
            }
            default -> { } // -k: there are no certificates
        }
    }

    private void action(Action asked) throws Getopt.UsageException {
        if (action != Action.ADD && action != asked) {
            throw new Getopt.UsageException("-l, -L, -d, -D, -x, -X and -T exclude each other");
        }
        action = asked;
    }

    Action action() {
        return action;
    }

    /** -h, as they stand. */
    List<String> destinations() {
        return destinations;
    }

    /** -H; empty for the usual known hosts. */
    List<String> hostKeyFiles() {
        return hostKeyFiles;
    }

    /** Empty for the usual ones. */
    List<String> files() {
        return files;
    }

    /** -t, 0 where it is not given. */
    long lifetimeSeconds() {
        return lifetimeSeconds;
    }

    boolean confirms() {
        return confirms;
    }

    boolean isQuiet() {
        return isQuiet;
    }

    /** -E sha256. */
    boolean usesSha2() {
        return usesSha2;
    }

    boolean isVerbose() {
        return isVerbose;
    }
}
