package org.qnsp.qssh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.LongOptions;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.config.Jumps;
import org.qnsp.core.config.Words;
import org.qnsp.crypto.keys.Invite;

/**
 * What a command line asks for. It is taken apart as OpenSSH's getopt does, for programs that were written for that: options go before the host and after it, up
 * to the first word of the command, from which on nothing is an option. Libraries for command lines either stop at the first operand or look for options behind all of them.
 */
final class CommandLine {
    /** ssh's letters; a colon after those that take a value. */
    private static final String LETTERS = "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy-:";

    private static final Set<String> CONTROL_COMMANDS = Set.of("check", "conninfo", "forward", "cancel", "exit", "stop", "proxy");

    private final Predicate<String> fileExists;
    /** Options that count wherever they stand: the last of each. */
    private final Map<String, String> decided = new LinkedHashMap<>();
    /** Options of which the first counts. */
    private final List<String> options = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> command = new ArrayList<>();
    private Destination destination;
    private int verbosity;
    private String file;
    private String logFile;
    private String query;
    private boolean printsConfiguration;
    private boolean printsVersion;
    private String controlCommand;
    private ForwardSpec.Place stdioForward;
    private String forwarded;
    private String wireReport;

    private CommandLine(Predicate<String> fileExists) {
        this.fileExists = fileExists;
    }

    /**
     * Takes arguments apart.
     *
     * @param fileExists whether a file is there; one that {@code -i} names and is not is passed over with a warning
     * @throws UsageException for what is no command line of ours
     */
    static CommandLine parse(List<String> arguments, Predicate<String> fileExists) throws UsageException {
        CommandLine line = new CommandLine(fileExists);
        Getopt getopt = new Getopt(LETTERS, arguments);
        try {
            for (int option = getopt.next(); option != Getopt.END; option = getopt.next()) {
                if (option == '-') {
                    String word = LongOptions.whole(getopt.value(), getopt);
                    line.word(word.equals("wire-report") ? word + "=" + getopt.argument() : word);
                } else if (option != Getopt.OPERAND) {
                    line.option((char) option, getopt.value());
                } else if (line.destination == null) {
                    line.destination(Destination.parse(getopt.value()));
                } else {
                    line.command.add(getopt.value());
                    line.command.addAll(getopt.rest());
                    break;
                }
            }
        } catch (Getopt.UsageException e) {
            throw UsageException.withUsage(e.getMessage());
        }
        return line;
    }

    private void destination(Destination to) {
        destination = to;
        if (to.user() != null) {
            options.add(user(to.user()));
        }
        if (to.port() != 0) {
            options.add("Port " + to.port());
        }
    }

    /** A name that is given here is taken as it stands. */
    private static String user(String name) {
        return "User " + Words.quote(name.replace("%", "%%"));
    }

    /** What follows two dashes. */
    private void word(String word) throws UsageException {
        if (word.startsWith("wire-report=") && word.length() > 12) {
            wireReport = word.substring(12);
            decided.put("ControlPath", "none"); // the wire is to be its own
            decided.put("ControlMaster", "no");
        } else {
            options.add(LongOptions.line(word).orElseThrow(() -> UsageException.withUsage("unknown option -- -")));
        }
    }

    /** The file that a report of the wire goes to; null for none. */
    String wireReport() {
        return wireReport;
    }

    private void option(char letter, String value) throws UsageException {
        if (value == null) {
            flag(letter);
        } else {
            value(letter, value);
        }
    }

    private void flag(char letter) throws UsageException {
        switch (letter) {
            case '4' -> decided.put("AddressFamily", "inet");
            case '6' -> decided.put("AddressFamily", "inet6");
            case 'f' -> {
                decided.put("ForkAfterAuthentication", "yes");
                decided.put("StdinNull", "yes");
            }
            case 'g' -> decided.put("GatewayPorts", "yes");
            case 'n' -> decided.put("StdinNull", "yes");
            case 'N' -> {
                sessionType("none", "Cannot specify -N with -s/SessionType");
                decided.put("RequestTTY", "no");
            }
            case 's' -> sessionType("subsystem", "Cannot specify -s with -N/SessionType");
            case 'q' -> decided.put("LogLevel", "QUIET");
            case 'v' -> {
                verbosity = Math.min(3, verbosity + 1);
                decided.put("LogLevel", "DEBUG" + verbosity);
            }
            case 't' -> decided.put("RequestTTY", "yes".equals(decided.get("RequestTTY")) ? "force" : "yes");
            case 'T' -> decided.put("RequestTTY", "no");
            case 'G' -> printsConfiguration = true;
            case 'V' -> printsVersion = true;
            case 'A' -> decided.put("ForwardAgent", "yes");
            case 'a' -> decided.put("ForwardAgent", "no");
            case 'C' -> decided.put("Compression", "yes");
            case 'M' -> decided.put("ControlMaster", decided.containsKey("ControlMaster") ? "ask" : "yes");
            default -> notes.add("-" + letter + " means nothing here");
        }
    }

    private void sessionType(String type, String conflict) throws UsageException {
        if (!type.equals(decided.getOrDefault("SessionType", type))) {
            throw UsageException.plain(conflict);
        }
        decided.put("SessionType", type);
    }

