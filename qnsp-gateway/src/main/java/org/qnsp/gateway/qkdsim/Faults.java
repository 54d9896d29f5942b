package org.qnsp.gateway.qkdsim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What a key server is to do wrong, as a file says that is read for each request: a line each, {@code [a:|b:]name[=milliseconds]}. */
final class Faults {
    private static final int FILE_BYTES = 4096;
    private static final int UNKNOWN = 64;

    /** The kinds. Those that take milliseconds have a default. */
    enum Kind {
        /** Answers come late. */
        LATENCY(1_000),
        /** 503, as if the server were overloaded. */
        UNAVAILABLE(-1),
        /** 401 with a page for browsers. */
        UNAUTHORISED(-1),
        /** The work is done, and the connection closed without an answer. */
        DROP(-1),
        /** Each key has a bit changed; without a side only b's, so that the two differ. */
        MISMATCH(-1),
        /** Keys are known to the slave's side only so long after they were made. */
        SYNC_LAG(500),
        /** The server's certificate does not name it. */
        NO_ID(-1),
        /** 503, no keys left. */
        EXHAUSTED(-1),
        /** 200 without keys. */
        NO_KEYS(-1),
        /** No answer, and the connection stays. */
        HANG(-1),
        /** 500 with a page for browsers. */
        HTML(-1),
        /** 200 with half a document. */
        GARBAGE(-1),
        /** 200 with two mebibytes. */
        OVERSIZED(-1);

        private final int defaultMillis;

        Kind(int defaultMillis) {
            this.defaultMillis = defaultMillis;
        }

        /** Its name in the file. */
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** One line. @param side A, B, or empty for both @param millis 0 where the kind takes none */
    private record Fault(Optional<Side> side, Kind kind, int millis) {}

    private final Path file;
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();

    Faults(Path file) {
        this.file = file;
    }

    /** What holds for a side now. A line that names no fault counts as not there, and is told of once. */
    Map<Kind, Integer> of(Side side) {
        Map<Kind, Integer> now = new EnumMap<>(Kind.class);
        for (String line : lines()) {
            if (!line.isBlank() && !isFault(line) && unknown.size() < UNKNOWN && unknown.add(line)) {
                System.err.println("qkd-sim: warning: no such fault: " + line.strip().replaceAll("\\p{Cntrl}", "?"));
            }
            parse(line).filter(fault -> fault.side().map(side::equals).orElse(true)).ifPresent(fault -> now.put(fault.kind(), fault.millis()));
        }
        return now;
    }

    private List<String> lines() {
        try (var in = Files.newInputStream(file)) {
            return List.of(new String(in.readNBytes(FILE_BYTES), java.nio.charset.StandardCharsets.UTF_8).split("\n"));
        } catch (IOException e) {
            return List.of(); // no file, no faults
        }
    }

    /** Whether the line names a fault. */
    static boolean isFault(String line) {
        return parse(line).isPresent();
    }

    private static Optional<Fault> parse(String line) {
        String rest = line.strip();
        Optional<Side> side = rest.startsWith("a:") ? Optional.of(Side.A) : rest.startsWith("b:") ? Optional.of(Side.B) : Optional.empty();
        rest = side.isPresent() ? rest.substring(2) : rest;
        int equals = rest.indexOf('=');
        String word = equals < 0 ? rest : rest.substring(0, equals);
        for (Kind kind : Kind.values()) {
            if (kind.word().equals(word)) {
                if (kind == Kind.MISMATCH && side.isEmpty()) {
                    side = Optional.of(Side.B);
                }
                if (equals < 0) {
                    return Optional.of(new Fault(side, kind, Math.max(0, kind.defaultMillis)));
                }
                String millis = rest.substring(equals + 1);
                return kind.defaultMillis >= 0 && millis.matches("[0-9]{1,6}") ? Optional.of(new Fault(side, kind, Integer.parseInt(millis))) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** The names of all kinds, for the usage. */
    static List<String> words() {
        List<String> words = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            words.add(kind.defaultMillis < 0 ? kind.word() : kind.word() + "[=ms]");
        }
        return words;
    }
}
