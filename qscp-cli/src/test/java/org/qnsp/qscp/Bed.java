package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A client's directory, a server's home, and ways to run qscp between them. */
final class Bed {
    final Path here;
    final Path home;

    /** What a run left behind. */
    record Result(int status, String errors) {
        void ok() {
            assertEquals("", errors);
            assertEquals(0, status);
        }
    }

    Bed(Path directory) throws IOException {
        here = Files.createDirectory(directory.resolve("here"));
        home = Files.createDirectory(directory.resolve("home"));
    }

    /** A copy with the service in a thread; operands that begin with {@code here/} are in that directory. */
    Result run(String... arguments) {
        return run(inProcess(home), arguments);
    }

    Result run(Dialer dialer, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] placed = Stream.of(arguments).map(a -> a.startsWith("here/") ? here.getParent().resolve(a)
                + (a.endsWith("/") ? "/" : a.endsWith("/.") ? "/." : "") : a).toArray(String[]::new);
        for (int i = 0; i < placed.length; i++) {
            placed[i] = placed[i].replace("/./.", "/.");
        }
        int status = new Main(dialer, new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)).run(Arguments.encoded(placed));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        return new Result(status, err.toString(StandardCharsets.UTF_8));
    }

    /** A service in a thread of this process. */
    static Dialer inProcess(Path home) {
        return new ServiceHere(home);
    }

    /** A peer made of two streams. */
    static RemoteCopy remote(InputStream from, OutputStream to) {
        return new RemoteCopy() {
            @Override
            public InputStream fromServer() {
                return from;
            }

            @Override
            public OutputStream toServer() {
                return to;
            }

            @Override
            public InputStream serverErrors() {
                return InputStream.nullInputStream();
            }

            @Override
            public int exitStatus() {
                return 0;
            }

            @Override
            public void close() throws IOException {
                from.close();
            }
        };
    }

    static Path write(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    /** Every path below the directory with the digest of its content, links followed; directories end in a slash. */
    static Map<String, String> tree(Path directory) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory, java.nio.file.FileVisitOption.FOLLOW_LINKS)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = directory.toUri().relativize(path.toUri()).getRawPath();
                found.put(name, Files.isDirectory(path) ? "" : digest(path));
            }
        }
        return found;
    }

    static String digest(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[65_536];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Names of temporary files below the directory. */
    static List<String> leftovers(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.map(p -> p.getFileName().toString()).filter(n -> n.matches("(?s)\\..*\\.qscp-[a-z0-9]{6}")).toList();
        }
    }

    static boolean present(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }
}
