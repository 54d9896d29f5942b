package org.qnsp.qscp;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.qnsp.core.client.AtExit;
import org.qnsp.core.client.ConnectFailure;
import org.qnsp.core.client.Messages;
import org.qnsp.core.config.ConfigException;
import org.qnsp.qscp.CopyClient.DialException;
import org.qnsp.qscp.CopyPlan.UsageException;

/** qscp: the client, and with {@code --serve} the service of the subsystem "qnsp-copy". */
public final class Main {
    /** Exit status (P-27). */
    static final int OK = 0;
    static final int SOME_FAILED = 1;
    static final int LOST = 255;

    private final Dialer dialer;
    private final PrintStream out;
    private final PrintStream err;

    Main(Dialer dialer, PrintStream out, PrintStream err) {
        this.dialer = dialer;
        this.out = out;
        this.err = err;
    }

    public static void main(String[] arguments) {
        int status = new Main(new SessionDialer(), System.out, System.err).run(Arguments.ofProcess(arguments));
        System.out.flush();
        AtExit.exit(status);
    }

    /**
     * Runs qscp.
     *
     * @param arguments see {@link Arguments}
     * @return exit status
     */
    int run(String[] arguments) {
        try {
            return switch (CommandLine.parse(arguments)) {
                case CommandLine.Action.Serve s -> serve();
                case CommandLine.Action.Version v -> version();
                case CommandLine.Action.Copy c -> copy(c.request());
            };
        } catch (UsageException e) {
            error(e.getMessage());
            err.println(CommandLine.USAGE);
            return SOME_FAILED;
        }
    }

    private int copy(CopyRequest request) {
        try (Dialer means = switch (request.dialOptions().means()) {
            case DialOptions.Means.Session m -> dialer;
            case DialOptions.Means.Program m -> new ProgramDialer(m);
            case DialOptions.Means.Here m -> new ServiceHere(home());
        }) {
            return copy(request, means);
        }
    }

    private int copy(CopyRequest request, Dialer means) {
        boolean meter = !request.dialOptions().quiet() && Terminal.isOutput();
        Progress progress = meter ? new MeterDisplay(out, Terminal.watchedColumns(), Terminal::isForeground) : Progress.NONE;
        Consumer<String> serverLines = line -> err.println("qscp: server: " + line);
        CopyClient client = new CopyClient(request, means, Path.of("").toAbsolutePath(), progress, this::error, serverLines);
        try {
            return client.run() == 0 ? OK : SOME_FAILED;
        } catch (DialException e) {
            switch (e.getCause().getCause()) {
                case ConnectFailure failure -> failure.tell(new Messages("qscp", err));
                case ConfigException wrong -> wrong.lines().forEach(err::println);
                case null, default -> error(e.getMessage());
            }
            return LOST;
        } catch (CopyFailedException e) {
            error(org.qnsp.core.copy.DisplayText.of(e.getMessage()));
            hint(e, request);
            if (request.dialOptions().verbosity() > 0 && e.getCause() != null) {
                e.getCause().printStackTrace(err);
            }
            return e.kind() == CopyFailedException.Kind.REFUSED ? SOME_FAILED : LOST;
        }
    }

    private void hint(CopyFailedException e, CopyRequest request) {
        if (e.kind() == CopyFailedException.Kind.REFUSED && request.manner().resume() && e.getMessage().contains("unknown flags")) {
            err.println("qscp: hint: the host's qscp is too old for --resume; without it the copy works"); // P-28
            return;
        }
        if (e.kind() == CopyFailedException.Kind.REFUSED && request.plan().intoDirectory()) {
            err.println("qscp: hint: several sources need a directory as target");
        } else if (e.kind() == CopyFailedException.Kind.FAULT) {
            err.println("qscp: hint: the server may be of another version, or something else answers in its place");
        }
    }

    private int serve() {
        return new CopyService(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out), home()).run();
    }

    /** Where the user's paths begin: $HOME, or where the process stands. */
    private static Path home() {
        String home = System.getenv("HOME");
        Path here = Path.of("").toAbsolutePath();
        if (home == null || home.isEmpty()) {
            return here;
        }
        Path path = RawPath.resolve(here, home.getBytes(StandardCharsets.UTF_8));
        return Files.isDirectory(path) ? path : here;
    }

    private int version() {
        String version = Main.class.getPackage().getImplementationVersion();
        out.println("qscp " + (version == null ? "development" : version) + ", qnsp-copy/" + org.qnsp.core.copy.CopyLimits.VERSION);
        return OK;
    }

    private void error(String message) {
        err.println("qscp: error: " + message);
    }
}
