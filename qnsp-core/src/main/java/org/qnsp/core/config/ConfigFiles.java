package org.qnsp.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The disk as a source of configuration text: the one class of this package that reads. */
public final class ConfigFiles implements ConfigSource {
    /** The longest file that is read, bytes. */
    static final int MAX_FILE_BYTES = 4 << 20;
    /** The most files that a pattern may name. */
    static final int MAX_GLOB = 4096;

    private static final int GROUP_OR_OTHERS_WRITE = 0022;

    private final int uid;

    /**
     * Makes a source.
     *
     * @param uid the user whose files pass the owner check; root's always do
     */
    public ConfigFiles(int uid) {
        this.uid = uid;
    }

    @Override
    public String read(Path file, boolean checked) throws IOException, ConfigException {
        try (InputStream in = Files.newInputStream(file)) {
            if (checked) {
                check(file);
            }
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new ConfigException(file + ": longer than " + MAX_FILE_BYTES + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private void check(Path file) throws IOException, ConfigException {
        Map<String, Object> facts = Files.readAttributes(file, "unix:uid,mode");
        int owner = (Integer) facts.get("uid");
        int mode = (Integer) facts.get("mode");
        if (owner != 0 && owner != uid || (mode & GROUP_OR_OTHERS_WRITE) != 0) {
            throw new ConfigException("Bad owner or permissions on " + file);
        }
    }

    @Override
    public List<Path> glob(String pattern) throws IOException {
        List<Path> found = List.of(Path.of("/"));
        for (String segment : pattern.split("/")) {
            if (!segment.isEmpty()) {
                found = step(found, segment);
            }
        }
        return found.stream().filter(Files::exists).sorted().toList();
    }

    private static List<Path> step(List<Path> parents, String segment) throws IOException {
        List<Path> next = new ArrayList<>();
        boolean isPattern = segment.indexOf('*') >= 0 || segment.indexOf('?') >= 0;
        for (Path parent : parents) {
            if (isPattern) {
                children(parent, segment, next);
            } else {
                next.add(parent.resolve(segment));
            }
        }
        return next;
    }

    private static void children(Path parent, String segment, List<Path> next) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(parent)) {
            for (Path child : children) {
                String name = child.getFileName().toString();
                boolean hidden = name.startsWith(".") && !segment.startsWith(".");
                if (!hidden && next.size() < MAX_GLOB && Patterns.matches(name, segment)) {
                    next.add(child);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException none) {
            // no such directory, no matches
        }
    }
}