    private void value(char letter, String value) throws UsageException {
        switch (letter) {
            case 'b' -> decided.put("BindAddress", value);
            case 'e' -> decided.put("EscapeChar", escape(value));
            case 'E' -> logFile = value;
            case 'F' -> file = value;
            case 'i' -> {
                if (fileExists.test(value)) {
                    options.add("IdentityFile " + Words.quote(value));
                } else {
                    warnings.add("Warning: Identity file " + value + " not accessible: No such file or directory.");
                }
            }
            case 'J' -> jump(value);
            case 'l' -> options.add(user(value));
            case 'o' -> options.add(value);
            case 'p' -> options.add("Port " + port(value));
            case 'P' -> options.add("Tag " + Words.quote(value));
            case 'Q' -> query = value;
            case 'S' -> decided.put("ControlPath", value);
            case 'c', 'm' -> notes.add("-" + letter + " is ignored: QNSP has one suite");
            case 'B' -> decided.put("BindInterface", value);
            case 'D' -> forward(ForwardSpec.Kind.DYNAMIC, "DynamicForward", value);
            case 'L' -> forward(ForwardSpec.Kind.LOCAL, "LocalForward", value);
            case 'R' -> forward(ForwardSpec.Kind.REMOTE, "RemoteForward", value);
            case 'O' -> controlCommand(value);
            case 'W' -> stdioForward(value);
            case 'I' -> throw UsageException.unsupported("-I (PKCS#11)");
            case 'w' -> throw UsageException.unsupported("-w (tunnels)");
            default -> throw new IllegalStateException("-" + letter);
        }
    }

    private void jump(String value) throws UsageException {
        if (options.stream().anyMatch(line -> line.startsWith("ProxyJump "))) {
            throw UsageException.plain("Only a single -J option is permitted (use commas to separate multiple jump hops)");
        }
        if (options.stream().anyMatch(line -> line.strip().regionMatches(true, 0, "ProxyCommand", 0, 12))) {
            throw UsageException.plain("Cannot specify -J with ProxyCommand");
        }
        if (!Jumps.isValid(value, true)) {
            throw UsageException.plain("Invalid -J argument");
        }
        options.add("ProxyJump " + value);
    }

    private void forward(ForwardSpec.Kind kind, String keyword, String value) throws UsageException {
        try {
            ForwardSpec.parse(kind, value);
        } catch (ConfigException e) {
            throw UsageException.plain(e.getMessage());
        }
        options.add(keyword + " " + Words.quote(value.strip()));
        forwarded = forwarded == null ? "-" + kind.name().charAt(0) + " " + value : forwarded;
    }

    private void controlCommand(String value) throws UsageException {
        if (stdioForward != null) {
            throw UsageException.plain("Cannot specify multiplexing command with -W");
        }
        if (controlCommand != null) {
            throw UsageException.plain("Multiplexing command already specified");
        }
        if (!CONTROL_COMMANDS.contains(value)) {
            throw UsageException.plain("Invalid multiplex command.");
        }
        controlCommand = value;
    }

    private void stdioForward(String value) throws UsageException {
        if (stdioForward != null) {
            throw UsageException.plain("stdio forward already specified");
        }
        if (controlCommand != null) {
            throw UsageException.plain("Cannot specify stdio forward with -O");
        }
        try {
            stdioForward = ForwardSpec.stdio(value);
        } catch (ConfigException e) {
            throw UsageException.plain(e.getMessage());
        }
        decided.put("RequestTTY", "no");
        decided.put("SessionType", "none");
    }

    private static String escape(String value) throws UsageException {
        boolean valid = value.equals("none") || value.length() == 1 || value.length() == 2 && value.charAt(0) == '^' && (value.charAt(1) & 0x60) != 0x20;
        if (!valid) {
            throw UsageException.plain("Bad escape character '" + value + "'.");
        }
        return value;
    }

    private static int port(String value) throws UsageException {
        try {
            int port = Integer.parseInt(value);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw UsageException.plain("Bad port '" + value + "'");
    }

    /** The host, null where there is none. */
    String host() {
        return destination == null ? null : destination.host();
    }

    /** The invite that stood in place of the host, null where none did. */
    Invite invite() {
        return destination == null ? null : destination.invite();
    }

    /** Everything as lines for the configuration, in the order in which the first counts. */
    List<String> optionLines() {
        List<String> all = new ArrayList<>(decided.size() + options.size());
        decided.forEach((keyword, value) -> all.add(keyword + " " + Words.quote(value)));
        all.addAll(options);
        if (stdioForward != null) {
            all.addAll(List.of("ClearAllForwardings yes", "ExitOnForwardFailure yes"));
        }
        return all;
    }

    /** The words of the command joined, empty for none. */
    String command() {
        return String.join(" ", command);
    }

    /** Whether there are words of a command, even if all are empty. */
    boolean hasCommand() {
        return !command.isEmpty();
    }

    /** {@code -F}. */
    String file() {
        return file;
    }

    /** {@code -E}. */
    String logFile() {
        return logFile;
    }

    /** {@code -O}: check, conninfo, forward, cancel, exit, stop or proxy; null for none. */
    String controlCommand() {
        return controlCommand;
    }

    /** Whether the session is to be a master's, or not at all. */
    boolean needsMaster() {
        return "proxy".equals(controlCommand);
    }

    /** {@code -W}: {@code host:port} or a socket's path; null for none. */
    ForwardSpec.Place stdioForward() {
        return stdioForward;
    }

    /** The first -L, -R or -D as it was given, null where there is none. */
    String forwarded() {
        return forwarded;
    }

    /** {@code -Q}. */
    String query() {
        return query;
    }

    boolean printsConfiguration() {
        return printsConfiguration;
    }

    boolean printsVersion() {
        return printsVersion;
    }

    /** What the user should read. */
    List<String> warnings() {
        return warnings;
    }

    /** What only {@code -v} says. */
    List<String> notes() {
        return notes;
    }
}
