package org.qnsp.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A table of cases in a text file: {@code === name}, configuration text, {@code --- arguments}, expectations. */
public final class CaseFile {
    /** One case. */
    public record Case(String name, String text, String arguments, List<String> expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private CaseFile() {
    }

    /** The cases of a resource. */
    public static List<Case> read(Class<?> beside, String resource) throws IOException {
        List<Case> cases = new ArrayList<>();
        try (InputStream in = beside.getResourceAsStream(resource)) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            String[] blocks = ("\n" + all).split("\n=== ", -1);
            for (int i = 1; i < blocks.length; i++) {
                cases.add(parse(blocks[i]));
            }
        }
        return cases;
    }

    private static Case parse(String block) {
        List<String> lines = block.lines().toList();
        int bar = lines.stream().map(line -> line.startsWith("---")).toList().indexOf(true);
        String text = String.join("\n", lines.subList(1, bar)) + (bar > 1 ? "\n" : "");
        return new Case(lines.getFirst(), text, lines.get(bar).substring(3).strip(), lines.subList(bar + 1, lines.size()));
    }
}
