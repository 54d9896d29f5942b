package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.RecordComponent;
import java.net.StandardProtocolFamily;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launchers of the built distribution: found through links, run by anybody, and quiet about everything but their job. */
final class LauncherTest {
    private static final Pattern PID = Pattern.compile("pid=(\\d+)");

    @TempDir
    Path scratch;

    private Path dist;

    @BeforeEach
    void theDistributionIsBuilt() {
        String property = System.getProperty("qnsp.dist", "");
        assertTrue(!property.isEmpty() && Files.isDirectory(Path.of(property)), "scripts/build makes dist/ first");
        dist = Path.of(property);
    }

    @ParameterizedTest
    @ValueSource(strings = {"qssh", "qscp", "qssh-keygen", "qsshd"})
    void eachProgramTellsItsVersion(String program) throws Exception {
        assertTellsVersion(program, run(List.of(dist.resolve("bin").resolve(program).toString(), "-V")));
    }

    @Test
    void theRuntimeHasVectorsAndIsQuietAboutThem() throws Exception { // docs/adr/0111
        String java = dist.resolve("runtime/bin/java").toString();
        Outcome modules = run(List.of("env", "-i", java, "--show-module-resolution", "--version"));
        assertTrue(modules.output().contains("jdk.incubator.vector") && !modules.output().contains("WARNING"), modules.output());
        Outcome version = run(List.of("env", "-i", java, "--version"));
        assertTrue(version.output().startsWith("openjdk 25"), version.output());
    }

    @Test
    void aLauncherIsFoundThroughAChainOfLinks() throws Exception {
        Path there = Files.createDirectories(scratch.resolve("with space/there"));
        Files.createSymbolicLink(there.resolve("installed"), dist);
        Files.createSymbolicLink(there.resolve("relative"), Path.of("../there/installed/bin/qscp"));
        Files.createSymbolicLink(scratch.resolve("absolute"), there.resolve("relative"));
        Files.createSymbolicLink(scratch.resolve("last"), Path.of("absolute"));
        assertTellsVersion("qscp", run(List.of("./last", "-V")));
    }

    @Test
    void aMissingOrBrokenStartUpCacheIsNotNoticed() throws Exception {
        Path copy = copyOfDist();
        Path cache = cacheOf(copy, "qscp");
        assertNotNull(cache, "scripts/build without --quick makes the start-up caches");
        for (long length : new long[] {Files.size(cache) / 2, 1000, 0}) {
            try (RandomAccessFile file = new RandomAccessFile(cache.toFile(), "rw")) {
                file.setLength(length);
            }
            assertTellsVersion("qscp", run(List.of(copy + "/bin/qscp", "-V")));
        }
        Files.delete(cache);
        assertTellsVersion("qscp", run(List.of(copy + "/bin/qscp", "-V")));
    }

    @Test
    void aSessionOnASharedConnectionHasASmallerCache() throws Exception { // docs/adr/0117
        Path socket = scratch.resolve("a socket");
        try (ServerSocketChannel master = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            master.bind(UnixDomainSocketAddress.of(socket));
            for (List<String> words : List.of(List.of("-S", socket.toString()), List.of("-S" + socket), List.of("-o", "ControlPath=" + socket), List.of("-oControlPath=" + socket))) {
                assertEquals("qssh-shared", cacheUsed(words), words.toString());
            }
            assertEquals("qssh", cacheUsed(List.of("-S", "none")));
            assertEquals("qssh", cacheUsed(List.of("-o", "User=" + socket)));
        }
        Files.delete(socket);
        assertEquals("qssh", cacheUsed(List.of("-S", socket.toString())));
    }

    @Test
    void aTerminalInModeLowIsCompiledSimply() throws Exception { // docs/adr/0118
        for (List<String> words : List.of(List.of("--padding=low", "-tt", "host"), List.of("-p", "22", "-t", "-o", "BatchMode=yes", "--padding=low", "host", "ls"))) {
            assertTrue(simple(words), words.toString());
        }
        for (List<String> words : List.of(List.of("-tt", "host"), List.of("--padding=low", "host", "ls", "-t"), List.of("--padding=low", "-tt", "-L", "1:h:2", "host"),
                List.of("--padding=low", "-tt", "-S", "none", "host"), List.of("--padding=low", "-T", "host"))) {
            assertFalse(simple(words), words.toString());
        }
    }

