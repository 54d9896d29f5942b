package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Client and service as processes with pipes between: size, speed of memory, ends of all kinds (P-7, P-16, P-20, P-25, P-27). */
final class ProcessTest {
    private static final int KILLS = Integer.getInteger("qnsp.kills", 4);
    private static final int MIB = 1024 * 1024;

    @TempDir
    Path directory;
    private Bed bed;

    @BeforeEach
    void bed() throws IOException {
        bed = new Bed(directory);
    }

    @Test
    void aDeepTreeOfManySmallFilesBothWays() throws Exception {
        Random random = new Random(5);
        Path source = bed.here.resolve("many");
        for (int d = 0; d < 100; d++) {
            Path into = source.resolve("l" + d % 7 + "/m" + d % 11 + "/n/o/p/" + d);
            Files.createDirectories(into);
            for (int f = 0; f < 50; f++) {
                byte[] content = new byte[random.nextInt(8000)];
                random.nextBytes(content);
                Files.write(into.resolve("f" + f), content);
            }
        }
        ChildDialer dialer = new ChildDialer(bed.home, "-Xmx48m");
        bed.run(dialer, "-r", "here/many", "h:").ok();
        assertEquals(Bed.tree(source), Bed.tree(bed.home.resolve("many")));
        bed.run(dialer, "-r", "h:many", "here/back").ok();
        assertEquals(Bed.tree(source), Bed.tree(bed.here.resolve("back")));
        assertEquals(List.of(), Bed.leftovers(directory));
    }

    @Test
    void bigFilesNeedNoMemory() throws Exception {
        Path big = random(bed.here.resolve("big"), 200);
        Result up = client("-Xmx24m", "-Xmx24m", big.toString(), "h:");
        assertEquals(new Result(0, ""), up);
        Result down = client("-Xmx24m", "-Xmx24m", "h:big", bed.here.resolve("back").toString());
        assertEquals(new Result(0, ""), down);
        assertEquals(Bed.digest(big), Bed.digest(bed.here.resolve("back")));
    }

