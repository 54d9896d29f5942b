package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the shells offer: run in bash, read in both, and held to the manuals so that they do not drift. */
final class CompletionTest {
    private static final Path BASH = Path.of("share/bash-completion/completions/qssh");
    private static final Path ZSH = Path.of("share/zsh/site-functions/_qssh");
    /** Of "qsshd invite" and "qsshd authkey", which are no options of the daemon. */
    private static final Set<String> OF_COMMANDS = Set.of("H", "a", "l", "n", "r");

    @TempDir
    private Path home;

    private static String file(Path name) throws Exception {
        return Files.readString(TestDaemon.dist().resolve(name));
    }

    private static Set<String> letters(Path file, String program) throws Exception {
        Matcher matcher = Pattern.compile("^ +" + program + "\\) echo '([^']*)'", Pattern.MULTILINE).matcher(file(file));
        assertTrue(matcher.find(), program);
        return matcher.group(1).replace(":", "").chars().mapToObj(Character::toString).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The long options that a program's completion offers. */
    private static Set<String> longs(Path file, String program) throws Exception {
        Matcher matcher = Pattern.compile("^ +" + program + "\\) echo '(--[^']*)'", Pattern.MULTILINE).matcher(file(file));
        return matcher.find() ? new TreeSet<>(List.of(matcher.group(1).split(" "))) : Set.of();
    }

    /** Those that a manual lists, with = after those that take a value. */
    private static Set<String> longs(Path manual) throws Exception {
        Set<String> longs = new TreeSet<>();
        Matcher listed = Pattern.compile("^\\.It Fl -([a-z-]+)( Ns =)?", Pattern.MULTILINE).matcher(Files.readString(manual));
        while (listed.find()) {
            longs.add("--" + listed.group(1) + (listed.group(2) == null ? "" : "="));
        }
        return longs;
    }

    private static Set<String> keywords(Path file, String start, String end) throws Exception {
        String text = file(file);
        int from = text.indexOf(start) + start.length();
        return new TreeSet<>(List.of(text.substring(from, text.indexOf(end, from)).strip().toLowerCase(Locale.ROOT).split("\\s+")));
    }

    @ParameterizedTest
    @CsvSource({"qssh, qssh.1", "qscp, qscp.1", "qssh-keygen, qssh-keygen.1", "qssh-add, qssh-add.1", "qssh-agent, qssh-agent.1", "qssh-copy-id, qssh-copy-id.1",
        "qsshd, qsshd.8", "qkd-sim, qkd-sim.1"})
    void theOptionsAreThoseOfTheManual(String program, String manual) throws Exception {
        Set<String> documented = new TreeSet<>();
        for (String line : Files.readAllLines(Project.ROOT.resolve("docs/man").resolve(manual))) {
            if (line.startsWith(".It Fl ")) {
                Matcher option = Pattern.compile("(?:Fl|,) ([A-Za-z0-9])(?= |$)").matcher(line);
                while (option.find()) {
                    documented.add(option.group(1));
                }
            }
        }
        if (program.equals("qsshd")) {
            documented.removeAll(OF_COMMANDS);
        }
        assertEquals(documented, letters(BASH, program));
        assertEquals(documented, letters(ZSH, program));
        assertEquals(longs(Project.ROOT.resolve("docs/man").resolve(manual)), longs(BASH, program));
        assertEquals(longs(BASH, program), longs(ZSH, program));
    }

    @Test
    void theKeywordsAreThoseOfTheConfiguration() throws Exception {
        Set<String> offered = keywords(BASH, "_qnsp_keywords='", "'");
        assertEquals(offered, keywords(ZSH, "_qnsp_keywords=(", ")"));
        Set<String> manual = new TreeSet<>();
        for (String line : Files.readAllLines(Project.ROOT.resolve("docs/man/qssh_config.5"))) {
            Matcher named = Pattern.compile("(?:Cm|,)(?: Cm)? ([A-Za-z]{3,})").matcher(line);
            while (line.startsWith(".It Cm ") && named.find()) {
                manual.add(named.group(1).toLowerCase(Locale.ROOT));
            }
        }
        offered.removeAll(manual);
        assertEquals(Set.of(), offered, "offered, and not in the manual");
        Command.Result shown = Command.of(House.program("qssh"), "-F", "none", "-G", "host").run().expect(0);
        Set<String> missing = shown.out().lines().filter(line -> !line.startsWith("#")).map(line -> line.split(" ")[0]).collect(Collectors.toCollection(TreeSet::new));
        missing.removeAll(keywords(BASH, "_qnsp_keywords='", "'"));
        String whole = Files.readString(Project.ROOT.resolve("docs/man/qssh_config.5"));
        for (String word : whole.substring(whole.indexOf(".Sh ACCEPTED WITHOUT EFFECT")).split("[^A-Za-z0-9]+")) {
            missing.remove(word.toLowerCase(Locale.ROOT)); // printed for scripts that look for it, and no use to write
        }
        missing.remove("host"); // no keyword of a file: it begins a block
        assertEquals(Set.of(), missing, "obeyed, and not offered");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"qssh -o Strict | qssh -o Strict | StrictHostKeyChecking=", "qssh -o StrictHostKeyChecking=a | qssh -o StrictHostKeyChecking = a | ask accept-new",
        "qssh -o ControlMaster= | qssh -o ControlMaster = | no yes ask auto autoask", "qssh al | qssh al | alpha", "qssh me@g | qssh me@g | me@gamma", "qssh -O s | qssh -O s | stop",
        "qssh --padding=n | qssh --padding = n | normal", "qscp --rate 7 | qscp --rate 7 | 71k 73.4M", "qscp --pad | qscp --pad | --padding=", "qssh -o Padding=m | qssh -o Padding = m | max", "qssh-keygen -t d | qssh-keygen -t d | dilithium3 dilithium5", "qssh -J ga | qssh -J ga | gamma"})
    void bashOffers(String line, String words, String expected) throws Exception {
        Path own = Files.createDirectories(home.resolve(".qssh"));
        Files.writeString(own.resolve("config"), "Host alpha pattern* !not\n");
        Files.writeString(own.resolve("known_hosts"), "[gamma]:77,other* mlkem768-x25519 x\n|1|hashed= mlkem768-x25519 x\n# comment\n");
        String script = "compopt() { :; }; . \"$1\"; COMP_LINE=$2 COMP_POINT=${#2}; shift 2; COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _qnsp \"$1\"; echo \"${COMPREPLY[*]}\"";
        Command.Result result = Command.of("env", "HOME=" + home, "bash", "-c", script, "bash", TestDaemon.dist().resolve(BASH).toString(), line).with(words.split(" ")).run().expect(0);
        assertEquals(expected + "\n", result.out(), result.err());
    }

    @Test
    void everyProgramIsCompletedByItsName() throws Exception {
        for (String program : List.of("qssh", "qscp", "qssh-keygen", "qssh-add", "qssh-agent", "qssh-copy-id", "qsshd", "qkd-sim")) {
            assertEquals(file(BASH), file(BASH.resolveSibling(program)), program);
            assertTrue(file(ZSH).lines().findFirst().orElseThrow().contains(" " + program), program);
        }
        Command.of("zsh", "-n", TestDaemon.dist().resolve(ZSH).toString()).run().expect(0);
    }
}
