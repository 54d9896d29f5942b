package org.qnsp.gateway.qkdsim;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.core.qkd.QkdSettings;

/**
 * What the command line asks for.
 *
 * @param directory     where certificates, configurations and the file of faults are
 * @param ports         of A and B; 0 for any that is free
 * @param bitsPerSecond the link's rate
 * @param poolBits      what it stores at most
 * @param lifetime      of keys that nobody fetches, seconds
 * @param smallest      key size in bits, of the keys asked for
 * @param usual         size where none is asked for
 * @param largest       size
 * @param clientSae     the id of who asks A
 * @param serverSae     the id of who asks B
 * @param faults        from the start on
 */
record SimRequest(Path directory, int[] ports, long bitsPerSecond, long poolBits, int lifetime, int smallest, int usual, int largest, String clientSae,
        String serverSae, List<String> faults, boolean version) {
    static final String USAGE = """
            usage: qkd-sim [-V] [--client-sae=id] [--dir=directory] [--fault=[a:|b:]name[=ms]]
                           [--pool=bits] [--port-a=port] [--port-b=port] [--rate=bits]
                           [--server-sae=id] [--sizes=smallest:usual:largest] [--ttl=seconds]
            """;
    /** Sizes beyond these make no sense in a simulator. */
    private static final int LARGEST_BITS = 8192;

    static SimRequest parse(List<String> arguments, String home) throws UsageException {
        Path directory = Path.of(home, ".qssh", "qkd-sim");
        int[] ports = {20_014, 20_015};
        long rate = 10_000;
        long pool = 256_000;
        long lifetime = 300;
        long[] sizes = {64, 256, 1024};
        String clientSae = "qssh";
        String serverSae = "qsshd";
        List<String> faults = new ArrayList<>();
        boolean version = false;
        Getopt getopt = new Getopt("V-:", arguments);
        for (int option = getopt.next(); option != Getopt.END; option = getopt.next()) {
            if (option == 'V') {
                version = true;
                continue;
            }
            if (option == Getopt.OPERAND) {
                throw new UsageException("unexpected argument: " + getopt.value());
            }
            String word = getopt.value();
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            String value = equals < 0 ? getopt.argument() : word.substring(equals + 1);
            switch (name) {
                case "dir" -> directory = path(value);
                case "port-a" -> ports[0] = (int) number(name, value, 0, 65_535);
                case "port-b" -> ports[1] = (int) number(name, value, 0, 65_535);
                case "rate" -> rate = number(name, value, 0, 1_000_000_000);
                case "pool" -> pool = number(name, value, 0, 1_000_000_000);
                case "ttl" -> lifetime = number(name, value, 1, 86_400);
                case "sizes" -> sizes = sizes(value);
                case "client-sae" -> clientSae = sae(name, value);
                case "server-sae" -> serverSae = sae(name, value);
                case "fault" -> faults.add(fault(value));
                default -> throw new UsageException("unknown option -- " + name);
            }
        }
        if (clientSae.equals(serverSae)) {
            throw new UsageException("the client's and the server's SAE have one id");
        }
        return new SimRequest(directory, ports, rate, pool, (int) lifetime, (int) sizes[0], (int) sizes[1], (int) sizes[2], clientSae, serverSae, List.copyOf(faults), version);
    }

    private static Path path(String value) throws UsageException {
        try {
            return Path.of(value).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new UsageException("--dir: " + e.getMessage());
        }
    }

    private static long number(String name, String value, long least, long most) throws UsageException {
        if (!value.matches("[0-9]{1,10}") || Long.parseLong(value) < least || Long.parseLong(value) > most) {
            throw new UsageException("--" + name + ": a number from " + least + " to " + most);
        }
        return Long.parseLong(value);
    }

    private static long[] sizes(String value) throws UsageException {
        String[] words = value.split(":", -1);
        if (words.length == 3) {
            long[] sizes = new long[3];
            for (int i = 0; i < 3; i++) {
                sizes[i] = number("sizes", words[i], 8, LARGEST_BITS);
            }
            if (sizes[0] <= sizes[1] && sizes[1] <= sizes[2] && sizes[1] % 8 == 0) {
                return sizes;
            }
        }
        throw new UsageException("--sizes: smallest:usual:largest in bits, the usual one a multiple of 8");
    }

    private static String sae(String name, String value) throws UsageException {
        if (!value.matches("[A-Za-z0-9][A-Za-z0-9._:-]*") || value.length() > QkdSettings.SAE_CHARACTERS) {
            throw new UsageException("--" + name + ": letters, digits and ._:-");
        }
        return value;
    }

    private static String fault(String value) throws UsageException {
        if (!Faults.isFault(value)) {
            throw new UsageException("--fault: one of " + String.join(" ", Faults.words()) + ", perhaps with a: or b: before it");
        }
        return value;
    }
}
