import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * Makes a flame graph and a summary of recordings. {@code java Flame.java PREFIX TITLE RECORDING...} writes PREFIX.html, which needs nothing else, and PREFIX.txt.
 */
final class Flame {
    private static final int TOP = 25;
    private static final double LEAST_SHARE = 0.0005;

    private static final class Node {
        final Map<String, Node> callees = new TreeMap<>();
        long samples;
    }

    private final Node root = new Node();
    private final Map<String, Long> self = new HashMap<>();
    private final Map<String, Long> anywhere = new HashMap<>();
    private final Map<String, Long> classes = new HashMap<>();
    private final Map<String, Long> threads = new HashMap<>();
    private final Map<String, Long> allocatedTypes = new HashMap<>();
    private final Map<String, Long> allocatedAt = new HashMap<>();
    private final Map<String, Long> collectors = new HashMap<>();
    private final Map<String, Long> collectorNanos = new HashMap<>();
    private Duration pauses = Duration.ZERO;
    private long mostHeap;
    private String sampled;

    public static void main(String[] args) throws IOException {
        Flame flame = new Flame();
        List<Path> recordings = new ArrayList<>();
        for (int i = 2; i < args.length; i++) {
            recordings.add(Path.of(args[i]));
        }
        if (recordings.isEmpty()) {
            throw new IllegalArgumentException("no recordings");
        }
        // processor time, if it was recorded, is better than what a thread was seen at, which knows no native code
        flame.sampled = flame.any(recordings, "jdk.CPUTimeSample") ? "jdk.CPUTimeSample" : "jdk.ExecutionSample";
        for (Path recording : recordings) {
            each(recording, event -> {
                flame.take(event);
                return false;
            });
        }
        flame.summary(Path.of(args[0] + ".txt"), args[1], recordings.size());
        flame.graph(Path.of(args[0] + ".html"), args[1]);
    }

    private static boolean each(Path recording, Predicate<RecordedEvent> until) throws IOException {
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                if (until.test(file.readEvent())) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean any(List<Path> recordings, String type) throws IOException {
        for (Path recording : recordings) {
            if (each(recording, event -> event.getEventType().getName().equals(type))) {
                return true;
            }
        }
        return false;
    }

    private void take(RecordedEvent event) {
        switch (event.getEventType().getName()) {
            case "jdk.ObjectAllocationSample" -> {
                long bytes = event.getLong("weight");
                add(allocatedTypes, event.getClass("objectClass") instanceof RecordedClass type ? type.getName() : "?", bytes);
                add(allocatedAt, event.getStackTrace() == null ? "?" : ours(event.getStackTrace()), bytes);
            }
            case "jdk.GarbageCollection" -> {
                add(collectors, event.getString("name") + ", " + event.getString("cause"), 1);
                add(collectorNanos, event.getString("name") + ", " + event.getString("cause"), event.getDuration().toNanos());
                pauses = pauses.plus(event.getDuration("sumOfPauses"));
            }
            case "jdk.GCHeapSummary" -> mostHeap = Math.max(mostHeap, event.getLong("heapUsed"));
            case String name when name.equals(sampled) && event.getStackTrace() != null -> sample(event);
            default -> {}
        }
    }

    private void sample(RecordedEvent event) {
        RecordedThread thread = event.hasField("eventThread") ? event.getThread("eventThread") : event.getThread("sampledThread");
        String name = thread == null || thread.getJavaName() == null ? "?" : thread.getJavaName().replaceAll("\\d+", "N");
        add(threads, name, 1);
        List<RecordedFrame> frames = event.getStackTrace().getFrames();
        Set<String> seen = new HashSet<>();
        Node at = root;
        at.samples++;
        at = step(at, "[" + name + "]");
        for (int i = frames.size() - 1; i >= 0; i--) {
            String method = method(frames.get(i));
            if (seen.add(method)) {
                add(anywhere, method, 1);
            }
            at = step(at, method);
        }
        if (!frames.isEmpty()) {
            add(self, method(frames.getFirst()), 1);
            add(classes, frames.getFirst().getMethod().getType().getName(), 1);
        }
    }

    private static Node step(Node from, String name) {
        Node to = from.callees.computeIfAbsent(name, n -> new Node());
        to.samples++;
        return to;
    }

    private static String method(RecordedFrame frame) {
        return frame.getMethod().getType().getName().replaceAll("\\$\\$Lambda.*", "\\$\\$Lambda") + "." + frame.getMethod().getName();
    }

    /** The nearest place in code of this project. */
    private static String ours(RecordedStackTrace trace) {
        return trace.getFrames().stream().filter(frame -> frame.getMethod().getType().getName().startsWith("org.qnsp")).findFirst()
                .or(() -> trace.getFrames().stream().findFirst()).map(frame -> method(frame) + ":" + frame.getLineNumber()).orElse("?");
    }

    private static void add(Map<String, Long> to, String what, long amount) {
        to.merge(what, amount, Long::sum);
    }

    // ---- the summary

    private void summary(Path file, String title, int recordings) throws IOException {
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
            out.printf("%s: %d recordings, %d samples of %s%n", title, recordings, root.samples, sampled);
            shares(out, "Top frames, their own time", self, name -> true);
            shares(out, "Methods of ours, with all they call", anywhere, name -> name.startsWith("org.qnsp"));
            shares(out, "Classes, the time of their own frames", classes, name -> true);
            shares(out, "Threads", threads, name -> true);
            out.printf("%nGarbage collections, pauses of %.1f ms in all, most heap used %.1f MiB%n", pauses.toNanos() / 1e6, mostHeap / 1048576.0);
            sorted(collectors, name -> true).forEach(e -> out.printf("  %6d  %8.1f ms  %s%n", e.getValue(), collectorNanos.get(e.getKey()) / 1e6, e.getKey()));
            out.printf("%nAllocated, about, by type%n");
            sorted(allocatedTypes, name -> true).forEach(e -> out.printf("  %10.1f MiB  %s%n", e.getValue() / 1048576.0, e.getKey()));
            out.printf("%nAllocated, about, by the nearest place of ours%n");
            sorted(allocatedAt, name -> true).forEach(e -> out.printf("  %10.1f MiB  %s%n", e.getValue() / 1048576.0, e.getKey()));
        }
    }