    @Test
    void filesThatChangeMeanwhile() throws Exception {
        Path shrinking = random(bed.here.resolve("shrinking"), 60);
        Path growing = random(bed.here.resolve("growing"), 40);
        Thread changer = Thread.ofPlatform().start(() -> {
            try {
                while (Bed.leftovers(bed.home).isEmpty()) {
                    Thread.sleep(1);
                }
                try (FileChannel file = FileChannel.open(shrinking, StandardOpenOption.WRITE)) {
                    file.truncate(59 * MIB);
                }
                while (Bed.leftovers(bed.home).stream().noneMatch(n -> n.startsWith(".growing"))) {
                    Thread.sleep(1);
                }
                Files.write(growing, new byte[MIB], StandardOpenOption.APPEND);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Bed.Result result = bed.run(new ChildDialer(bed.home), "-l", "1500000", "here/shrinking", "here/growing", "h:");
        changer.join();
        assertEquals(1, result.status());
        assertTrue(result.errors().contains("shrinking: became shorter while it was sent"), result.errors());
        assertEquals(1, result.errors().lines().count());
        assertFalse(Bed.present(bed.home.resolve("shrinking")));
        assertEquals(40L * MIB, Files.size(bed.home.resolve("growing")));
        assertEquals(List.of(), Bed.leftovers(bed.home));
    }

    @Test
    void aFullDiskIsReportedAndTheRestGoesOn() throws Exception {
        Path disk = Files.createDirectory(bed.home.resolve("disk"));
        assumeTrue(sh("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString()) == 0, "needs to mount");
        try {
            random(bed.here.resolve("big"), 30);
            Bed.write(bed.here.resolve("little"), "l");
            Bed.Result result = bed.run(new ChildDialer(bed.home), "here/big", "here/little", "h:disk");
            assertEquals(new Bed.Result(1, "qscp: error: h:disk/big: No space left on device\n"), result);
            assertEquals("[, little]", Bed.tree(disk).keySet().toString());
        } finally {
            sh("umount", disk.toString());
        }
    }

    /** As root everything is permitted: the service runs as nobody then, from classes that nobody can read. */
    @Test
    void missingPermissionsAreReportedAndTheRestGoesOn() throws Exception {
        boolean root = Files.getOwner(bed.home).getName().equals("root");
        assumeTrue(!root || Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv");
        Bed.write(bed.home.resolve("t/closed/x"), "x");
        Bed.write(bed.home.resolve("t/secret"), "s");
        Bed.write(bed.home.resolve("t/open"), "o");
        Files.createDirectory(bed.home.resolve("w"));
        Files.createDirectories(bed.home.resolve("w/t/closed"));
        if (root) {
            sh("chown", "-R", "65534:65534", bed.home.toString());
            sh("chmod", "0711", directory.toString());
        }
        mode(bed.home.resolve("t/closed"), "---------");
        mode(bed.home.resolve("t/secret"), "-w-------");
        mode(bed.home.resolve("w/t/closed"), "r-xr-xr-x");
        Bed.write(bed.here.resolve("t/closed/y"), "y");
        Bed.write(bed.here.resolve("t/z"), "z");
        Dialer dialer = root ? asNobody() : new ChildDialer(bed.home);
        Bed.Result down = bed.run(dialer, "-r", "h:t", "here/got");
        assertEquals(1, down.status());
        assertTrue(down.errors().contains("h:t/closed: Permission denied\n"), down.errors());
        assertTrue(down.errors().contains("h:t/secret: Permission denied\n"), down.errors());
        assertEquals("o", Files.readString(bed.here.resolve("got/open")));
        Bed.Result up = bed.run(dialer, "-r", "here/t", "h:w");
        assertEquals(new Bed.Result(1, "qscp: error: h:w/t/closed/y: Permission denied\n"), up);
        assertEquals("z", Files.readString(bed.home.resolve("w/t/z")));
    }

    /** kill -9 of either side at any moment: no half file under its name, and the survivor cleans up. */
    @Test
    void killsLeaveNothingHalf() throws Exception {
        Random random = new Random(System.nanoTime());
        List<Path> sources = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            sources.add(random(bed.here.resolve("src/f" + i), 12));
        }
        long whole = timed(() -> bed.run(new ChildDialer(bed.home), "-r", "here/src", "h:warm"));
        for (int round = 0; round < KILLS; round++) {
            boolean up = random.nextBoolean();
            boolean killServer = random.nextBoolean();
            Path into = (up ? bed.home : bed.here).resolve("round" + round);
            if (!up && round == 0) {
                assertTrue(Files.exists(bed.home.resolve("warm/f0")));
            }
            Process client = start("-Xmx64m", "-Xmx64m", up ? List.of("-r", bed.here.resolve("src").toString(), "h:round" + round)
                    : List.of("-r", "h:warm", into.toString()));
            Thread.sleep(200 + random.nextInt((int) Math.max(1, whole)));
            ProcessHandle server = client.children().findFirst().orElse(null);
            boolean survivorReceives = up != killServer;
            if (killServer && server != null) {
                server.destroyForcibly();
            } else if (!killServer) {
                client.destroyForcibly();
            }
            assertTrue(client.waitFor(30, TimeUnit.SECONDS));
            if (server != null) {
                server.onExit().get(30, TimeUnit.SECONDS);
            }
            String what = (up ? "up, " : "down, ") + (killServer ? "server killed" : "client killed");
            if (Files.exists(into)) {
                wholeFilesOnly(into, sources, what);
                if (survivorReceives) {
                    assertEquals(List.of(), Bed.leftovers(into), what);
                }
            }
        }
    }

    @Test
    void aServiceThatIsToldToEndCleansUp() throws Exception {
        random(bed.here.resolve("big"), 64);
        Process client = start("-Xmx64m", "-Xmx64m", List.of("-l", "100000", bed.here.resolve("big").toString(), "h:"));
        while (Bed.leftovers(bed.home).isEmpty()) {
            Thread.sleep(5);
        }
        client.children().findFirst().orElseThrow().destroy();
        assertTrue(client.waitFor(30, TimeUnit.SECONDS));
        assertEquals(255, client.exitValue());
        assertEquals(List.of(), Bed.leftovers(bed.home));
        assertFalse(Bed.present(bed.home.resolve("big")));
    }

    private void wholeFilesOnly(Path into, List<Path> sources, String what) throws IOException {
        for (Path source : sources) {
            Path copy = into.resolve(source.getFileName());
            if (Files.exists(copy)) {
                assertEquals(Bed.digest(source), Bed.digest(copy), what);
            }
        }
        try (Stream<Path> paths = Files.list(into)) {
            assertTrue(paths.map(p -> p.getFileName().toString()).allMatch(n -> n.matches("f[0-5]|\\.f[0-5]\\.qscp-.{6}")), what);
        }
    }

    private record Result(int status, String errors) {}

    private Result client(String clientOptions, String serverOptions, String... arguments) throws Exception {
        Process process = start(clientOptions, serverOptions, List.of(arguments));
        String errors = Files.readString(process.waitFor() >= 0 ? directory.resolve("errors") : null);
        return new Result(process.exitValue(), errors);
    }

    private Process start(String clientOptions, String serverOptions, List<String> arguments) throws IOException {
        List<String> command = ChildDialer.java(List.of(clientOptions, "-Dqscp.home=" + bed.home,
                "-Dqscp.server.options=" + serverOptions), "org.qnsp.qscp.ChildClient");
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectError(directory.resolve("errors").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    private Dialer asNobody() throws IOException {
        Path classes = Files.createDirectory(directory.resolve("classes"));
        List<String> readable = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (entry.contains("qscp") || entry.contains("qnsp")) {
                Path copy = classes.resolve(Integer.toString(readable.size()) + (entry.endsWith(".jar") ? ".jar" : ""));
                sh("cp", "-r", entry, copy.toString());
                readable.add(copy.toString());
            }
        }
        sh("chmod", "-R", "a+rX", classes.toString());
        return (destination, options) -> {
            List<String> command = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
            command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                    String.join(File.pathSeparator, readable), "org.qnsp.qscp.Main", "--serve"));
            ProcessBuilder builder = new ProcessBuilder(command).directory(new File("/"))
                    .redirectError(directory.resolve("nobody").toFile());
            builder.environment().put("HOME", bed.home.toString());
            Process process = builder.start();
            return Bed.remote(process.getInputStream(), process.getOutputStream());
        };
    }

    private static Path random(Path file, int mebibytes) throws IOException {
        Files.createDirectories(file.getParent());
        byte[] chunk = new byte[MIB];
        Random random = new Random(mebibytes);
        random.nextBytes(chunk);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < mebibytes; i++) {
                chunk[random.nextInt(chunk.length)]++;
                out.write(chunk);
            }
        }
        return file;
    }

    private interface Run {
        void run() throws Exception;
    }

    private static long timed(Run run) throws Exception {
        long start = System.nanoTime();
        run.run();
        return (System.nanoTime() - start) / 1_000_000;
    }

    private static int sh(String... command) throws IOException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }
}
