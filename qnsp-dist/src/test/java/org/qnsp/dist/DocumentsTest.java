package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What documents say of the code: packages, options, keywords, files and tests that they name are those that there are. */
final class DocumentsTest {
    private static final Path DOCS = Project.ROOT.resolve("docs");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");
    private static final Pattern NAMED_TEST = Pattern.compile("`(?:[a-z.]+\\.)?([A-Z]\\w*Test)(?:\\.(\\w+))?`");
    private static final Pattern KEYWORD = Pattern.compile("Keyword\\.(?:of|flag|choice|number)\\(\"(\\w+)\"");

    @Test
    void thePageOfTheArchitectureNamesEveryPackage() throws IOException {
        String page = Files.readString(DOCS.resolve("ARCHITECTURE.md"));
        Set<String> missing = new TreeSet<>();
        for (Path module : Project.modules()) {
            Path sources = module.resolve("src/main/java");
            for (Path file : Project.files(sources, "package-info.java")) {
                String name = sources.relativize(file.getParent()).toString().replace('/', '.');
                if (!page.contains("`" + name + "`")) {
                    missing.add(name);
                }
            }
        }
        assertEquals(Set.of(), missing);
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path file : documents()) {
            Matcher link = LINK.matcher(Files.readString(file));
            while (link.find()) {
                if (!Files.exists(file.resolveSibling(link.group(1)))) {
                    dead.add(file.getFileName() + ": " + link.group(1));
                }
            }
        }
        assertEquals(List.of(), dead);
    }

    @Test
    void testsThatAreNamedExist() throws IOException {
        List<String> invented = new ArrayList<>();
        for (Path file : documents()) {
            Matcher named = NAMED_TEST.matcher(Files.readString(file));
            while (named.find()) {
                String source = test(named.group(1));
                if (source.isEmpty() || named.group(2) != null && !source.contains(" " + named.group(2) + "(")) {
                    invented.add(file.getFileName() + ": " + named.group());
                }
            }
        }
        assertEquals(List.of(), invented);
    }

    /** The manual names every letter that the program's own table of options has, and no other. */
    @ParameterizedTest
    @CsvSource({
        "qssh.1,        qssh-cli/src/main/java/org/qnsp/qssh/CommandLine.java,      LETTERS = \"([^\"]+)-:\"",
        "qscp.1,        qscp-cli/src/main/java/org/qnsp/qscp/CommandLine.java,      LETTERS = \"([^\"]+)-:\"",
        "qssh-keygen.1, keygen-cli/src/main/java/org/qnsp/keygen/Request.java,      OPTIONS = \"([^\"]+)-:\"",
        "qssh-add.1,    keygen-cli/src/main/java/org/qnsp/keygen/add/AddRequest.java, OPTIONS = \"([^\"]+)\"",
        "qssh-agent.1,  keygen-cli/src/main/java/org/qnsp/keygen/agent/AgentRequest.java, OPTIONS = \"([^\"]+)\"",
        "qkd-sim.1,     qnsp-gateway/src/main/java/org/qnsp/gateway/qkdsim/SimRequest.java, new Getopt\\(\"([^\"]+)-:\"",
        "qsshd.8,       qsshd/src/main/java/org/qnsp/qsshd/Arguments.java,          new Getopt\\(\"([^\"]+)\"",
    })
    void optionsAreThoseOfTheManual(String page, String source, String table) throws IOException {
        Matcher matcher = Pattern.compile(table).matcher(Files.readString(Project.ROOT.resolve(source)));
        assertTrue(matcher.find(), "no table of options in " + source);
        Set<Character> taken = letters(matcher.group(1).replace(":", ""));
        Set<Character> told = manualLetters(page);
        for (String command : page.equals("qsshd.8") ? List.of("InviteCommand", "AuthKeyCommand") : List.<String>of()) { // theirs are in the same manual
            Matcher more = Pattern.compile(table).matcher(Files.readString(Project.ROOT.resolve(source.replace("Arguments", command))));
            assertTrue(more.find());
            taken.addAll(letters(more.group(1).replace(":", "")));
        }
        if (page.equals("qssh-keygen.1")) {
            taken.add('V'); // which stands alone and is taken before the table is looked at
        }
        assertEquals(taken, told);
    }

    @ParameterizedTest
    @CsvSource({
        "qsshd_config.5, qsshd/src/main/java/org/qnsp/qsshd/config/ServerKeywords.java",
        "qssh_config.5,  qnsp-core/src/main/java/org/qnsp/core/client/ClientKeywords.java",
    })
    void keywordsAreInTheManual(String page, String source) throws IOException {
        String text = Files.readString(Project.ROOT.resolve(source)) + Files.readString(Project.ROOT.resolve("qnsp-core/src/main/java/org/qnsp/core/qkd/QkdKeywords.java"));
        Set<String> missing = new TreeSet<>();
        String manual = Files.readString(DOCS.resolve("man").resolve(page));
        for (String keyword : keywords(text)) {
            if (!Pattern.compile("\\b" + keyword + "\\b").matcher(manual).find()) {
                missing.add(keyword);
            }
        }
        assertEquals(Set.of(), missing);
    }

    /** Those that are made one by one, and those in the two tables: of absent ones every second string, of ignored ones all. */
    private static Set<String> keywords(String source) {
        Set<String> keywords = new TreeSet<>();
        Matcher single = KEYWORD.matcher(source);
        while (single.find()) {
            keywords.add(single.group(1));
        }
        List<String> absent = table(source, "void absent()");
        for (int i = 0; i < absent.size(); i += 2) {
            keywords.add(absent.get(i));
        }
        keywords.addAll(table(source, "void ignored()"));
        assertTrue(keywords.size() > 80, "the keywords were not found");
        return keywords;
    }

    private static List<String> table(String source, String method) {
        String body = source.substring(source.indexOf(method));
        Matcher text = Pattern.compile("\"([^\"]*)\"").matcher(body.substring(0, body.indexOf("};")));
        List<String> strings = new ArrayList<>();
        while (text.find()) {
            strings.add(text.group(1));
        }
        return strings;
    }

    /** The letters of all Fl macros: what follows one, up to the next macro. */
    private static Set<Character> manualLetters(String page) throws IOException {
        Set<Character> letters = new TreeSet<>();
        for (String line : Files.readAllLines(DOCS.resolve("man").resolve(page))) {
            boolean flag = false;
            for (String word : line.replaceFirst("^\\.", "").split(" ")) {
                if (word.matches("Fl|Ar|Cm|Op|Oo|Oc|Ns|It|Li|Pa|Xr")) {
                    flag = word.equals("Fl");
                } else if (flag && word.matches("\\w+")) {
                    letters.addAll(letters(word));
                }
            }
        }
        return letters;
    }

    private static Set<Character> letters(String text) {
        Set<Character> letters = new TreeSet<>();
        text.chars().forEach(c -> letters.add((char) c));
        return letters;
    }

    private static List<Path> documents() throws IOException {
        List<Path> all = new ArrayList<>(Project.files(DOCS, ".md"));
        all.add(Project.ROOT.resolve("README.md"));
        return all;
    }

    private static String test(String name) throws IOException {
        for (Path module : Project.modules()) {
            for (Path file : Project.files(module.resolve("src/test/java"), name + ".java")) {
                if (file.getFileName().toString().equals(name + ".java")) {
                    return Files.readString(file);
                }
            }
        }
        return "";
    }
}
