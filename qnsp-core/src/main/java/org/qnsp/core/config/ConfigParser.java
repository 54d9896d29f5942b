package org.qnsp.core.config;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/** Reads lines and files of a dialect into entries. Every line is checked, in whatever block it stands; nothing is evaluated. */
public final class ConfigParser {
    /** Includes nest no deeper. */
    public static final int MAX_DEPTH = 16;
    /** All files together have no more lines. */
    static final int MAX_LINES = 1 << 20;

    private final Dialect dialect;
    private final ConfigSource source;
    private final UnaryOperator<String> environment;
    private final List<Entry> entries = new ArrayList<>();
    private int lines;

    /**
     * Where a file stands that includes others.
     *
     * @param directory what relative Include paths begin with
     * @param home      what {@code ~} stands for, null where it is not allowed
     * @param checked   whether owner and mode of the files are checked
     */
    public record Root(Path directory, String home, boolean checked) {
    }

    /**
     * Makes a parser.
     *
     * @param environment for {@code ${NAME}} in Include; gives null where there is no value
     */
    public ConfigParser(Dialect dialect, ConfigSource source, UnaryOperator<String> environment) {
        this.dialect = dialect;
        this.source = source;
        this.environment = environment;
    }

    /** What was read so far, in order. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /**
     * Reads one {@code -o} option.
     *
     * @throws ConfigException where it is wrong
     */
    public void option(String text, Root root) throws ConfigException {
        Directive line = Directive.parse(text, Position.COMMAND_LINE);
        if (line == null) {
            throw Position.COMMAND_LINE.fault("missing keyword in \"" + text + "\"");
        }
        if (line.keyword().equals("host") && dialect.hostBlocks() || line.keyword().equals("match")) {
            throw new ConfigException((line.keyword().equals("host") ? "Host" : "Match") + " directive not supported as a command-line option");
        }
        entry(line, Position.COMMAND_LINE, null, null, root, 0);
    }

    /**
     * Reads a file and what it includes. Faults of its lines become entries.
     *
     * @throws ConfigException where its owner, mode or length is wrong
     * @throws IOException     where it cannot be read
     */
    public void file(Path file, Root root) throws IOException, ConfigException {
        text(file.toString(), source.read(file, root.checked()), root, null, 0);
        entries.add(new Entry.End(file.toString()));
    }

    private void text(String name, String text, Root root, Guard outer, int depth) throws ConfigException {
        Guard guard = outer;
        int number = 0;
        for (int start = 0; start < text.length();) {
            int newline = text.indexOf('\n', start);
            int end = newline < 0 ? text.length() : newline;
            Position at = new Position(name, ++number);
            if (++lines > MAX_LINES) {
                throw at.fault("configuration too long");
            }
            try {
                Directive line = Directive.parse(text.substring(start, end), at);
                if (line != null) {
                    guard = entry(line, at, guard, outer, root, depth);
                }
            } catch (ConfigException fault) {
                entries.add(new Entry.Fault(fault.lines()));
            }
            start = end + 1;
        }
    }

    /** Reads a line; gives the guard of the lines after it. */
    private Guard entry(Directive line, Position at, Guard guard, Guard outer, Root root, int depth) throws ConfigException {
        String key = line.keyword();
        Keyword keyword = dialect.keywords().get(key);
        if (line.rest().isEmpty()) {
            if (keyword != null && keyword.harmless() != null && !keyword.harmless().equals("*")) {
                throw new ConfigException(at.badOption(key)); // as if unknown: how callers ask whether a feature exists
            }
            throw at.fault("no argument after keyword \"" + key + "\"");
        }
        if (key.equals("include")) {
            include(line, at, guard, root, depth);
            return guard;
        }
        if (key.equals("match") || key.equals("host") && dialect.hostBlocks()) {
            Guard block = new Guard(outer, key.equals("match") ? match(line, at) : host(line, at));
            entries.add(new Entry.Block(block));
            return block;
        }
        if (keyword == null) {
            entries.add(new Entry.Unknown(key, at));
        } else if (guard != null && !keyword.matchable()) {
            throw at.fault("Directive '" + keyword.name() + "' is not allowed within a Match block");
        } else {
            entries.add(new Entry.Setting(guard, keyword, Arguments.parse(keyword, line, at), at));
        }
        return guard;
    }

