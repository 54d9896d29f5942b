package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every numbered step of docs/spec is named in code that obeys it and in a test, and the sources name no step that does not exist. */
final class SpecLabelsTest {
    /** A step where the specification states it. */
    private static final Pattern STATED = Pattern.compile("\\*\\*([FRHCLKPSAME]-\\d+)\\*\\*");
    /** A step where it is named: F-8, or as the end of a range, H-3 to H-5. */
    private static final Pattern NAMED = Pattern.compile("(?<![\\w-])([FRHCLKPSAME])-(\\d+)(?: to (?:\\1-)?(\\d+))?(?![\\w-])");
    private static final Comparator<String> ORDER = Comparator.<String>comparingInt(label -> label.charAt(0))
            .thenComparingInt(label -> Integer.parseInt(label.substring(2)));

    @Test
    void everyStepIsNamedInCode() throws IOException {
        assertEquals(Set.of(), missing(named("main")), "steps of docs/spec that no source names");
    }

    @Test
    void everyStepIsNamedInATest() throws IOException {
        assertEquals(Set.of(), missing(named("test")), "steps of docs/spec that no test names");
    }

    @Test
    void noStepIsNamedThatDoesNotExist() throws IOException {
        Set<String> unknown = named("main");
        unknown.addAll(named("test"));
        unknown.removeAll(stated());
        assertEquals(Set.of(), unknown);
    }

    @Test
    void namesAndRangesAreFound() {
        assertEquals(List.of("C-1", "C-2", "C-3", "F-8", "H-9", "H-10"),
                List.copyOf(namedIn("F-8: as UTF-8, P-, SHA-3X; C-1 to C-3, and H-9 to 10")));
        assertTrue(namedIn("MLKEM-768 and AP-3 and K-1-2").isEmpty());
    }

    private static Set<String> missing(Set<String> named) throws IOException {
        Set<String> missing = stated();
        missing.removeAll(named);
        return missing;
    }

    private static Set<String> stated() throws IOException {
        Set<String> stated = new TreeSet<>(ORDER);
        for (Path file : Project.files(Project.ROOT.resolve("docs/spec"), ".md")) {
            Matcher matcher = STATED.matcher(Files.readString(file));
            while (matcher.find()) {
                stated.add(matcher.group(1));
            }
        }
        assertTrue(stated.size() > 100, "the specification was not found");
        return stated;
    }

    private static Set<String> named(String kind) throws IOException {
        Set<String> named = new TreeSet<>(ORDER);
        for (Path module : Project.modules()) {
            for (Path file : Project.files(module.resolve("src/" + kind + "/java"), ".java")) {
                if (!file.endsWith("SpecLabelsTest.java")) {
                    named.addAll(namedIn(Files.readString(file)));
                }
            }
        }
        return named;
    }

    private static Set<String> namedIn(String text) {
        Set<String> named = new TreeSet<>(ORDER);
        Matcher matcher = NAMED.matcher(text);
        while (matcher.find()) {
            int from = Integer.parseInt(matcher.group(2));
            int to = matcher.group(3) == null ? from : Integer.parseInt(matcher.group(3));
            for (int i = from; i <= to; i++) {
                named.add(matcher.group(1) + "-" + i);
            }
        }
        return named;
    }
}
