package org.qnsp.core.config;

import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Configuration text in memory. */
public final class MemorySource implements ConfigSource {
    private final Map<Path, String> files = new TreeMap<>();

    /** With one more file. */
    public MemorySource with(String path, String text) {
        files.put(Path.of(path), text);
        return this;
    }

    @Override
    public String read(Path file, boolean checked) throws NoSuchFileException {
        String text = files.get(file);
        if (text == null) {
            throw new NoSuchFileException(file.toString());
        }
        return text;
    }

    @Override
    public List<Path> glob(String pattern) {
        return files.keySet().stream().filter(path -> Patterns.matches(path.toString(), pattern)).toList();
    }
}