    private void shares(PrintWriter out, String title, Map<String, Long> of, Predicate<String> which) {
        out.printf("%n%s%n", title);
        sorted(of, which).forEach(e -> out.printf(Locale.ROOT, "  %5.1f %%  %s%n", 100.0 * e.getValue() / root.samples, e.getKey()));
    }

    private static List<Map.Entry<String, Long>> sorted(Map<String, Long> of, Predicate<String> which) {
        return of.entrySet().stream().filter(e -> which.test(e.getKey())).sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .limit(TOP).toList();
    }

    // ---- the graph

    private void graph(Path file, String title) throws IOException {
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
            out.printf(Locale.ROOT, """
                    <!doctype html><meta charset="utf-8"><title>%1$s</title>
                    <style>
                    body { font: 12px sans-serif; margin: 8px }
                    #graph { position: relative; width: 100%% }
                    #graph div { position: absolute; height: 16px; line-height: 16px; overflow: hidden; white-space: nowrap; box-sizing: border-box;
                        border-right: 1px solid #fff; cursor: pointer; padding-left: 2px }
                    </style>
                    <h3>%1$s, %2$d samples of %3$s</h3>
                    <p><input id="find" placeholder="find"> <span id="found"></span> Click on a frame to widen it, on the lowest to see all again.</p>
                    <div id="graph"></div>
                    <script>
                    // depth, first sample, samples, name
                    const frames = [
                    """, escaped(title), root.samples, sampled);
            frames(out, "all", root, 0, 0);
            out.print("""
                    ];
                    const graph = document.getElementById('graph'), find = document.getElementById('find');
                    const depths = 1 + Math.max(...frames.map(f => f[0]));
                    graph.style.height = depths * 17 + 'px';
                    let from = frames[0];
                    function colour(name) {
                        if (find.value && name.includes(find.value)) return '#c3f';
                        let h = 0;
                        for (const c of name) h = (h * 31 + c.charCodeAt(0)) % 997;
                        return name.startsWith('org.qnsp') ? `hsl(${10 + h % 25} 85% 68%)` : name.startsWith('[') ? '#ccc' : `hsl(${190 + h % 40} 45% 78%)`;
                    }
                    function draw() {
                        graph.replaceChildren();
                        let found = 0, until = -1;
                        for (const f of frames) {
                            const [depth, start, count, name] = f, total = frames[0][2];
                            if (find.value && name.includes(find.value) && start >= until) { found += count; until = start + count; }
                            const left = Math.max(start, from[1]), right = Math.min(start + count, from[1] + from[2]);
                            if (right - left < from[2] / 2000) continue;
                            const box = document.createElement('div');
                            box.style.left = 100 * (left - from[1]) / from[2] + '%';
                            box.style.width = 100 * (right - left) / from[2] + '%';
                            box.style.top = (depths - 1 - depth) * 17 + 'px';
                            box.style.background = colour(name);
                            box.textContent = name.replace(/^(?:[a-z][\\w]*\\.)+(?=[A-Z])/, '');
                            box.title = `${name}: ${count} of ${total} (${(100 * count / total).toFixed(1)} %)`;
                            box.onclick = () => { from = f; draw(); };
                            graph.append(box);
                        }
                        document.getElementById('found').textContent = find.value ? (100 * found / frames[0][2]).toFixed(1) + ' %' : '';
                    }
                    find.oninput = draw;
                    draw();
                    </script>
                    """);
        }
    }

    /** Callers before those they call, so that a name is counted once where it calls itself. */
    private void frames(PrintWriter out, String name, Node node, int depth, long start) {
        if (node.samples < LEAST_SHARE * root.samples) {
            return;
        }
        out.printf("[%d,%d,%d,\"%s\"],%n", depth, start, node.samples, name.replace("\\", "\\\\").replace("\"", "\\\"").replace("<", "\\x3c"));
        long at = start;
        for (Map.Entry<String, Node> callee : node.callees.entrySet()) {
            frames(out, callee.getKey(), callee.getValue(), depth + 1, at);
            at += callee.getValue().samples;
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
