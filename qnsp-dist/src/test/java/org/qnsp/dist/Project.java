package org.qnsp.dist;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The source tree, for tests that look at it. */
final class Project {
    /** Surefire runs in the module's directory; the other modules lie beside it. */
    static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private Project() {}

    /** The directories of the modules. */
    static List<Path> modules() throws IOException {
        List<Path> modules = new ArrayList<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(ROOT, d -> Files.isRegularFile(d.resolve("pom.xml")))) {
            directories.forEach(modules::add);
        }
        return modules;
    }

    /** All files below a directory whose names end so; none if there is no such directory. */
    static List<Path> files(Path directory, String ending) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).filter(file -> file.getFileName().toString().endsWith(ending)).toList();
        }
    }
}
