package org.qnsp.qscp;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.qnsp.qscp.CopyPlan.UsageException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The options of qscp, and their translation into what is to be done. */
final class CommandLine {
    static final String USAGE = """
            usage: qscp [-346BTpqrv] [-F config] [-i identity] [-J jump] [-l limit]
                        [-o option] [-P port] source ... target

              source, target   file, [user@]host:file or qscp://[user@]host[:port]/file
              -r               directories with all that is in them
              -p               keep times and modes
              -q               no progress meter
              -l limit         at most so many Kbit/s
              -V               version""";

    private static final long LIMIT_MAX = 100_000_000;
    private static final String[] FLAGS = {"-r", "-p", "-q", "-V", "-C", "-3", "-4", "-6", "-B", "-T", "--serve"};
    private static final String[] VALUES = {"-P", "-l", "-F", "-J"};
    private static final String[] LISTS = {"-i", "-o"};

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
        ParseResult parsed;
        try {
            parsed = commandLine().parseArgs(arguments);
        } catch (ParameterException e) {
            throw new UsageException(Arguments.text(e.getMessage()));
        }
        if (parsed.hasMatchedOption("-V")) {
            return new Action.Version();
        }
        if (parsed.hasMatchedOption("--serve")) {
            return new Action.Serve();
        }
        if (parsed.hasMatchedOption("-C")) {
            throw new UsageException("-C: compression is not offered, since the length of what is compressed tells of what is in it");
        }
        return new Action.Copy(request(parsed));
    }

    private static picocli.CommandLine commandLine() {
        CommandSpec spec = CommandSpec.create().name("qscp");
        for (String flag : FLAGS) {
            spec.addOption(OptionSpec.builder(flag).type(boolean.class).arity("0").build());
        }
        for (String value : VALUES) {
            spec.addOption(OptionSpec.builder(value).type(String.class).arity("1").build());
        }
        for (String list : LISTS) {
            spec.addOption(OptionSpec.builder(list).type(List.class).auxiliaryTypes(String.class).arity("1").build());
        }
        spec.addOption(OptionSpec.builder("-v").type(boolean[].class).arity("0").build());
        spec.addPositional(PositionalParamSpec.builder().index("0..*").arity("0..*").type(List.class)
                .auxiliaryTypes(String.class).build());
        return new picocli.CommandLine(spec).setExpandAtFiles(false).setOverwrittenOptionsAllowed(true)
                .setInterpolateVariables(false).setUnmatchedOptionsArePositionalParams(false);
    }

    private static CopyRequest request(ParseResult parsed) throws UsageException {
        String port = parsed.matchedOptionValue("-P", (String) null);
        String limit = parsed.matchedOptionValue("-l", "0");
        if (!limit.matches("[0-9]{1,9}") || Long.parseLong(limit) > LIMIT_MAX) {
            throw new UsageException("-l: a rate in Kbit/s, at most " + LIMIT_MAX);
        }
        List<String> operands = parsed.matchedPositionalValue(0, List.<String>of());
        CopyPlan plan = CopyPlan.of(operands.stream().map(Arguments::bytes).toList(),
                port == null ? OptionalInt.empty() : OptionalInt.of(CopyPlan.port(port)));
        return new CopyRequest(plan, parsed.hasMatchedOption("-r"), parsed.hasMatchedOption("-p"), Long.parseLong(limit),
                dialOptions(parsed));
    }

    private static DialOptions dialOptions(ParseResult parsed) {
        List<String> settings = new ArrayList<>();
        parsed.matchedOptionValue("-o", List.<String>of()).forEach(setting -> settings.add(Arguments.text(setting)));
        if (parsed.hasMatchedOption("-4")) {
            settings.add("AddressFamily=inet");
        }
        if (parsed.hasMatchedOption("-6")) {
            settings.add("AddressFamily=inet6");
        }
        if (parsed.hasMatchedOption("-B")) {
            settings.add("BatchMode=yes");
        }
        String jump = parsed.matchedOptionValue("-J", (String) null);
        if (jump != null) {
            settings.add("ProxyJump=" + Arguments.text(jump));
        }
        String config = parsed.matchedOptionValue("-F", (String) null);
        List<Path> identities = parsed.matchedOptionValue("-i", List.<String>of()).stream().map(CommandLine::path).toList();
        return new DialOptions(identities, Optional.ofNullable(config).map(CommandLine::path), settings,
                parsed.matchedOptionValue("-v", new boolean[0]).length, parsed.hasMatchedOption("-q"));
    }

    private static Path path(String argument) {
        return RawPath.resolve(Path.of("").toAbsolutePath(), Arguments.bytes(argument));
    }
}