    private boolean simple(List<String> words) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-x", dist.resolve("bin/qssh").toString(), "-V"));
        command.addAll(words);
        Outcome outcome = run(command);
        assertEquals(0, outcome.status(), outcome.output());
        return outcome.output().contains("-XX:TieredStopAtLevel=1");
    }

    private String cacheUsed(List<String> words) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-x", dist.resolve("bin/qssh").toString(), "-V"));
        command.addAll(words);
        Outcome outcome = run(command);
        assertEquals(0, outcome.status(), outcome.output());
        Matcher used = Pattern.compile("exec .*-XX:AOTCache=\\S*/([a-z-]+)-[0-9a-f]{16}\\.aot ").matcher(outcome.output());
        assertTrue(used.find(), outcome.output());
        return used.group(1);
    }

    /** Their methods are rewritten when the distribution is built. */
    @Test
    void recordsAreEqualWhereAllOfThemIs() throws Exception {
        List<URL> jars = new ArrayList<>();
        try (var files = Files.newDirectoryStream(dist.resolve("lib"), "*.jar")) {
            for (Path jar : files) {
                jars.add(jar.toUri().toURL());
            }
        }
        try (URLClassLoader loader = new URLClassLoader(jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> type = loader.loadClass("org.qnsp.core.transport.WireMeter"); // has an object, whole numbers of both lengths and a fraction
            Class<?>[] fields = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType).toArray(Class[]::new);
            Object some = made(type, fields, -1);
            assertEquals(some, made(type, fields, -1));
            assertEquals(some.hashCode(), made(type, fields, -1).hashCode());
            for (int i = 0; i < fields.length; i++) {
                Object other = made(type, fields, i);
                assertNotEquals(some, other);
                assertNotEquals(some.hashCode(), other.hashCode());
            }
            assertNotEquals(some, null);
            assertNotEquals(some, "other");
        }
    }

    /** One of whose fields is as in no other. @param other which, -1 for none */
    private static Object made(Class<?> type, Class<?>[] fields, int other) throws ReflectiveOperationException {
        Object[] values = new Object[fields.length];
        for (int i = 0; i < fields.length; i++) {
            int n = i == other ? 77 : 5;
            values[i] = switch (fields[i].getName()) {
                case "int" -> n;
                case "long" -> (long) n << 32;
                case "double" -> n + 0.5;
                default -> i == other ? null : fields[i].getField("NORMAL").get(null);
            };
        }
        return type.getDeclaredConstructor(fields).newInstance(values);
    }

    @Test
    void anOrdinaryUserRunsIt() throws Exception {
        assumeTrue(Files.getOwner(scratch).getName().equals("root"), "only root can become another user");
        Path copy = copyOfDist();
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertTellsVersion("qssh", run(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy + "/bin/qssh", "-V")));
    }

    @Test
    void aKilledClientLeavesTheTerminalAsItWas() throws Exception {
        Path copy = copyOfDist();
        Path launcher = copy.resolve("bin/qssh");
        String standIn = "-cp \"" + Path.of("target/test-classes").toAbsolutePath() + "\" " + RawTerminal.class.getName();
        Files.writeString(launcher, Files.readString(launcher)
                .replaceAll("(?m)-cp \".*\" org\\.qnsp\\.qssh\\.Main", Matcher.quoteReplacement(standIn))
                .replaceAll("(?m)^.*AOTCache=.*$", ""));

        String session = launcher + "; echo status=$?; stty -a";
        Process terminal = new ProcessBuilder("script", "-qec", session, "/dev/null").redirectErrorStream(true).start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader output = terminal.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                Matcher pid = PID.matcher(line);
                if (pid.find()) {
                    ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow().destroyForcibly();
                }
            }
        }
        String all = String.join("\n", lines);
        assertTrue(all.contains("status=137"), all);
        assertTrue(all.contains(" icanon") && all.contains(" echo ") && !all.contains("-icanon") && !all.contains("-echo "), all);
    }

    /** A copy in a place every user can read, wherever the project lies. */
    private Path copyOfDist() throws Exception {
        Process copying = new ProcessBuilder("cp", "-a", dist.toString(), scratch.resolve("dist").toString()).inheritIO().start();
        assertEquals(0, copying.waitFor());
        return scratch.resolve("dist");
    }

    private static Path cacheOf(Path dist, String program) throws IOException {
        try (DirectoryStream<Path> caches = Files.newDirectoryStream(dist.resolve("lib"), program + "-????????????????.aot")) {
            for (Path cache : caches) {
                return cache;
            }
        }
        return null;
    }

    private record Outcome(int status, String output) {}

    /** Runs in the scratch directory with an environment that has no Java and tries to get options in. */
    private Outcome run(List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(scratch.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/bin:/bin", "JAVA_TOOL_OPTIONS", "-Dunwanted=1", "JDK_JAVA_OPTIONS", "-Dunwanted=1"));
        Process process = builder.start();
        process.outputWriter().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output);
    }

    private static void assertTellsVersion(String program, Outcome outcome) {
        assertEquals(0, outcome.status(), outcome.output());
        // qssh speaks as ssh does: other programs look for this line
        String line = program.equals("qssh") ? "QSSH_\\S+ \\(OpenSSH_9\\.9 compatible CLI\\), [^\\n]*\\n" : program + " \\S+[^\\n]*\\n";
        assertTrue(outcome.output().matches(line), outcome.output());
    }
}
