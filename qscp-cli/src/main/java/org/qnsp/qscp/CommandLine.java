package org.qnsp.qscp;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.LongOptions;
import org.qnsp.qscp.CopyPlan.UsageException;

/** The options of qscp, and their translation into what is to be done. As with scp all of them stand before the first operand. */
final class CommandLine {
    static final String USAGE = """
            usage: qscp [-12346ABCOpqRrsTVv] [--resume] [-c cipher] [-D server_path] [-F config_file]
                        [-i identity_file] [-J destination] [-l limit] [-o option] [-P port]
                        [-S program] [-X sftp_option] [--stealth] [--padding=max|normal|low]
                        [--rate=bytes] [--qrng | --qrng-only] [--entropy-source=device|url]
                        [--entropy-allow-file] [--entropy-key-file=file] source ... target

              source, target   file, [user@]host:file or qscp://[user@]host[:port]/file
              -r               directories with all that is in them
              -p               keep times and modes
              -q               no progress meter
              -l limit         at most so many Kbit/s
              --resume         continue big files where an interrupted copy stopped
              -V               version""";

    /** scp's letters; a colon after those that take a value. The last is for {@code --word}. */
    private static final String LETTERS = "12346ABCOpqRrsTVvc:D:F:i:J:l:o:P:S:X:-:";
    private static final long LIMIT_MAX = 100 * 1024 * 1024;

    /** For our own sessions, in the order in which the first counts. */
    private final List<String> settings = new ArrayList<>();
    /** For a program in ssh's place. */
    private final List<String> words = new ArrayList<>();
    private final List<Path> identities = new ArrayList<>();
    private OptionalInt port = OptionalInt.empty();
    private Path config;
    private String program;
    private long kilobitsPerSecond;
    private int verbosity;
    private boolean recursive;
    private boolean preserve;
    private boolean resume;
    private boolean quiet;
    private boolean here;
    private boolean forwardsAgent;
    private boolean version;
    private boolean serves;

    private CommandLine() {}

    /** What qscp was asked to be. */
    sealed interface Action {
        record Copy(CopyRequest request) implements Action {}

        /** The service on the server's side. */
        record Serve() implements Action {}

        record Version() implements Action {}
    }

    /** @param arguments one character for each byte, see {@link Arguments} */
    static Action parse(String[] arguments) throws UsageException {
        CommandLine line = new CommandLine();
        List<String> operands = new ArrayList<>();
        Getopt getopt = new Getopt(LETTERS, Arrays.asList(arguments));
        try {
            for (int option = getopt.next(); option != Getopt.END; option = getopt.next()) {
                if (option == Getopt.OPERAND) {
                    operands.add(getopt.value());
                    operands.addAll(getopt.rest());
                    break;
                }
                line.option((char) option, option == '-' ? LongOptions.whole(getopt.value(), getopt) : getopt.value());
            }
        } catch (Getopt.UsageException e) {
            throw new UsageException(Arguments.text(e.getMessage()));
        }
        return line.version ? new Action.Version() : line.serves ? new Action.Serve() : new Action.Copy(line.request(operands));
    }

    private void option(char letter, String value) throws UsageException {
        switch (letter) {
            case 'r' -> recursive = true;
            case 'p' -> preserve = true;
            case 'P' -> port = OptionalInt.of(CopyPlan.port(value));
            case 'l' -> kilobitsPerSecond = limit(value);
            case 'D' -> here = true;
            case 'S' -> program = Arguments.text(value);
            case 'V' -> version = true;
            case '-' -> word(value);
            // Between hosts the data always comes through here, there is one protocol, and names are always checked.
            case '2', '3', 'O', 's', 'T' -> { }
            case 'X' -> {
                if (!value.matches("(nrequests|buffer)=[1-9][0-9]{0,8}[kKmM]?")) {
                    throw new UsageException("-X: only nrequests and buffer are options of sftp, not " + Arguments.text(value));
                }
            }
            case 'R' -> throw new UsageException("-R: a copy between hosts passes through this machine, so that neither host needs a way into the other");
            case '1' -> throw new UsageException("-1: there is no such protocol any more");
            default -> connecting(letter, value);
        }
    }

    /** What concerns the connection and not the copy. */
    private void connecting(char letter, String value) {
        words.add("-" + letter);
        switch (letter) {
            case '4' -> settings.add("AddressFamily=inet");
            case '6' -> settings.add("AddressFamily=inet6");
            case 'A' -> {
                forwardsAgent = true;
                words.removeLast(); // scp says it with -o, at the end
            }
            case 'B' -> {
                settings.add("BatchMode=yes");
                words.set(words.size() - 1, "-oBatchMode=yes");
            }
            case 'C' -> { } // without effect, as for qssh: the length of what is compressed would tell of what is in it
            case 'q' -> quiet = true;
            case 'v' -> verbosity++;
            case 'c' -> words.add(Arguments.text(value)); // there is one suite, which each of our frames is sealed with
            case 'F' -> {
                config = value.equals("none") ? Path.of(value) : path(value);
                words.add(Arguments.text(value));
            }
            case 'i' -> {
                identities.add(path(value));
                words.add(Arguments.text(value));
            }
            case 'J' -> {
                settings.add("ProxyJump=" + Arguments.text(value));
                words.add(Arguments.text(value));
            }
            case 'o' -> {
                settings.add(Arguments.text(value));
                words.add(Arguments.text(value));
            }
            default -> throw new IllegalStateException("-" + letter);
        }
    }

    private void word(String word) throws UsageException {
        switch (word) {
            case "resume" -> resume = true;
            case "serve" -> serves = true;
            default -> {
                String line = LongOptions.line(Arguments.text(word)).orElseThrow(() -> new UsageException("unknown option -- " + Arguments.text(word)));
                settings.add(line);
                words.add("-o" + line);
            }
        }
    }

    private static long limit(String value) throws UsageException {
        if (!value.matches("[0-9]{1,9}") || Long.parseLong(value) > LIMIT_MAX || Long.parseLong(value) == 0) {
            throw new UsageException("-l: a rate in Kbit/s, from 1 to " + LIMIT_MAX);
        }
        return Long.parseLong(value);
    }

    private CopyRequest request(List<String> operands) throws UsageException {
        CopyPlan plan = CopyPlan.of(operands.stream().map(Arguments::bytes).toList(), port);
        words.add("-oForwardAgent=" + (forwardsAgent ? "yes" : "no"));
        DialOptions.Means means = here ? new DialOptions.Means.Here() : program != null ? new DialOptions.Means.Program(program, words) : new DialOptions.Means.Session();
        return new CopyRequest(plan, new Manner(recursive, preserve, resume), kilobitsPerSecond,
                new DialOptions(means, identities, Optional.ofNullable(config), settings, verbosity, quiet));
    }

    private static Path path(String argument) {
        return RawPath.resolve(Path.of("").toAbsolutePath(), Arguments.bytes(argument));
    }
}