    private void include(Directive line, Position at, Guard guard, Root root, int depth) throws ConfigException {
        if (depth >= MAX_DEPTH) {
            throw new ConfigException("Too many recursive configuration includes");
        }
        for (String argument : line.arguments()) {
            if (argument.isEmpty()) {
                throw at.fault("keyword include empty argument");
            }
            try {
                for (Path file : source.glob(includePath(argument, at, root))) {
                    included(file, root, guard, depth + 1);
                }
            } catch (IOException | InvalidPathException e) {
                throw at.fault("Can't read include " + argument + ": " + e.getMessage());
            }
        }
    }

    private void included(Path file, Root root, Guard guard, int depth) throws IOException, ConfigException {
        try {
            text(file.toString(), source.read(file, root.checked()), root, guard, depth);
        } catch (NoSuchFileException gone) {
            // as a pattern that names nothing
        }
    }

    private String includePath(String argument, Position at, Root root) throws ConfigException {
        String path = Tokens.environment(argument, environment);
        if (path.startsWith("~")) {
            if (root.home() == null) {
                throw at.fault("bad include path " + argument + ".");
            }
            path = Tokens.home(path, root.home());
        }
        return path.startsWith("/") ? path : root.directory() + "/" + path;
    }

    private static Condition host(Directive line, Position at) throws ConfigException {
        if (line.arguments().isEmpty() || line.arguments().contains("")) {
            throw at.fault("keyword host empty argument");
        }
        return new Condition.Host(List.copyOf(line.arguments()));
    }

    private Condition match(Directive line, Position at) throws ConfigException {
        List<Condition.Criterion> criteria = new ArrayList<>();
        List<String> words = line.arguments();
        int i = 0;
        while (i < words.size()) {
            String word = words.get(i++);
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            boolean negated = name.startsWith("!");
            String attribute = (negated ? name.substring(1) : name).toLowerCase(Locale.ROOT);
            String argument = "";
            if (Keyword.isAmong(dialect.criteria(), attribute) && !attribute.isEmpty()) {
                if (equals < 0 && i < words.size() && words.get(i).equals("=")) {
                    i++;
                }
                argument = equals >= 0 ? word.substring(equals + 1) : i < words.size() ? words.get(i++) : "";
                if (argument.isEmpty()) {
                    throw badMatch(at, "Missing Match criteria for " + attribute);
                }
            } else if (!attribute.equals("all") && !Keyword.isAmong(dialect.bareCriteria(), attribute)) {
                throw badMatch(at, "Unsupported Match attribute " + name);
            }
            criteria.add(criterion(attribute, argument, negated, at));
        }
        return new Condition.Match(checkAll(criteria, at), at);
    }

    private static Condition.Criterion criterion(String attribute, String argument, boolean negated, Position at) throws ConfigException {
        boolean addresses = attribute.equals("address") || attribute.equals("localaddress") || attribute.equals("localnetwork");
        if (addresses && !Addresses.isValidList(argument)) {
            throw badMatch(at, "Invalid Match address argument '" + argument + "' at line " + at.line());
        }
        return new Condition.Criterion(attribute, argument, negated);
    }

    private static List<Condition.Criterion> checkAll(List<Condition.Criterion> criteria, Position at) throws ConfigException {
        if (criteria.isEmpty()) {
            throw badMatch(at, "One or more attributes required for Match");
        }
        for (int i = 0; i < criteria.size(); i++) {
            boolean all = criteria.get(i).attribute().equals("all");
            String first = criteria.getFirst().attribute();
            boolean afterPass = i == 1 && criteria.size() == 2 && (first.equals("canonical") || first.equals("final"));
            if (all && (criteria.get(i).negated() || criteria.size() > 1 && !afterPass)) {
                throw badMatch(at, at.says("'all' cannot be combined with other Match attributes"));
            }
        }
        return List.copyOf(criteria);
    }

    private static ConfigException badMatch(Position at, String why) {
        return new ConfigException(List.of(why, at.says("Bad Match condition")));
    }
}
