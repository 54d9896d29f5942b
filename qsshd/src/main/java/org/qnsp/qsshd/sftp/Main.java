package org.qnsp.qsshd.sftp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.qnsp.core.client.AtExit;

/** The entry point of {@code qsftp-server}. */
public final class Main {
    private Main() {}

    /** Exits 0 when the client has ended, 1 for a wrong use, 255 for a lost or broken client. */
    public static void main(String[] args) {
        AtExit.exit(run(List.of(args)));
    }

    private static int run(List<String> args) {
        if (args.equals(List.of("-h"))) {
            System.err.print(Options.USAGE);
            return 1;
        }
        try {
            if (!args.isEmpty() && args.getFirst().equals(Confinement.WORD)) {
                return Confinement.parse(args.subList(1, args.size())).enter();
            }
            return serve(Options.parse(args));
        } catch (Options.InvalidException e) {
            System.err.println("qsftp-server: error: " + e.getMessage());
            System.err.print(Options.USAGE);
            return 1;
        } catch (IOException e) {
            System.err.println("qsftp-server: error: " + e.getMessage());
            return 255;
        }
    }

    /** Serves on standard input and output. */
    static int serve(Options options) throws IOException {
        if (options.query()) {
            System.out.println(Arrays.stream(Operation.values()).map(Operation::named).collect(Collectors.joining("\n")));
            return 0;
        }
        if (options.mask() >= 0) {
            Kernel.mask(options.mask());
        }
        if (options.directory() != null) {
            Kernel.changeDirectory(directory(options.directory()).getBytes(StandardCharsets.UTF_8));
        }
        try {
            new SftpServer(0, 1, options).serve();
            return 0;
        } catch (Errno e) {
            return 255; // standard output is closed: the client has gone
        }
    }

    private static String directory(String template) throws IOException {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            if (c != '%') {
                path.append(c);
                continue;
            }
            char token = ++i < template.length() ? template.charAt(i) : ' ';
            path.append(switch (token) {
                case 'd' -> variable("HOME");
                case 'u' -> variable("USER");
                case '%' -> "%";
                default -> throw new IOException("unknown token %" + token + " in -d " + template);
            });
        }
        return path.toString();
    }

    private static String variable(String name) throws IOException {
        String value = System.getenv(name);
        if (value == null) {
            throw new IOException(name + " is not set");
        }
        return value;
    }
}
